import Support

/// The entries of a vocabulary by their ids, stored in one block.
struct EntryTable: Sendable {
  private let ids: [Int32]
  /// Where each entry starts in `bytes`; one more for the end.
  private var starts: [Int32] = [0]
  private var bytes: [UInt8] = []

  /// - Parameter entries: of entries with the same id the last one is kept.
  init(_ entries: [(ByteString, Int32)]) {
    let sorted = entries.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element)
    var ids: [Int32] = []
    for (index, entry) in sorted.enumerated() where index + 1 == sorted.count || sorted[index + 1].1 != entry.1 {
      ids.append(entry.1)
      bytes += entry.0.bytes
      starts.append(Int32(clamping: bytes.count))
    }
    self.ids = ids
  }

  /// The largest id; -1 without entries.
  var largestID: Int32 { ids.last ?? -1 }

  subscript(id: Int32) -> ArraySlice<UInt8>? {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    guard low < ids.count, ids[low] == id else { return nil }
    return bytes[Int(starts[low])..<Int(starts[low + 1])]
  }
}
