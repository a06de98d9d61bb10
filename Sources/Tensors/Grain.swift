/// How small the parts of a parallel loop may be.
package enum Grain {
  /// Elements below which another thread costs more than it saves.
  package static let elements = 16_384

  /// Rows of `width` elements that make up at least ``elements``; a width of 0 counts as 1.
  package static func rows(width: Int) -> Int { max(1, elements / max(1, width)) }
}
