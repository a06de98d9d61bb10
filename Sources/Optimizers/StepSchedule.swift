import Support
import Synchronization
import Tensors

/// Which parameters a step takes one after another, each with all threads, and which side by side, each on one thread.
///
/// Most matrices of a model are too small to share: handing one over costs as much as its update, and a decomposition of it
/// runs on one thread anyway. Results do not depend on it, since a rule cuts its work alike either way.
package struct StepSchedule {
  /// A parameter is shared by all threads where it holds more than this part of a thread's share.
  private static let largestPart = 4

  package let shared: [Int]
  /// The largest first, so that the last one started is short.
  package let sideBySide: [Int]

  package init(_ parameters: [Parameter]) {
    let sizes = parameters.map { $0.value.count }
    let total = sizes.reduce(0, +)
    let isShared = sizes.map { $0 > total / (Self.largestPart * ThreadPool.shared.threads) }
    shared = sizes.indices.filter { isShared[$0] }
    sideBySide = sizes.indices.filter { !isShared[$0] }.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
  }

  /// Calls `body` with the index of every parameter.
  ///
  /// - Throws: of the errors of `body` that of the first parameter.
  package func forEach(_ body: (Int) throws(OptimizerError) -> Void) throws(OptimizerError) {
    for index in shared { try body(index) }
    let failures = Mutex<[Int: OptimizerError]>([:])
    ThreadPool.shared.parallel(sideBySide.count) { position in
      let index = sideBySide[position]
      do throws(OptimizerError) { try body(index) } catch { failures.withLock { $0[index] = error } }
    }
    if let first = failures.withLock({ failures in failures.min { $0.key < $1.key } }) { throw first.value }
  }
}
