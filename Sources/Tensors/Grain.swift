/// How small the parts of a parallel loop may be.
package enum Grain {
  /// The number of elements below which another thread costs more than it saves.
  package static let elements = 16_384

  /// The number of rows of `width` elements that hold about ``elements`` elements, at least 1. A width of 0 counts as
  /// 1.
  package static func rows(width: Int) -> Int { max(1, elements / max(1, width)) }
}
