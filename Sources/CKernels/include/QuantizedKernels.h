// Adam whose moments are stored as codes of 8 or 4 bits times a scale. A part of OptimizerKernels.h.
#ifndef FT_QUANTIZED_KERNELS_H
#define FT_QUANTIZED_KERNELS_H
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Longest block of elements that share a scale.
enum { ft_longest_block = 4096 };

/// What codes stand for, and how a ratio x / scale finds its code.
typedef struct {
  /// 8: a code a byte; 4: two, the first in the low nibble.
  int bits;
  /// 0: nearest value, the lower of two equally near. 1: bitsandbytes' CPU quantizer.
  int uniform;
  /// 256 or 16, ascending.
  const float *values;
  /// 4 bits: the two values of each of the 256 bytes.
  const float *pairs;
  /// The largest float that still has code k; infinity for the last.
  const float *boundaries;
  /// 65,536 codes. Nearest: by the upper half of the ratio's bits, the lowest code found there, at most one below the
  /// highest. Uniform: by position in [-1, 1], the code itself.
  const uint8_t *bins;
  /// Nearest, 8 bits: up to 16 regions of codes, each the greatest ratio in it (infinity for the last), then slopes, then
  /// offsets of lines. A line cut to an integer of at least 0 is the code of a ratio in its region, or the one below.
  const float *regions;
} ft_codebook;

/// Moments that share scales by blocks of consecutive elements.
typedef struct {
  uint8_t *codes;
  /// One for each block.
  float *scales;
} ft_block_state;

/// A second moment of a matrix whose scale is the smaller of a row's and a column's maximum.
typedef struct {
  uint8_t *codes;
  long width;
  const float *rows, *columns;
  /// Those after the step, from `rank_one_maxima`.
  const float *new_rows, *new_columns;
} ft_rank_one_state;

// Status: 0, 1 when a new weight and 2 when a new moment is not finite. The block at fault keeps its weights and codes.
#define FT_QUANTIZED_KERNEL_LIST(K) \
  /* n codes of x, which share a scale, the largest magnitude; status 2 leaves both alone */ \
  K(int, quantize, (const ft_codebook *b, const float *x, uint8_t *codes, float *scale, long n)) \
  K(void, dequantize, (const ft_codebook *b, const uint8_t *codes, float scale, float *x, long n)) \
  /* Adam over n elements from the start of a block, which has an even length of at most ft_longest_block */ \
  K(int, adam_blocks, (const ft_adam *c, const ft_codebook *first, const ft_codebook *second, const float *g, \
                       ft_block_state m, ft_block_state v, float *w, long n, long block)) \
  /* the largest new second moment of one row, and of each column so far; g is the whole matrix; status */ \
  K(int, rank_one_maxima, (const ft_adam *c, const ft_codebook *second, const float *g, const ft_rank_one_state *v, \
                           long row, float *row_maximum, float *column_maxima)) \
  /* as adam_blocks, n elements from `start`, the start of a block; all pointers are those of the whole matrix */ \
  K(int, adam_rank_one, (const ft_adam *c, const ft_codebook *first, const ft_codebook *second, const float *g, \
                         ft_block_state m, const ft_rank_one_state *v, float *w, long start, long n, long block))

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
