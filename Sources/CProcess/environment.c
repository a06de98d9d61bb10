#include "CProcess.h"

extern char **environ;

char *const *ft_environment(void) { return environ; }
