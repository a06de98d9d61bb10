// What a process needs of its start that Swift cannot reach.
#ifndef CPROCESS_H
#define CPROCESS_H

/// The environment as the next program would get it: `NAME=VALUE` texts, ended by a null pointer.
char *const *ft_environment(void);

/// Processors that the affinity mask leaves this process; 0 where that cannot be told.
int ft_processors_in_mask(void);

#endif
