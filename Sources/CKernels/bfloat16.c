// Products in bfloat16 with AVX512_BF16. The plain version is in BFloat16Tests.
//
// As in BLIS (Van Zee and van de Geijn, 2015), blocks of both matrices are copied into the order in which the innermost
// loop reads them, and rounded on the way. The instruction vdpbf16ps adds two products to each sum, so the copies hold
// pairs that are neighbours in k: panels of up to 64 columns of b, [k / 2][columns][2], and rows of a, either
// [rows][k / 2][2] or, where a is transposed, [k / 2][rows][2]. What is missing at the edges is zero in the copies.
#include "BFloat16Product.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define BF16 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512bf16,avx2,fma"), min_vector_width(512)))
#define BF16_INLINE static inline __attribute__((always_inline)) BF16

enum {
  STRIP = 6,     // rows of a register tile
  LANES = 16,    // floats of a register
  PANEL = 64,    // columns of a register tile: 6 x 4 of 32 registers hold sums
  // A block of each matrix fits the second-level cache together. The speed hardly depends on these three.
  DEPTH = 384,   // k
  ROWS = 96,     // rows of a, a multiple of 6 and of 16
  COLUMNS = 768, // columns of b
};

int ft_bfloat16_supported(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16");
}

enum { A_BYTES = ROWS * DEPTH * 2, B_BYTES = COLUMNS * DEPTH * 2 };

long ft_bfloat16_working_bytes(void) { return A_BYTES + B_BYTES; }

// A thread keeps its working memory: most products are so small that taking it each time would be felt.
static uint32_t *working_memory(void) {
  static _Thread_local uint32_t *memory;
  if (!memory && !(memory = aligned_alloc(64, A_BYTES + B_BYTES))) {
    fputs("out of memory for a matrix product\n", stderr);
    abort();
  }
  return memory;
}

// The mask of the first `count` of 16 lanes, for any count.
BF16_INLINE __mmask16 first(long count) {
  return count >= LANES ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

// 16 pairs: the low half of each lane is from `even`, the high half from `odd`.
BF16_INLINE __m512i interleave(__m512 even, __m512 odd) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5,
                                         20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

// Transposes a matrix of 16 x 16 lanes.
BF16_INLINE void transpose(__m512i r[LANES]) {
  __m512i t[LANES];
  for (int i = 0; i < LANES; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < LANES; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

// Copies rows of a: out[lines][k / 2].
BF16 static void pack_rows(const float *x, long stride, long lines, long depth, uint32_t *out) {
  const long pairs = (depth + 1) / 2;
  for (long i = 0; i < lines; i++, x += stride, out += pairs) {
    long k = 0;
    for (; k + 2 * LANES <= depth; k += 2 * LANES)
      _mm512_storeu_si512(out + k / 2, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + k + LANES), _mm512_loadu_ps(x + k)));
    if (k < depth) {
      __m512 low = _mm512_maskz_loadu_ps(first(depth - k), x + k);
      __m512 high = k + LANES < depth ? _mm512_maskz_loadu_ps(first(depth - k - LANES), x + k + LANES) : _mm512_setzero_ps();
      _mm512_mask_storeu_epi32(out + k / 2, first(pairs - k / 2), (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
  }
}

// Copies `lines` (at most 64) columns of a transposed b, whose elements along k lie one after the other:
// out[k / 2][width], with `width` the next multiple of 16.
BF16 static void pack_lines(const float *x, long stride, long lines, long depth, uint32_t *out, long width) {
  for (long k = 0; k < depth; k += 2 * LANES) {
    const __mmask16 low = first(depth - k), high = first(depth - k - LANES);
    const long pairs = depth - k >= 2 * LANES ? LANES : (depth - k + 1) / 2;
    for (long start = 0; start < width; start += LANES) {
      __m512i r[LANES];
      for (int i = 0; i < LANES; i++) {
        const float *line = x + (start + i) * stride + k;
        r[i] = start + i < lines ? (__m512i)_mm512_cvtne2ps_pbh(high ? _mm512_maskz_loadu_ps(high, line + LANES) : _mm512_setzero_ps(),
                                                                _mm512_maskz_loadu_ps(low, line))
                                 : _mm512_setzero_si512();
      }
      transpose(r);
      uint32_t *target = out + k / 2 * width + start;
      if (pairs == LANES)
        for (int i = 0; i < LANES; i++) _mm512_storeu_si512(target + i * width, r[i]);
      else
        for (int i = 0; i < pairs; i++) _mm512_storeu_si512(target + i * width, r[i]);
    }
  }
}

// Copies columns of b, or rows of a transposed a, whose elements along k are `stride` apart: out[k / 2][width], with
// `width` a multiple of 16 and at least `lines`.
BF16 static void pack_columns(const float *x, long stride, long lines, long depth, uint32_t *out, long width) {
  for (long k = 0; k < depth; k += 2, out += width) {
    const float *even = x + k * stride, *odd = even + stride;
    for (long start = 0; start < lines; start += LANES) {
      const __mmask16 mask = first(lines - start);
      __m512 low = _mm512_maskz_loadu_ps(mask, even + start);
      __m512 high = k + 1 < depth ? _mm512_maskz_loadu_ps(mask, odd + start) : _mm512_setzero_ps();
      _mm512_storeu_si512(out + start, interleave(low, high));
    }
  }
}

// One register tile: c[rows, 16 * vectors] = alpha * a * b + beta * c. From one row of a to the next are `row` pairs, and
// `step` from one pair of a row to the next. `last` masks the last vector of columns.
BF16_INLINE void tile(int rows, int vectors, long pairs, const uint32_t *a, long row, long step, const uint32_t *b,
                      float alpha, float beta, float *c, long ldc, __mmask16 last) {
  __m512 sums[STRIP][PANEL / LANES];
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < vectors; j++) sums[i][j] = _mm512_setzero_ps();
  for (long k = 0; k < pairs; k++, a += step, b += vectors * LANES) {
    __m512bh columns[PANEL / LANES];
    for (int j = 0; j < vectors; j++) columns[j] = (__m512bh)_mm512_loadu_si512(b + j * LANES);
    for (int i = 0; i < rows; i++) {
      const __m512bh pair = (__m512bh)_mm512_set1_epi32((int)a[i * row]);
      for (int j = 0; j < vectors; j++) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], pair, columns[j]);
    }
  }
  const __m512 factor = _mm512_set1_ps(alpha), kept = _mm512_set1_ps(beta);
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < vectors; j++) {
      const __mmask16 mask = j + 1 == vectors ? last : 0xffff;
      float *target = c + i * ldc + j * LANES;
      __m512 sum = _mm512_mul_ps(sums[i][j], factor);
      if (beta != 0) sum = _mm512_fmadd_ps(kept, _mm512_maskz_loadu_ps(mask, target), sum);
      _mm512_mask_storeu_ps(target, mask, sum);
    }
}

