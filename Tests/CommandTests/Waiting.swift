import Foundation

/// Asks again and again until it is so.
///
/// - Returns: false when it was not so within `limit`.
func wait(_ limit: Duration = .seconds(120), until isSo: () -> Bool) -> Bool {
  let start = ContinuousClock.now
  while !isSo() {
    guard ContinuousClock.now - start < limit else { return false }
    usleep(1_000)
  }
  return true
}
