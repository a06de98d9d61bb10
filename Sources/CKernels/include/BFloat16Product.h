// Matrix products of float32 numbers that are first rounded to bfloat16, summed in float32.
#ifndef FT_BFLOAT16_PRODUCT_H
#define FT_BFLOAT16_PRODUCT_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Whether this CPU multiplies bfloat16 numbers (AVX512_BF16).
int ft_bfloat16_supported(void);

/// The bytes of working memory that a thread takes at its first product and keeps, whatever the sizes.
long ft_bfloat16_working_bytes(void);

/// c[m, n] = alpha * op(a)[m, k] * op(b)[k, n] + beta * c, as cblas_sgemm of row-major matrices, with every element of a
/// and b rounded to the nearest bfloat16, ties to even. Numbers too small to be normal count as 0. With beta 0, c is not
/// read. Single-threaded. Only where ft_bfloat16_supported().
void ft_bfloat16_product(long m, long n, long k, float alpha, const float *a, long lda, int transpose_a, const float *b,
                         long ldb, int transpose_b, float beta, float *c, long ldc);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
