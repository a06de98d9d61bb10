import Support

/// Reads the merges of a BPE model.
enum MergesReader {
  typealias Merge = (left: ByteString, right: ByteString, line: Int)

  /// Reads merges.txt, where each line has two entries with a space between them, e.g. `Ġ t`.
  ///
  /// Lines that begin with `#version` are comments.
  static func read(_ path: String) throws -> [Merge] {
    var merges: [Merge] = []
    for line in TextLines(try Files.read(path, limit: LoadingLimits.vocabulary))
    where !line.bytes.starts(with: "#version".utf8) {
      merges.append(try merge(line.bytes, path: path, line: line.number))
    }
    return merges
  }

  /// Reads the merges of tokenizer.json, each written as `"a b"` or as `["a", "b"]`.
  static func merges(_ field: TokenizerField) throws(TokenizerError) -> [Merge] {
    var merges: [Merge] = []
    for (index, item) in try field.required(.array).enumerated() {
      if let text = item.bytes {
        merges.append(try merge(text.bytes[...], path: field.path, line: index + 1))
      } else if let pair = item.array, pair.count == 2, let left = pair[0].bytes, let right = pair[1].bytes {
        merges.append((left, right, index + 1))
      } else {
        throw try field.items()[index].fault("\"a b\" or [\"a\", \"b\"]")
      }
    }
    return merges
  }

  private static func merge(_ line: ArraySlice<UInt8>, path: String, line number: Int) throws(TokenizerError) -> Merge {
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2, String(validating: line, as: UTF8.self) != nil else {
      throw .badLine(
        path: path, line: number,
        reason: "found \(parts.count) parts, expected a merge of two UTF-8 entries; copy the file again")
    }
    return (ByteString(bytes: parts[0]), ByteString(bytes: parts[1]), number)
  }
}
