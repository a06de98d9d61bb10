// Fused optimizer steps: one pass over memory for each parameter. Float32, single-threaded, any n.
#ifndef FT_OPTIMIZER_KERNELS_H
#define FT_OPTIMIZER_KERNELS_H
#include <stdint.h>
#include "QuantizedKernels.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Coefficients of Adam-like rules, computed in double and rounded once.
typedef struct ft_adam {
  float gradient_scale;
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  /// Divides sqrt(v): 1 / sqrt(c2), or 1 where the reference adds eps before the bias correction.
  float root_scale;
  float eps;
  /// Learning rate with its bias correction.
  float step_size;
  /// Weight decay as factors of the weight: before the update, or after it (the other is 1).
  float decay_before, decay_after;
  /// Weight decay as part of the gradient.
  float coupled_decay;
} ft_adam;

/// Coefficients of the other element-wise rules; each reads those it has.
typedef struct {
  float gradient_scale;
  /// Weight decay as part of the gradient.
  float coupled_decay;
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float eps;
  float step_size;
  /// Learning rate times weight decay, beside the update.
  float decay;
} ft_first_order;

/// Coefficients of AdEMAMix.
typedef struct {
  float gradient_scale;
  float beta1, one_minus_beta1, beta2, one_minus_beta2, beta3, one_minus_beta3;
  /// 1 / c1, and 1 / sqrt(c2).
  float fast_scale, root_scale;
  float alpha, eps, step_size, decay;
} ft_ademamix;

#define FT_OPTIMIZER_KERNEL_LIST(K) \
  /* m, v and w of Adam; returns nonzero, and leaves the block's weights alone, when a new weight is not finite */ \
  K(int, adam, (const ft_adam *c, const float *g, float *m, float *v, float *w, long n)) \
  /* m and v of Adam, and the direction m / (sqrt(v) * root_scale + eps) */ \
  K(void, adam_direction, (const ft_adam *c, const float *g, float *m, float *v, float *direction, long n)) \
  /* w = (w * decay_before - step_size * u) * decay_after, checked as adam is */ \
  K(int, apply, (const ft_adam *c, const float *u, float *w, long n))

// d = gradient_scale g, plus coupled_decay w where a rule couples; every one checks its weights as adam does.
#define FT_ELEMENTWISE_KERNEL_LIST(K) \
  /* w -= step_size d */ \
  K(int, sgd, (const ft_first_order *c, const float *g, float *w, long n)) \
  /* b = beta1 b + one_minus_beta1 d; w -= step_size b */ \
  K(int, sgd_momentum, (const ft_first_order *c, const float *g, float *b, float *w, long n)) \
  /* s += d^2; w -= step_size d / (sqrt(s) + eps) */ \
  K(int, adagrad, (const ft_first_order *c, const float *g, float *s, float *w, long n)) \
  /* w -= decay w + step_size sign(beta1 m + (1 - beta1) d); then m = beta2 m + (1 - beta2) d */ \
  K(int, lion, (const ft_first_order *c, const float *g, float *m, float *w, long n)) \
  /* m1, m2 and v; w -= decay w + step_size (fast_scale m1 + alpha m2) / (root_scale sqrt(v) + eps) */ \
  K(int, ademamix, (const ft_ademamix *c, const float *g, float *_Nullable m1, float *m2, float *v, float *w, long n)) \
  /* m = beta1 m + (1 - beta1) d; w -= decay w + factor m */ \
  K(int, average_step, (const ft_first_order *c, const float *g, float factor, float *m, float *w, long n)) \
  /* the same with a factor for each element */ \
  K(int, average_column_step, (const ft_first_order *c, const float *g, const float *column, float *m, float *w, \
                               long n)) \
  /* one row: cover = min(row, column) + d^2; m averages d / sqrt(cover + eps); w -= decay w + step_size m; */ \
  /* row_most is set to the largest cover, column_most raised to each */ \
  K(int, sm3, (const ft_first_order *c, const float *g, float row, const float *column, float *row_most, \
               float *column_most, float *_Nullable m, float *w, long n))

// Rows of factored rules: `row` and `column` are the factors of one row and of every column.
#define FT_FACTORED_KERNEL_LIST(K) \
  /* sums += (scale x)^2, element-wise; returns their sum */ \
  K(float, square_sums, (float scale, const float *x, float *sums, long n)) \
  /* totals += sums; sums = 0 */ \
  K(void, drain, (float *sums, double *totals, long n)) \
  /* average = beta average + (1 - beta) (fresh + eps); returns the sum of the new averages */ \
  K(double, average, (float *average, const float *fresh, float beta, float one_minus_beta, float eps, long n)) \
  /* roots = sqrt(numerator / x), 0 where x is 0 */ \
  K(void, inverse_roots, (const float *x, double numerator, float *roots, long n)) \
  /* sum of (x row column)^2 */ \
  K(double, factored_square_sum, (const float *x, float row, const float *column, long n)) \
  /* x = x row column */ \
  K(void, factored_scale, (float *x, float row, const float *column, long n)) \
  /* m = beta m + (1 - beta) x row column */ \
  K(void, factored_average, (const float *x, float row, const float *column, float beta, float one_minus_beta, \
                             float *m, long n)) \
  /* w = w - decay w - x row column, checked as adam is */ \
  K(int, factored_step, (const float *x, float row, const float *column, float decay, float *w, long n)) \
  /* factored_average, then w = w - decay w - m, checked as adam is */ \
  K(int, factored_average_step, (const float *x, float row, const float *column, float beta, float one_minus_beta, \
                                 float *m, float decay, float *w, long n)) \
  /* factored_average; sums += (x row column - m)^2 with the new m; returns their sum */ \
  K(float, came_average, (const float *x, float row, const float *column, float beta, float one_minus_beta, \
                          float *m, float *sums, long n))

