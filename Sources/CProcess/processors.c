// OpenBLAS starts a thread for every processor in its library's constructor, before main. This program computes in its
// own threads, so the library's threads are never used, and they are dangerous. Each asks for 128 MiB of working memory
// and, where a limit (ulimit -d, -v) denies the memory, asks again forever. Where a thread is denied (ulimit -u), the
// library kills the process.
//
// The library starts one thread less than the processors it may run on. So the process is bound to one processor until
// the libraries' constructors have run, and then gets its affinity mask back. Functions of .preinit_array run before
// the constructors of libraries; a constructor of the executable runs after them.
#include "CProcess.h"

#include <stddef.h>

#ifdef __linux__

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

// Enough for 8,192 processors, the most that Linux can be built for.
static unsigned long allowed[8192 / (8 * sizeof(unsigned long))];
// Volatile, since the compiler does not know that .preinit_array runs first. The compiler would evaluate the
// constructor below at compile time, find no mask to restore, and remove the constructor.
static volatile long allowed_bytes;

static char **arguments;

char *const *ft_arguments(void) { return arguments; }

static void at_start(int argc, char **argv, char **environment) {
  (void)argc, (void)environment;
  arguments = argv;
  // Direct system calls, since the constructor of libc has not run yet.
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof allowed, allowed);
  if (bytes <= 0) return;
  unsigned long one[sizeof allowed / sizeof allowed[0]] = {0};
  for (size_t word = 0; word < (size_t)bytes / sizeof one[0]; word++) {
    if (allowed[word] == 0) continue;
    one[word] = allowed[word] & -allowed[word];
    break;
  }
  if (syscall(SYS_sched_setaffinity, 0, (size_t)bytes, one) == 0) allowed_bytes = bytes;
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = at_start;

__attribute__((constructor)) static void unbind(void) {
  if (allowed_bytes > 0) syscall(SYS_sched_setaffinity, 0, (size_t)allowed_bytes, allowed);
}

int ft_processors_in_mask(void) {
  unsigned long mask[sizeof allowed / sizeof allowed[0]] = {0};
  // A direct system call, since the type cpu_set_t of the C library holds only 1,024 processors.
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  int count = 0;
  for (size_t word = 0; bytes > 0 && word < (size_t)bytes / sizeof mask[0]; word++)
    count += __builtin_popcountl(mask[word]);
  return count;
}

#else

int ft_processors_in_mask(void) { return 0; }

char *const *ft_arguments(void) { return NULL; }

#endif
