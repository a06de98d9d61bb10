// Parts of the process's start that Swift cannot reach.
#ifndef CPROCESS_H
#define CPROCESS_H

/// The current environment as child processes inherit it: strings `NAME=VALUE`, ended by a null pointer.
char *const *ft_environment(void);

/// The program's name and its arguments, ended by a null pointer; null on systems other than Linux.
char *const *ft_arguments(void);

/// The number of processors in this process's affinity mask; 0 where the system does not tell the mask.
int ft_processors_in_mask(void);

#endif
