// The kernels of every model, and the choice of a variant by CPU feature at run time. Feature, not CPU name: a name table
// falls back to the portable code on any CPU newer than itself.
#include "CKernels.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

#define FT_SOURCE "kernels.inc"
#define FT_TABLE ft_kernels
#define FT_LIST FT_KERNEL_LIST
#include "variants.inc"

int ft_kernels_count(void) { return sizeof tables / sizeof *tables; }

#if defined(__x86_64__)
static int supported(int index) {
  __builtin_cpu_init();
  if (index == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
static int supported(int index) { (void)index; return 1; }
#endif

const ft_kernels *ft_kernels_variant(int index) {
  int last = ft_kernels_count() - 1;
  if (index < 0 || index > last) return NULL;
  return index == last || supported(index) ? tables[index] : NULL;
}

const ft_kernels *ft_kernels_best(void) {
  for (int index = 0;; index++) {
    const ft_kernels *table = ft_kernels_variant(index);
    if (table) return table;
  }
}
