/// A mode that plans without computing: parallel regions and matrix products that this thread starts do nothing, and
/// tensors take no memory.
package enum DryRun {
  @TaskLocal package static var isOn = false

  /// Runs `body` in this mode; other threads are not affected.
  package static func perform<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $isOn.withValue(true) { try body() }
  }
}
