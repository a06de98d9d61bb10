// Compiles optimizers.inc once for each instruction set, as kernels.c does, and follows its choice of variant.
#include "OptimizerKernels.h"
#include "CKernels.h"
#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define FT_CAT_(a, b) a##_##b
#define FT_CAT(a, b) FT_CAT_(a, b)
#define FT(name) FT_CAT(name, FT_SUFFIX)
#define FT_ENTRY(result, name, parameters) .name = FT(name),

// Rows of a register tile of 32 columns: 8 x 2 of 32 wide registers, 2 x 4 of 16 half as wide. Vectors of 16 columns that
// are summed at a time: 24 of 32 wide registers, 4 x 2 of 16.
#define FT_SUFFIX portable
#define FT_TILE_ROWS 2
#define FT_THIN_VECTORS 4
#include "optimizers.inc"
#include "elementwise.inc"
#include "factored.inc"
#include "low_rank.inc"
#include "adapprox.inc"
#include "thin.inc"
#include "quantized.inc"
static const ft_optimizer_kernels table_portable = {.variant = "portable", FT_EVERY_OPTIMIZER_KERNEL(FT_ENTRY)};
#undef FT_SUFFIX
#undef FT_TILE_ROWS
#undef FT_THIN_VECTORS

#if defined(__x86_64__)
#define FT_SUFFIX avx2
#define FT_TILE_ROWS 2
#define FT_THIN_VECTORS 4
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "optimizers.inc"
#include "elementwise.inc"
#include "factored.inc"
#include "low_rank.inc"
#include "adapprox.inc"
#include "thin.inc"
#include "quantized.inc"
#pragma clang attribute pop
static const ft_optimizer_kernels table_avx2 = {.variant = "avx2", FT_EVERY_OPTIMIZER_KERNEL(FT_ENTRY)};
#undef FT_SUFFIX
#undef FT_TILE_ROWS
#undef FT_THIN_VECTORS

#define FT_SUFFIX avx512
#define FT_TABLES_IN_REGISTERS 1
#define FT_TILE_ROWS 8
#define FT_THIN_VECTORS 24
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "optimizers.inc"
#include "elementwise.inc"
#include "factored.inc"
#include "low_rank.inc"
#include "adapprox.inc"
#include "thin.inc"
#include "quantized.inc"
#pragma clang attribute pop
static const ft_optimizer_kernels table_avx512 = {.variant = "avx512", FT_EVERY_OPTIMIZER_KERNEL(FT_ENTRY)};
#undef FT_SUFFIX
#undef FT_TILE_ROWS
#undef FT_THIN_VECTORS
static const ft_optimizer_kernels *const tables[] = {&table_avx512, &table_avx2, &table_portable};
#else
static const ft_optimizer_kernels *const tables[] = {&table_portable};
#endif

const ft_optimizer_kernels *ft_optimizer_kernels_variant(int index) {
  return ft_kernels_variant(index) ? tables[index] : NULL;
}

const ft_optimizer_kernels *ft_optimizer_kernels_best(void) {
  int index = 0;
  while (!ft_kernels_variant(index)) index++;
  return tables[index];
}
