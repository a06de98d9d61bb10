// Element-wise hot loops in C, one variant for each instruction set, chosen at run time by CPU feature.
// All arrays are dense float32; n counts elements; every function handles any n and is single-threaded.
#ifndef FT_CKERNELS_H
#define FT_CKERNELS_H
#include <stdint.h>
#include "Products.h"
#include "OptimizerKernels.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

typedef const float *ft_in;
typedef float *ft_out;

// K(result, name, (parameters))
#define FT_KERNEL_LIST(K) \
  /* y = gelu(x), erf form */ \
  K(void, gelu, (ft_in x, ft_out y, long n)) \
  /* dx = dy * gelu'(x); dx may be dy */ \
  K(void, gelu_backward, (ft_in x, ft_in dy, ft_out dx, long n)) \
  /* y = gelu(x), tanh form */ \
  K(void, gelu_tanh, (ft_in x, ft_out y, long n)) \
  K(void, gelu_tanh_backward, (ft_in x, ft_in dy, ft_out dx, long n)) \
  /* y = silu(gate) * up */ \
  K(void, silu_gate, (ft_in gate, ft_in up, ft_out y, long n)) \
  K(void, silu_gate_backward, (ft_in gate, ft_in up, ft_in dy, ft_out dgate, ft_out dup, long n)) \
  K(void, tanh_forward, (ft_in x, ft_out y, long n)) \
  /* dx = dy * (1 - y * y) */ \
  K(void, tanh_backward, (ft_in y, ft_in dy, ft_out dx, long n)) \
  /* y += x */ \
  K(void, add, (ft_in x, ft_out y, long n)) \
  /* y = a + b */ \
  K(void, sum, (ft_in a, ft_in b, ft_out y, long n)) \
  /* y += a * x */ \
  K(void, axpy, (float a, ft_in x, ft_out y, long n)) \
  /* x *= a */ \
  K(void, scale, (float a, ft_out x, long n)) \
  /* y *= x */ \
  K(void, multiply, (ft_in x, ft_out y, long n)) \
  /* each of `rows` rows of y += bias */ \
  K(void, add_bias, (ft_in bias, ft_out y, long rows, long columns)) \
  /* sums[c] += sum over rows of x[row * stride + c], c < columns */ \
  K(void, column_sums, (ft_in x, long stride, long rows, long columns, ft_out sums)) \
  /* sum of x * y, in double blocks */ \
  K(double, dot, (ft_in x, ft_in y, long n)) \
  K(double, sum_of_squares, (ft_in x, long n)) \
  /* y = (x - mean) * rstd * weight + bias for each row; mean and rstd are saved */ \
  K(void, layer_norm, (ft_in x, ft_in weight, ft_in bias, float eps, ft_out y, ft_out mean, ft_out rstd, \
                       long rows, long columns)) \
  /* dx is overwritten; dweight and dbias are added to */ \
  K(void, layer_norm_backward, (ft_in x, ft_in weight, ft_in mean, ft_in rstd, ft_in dy, ft_out dx, \
                                ft_out dweight, ft_out dbias, long rows, long columns)) \
  /* y = x * rstd * weight, rstd = 1 / sqrt(mean(x^2) + eps) */ \
  K(void, rms_norm, (ft_in x, ft_in weight, float eps, ft_out y, ft_out rstd, long rows, long columns)) \
  K(void, rms_norm_backward, (ft_in x, ft_in weight, ft_in rstd, ft_in dy, ft_out dx, ft_out dweight, \
                              long rows, long columns)) \
  /* softmax of scale * s over the entries that each row sees: all where `seen` is 0, else `seen` in the first row and one \
     more in each that follows, the rest 0 */ \
  K(void, softmax, (ft_out s, float scale, long seen, long rows, long columns)) \
  /* ds = scale * p * (dp - sum(dp * p)), written over dp */ \
  K(void, softmax_backward, (ft_in p, ft_out dp, float scale, long seen, long rows, long columns)) \
  /* y = the float32 numbers whose upper halves x are */ \
  K(void, bfloat16_expand, (const uint16_t *x, ft_out y, long n)) \
  /* y = the nearest bfloat16 of x, ties to even */ \
  K(void, bfloat16_round, (ft_in x, uint16_t *y, long n)) \
  /* y = one of the two neighbours of x, each the likelier the nearer it is, by half a random word for each number */ \
  K(void, bfloat16_round_at_random, (ft_in x, uint16_t *y, long n, uint64_t seed, uint64_t stream, \
                                     uint64_t first_block)) \
  /* y = x * keep / (1 - p), keep drawn from Philox(seed, stream) at counters from first_block on (4 elements each) */ \
  K(void, dropout, (ft_in x, ft_out y, long n, float p, uint64_t seed, uint64_t stream, uint64_t first_block)) \
  /* d_logits = (softmax(logits) - onehot(label)) * scale; returns -log softmax[label] */ \
  K(double, cross_entropy, (ft_in logits, long label, float scale, ft_out d_logits, long n)) \
  /* log(sum(exp(x - top))) in double blocks, and top, the largest of x; NaN where x has one */ \
  K(double, log_sum_exp, (ft_in x, long n, float *_Nonnull top)) \
  /* the same towards a target with rest[i] on each class i and `own` more on the label: the sum of target * -log softmax; \
     rest_sum is the sum over rest */ \
  K(double, soft_cross_entropy, (ft_in logits, long label, float own, ft_in rest, double rest_sum, float scale, \
                                 ft_out d_logits, long n)) \
  /* rotates halves of one head: (a, b) -> (a cos - b sin, b cos + a sin); half elements of cos and sin */ \
  K(void, rotate_halves, (ft_in x, ft_in cosine, ft_in sine, float direction, ft_out y, long half))

#define FT_MEMBER(result, name, parameters) result (*_Nonnull name) parameters;
typedef struct {
  const char *variant;
  FT_KERNEL_LIST(FT_MEMBER)
} ft_kernels;

/// The fastest variant this CPU can run.
const ft_kernels *ft_kernels_best(void);
/// Variant number `index`, fastest first, or NULL past the last or where the CPU lacks the feature (see `ft_kernels_count`).
const ft_kernels *_Nullable ft_kernels_variant(int index);
int ft_kernels_count(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
