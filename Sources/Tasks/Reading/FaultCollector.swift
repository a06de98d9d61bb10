/// The faults of data files, where all are wanted and not only the first. The first ``limit`` of each file are kept, and
/// all are counted.
package final class FaultCollector {
  package private(set) var faults: [TaskError] = []
  package private(set) var count = 0

  package static let limit = 100

  package init() {}

  package func add(_ fault: TaskError) {
    count += 1
    if faults.count < FaultCollector.limit { faults.append(fault) }
  }

  /// Counts faults that are not kept.
  func addUnseen(_ number: Int) { count += number }
}
