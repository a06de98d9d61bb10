// Matrix products with AVX-512, in float32 and in bfloat16, alone or shared by several threads. The plain versions are in
// ProductTests.
//
// As in BLIS (Van Zee and van de Geijn, 2015), blocks of both matrices are copied into the order in which the innermost
// loop reads them: b into panels of up to 64 columns, a into blocks of rows.
#include "Products.h"
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STRIP = 6,     // rows of a register tile
  LANES = 16,    // floats of a register
  PANEL = 64,    // columns of a register tile: 6 x 4 of 32 registers hold sums
  // A block of each matrix fits the second-level cache together. A small depth reads and writes the result more often.
  DEPTH = 768,   // k
  ROWS = 96,     // rows of a, a multiple of 6 and of 16
  COLUMNS = 384, // columns of b in bfloat16, and half of them in float32, where a thread is alone
  // What threads that share a product copy of b at a time. It lies in the third-level cache.
  SHARED_BYTES = 8 << 20,
  // How far ahead of the copies of many lines at a time, which the processor does not foresee, floats are asked for.
  AHEAD = 64,
};

static inline long least(long x, long y) { return x < y ? x : y; }
static inline long up(long x, long unit) { return (x + unit - 1) / unit * unit; }

// How the work of a shared product is cut, once for each part of b's columns that is copied at a time. The threads claim
// panels to copy, wait until all are copied, and claim blocks of the result to compute.
typedef struct {
  long next_panel, copied, next_block, computed;
} phase;

long ft_product_plan(ft_product *p, long threads) {
  const long size = p->is_bfloat16 ? 2 : 4, depth = up(p->k, 2);
  long most = SHARED_BYTES / (depth * size) / PANEL * PANEL;
  if (most < PANEL) most = PANEL;
  p->columns = least(up(p->n, PANEL), most);
  p->parts = (p->n + p->columns - 1) / p->columns;
  // Blocks so small that each thread has many: the threads then end together, also one that starts late.
  p->rows = ROWS;
  p->group = p->columns;
  while (up(p->m, p->rows) / p->rows * (p->columns / p->group) < 8 * threads) {
    if (p->rows > ROWS / 4 && p->m > p->rows / 2) p->rows /= 2;
    else if (p->group > 2 * PANEL) p->group = up(p->group / 2, PANEL);
    else break;
  }
  p->cleared = up(p->parts * (long)sizeof(phase), 64);
  return p->cleared + p->columns * depth * size;
}

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE()
#endif

// Waits for what other threads are computing. They may not be running, so the processor is theirs after a while.
static void await(long *counter, long count) {
  for (int turns = 0; __atomic_load_n(counter, __ATOMIC_ACQUIRE) < count;)
    if (++turns > 4096) sched_yield();
    else PAUSE();
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"
#define WIDE(features) __attribute__((target(features), min_vector_width(512)))
#define FLAT(features) static inline __attribute__((always_inline)) WIDE(features)

int ft_float32_product_supported(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

int ft_bfloat16_product_supported(void) { return ft_float32_product_supported() && __builtin_cpu_supports("avx512bf16"); }

enum { A_BYTES = ROWS * DEPTH * 4, B_BYTES = COLUMNS * DEPTH * 2 };

long ft_product_working_bytes(void) { return A_BYTES + B_BYTES; }

// A thread keeps its working memory: most products are so small that taking it each time would be felt.
static void *working_memory(void) {
  static _Thread_local void *memory;
  if (!memory && !(memory = aligned_alloc(64, A_BYTES + B_BYTES))) {
    fputs("out of memory for a matrix product\n", stderr);
    abort();
  }
  return memory;
}

// The mask of the first `count` of 16 lanes, for any count.
FLAT(AVX512) __mmask16 first(long count) {
  return count >= LANES ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

// Transposes a matrix of 16 x 16 lanes.
FLAT(AVX512) void transpose(__m512i r[LANES]) {
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

#define FT_SINGLE
#include "product.inc"
#undef FT_SINGLE
#include "product.inc"

void ft_product_alone(const ft_product *p) {
  if (p->is_bfloat16) alone_bf16(p);
  else alone_f32(p);
}

void ft_product_shared(const ft_product *p, void *memory) {
  if (p->is_bfloat16) shared_bf16(p, memory);
  else shared_f32(p, memory);
}

#else
int ft_float32_product_supported(void) { return 0; }
int ft_bfloat16_product_supported(void) { return 0; }
long ft_product_working_bytes(void) { return 0; }
void ft_product_alone(const ft_product *p) { (void)p, abort(); }
void ft_product_shared(const ft_product *p, void *memory) { (void)p, (void)memory, (void)await, abort(); }
#endif