#define TILES_OF(vectors)                                                                                              \
  BF16 static void tiles_##vectors(long rows, long pairs, const uint32_t *a, long row, long step, const uint32_t *b,     \
                                   float alpha, float beta, float *c, long ldc, __mmask16 last) {                        \
    for (; rows >= STRIP; rows -= STRIP, a += STRIP * row, c += STRIP * ldc)                                         \
      tile(STRIP, vectors, pairs, a, row, step, b, alpha, beta, c, ldc, last);                                         \
    switch (rows) {                                                                                                    \
    case 5: tile(5, vectors, pairs, a, row, step, b, alpha, beta, c, ldc, last); break;                                \
    case 4: tile(4, vectors, pairs, a, row, step, b, alpha, beta, c, ldc, last); break;                                \
    case 3: tile(3, vectors, pairs, a, row, step, b, alpha, beta, c, ldc, last); break;                                \
    case 2: tile(2, vectors, pairs, a, row, step, b, alpha, beta, c, ldc, last); break;                                \
    case 1: tile(1, vectors, pairs, a, row, step, b, alpha, beta, c, ldc, last); break;                                \
    }                                                                                                                  \
  }
TILES_OF(1)
TILES_OF(2)
TILES_OF(3)
TILES_OF(4)

static inline long least(long x, long y) { return x < y ? x : y; }

BF16 void ft_bfloat16_product(long m, long n, long k, float alpha, const float *a, long lda, int transpose_a, const float *b,
                              long ldb, int transpose_b, float beta, float *c, long ldc) {
  uint32_t *packed_b = working_memory(), *packed_a = packed_b + B_BYTES / 4;
  if (k <= 0) {
    for (long i = 0; i < m; i++)
      for (long j = 0; j < n; j++) c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
    return;
  }
  for (long column = 0; column < n; column += COLUMNS) {
    const long width = least(COLUMNS, n - column);
    for (long inner = 0; inner < k; inner += DEPTH) {
      const long depth = least(DEPTH, k - inner), pairs = (depth + 1) / 2;
      const float scale = inner == 0 ? beta : 1;
      uint32_t *panel = packed_b;
      for (long j = 0; j < width; j += PANEL) {
        const long lines = least(PANEL, width - j), wide = (lines + LANES - 1) / LANES * LANES;
        if (transpose_b) pack_lines(b + (column + j) * ldb + inner, ldb, lines, depth, panel, wide);
        else pack_columns(b + inner * ldb + column + j, ldb, lines, depth, panel, wide);
        panel += wide * pairs;
      }
      for (long row = 0; row < m; row += ROWS) {
        const long height = least(ROWS, m - row);
        if (!transpose_a) pack_rows(a + row * lda + inner, lda, height, depth, packed_a);
        else pack_columns(a + inner * lda + row, lda, height, depth, packed_a, ROWS);
        const long next = transpose_a ? 1 : pairs, step = transpose_a ? ROWS : 1;
        panel = packed_b;
        for (long j = 0; j < width; j += PANEL) {
          const long lines = least(PANEL, width - j), vectors = (lines + LANES - 1) / LANES;
          const __mmask16 last = first(lines - (vectors - 1) * LANES);
          float *target = c + row * ldc + column + j;
          switch (vectors) {
          case 4: tiles_4(height, pairs, packed_a, next, step, panel, alpha, scale, target, ldc, last); break;
          case 3: tiles_3(height, pairs, packed_a, next, step, panel, alpha, scale, target, ldc, last); break;
          case 2: tiles_2(height, pairs, packed_a, next, step, panel, alpha, scale, target, ldc, last); break;
          default: tiles_1(height, pairs, packed_a, next, step, panel, alpha, scale, target, ldc, last); break;
          }
          panel += vectors * LANES * pairs;
        }
      }
    }
  }
}

#else
int ft_bfloat16_supported(void) { return 0; }
long ft_bfloat16_working_bytes(void) { return 0; }
void ft_bfloat16_product(long m, long n, long k, float alpha, const float *a, long lda, int transpose_a, const float *b,
                         long ldb, int transpose_b, float beta, float *c, long ldc) {
  (void)m, (void)n, (void)k, (void)alpha, (void)a, (void)lda, (void)transpose_a, (void)b, (void)ldb, (void)transpose_b;
  (void)beta, (void)c, (void)ldc;
  abort();
}
#endif
