// Products with AVX-512, in float32 and in bfloat16.
#if defined(__x86_64__)
#include "product_parts.h"
#include <immintrin.h>

#define LANES 16
#define PANEL 64 // columns of a register tile: 6 x 4 of 32 registers hold sums
#define UNROLLED 1 // steps along k in one turn of the innermost loop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"), min_vector_width(512))), apply_to = function)

typedef __m512 vector;

// The mask of the first `count` of 16 lanes, for any count.
static inline FLAT __mmask16 first(long count) {
  return count >= LANES ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

static inline FLAT vector zero(void) { return _mm512_setzero_ps(); }
static inline FLAT vector fill(float x) { return _mm512_set1_ps(x); }
static inline FLAT vector load(const float *x) { return _mm512_loadu_ps(x); }
static inline FLAT vector load_first(long count, const float *x) { return _mm512_maskz_loadu_ps(first(count), x); }
static inline FLAT void store(float *x, vector v) { _mm512_storeu_ps(x, v); }
static inline FLAT void store_first(long count, float *x, vector v) { _mm512_mask_storeu_ps(x, first(count), v); }
static inline FLAT vector multiply(vector a, vector b) { return _mm512_mul_ps(a, b); }
static inline FLAT vector multiply_add(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }

// Transposes a matrix of 16 x 16 lanes.
static inline FLAT void transpose_lanes(__m512i r[LANES]) {
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

static inline FLAT void transpose(vector r[LANES]) {
  __m512i t[LANES];
  for (int i = 0; i < LANES; i++) t[i] = (__m512i)r[i];
  transpose_lanes(t);
  for (int i = 0; i < LANES; i++) r[i] = (vector)t[i];
}

#define FT(name) ft_avx512_##name##_f32
#include "product.inc"
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512bf16,avx2,fma"), min_vector_width(512))), \
    apply_to = function)
#define FT_BFLOAT16
#define FT(name) ft_avx512_##name##_bf16
#include "product.inc"
#pragma clang attribute pop
#endif
