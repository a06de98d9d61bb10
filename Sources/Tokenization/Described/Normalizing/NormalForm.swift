/// The four Unicode normal forms, with the offsets that the tokenizers library gives their characters.
///
/// There, a form is a list of characters that each either replace the next character of the text or are added to the last
/// one, and offsets follow from counting. Where marks change places, a mark so has the offsets of the place, not its own.
///
/// Source: `NormalizedString::transform` of the tokenizers library, and its crate unicode-normalization-alignments.
enum NormalForm: Sendable {
  case decomposed, compatibilityDecomposed, composed, compatibilityComposed

  /// A character of the result.
  private struct Change {
    var scalar: UInt32
    /// 1 for an added character; 0 for one that replaces one character, -n for one that replaces n more.
    var change: Int
    var combiningClass: UInt8 = 0
  }

  private var isCompatible: Bool { self == .compatibilityDecomposed || self == .compatibilityComposed }
  private var composes: Bool { self == .composed || self == .compatibilityComposed }

  /// Whether the text is in the form already, as nearly every text is in the composed form.
  func holds(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let table = CharacterTable.shared
    var flags: CharacterFlags = composes ? .composing : [.canonical, .composing]
    if isCompatible { flags.insert(.compatibility) }
    var at = 0
    while at < text.count {
      if text[at] < 0x80 {
        at += 1
        continue
      }
      let (scalar, length) = UTF8Text.scalar(text, at)
      guard table[scalar].isDisjoint(with: flags) else { return false }
      at += length
    }
    return true
  }

  func apply(_ text: NormalizedText) -> NormalizedText {
    text.bytes.withUnsafeBufferPointer { bytes in
      if holds(bytes) { return text }
      var changes = decomposition(bytes)
      if composes { changes = NormalForm.composition(changes) }
      return NormalForm.transform(text, bytes, changes)
    }
  }

  private func decomposition(_ text: UnsafeBufferPointer<UInt8>) -> [Change] {
    let table = CharacterTable.shared
    var changes: [Change] = []
    changes.reserveCapacity(text.count)
    /// The start of the marks that are not yet in order.
    var pending = 0
    func order(_ changes: inout [Change]) {
      if changes.count - pending > 1 {
        let sorted = changes[pending...].enumerated().sorted {
          ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
        }
        changes.replaceSubrange(pending..., with: sorted.map(\.element))
      }
    }
    var at = 0
    while at < text.count {
      let (scalar, length) = UTF8Text.scalar(text, at)
      at += length
      let flags = table[scalar]
      let parts =
        isCompatible && flags.contains(.compatibility)
        ? table.compatibilityDecomposition(scalar)
        : flags.contains(.canonical) ? table.canonicalDecomposition(scalar) : [scalar]
      for (index, part) in parts.enumerated() {
        let change = Change(scalar: part, change: index > 0 ? 1 : 0, combiningClass: table.canonicalClass(part))
        if change.combiningClass == 0 {
          order(&changes)
          changes.append(change)
          pending = changes.count
        } else {
          changes.append(change)
        }
      }
    }
    order(&changes)
    return changes
  }

  private static func composition(_ changes: [Change]) -> [Change] {
    let table = CharacterTable.shared
    var out: [Change] = []
    out.reserveCapacity(changes.count)
    /// The place in `out` of the character that the next ones may be composed with.
    var base: Int?
    var lastClass: UInt8?
    for change in changes {
      let own = change.combiningClass
      if let base, lastClass.map({ $0 < own }) ?? true,
        let whole = table.composition(out[base].scalar, change.scalar)
      {
        out[base].scalar = whole
        out[base].change += change.change - 1
        continue
      }
      if own == 0 {
        base = out.count
        lastClass = nil
      } else if base != nil {
        lastClass = own
      }
      out.append(change)
    }
    return out
  }

  private static func transform(
    _ text: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>, _ changes: [Change]
  ) -> NormalizedText {
    var out = NormalizedText(capacity: bytes.count)
    var offset = 0
    for change in changes {
      let source = change.change > 0 ? max(0, offset - 1) : min(offset, bytes.count - 1)
      out.append(scalar: change.scalar, like: text, at: source)
      var taken = change.change > 0 ? 0 : 1 - change.change
      while taken > 0, offset < bytes.count {
        offset += UTF8Text.scalar(bytes, offset).length
        taken -= 1
      }
    }
    return out
  }
}
