// The kernels of the optimizers. They follow kernels.c in the choice of a variant.
#include "OptimizerKernels.h"
#include "CKernels.h"
#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define FT_SOURCE "optimizers.inc"
#define FT_TABLE ft_optimizer_kernels
#define FT_LIST FT_EVERY_OPTIMIZER_KERNEL
#include "variants.inc"

const ft_optimizer_kernels *ft_optimizer_kernels_variant(int index) {
  return ft_kernels_variant(index) ? tables[index] : NULL;
}

const ft_optimizer_kernels *ft_optimizer_kernels_best(void) {
  int index = 0;
  while (!ft_kernels_variant(index)) index++;
  return tables[index];
}
