import Synchronization

/// While it is on, parallel regions and matrix products do nothing and tensors take no memory of their own, so that a pass of a
/// model tells the memory it would need, in milliseconds, whatever its size.
public enum DryRun {
  private static let flag = Atomic<Bool>(false)

  public static var isOn: Bool { flag.load(ordering: .relaxed) }

  /// Runs `body` without computing. Nothing else may compute meanwhile; a dry run does not start inside another.
  public static func perform<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    precondition(!isOn)
    flag.store(true, ordering: .sequentiallyConsistent)
    defer { flag.store(false, ordering: .sequentiallyConsistent) }
    return try body()
  }
}
