// Compiles kernels.inc once for each instruction set and chooses by CPU feature at run time. Feature, not CPU name: a name
// table falls back to the portable code on any CPU newer than itself.
#include "CKernels.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

#define FT_CAT_(a, b) a##_##b
#define FT_CAT(a, b) FT_CAT_(a, b)
#define FT(name) FT_CAT(name, FT_SUFFIX)

#define FT_ENTRY(result, name, parameters) .name = FT(name),

#define FT_SUFFIX portable
#include "kernels.inc"
static const ft_kernels table_portable = {.variant = "portable", FT_KERNEL_LIST(FT_ENTRY)};
#undef FT_SUFFIX

#if defined(__x86_64__)
#define FT_SUFFIX avx2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
static const ft_kernels table_avx2 = {.variant = "avx2", FT_KERNEL_LIST(FT_ENTRY)};
#undef FT_SUFFIX

#define FT_SUFFIX avx512
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
static const ft_kernels table_avx512 = {.variant = "avx512", FT_KERNEL_LIST(FT_ENTRY)};
#undef FT_SUFFIX

static int supported(int index) {
  __builtin_cpu_init();
  if (index == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static const ft_kernels *const tables[] = {&table_avx512, &table_avx2, &table_portable};
#else
// The baseline of arm64 includes NEON, so the portable code is already vectorized there.
static int supported(int index) { (void)index; return 1; }
static const ft_kernels *const tables[] = {&table_portable};
#endif

int ft_kernels_count(void) { return sizeof tables / sizeof *tables; }

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
