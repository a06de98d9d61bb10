import Foundation

/// The resident memory of a table of which only some rows are ever written; see ``Tensor/lazyZeros(_:)``.
package enum CommittedPages {
  /// - Parameter rows: the rows that are written, in ascending order.
  /// - Returns: the bytes of all pages that hold a part of one of these rows.
  package static func bytes(rows: [Int], rowBytes: Int) -> Int {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard rowBytes > 0 else { return 0 }
    var (count, next) = (0, 0)
    for row in rows {
      let (first, last) = (max(next, row * rowBytes / page), ((row + 1) * rowBytes - 1) / page)
      guard first <= last else { continue }
      count += last - first + 1
      next = last + 1
    }
    return count * page
  }
}
