// Matrix products in float32 and in bfloat16, alone or shared by several threads. The plain versions are in ProductTests.
//
// As in BLIS (Van Zee and van de Geijn, 2015), blocks of both matrices are copied into the order in which the innermost
// loop reads them: b into panels of as many columns as a register tile has, a into blocks of rows. Every instruction set
// sums an element of a float32 product in the same order.
#include "product_parts.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  WIDEST_PANEL = 64,
  // What threads that share a product copy of b at a time. It lies in the third-level cache.
  SHARED_BYTES = 8 << 20,
};

long ft_product_plan(ft_product *p, long threads) {
  const long size = p->is_bfloat16 ? 2 : 4, depth = up(p->k, 2);
  long most = SHARED_BYTES / (depth * size) / WIDEST_PANEL * WIDEST_PANEL;
  if (most < WIDEST_PANEL) most = WIDEST_PANEL;
  p->columns = least(up(p->n, WIDEST_PANEL), most);
  p->parts = (p->n + p->columns - 1) / p->columns;
  // Blocks so small that each thread has many: the threads then end together, also one that starts late.
  p->rows = ROWS;
  p->group = p->columns;
  while (up(p->m, p->rows) / p->rows * (p->columns / p->group) < 8 * threads) {
    if (p->rows > ROWS / 4 && p->m > p->rows / 2) p->rows /= 2;
    else if (p->group > 2 * WIDEST_PANEL) p->group = up(p->group / 2, WIDEST_PANEL);
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
void ft_product_await(long *counter, long count) {
  for (int turns = 0; __atomic_load_n(counter, __ATOMIC_ACQUIRE) < count;)
    if (++turns > 4096) sched_yield();
    else PAUSE();
}

// A thread keeps its working memory: most products are so small that taking it each time would be felt.
void *ft_product_memory(void) {
  static _Thread_local void *memory;
  if (!memory && !(memory = aligned_alloc(64, A_BYTES + B_BYTES))) {
    fputs("out of memory for a matrix product\n", stderr);
    abort();
  }
  return memory;
}

#if defined(__x86_64__)
static int has_avx512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

int ft_float32_product_lanes(void) {
  if (has_avx512()) return 16;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
}

int ft_bfloat16_product_supported(void) { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }

long ft_product_working_bytes(void) { return A_BYTES + B_BYTES; }

void ft_product_alone(const ft_product *p) {
  if (p->is_bfloat16) ft_avx512_alone_bf16(p);
  else if (has_avx512()) ft_avx512_alone_f32(p);
  else ft_avx2_alone_f32(p);
}

void ft_product_shared(const ft_product *p, void *memory) {
  if (p->is_bfloat16) ft_avx512_shared_bf16(p, memory);
  else if (has_avx512()) ft_avx512_shared_f32(p, memory);
  else ft_avx2_shared_f32(p, memory);
}

#else
int ft_float32_product_lanes(void) { return 0; }
int ft_bfloat16_product_supported(void) { return 0; }
long ft_product_working_bytes(void) { return 0; }
void ft_product_alone(const ft_product *p) { (void)p, abort(); }
void ft_product_shared(const ft_product *p, void *memory) { (void)p, (void)memory, abort(); }
#endif
