// Fused optimizer steps: one pass over memory for each parameter. Float32, single-threaded, any n.
#ifndef FT_OPTIMIZER_KERNELS_H
#define FT_OPTIMIZER_KERNELS_H
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Coefficients of Adam-like rules, computed in double and rounded once.
typedef struct {
  float gradient_scale;
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  /// Divides sqrt(v): 1 / sqrt(c2), or 1 where the reference adds eps before the bias correction.
  float root_scale;
  float eps;
  /// Learning rate with its bias correction.
  float step_size;
  /// Weight decay as factors of the weight: before the update, or after it (the other is 1).
  float decay_before, decay_after;
} ft_adam;

#define FT_OPTIMIZER_KERNEL_LIST(K) \
  /* m, v and w of Adam; returns nonzero, and leaves the block's weights alone, when a new weight is not finite */ \
  K(int, adam, (const ft_adam *c, const float *g, float *m, float *v, float *w, long n)) \
  /* m and v of Adam, and the direction m / (sqrt(v) * root_scale + eps) */ \
  K(void, adam_direction, (const ft_adam *c, const float *g, float *m, float *v, float *direction, long n)) \
  /* w = (w * decay_before - step_size * u) * decay_after, checked as adam is */ \
  K(int, apply, (const ft_adam *c, const float *u, float *w, long n))

#define FT_OPTIMIZER_MEMBER(result, name, parameters) result (*_Nonnull name) parameters;
typedef struct {
  const char *variant;
  FT_OPTIMIZER_KERNEL_LIST(FT_OPTIMIZER_MEMBER)
} ft_optimizer_kernels;

const ft_optimizer_kernels *ft_optimizer_kernels_best(void);
/// As `ft_kernels_variant`.
const ft_optimizer_kernels *_Nullable ft_optimizer_kernels_variant(int index);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
