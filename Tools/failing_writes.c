// A write layer that fails, loaded before the C library: LD_PRELOAD=failing_writes.so.
//
// It counts the calls that change files below FAILING_FOLDER: creating, writing, syncing, cutting, linking, renaming and
// removing. The call number FAILING_AT fails as FAILING_HOW says:
//   ENOSPC, EIO   that call alone fails with this error
//   full          that call and all that need room fail with ENOSPC from then on
//   short         that call, if it is a write, takes half of the bytes
//   kill          the process is killed by SIGKILL before that call
// The number of calls so far is kept in the file FAILING_COUNT, 8 bytes, so that it outlives the process.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static const char *how;
static long at;
static long *count;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAILING_FOLDER");
  how = getenv("FAILING_HOW");
  at = atol(getenv("FAILING_AT") ? getenv("FAILING_AT") : "0");
  const char *path = getenv("FAILING_COUNT");
  if (!folder || !how || !path) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || ftruncate(file, 8) != 0) abort();
  long *page = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page == MAP_FAILED) abort();
  *page = 0;
  count = page;
}

static int is_below(const char *path) {
  if (!count || !path) return 0;
  if (path[0] == '/') return strncmp(path, folder, strlen(folder)) == 0;
  char absolute[8192];
  if (!getcwd(absolute, 4096)) return 0;
  strncat(absolute, "/", 2);
  strncat(absolute, path, 4000);
  return strncmp(absolute, folder, strlen(folder)) == 0;
}

static int is_file_below(int file) {
  if (!count) return 0;
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_below(path);
}

// The error of this call, or 0; -1 for a short write.
static int fault(int needs_room) {
  long number = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
  if (strcmp(how, "full") == 0) return number >= at && needs_room ? ENOSPC : 0;
  if (number != at) return 0;
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  if (strcmp(how, "ENOSPC") == 0) return ENOSPC;
  if (strcmp(how, "EIO") == 0) return EIO;
  return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(is_ours, needs_room) \
  do { \
    int code = (is_ours) ? fault(needs_room) : 0; \
    if (code > 0) { \
      errno = code; \
      return -1; \
    } \
  } while (0)

ssize_t write(int file, const void *bytes, size_t size) {
  int code = is_file_below(file) ? fault(1) : 0;
  if (code > 0) {
    errno = code;
    return -1;
  }
  return REAL(write)(file, bytes, code < 0 && size > 1 ? size / 2 : size);
}
int fsync(int file) {
  FAIL_IF(is_file_below(file), 0);
  return REAL(fsync)(file);
}
int ftruncate(int file, off_t size) {
  FAIL_IF(is_file_below(file), 0);
  return REAL(ftruncate)(file, size);
}
int rename(const char *from, const char *to) {
  FAIL_IF(is_below(to), 0);
  return REAL(rename)(from, to);
}
int link(const char *from, const char *to) {
  FAIL_IF(is_below(to), 1);
  return REAL(link)(from, to);
}
int mkdir(const char *path, mode_t mode) {
  FAIL_IF(is_below(path), 1);
  return REAL(mkdir)(path, mode);
}
int unlink(const char *path) {
  FAIL_IF(is_below(path), 0);
  return REAL(unlink)(path);
}
int rmdir(const char *path) {
  FAIL_IF(is_below(path), 0);
  return REAL(rmdir)(path);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest); \
    FAIL_IF((flags & O_CREAT) && is_below(path), 1); \
    return REAL(name)(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
