// What a process needs of its start that Swift cannot reach.
#ifndef CPROCESS_H
#define CPROCESS_H

/// The environment as the next program would get it: `NAME=VALUE` texts, ended by a null pointer.
char *const *ft_environment(void);

/// The program's name and its arguments, ended by a null pointer; null where they are not known here.
char *const *ft_arguments(void);

/// Processors that the affinity mask leaves this process; 0 where that cannot be told.
int ft_processors_in_mask(void);

#endif
