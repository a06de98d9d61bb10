import CProcess
import Foundation

/// The processors that this process may use, which may be fewer than the machine has.
package enum Processors {
  /// At least 1: those of the affinity mask (`taskset`, a cpuset, Slurm's binding), and no more than the quota of any
  /// control group above pays for, rounded up.
  ///
  /// - Parameter root: holds `proc` and `sys`.
  package static func allowed(root: String = "/") -> Int {
    let quota = ControlGroup.all(of: "cpu", root: root).compactMap(quota).min() ?? .infinity
    return max(1, Int(min(Double(inMask), quota.rounded(.up))))
  }

  /// Processors' worth of time in each period; `nil` without a limit.
  private static func quota(_ group: ControlGroup) -> Double? {
    let (quota, period): (String?, String?)
    if group.version == 1 {
      (quota, period) = (group.fields("cpu.cfs_quota_us").first, group.fields("cpu.cfs_period_us").first)
    } else {
      let fields = group.fields("cpu.max")
      (quota, period) = (fields.first, fields.count > 1 ? fields[1] : nil)
    }
    // No limit is `max` in version 2, -1 in version 1.
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
