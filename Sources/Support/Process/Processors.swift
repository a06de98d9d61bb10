import CProcess
import Foundation

/// The processors that this process may use, which may be fewer than the machine has.
package enum Processors {
  /// The number of processors in the affinity mask (`taskset`, a cpuset, Slurm's binding), limited by the smallest CPU
  /// quota of the process's control groups, rounded up; at least 1.
  ///
  /// - Parameter root: the folder that holds `proc` and `sys`, ending in `/`.
  package static func allowed(root: String = "/") -> Int {
    let quota = ControlGroup.all(of: "cpu", root: root).compactMap(quota).min() ?? .infinity
    return max(1, Int(min(Double(inMask), quota.rounded(.up))))
  }

  /// The group's CPU quota in processors, e.g. 1.5; `nil` without a limit.
  private static func quota(_ group: ControlGroup) -> Double? {
    let (quota, period): (String?, String?)
    if group.version == 1 {
      (quota, period) = (group.fields("cpu.cfs_quota_us").first, group.fields("cpu.cfs_period_us").first)
    } else {
      let fields = group.fields("cpu.max")
      (quota, period) = (fields.first, fields.count > 1 ? fields[1] : nil)
    }
    // Version 2 writes `max` for no limit, version 1 writes -1.
    guard let quota = quota.flatMap(Double.init), let period = period.flatMap(Double.init), quota > 0, period > 0 else {
      return nil
    }
    return quota / period
  }

  private static var inMask: Int {
    let count = Int(ft_processors_in_mask())
    return count > 0 ? count : ProcessInfo.processInfo.activeProcessorCount
  }
}
