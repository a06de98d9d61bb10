#include "CSentencePiece.h"

#include <sentencepiece_processor.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

struct csp_model {
  sentencepiece::SentencePieceProcessor processor;
};

namespace {

void explain(char *error, const char *text) { snprintf(error, CSP_ERROR_SIZE, "%s", text); }

/// Runs `body`, which returns a status, and turns a failed status or any exception into a message.
template <typename Body>
bool guarded(char *error, Body body) {
  try {
    const sentencepiece::util::Status status = body();
    if (status.ok()) return true;
    explain(error, status.ToString().c_str());
  } catch (const std::exception &exception) {
    explain(error, exception.what());
  } catch (...) {
    explain(error, "unknown exception");
  }
  return false;
}

absl::string_view view(const uint8_t *bytes, size_t count) {
  return absl::string_view(reinterpret_cast<const char *>(bytes), count);
}

}  // namespace

extern "C" {

csp_model *csp_load(const uint8_t *bytes, size_t count, char *error) {
  csp_model *model = nullptr;
  const bool loaded = guarded(error, [&] {
    model = new csp_model;
    return model->processor.LoadFromSerializedProto(view(bytes, count));
  });
  if (loaded) return model;
  delete model;
  return nullptr;
}

void csp_free(csp_model *model) { delete model; }

int32_t csp_size(const csp_model *model) { return model->processor.GetPieceSize(); }
int32_t csp_unk(const csp_model *model) { return model->processor.unk_id(); }
int32_t csp_bos(const csp_model *model) { return model->processor.bos_id(); }
int32_t csp_eos(const csp_model *model) { return model->processor.eos_id(); }
int32_t csp_pad(const csp_model *model) { return model->processor.pad_id(); }

int32_t csp_id(const csp_model *model, const uint8_t *piece, size_t count) {
  const absl::string_view wanted = view(piece, count);
  const int id = model->processor.PieceToId(wanted);
  // The library answers the unknown id for a piece that it lacks.
  if (id < 0 || id >= model->processor.GetPieceSize()) return -1;
  return view(reinterpret_cast<const uint8_t *>(model->processor.IdToPiece(id).data()),
              model->processor.IdToPiece(id).size()) == wanted
             ? id
             : -1;
}

int32_t csp_encode(const csp_model *model, const uint8_t *text, size_t count, csp_piece **pieces, size_t *piece_count,
                   char *error) {
  *pieces = nullptr;
  *piece_count = 0;
  const bool encoded = guarded(error, [&] {
    sentencepiece::ImmutableSentencePieceText result;
    const sentencepiece::util::Status status = model->processor.Encode(view(text, count), result.mutable_proto());
    if (!status.ok()) return status;
    const size_t size = result.pieces_size();
    if (size == 0) return status;
    csp_piece *out = static_cast<csp_piece *>(malloc(size * sizeof(csp_piece)));
    if (out == nullptr) throw std::bad_alloc();
    for (size_t i = 0; i < size; ++i) {
      const auto piece = result.pieces(static_cast<int>(i));
      out[i] = csp_piece{static_cast<int32_t>(piece.id()), piece.begin(), piece.end()};
    }
    *pieces = out;
    *piece_count = size;
    return status;
  });
  return encoded ? 0 : -1;
}

int32_t csp_decode(const csp_model *model, const int32_t *ids, size_t count, uint8_t **bytes, size_t *byte_count,
                   char *error) {
  *bytes = nullptr;
  *byte_count = 0;
  const bool decoded = guarded(error, [&] {
    std::string text;
    const std::vector<int> list(ids, ids + count);
    const sentencepiece::util::Status status = model->processor.Decode(list, &text);
    if (!status.ok() || text.empty()) return status;
    uint8_t *out = static_cast<uint8_t *>(malloc(text.size()));
    if (out == nullptr) throw std::bad_alloc();
    memcpy(out, text.data(), text.size());
    *bytes = out;
    *byte_count = text.size();
    return status;
  });
  return decoded ? 0 : -1;
}

void csp_release(void *memory) { free(memory); }

}  // extern "C"
