// Products with AVX2, in float32.
#if defined(__x86_64__)
#include "product_parts.h"
#include <immintrin.h>

#define LANES 8
#define PANEL 16 // columns of a register tile: 6 x 2 of 16 registers hold sums
#define UNROLLED 4 // steps along k in one turn of the innermost loop

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

typedef __m256 vector;

// The mask of the first `count` of 8 lanes, for any count.
static inline FLAT __m256i first(long count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)least(count, LANES)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline FLAT vector zero(void) { return _mm256_setzero_ps(); }
static inline FLAT vector fill(float x) { return _mm256_set1_ps(x); }
static inline FLAT vector load(const float *x) { return _mm256_loadu_ps(x); }
static inline FLAT vector multiply(vector a, vector b) { return _mm256_mul_ps(a, b); }
static inline FLAT vector multiply_add(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
static inline FLAT void store(float *x, vector v) { _mm256_storeu_ps(x, v); }

// Masked loads and stores are slow on some processors, so whole vectors do without.
static inline FLAT vector load_first(long count, const float *x) {
  return count >= LANES ? load(x) : _mm256_maskload_ps(x, first(count));
}
static inline FLAT void store_first(long count, float *x, vector v) {
  if (count >= LANES) store(x, v);
  else _mm256_maskstore_ps(x, first(count), v);
}

// Transposes a matrix of 8 x 8 lanes.
static inline FLAT void transpose(vector r[LANES]) {
  vector t[LANES];
  for (int i = 0; i < LANES; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < LANES; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) t[i] = r[i], t[i + 4] = r[i + 4];
  for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
  }
}

// Columns of a transposed a are copied in strips of the rows of a register tile, so that a strip lies in few cache lines.
#define PACK_STRIPS
static long strip_size(long depth) { return STRIP * depth + LANES - STRIP; }

// Copies rows of a transposed a: out[lines / STRIP][depth][STRIP]. Each store writes LANES numbers, of which the next along k
// overwrites what exceeds STRIP.
static void pack_strips(const float *x, long stride, long lines, long depth, float *out) {
  const long size = strip_size(depth);
  for (long k = 0; k < depth; k++, x += stride)
    for (long start = 0; start < lines; start += STRIP)
      store(out + start / STRIP * size + k * STRIP, load_first(lines - start, x + start));
}

#define FT(name) ft_avx2_##name##_f32
#include "product.inc"
#pragma clang attribute pop
#endif
