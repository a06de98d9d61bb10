import Support

/// A BPE model over the characters of a piece of text.
///
/// Source: `BPE` of the tokenizers library.
struct CharacterPairs: Sendable {
  /// What of tokenizer.json describes the model, besides its entries and merges.
  struct Options {
    var unknown: ByteString?
    var fusesUnknown = false
    var byteFallback = false
    var ignoresMerges = false
    /// Written before every character of a word but the first, and behind the last character.
    var prefix = ByteString(bytes: [])
    var suffix = ByteString(bytes: [])
  }

  private let merges: MergeTable
  private var wholeWords = WholeWords([])
  private let ids: [ByteString: Int32]
  /// The ids of ASCII characters and of all characters where no prefix or suffix applies; -1, or absent, for a character
  /// without an entry.
  private let ascii: [Int32]
  private let characters: [UInt32: Int32]
  private let unknown: Int32?
  private let fusesUnknown: Bool
  private let ignoresMerges: Bool
  /// The ids of `<0x00>` and so on, -1 for one without an entry; `nil` where characters do not fall back to bytes.
  private let bytes: [Int32]?
  private let prefix: [UInt8]
  private let suffix: [UInt8]
  /// Whether text is merged word by word, each with the `▁` before it, because no token crosses the border of two words.
  ///
  /// Where characters may be left out, what stands around them may still be merged.
  private let splitsAtBlanks: Bool
  /// Whether an entry has `▁` after a character that ends with the byte: a token may cross the border there.
  private let joinsBlank: [Bool]

  private var isPlain: Bool { prefix.isEmpty && suffix.isEmpty }

