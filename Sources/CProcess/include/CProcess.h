// What a process needs of its start that Swift cannot reach.
#ifndef CPROCESS_H
#define CPROCESS_H

/// The environment as the next program would get it: `NAME=VALUE` texts, ended by a null pointer.
char *const *ft_environment(void);

#endif
