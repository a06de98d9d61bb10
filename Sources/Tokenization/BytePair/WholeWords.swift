/// A hash table of the words that become one token.
///
/// Most words of a text are of this kind, and one look-up is faster than many merges. The words are vocabulary entries,
/// each of which is tried once when the tokenizer is loaded.
struct WholeWords: Sendable {
  private struct Slot: Sendable {
    var hash: UInt32 = 0
    /// -1 when free.
    var id: Int32 = -1
    var start: Int32 = 0
    var count: Int32 = 0
  }

  private var slots: [Slot]
  private var bytes: [UInt8] = []
  private let mask: Int

  /// - Parameter words: distinct words, each with the id of the token that it becomes.
  init(_ words: [(bytes: [UInt8], id: Int32)]) {
    var capacity = 16
    while capacity < words.count * 2 { capacity *= 2 }
    slots = [Slot](repeating: Slot(), count: capacity)
    mask = capacity - 1
    for word in words {
      let hash = word.bytes.withUnsafeBufferPointer { WholeWords.hash($0) }
      var at = Int(hash) & mask
      while slots[at].id >= 0 { at = (at + 1) & mask }
      slots[at] = Slot(hash: hash, id: word.id, start: Int32(bytes.count), count: Int32(word.bytes.count))
      bytes += word.bytes
    }
  }

  @inline(__always)
  private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var state = UInt64(word.count)
    for byte in word { state = (state ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15 }
    return UInt32(truncatingIfNeeded: state >> 32)
  }

  /// The id of the token that a word becomes; `nil` when the word is not in the table.
  @inline(__always)
  func id(_ word: UnsafeBufferPointer<UInt8>) -> Int32? {
    let hash = WholeWords.hash(word)
    var at = Int(hash) & mask
    while true {
      let slot = slots[at]
      if slot.id < 0 { return nil }
      if slot.hash == hash, Int(slot.count) == word.count, matches(slot, word) { return slot.id }
      at = (at + 1) & mask
    }
  }

  @inline(__always)
  private func matches(_ slot: Slot, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in 0..<word.count where bytes[Int(slot.start) + index] != word[index] { return false }
    return true
  }
}