/// A product of two thin matrices, formed where it is used: element (i, j) is the sum over c < rank of a[i, c] * b[c, j].
typedef struct {
  long rank;
  /// a[i, c] = a[i * a_row + c * a_column]; so either factor may be stored by rows or by columns.
  const float *_Nullable a;
  long a_row, a_column;
  /// b[c, j] = b[c * b_row + j].
  const float *_Nullable b;
  long b_row;
} ft_low_rank;

/// Coefficients of Adapprox.
typedef struct {
  float gradient_scale;
  float beta1, one_minus_beta1, beta2, one_minus_beta2, eps;
  /// 1 / max(1, RMS(N) / threshold).
  float clip;
  float step_size;
  /// 1 - learning rate * weight decay.
  float decay;
} ft_adapprox;

// Products of thin matrices; matrices are rows x columns, dense. `row` is the first row's number in `product`; every other
// pointer already stands at that row.
#define FT_LOW_RANK_KERNEL_LIST(K) \
  /* w = (w decay_before - step_size (product + s g)) decay_after, s the scale of the row times that of the column; \
     checked as adam is */ \
  K(int, low_rank_apply, (const ft_adam *k, const ft_low_rank *product, const float *_Nullable g, \
                          const float *_Nullable row_scale, const float *_Nullable column_scale, float *w, long row, \
                          long rows, long columns)) \
  /* v = beta2 max(product, 0) + (1 - beta2) g^2; adds the sums of v^2 and of the unclipped direction's squares */ \
  K(void, second_moment_tile, (const ft_adapprox *k, const ft_low_rank *product, const float *g, float *v, \
                               double *_Nullable sums, long row, long rows, long columns)) \
  /* v as in second_moment_tile; g becomes the unclipped direction; returns the sum of its squares */ \
  K(double, adapprox_block, (const ft_adapprox *k, const ft_low_rank *product, float *g, float *v, long row, long rows, \
                             long columns)) \
  /* v = beta2 v + (1 - beta2) g^2; returns the sum of the unclipped direction's squares */ \
  K(double, second_moment_dense, (const ft_adapprox *k, const float *g, float *v, long n)) \
  /* direction u = clip g / (sqrt(v) + eps); m = beta1 m + (1 - beta1) u, without m the direction itself; \
     w = w decay - step_size m, checked as adam is */ \
  K(int, adapprox_step, (const ft_adapprox *k, const float *g, const float *v, float *_Nullable m, float *w, long n)) \
  /* adapprox_step from the unclipped direction u */ \
  K(int, adapprox_apply, (const ft_adapprox *k, const float *u, float *_Nullable m, float *w, long n)) \
  /* m as in adapprox_step; adds u m, u^2 and m^2 to sums */ \
  K(void, adapprox_moment, (const ft_adapprox *k, const float *g, const float *v, float *m, double *sums, long n)) \
  /* y[i + c y_vector] = a[i] . u[c] for rows a[i] of a dense matrix and vectors u[c], packed as [panel of 16] \
     [element][16] with zeros beyond the last; a last panel of at most 8 vectors is [element][8] */ \
  K(void, thin_products, (const float *a, long rows, long columns, const float *packed, long width, float *y, \
                          long y_vector)) \
  /* z[c] += sum over i of q[c q_row + i] a[i], for rows a[i] `stride` apart and vectors z[c] z_row apart */ \
  K(void, thin_combinations, (const float *a, long rows, long columns, long stride, const float *q, long q_row, \
                              long width, float *z, long z_row)) \
  /* gram[i][j] += x[i] . x[j] for j >= i, whole tiles of 4 x 4; at most 32 vectors x[i], `stride` apart */ \
  K(void, thin_gram, (const float *x, long width, long n, long stride, double *gram)) \
  /* sums[c] += sum over rows of x^2 */ \
  K(void, add_squares, (const float *x, float *sums, long rows, long columns))

#define FT_EVERY_OPTIMIZER_KERNEL(K) \
  FT_OPTIMIZER_KERNEL_LIST(K) FT_ELEMENTWISE_KERNEL_LIST(K) FT_FACTORED_KERNEL_LIST(K) FT_QUANTIZED_KERNEL_LIST(K) \
  FT_LOW_RANK_KERNEL_LIST(K)

#define FT_OPTIMIZER_MEMBER(result, name, parameters) result (*_Nonnull name) parameters;
typedef struct {
  const char *variant;
  FT_EVERY_OPTIMIZER_KERNEL(FT_OPTIMIZER_MEMBER)
} ft_optimizer_kernels;

const ft_optimizer_kernels *ft_optimizer_kernels_best(void);
/// As `ft_kernels_variant`.
const ft_optimizer_kernels *_Nullable ft_optimizer_kernels_variant(int index);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
