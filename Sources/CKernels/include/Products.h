// Matrix products with AVX-512 or AVX2: of float32 numbers, or of float32 numbers that are first rounded to bfloat16. Products are
// summed in float32.
#ifndef FT_PRODUCTS_H
#define FT_PRODUCTS_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// c[m, n] = alpha * op(a)[m, k] * op(b)[k, n] + beta * c, as cblas_sgemm of row-major matrices. With is_bfloat16, every
/// element of a and b is rounded to the nearest bfloat16, ties to even, and numbers too small to be normal count as 0.
/// With beta 0, c is not read.
typedef struct {
  long m, n, k;
  float alpha;
  const float *a;
  long lda;
  int transpose_a;
  const float *b;
  long ldb;
  int transpose_b;
  float beta;
  float *c;
  long ldc;
  int is_bfloat16;
  /// How threads share the work, set by ft_product_plan: the columns of b that are copied at a time and how many times,
  /// the rows and columns of a block of the result, and the bytes that are cleared beforehand.
  long columns, parts, rows, group, cleared;
} ft_product;

/// The floats in a register of the float32 products: 16 with AVX-512, 8 with AVX2 and FMA, 0 where the CPU has neither.
/// Every width gives the same bits.
int ft_float32_product_lanes(void);

/// Whether this CPU has instructions that multiply bfloat16 numbers (AVX512_BF16).
int ft_bfloat16_product_supported(void);

/// The bytes of working memory that a thread takes at its first product and keeps, whatever the sizes.
long ft_product_working_bytes(void);

/// Computes a product on the calling thread. The plan is not used.
void ft_product_alone(const ft_product *p);

/// Plans how `threads` threads share a product with k above 0, and returns the bytes of memory that it takes. The result
/// does not depend on the plan.
long ft_product_plan(ft_product *p, long threads);

/// Does a share of a planned product. Each thread calls it once with the same memory, which is aligned to 64 bytes and
/// begins with `cleared` zero bytes. The result is complete when all calls have returned. Any number of threads
/// may take part, also one.
void ft_product_shared(const ft_product *p, void *memory);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
