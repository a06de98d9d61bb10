import Support
import Tensors

/// Divides the parameters of a step in two groups. The large ones are updated one after another, each by all threads;
/// the small ones are updated concurrently, each on one thread.
///
/// Most matrices of a model are too small to share among threads: starting the threads costs as much as the update, and
/// a matrix decomposition runs on one thread anyway. Results do not depend on the grouping, since a rule cuts its work
/// into the same parts in both groups.
package struct StepSchedule {
  /// A parameter is large when it has more than 1 / `largestPart` of all elements divided by the number of threads.
  private static let largestPart = 4

  /// Indices of the large parameters.
  package let shared: [Int]
  /// Indices of the small parameters, the largest first, so that the last one started is short.
  package let sideBySide: [Int]

  package init(_ parameters: [Parameter]) {
    let sizes = parameters.map { $0.count }
    let total = sizes.reduce(0, +)
    let isShared = sizes.map { $0 > total / (Self.largestPart * ThreadPool.shared.threads) }
    shared = sizes.indices.filter { isShared[$0] }
    sideBySide = sizes.indices.filter { !isShared[$0] }.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
  }

  /// Calls `body` with the index of every parameter.
  ///
  /// - Throws: an error of `body`. When several small parameters fail, their lowest index decides which error is
  ///   thrown.
  package func forEach(_ body: (Int) throws(OptimizerError) -> Void) throws(OptimizerError) {
    for index in shared { try body(index) }
    let failures = Locked<[Int: OptimizerError]>([:])
    ThreadPool.shared.parallel(sideBySide.count) { position in
      let index = sideBySide[position]
      do throws(OptimizerError) { try body(index) } catch { failures.withLock { $0[index] = error } }
    }
    if let first = failures.withLock({ failures in failures.min { $0.key < $1.key } }) { throw first.value }
  }
}
