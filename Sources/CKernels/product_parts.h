// What the products of all instruction sets share.
#include "Products.h"
#include <stdint.h>

enum {
  STRIP = 6, // rows of a register tile
  // A block of each matrix fits the second-level cache together. A small depth reads and writes the result more often.
  DEPTH = 768,   // k
  ROWS = 96,     // rows of a, a multiple of 6 and of 16
  COLUMNS = 384, // columns of b in bfloat16, and half of them in float32, where a thread is alone
  // How far ahead of the copies of many lines at a time, which the processor does not foresee, floats are asked for.
  AHEAD = 64,
};

// Some copies write up to a register of 64 bytes beyond each strip of rows.
enum { A_BYTES = ROWS * DEPTH * 4 + ROWS / STRIP * 64, B_BYTES = COLUMNS * DEPTH * 2 };

#define FLAT __attribute__((always_inline))

static inline long least(long x, long y) { return x < y ? x : y; }
static inline long up(long x, long unit) { return (x + unit - 1) / unit * unit; }

// How the work of a shared product is cut, once for each part of b's columns that is copied at a time. The threads claim
// panels to copy, wait until all are copied, and claim blocks of the result to compute.
typedef struct {
  long next_panel, copied, next_block, computed;
} phase;

// Waits for what other threads are computing.
void ft_product_await(long *counter, long count);

// The A_BYTES and B_BYTES that the calling thread keeps.
void *ft_product_memory(void);

void ft_avx2_alone_f32(const ft_product *p);
void ft_avx2_shared_f32(const ft_product *p, void *memory);
void ft_avx512_alone_f32(const ft_product *p);
void ft_avx512_shared_f32(const ft_product *p, void *memory);
void ft_avx512_alone_bf16(const ft_product *p);
void ft_avx512_shared_bf16(const ft_product *p, void *memory);
