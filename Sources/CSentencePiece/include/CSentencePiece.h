/// A thin C interface over libsentencepiece: pointers with lengths in, error texts out, no exception across.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A loaded model; encoding with it from several threads at once is safe.
typedef struct csp_model csp_model;

/// One piece: its id and the bytes [begin, end) of the input that it covers.
typedef struct {
  int32_t id;
  uint32_t begin;
  uint32_t end;
} csp_piece;

enum { CSP_ERROR_SIZE = 512 };

/// Loads a serialized model. Returns NULL and writes a NUL-terminated message of at most CSP_ERROR_SIZE bytes on failure.
csp_model *csp_load(const uint8_t *bytes, size_t count, char *error);
void csp_free(csp_model *model);

int32_t csp_size(const csp_model *model);
/// Ids of the reserved pieces; -1 where the model has none.
int32_t csp_unk(const csp_model *model);
int32_t csp_bos(const csp_model *model);
int32_t csp_eos(const csp_model *model);
int32_t csp_pad(const csp_model *model);
/// The id of a piece, or -1.
int32_t csp_id(const csp_model *model, const uint8_t *piece, size_t count);

/// Encodes text that may hold NULs. On success returns 0 and an array that csp_release frees; else -1 and a message.
int32_t csp_encode(const csp_model *model, const uint8_t *text, size_t count, csp_piece **pieces, size_t *piece_count,
                   char *error);
/// Decodes ids, each in 0..<csp_size. On success returns 0 and bytes that csp_release frees; else -1 and a message.
int32_t csp_decode(const csp_model *model, const int32_t *ids, size_t count, uint8_t **bytes, size_t *byte_count,
                   char *error);
void csp_release(void *memory);

#ifdef __cplusplus
}
#endif