  /// - Throws: ``TokenizerError`` when a merge, or the unknown token, is not in the vocabulary.
  init(
    path: String, entries: [(ByteString, Int32)], merges: [MergesReader.Merge], _ options: Options
  ) throws(TokenizerError) {
    var ids: [ByteString: Int32] = [:]
    ids.reserveCapacity(entries.count)
    var characters: [UInt32: Int32] = [:]
    var joins = [Bool](repeating: false, count: 256)
    for (entry, id) in entries {
      ids[entry] = id
      let scalars = entry.description.unicodeScalars
      if let only = scalars.first, scalars.count == 1 { characters[only.value] = id }
      CharacterPairs.markJoins(entry.bytes, &joins)
    }
    prefix = options.prefix.bytes
    suffix = options.suffix.bytes
    var pairs: [(left: Int32, right: Int32, merge: MergeTable.Merge)] = []
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      // The prefix is cut off the right part, whatever that begins with.
      guard merge.right.bytes.count >= prefix.count,
        let left = ids[merge.left], let right = ids[merge.right],
        let whole = ids[ByteString(merge.left.bytes + merge.right.bytes.dropFirst(prefix.count))]
      else {
        throw .badLine(
          path: path, line: merge.line,
          reason: "merge \"\(merge.left) \(merge.right)\" is not in the vocabulary; use matching files")
      }
      pairs.append((left, right, .init(rank: UInt32(rank), id: whole)))
    }
    if let name = options.unknown {
      guard let id = ids[name] else { throw .missingToken(path: path, token: name.description, role: "unknown") }
      unknown = id
    } else {
      unknown = nil
    }
    bytes =
      options.byteFallback
      ? (UInt8.min...UInt8.max).map { byte in
        ids[ByteString("<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>")] ?? -1
      } : nil
    self.merges = MergeTable(pairs)
    self.ids = ids
    self.characters = characters
    ascii = (0..<128).map { characters[$0] ?? -1 }
    fusesUnknown = options.fusesUnknown
    ignoresMerges = options.ignoresMerges
    joinsBlank = joins
    splitsAtBlanks =
      characters[0x2581] != nil && !options.ignoresMerges && options.prefix.bytes.isEmpty
      && options.suffix.bytes.isEmpty && (unknown != nil || bytes?.contains(-1) == false)
    wholeWords = WholeWords(words(entries))
  }

  /// The entries that become one token as whole pieces of text: where merges are ignored all of them, else those that
  /// merging leads to.
  private func words(_ entries: [(ByteString, Int32)]) -> [(bytes: [UInt8], id: Int32)] {
    var merger = WordMerger()
    return entries.compactMap { entry, id in
      guard !ignoresMerges, !entry.bytes.isEmpty else { return entry.bytes.isEmpty ? nil : (entry.bytes, id) }
      var found: [Int32] = []
      entry.bytes.withUnsafeBufferPointer { merge($0, &merger) { id, _, _ in found.append(id) } }
      return found == [id] ? (entry.bytes, id) : nil
    }
  }

  func id(_ entry: ByteString) -> Int32? { ids[entry] }

  /// Calls `emit(id, start, end)` for every token of a piece of text.
  @inline(__always)
  func segment(_ text: UnsafeBufferPointer<UInt8>, _ merger: inout WordMerger, emit: (Int32, Int, Int) -> Void) {
    guard splitsAtBlanks else { return word(text, 0, &merger, emit) }
    var start = 0
    while start < text.count {
      let end = wordEnd(text, start)
      word(UnsafeBufferPointer(rebasing: text[start..<end]), start, &merger, emit)
      start = end
    }
  }

  /// The next `▁` that follows another character and that no token joins to it, or the end of the text.
  private func wordEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var at = start + 1
    while at < text.count {
      if text[at] == 0xE2, MergeSegmenter.isBlank(text, at), !joinsBlank[Int(text[at - 1])],
        at < 3 || !MergeSegmenter.isBlank(text, at - 3)
      {
        return at
      }
      at += 1
    }
    return at
  }

  private static func markJoins(_ entry: [UInt8], _ joins: inout [Bool]) {
    entry.withUnsafeBufferPointer { entry in
      for at in entry.indices.dropFirst()
      where MergeSegmenter.isBlank(entry, at) && (at < 3 || !MergeSegmenter.isBlank(entry, at - 3)) {
        joins[Int(entry[at - 1])] = true
      }
    }
  }

  @inline(__always)
  private func word(
    _ word: UnsafeBufferPointer<UInt8>, _ base: Int, _ merger: inout WordMerger, _ emit: (Int32, Int, Int) -> Void
  ) {
    if let id = wholeWords.id(word) { return emit(id, base, base + word.count) }
    merge(word, &merger) { emit($0, base + $1, base + $2) }
  }

  private func merge(
    _ word: UnsafeBufferPointer<UInt8>, _ merger: inout WordMerger, _ emit: (Int32, Int, Int) -> Void
  ) {
    merger.begin()
    /// Where a run of unknown characters ends that has no token yet.
    var pending: Int?
    var at = 0
    while at < word.count {
      let (scalar, length) = UTF8Text.scalar(word, at)
      let start = at
      at += length
      let id = isPlain ? plain(scalar) : affixed(word, start..<at)
      if id >= 0 {
        if let end = pending, let unknown { merger.add(unknown, end: end) }
        pending = nil
        merger.add(id, end: at)
        continue
      }
      // As in the reference, a run of unknown characters is not ended by bytes.
      if addBytes(word, start..<at, &merger) { continue }
      guard let unknown else { continue }
      if let end = pending, !fusesUnknown { merger.add(unknown, end: end) }
      pending = at
    }
    if let end = pending, let unknown { merger.add(unknown, end: end) }
    merger.finish(merges, emit: emit)
  }

  @inline(__always)
  private func plain(_ scalar: UInt32) -> Int32 { scalar < 128 ? ascii[Int(scalar)] : characters[scalar] ?? -1 }

  private func affixed(_ word: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int32 {
    let inner = range.lowerBound > 0 ? prefix : []
    let outer = range.upperBound == word.count ? suffix : []
    return ids[ByteString(inner + word[range] + outer)] ?? -1
  }

  /// Adds the tokens of a character's bytes, with the prefix and suffix that the character has; false where it has none.
  private func addBytes(_ word: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ merger: inout WordMerger) -> Bool {
    guard let bytes else { return false }
    if !isPlain {
      let inner = range.lowerBound > 0 ? prefix : []
      let outer = range.upperBound == word.count ? suffix : []
      let all = inner + word[range] + outer
      guard all.allSatisfy({ bytes[Int($0)] >= 0 }) else { return false }
      for (index, byte) in all.enumerated() {
        merger.add(bytes[Int(byte)], end: min(range.lowerBound + index + 1, range.upperBound))
      }
      return true
    }
    guard range.allSatisfy({ bytes[Int(word[$0])] >= 0 }) else { return false }
    for index in range { merger.add(bytes[Int(word[index])], end: index + 1) }
    return true
  }
}
