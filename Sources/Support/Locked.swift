import Foundation

/// A value that one thread at a time may use.
///
/// The standard library's `Mutex` is not used, because on Linux the kernel hands it on when threads contend for it. The
/// thread sanitizer does not see that, and reports what the mutex guards as a race. The sanitizer knows a POSIX mutex,
/// which also took less than a tenth of the processor time where four threads on two cores contended for it.
package final class Locked<Value: Sendable>: @unchecked Sendable {
  // Both need an address that never changes, which a stored property does not promise.
  @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  @usableFromInline let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

  package init(_ initial: Value) {
    value.initialize(to: initial)
    let code = pthread_mutex_init(mutex, nil)
    precondition(code == 0, "pthread_mutex_init: \(code)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    value.deinitialize(count: 1)
    value.deallocate()
  }

  /// Waits until no other thread uses the value, and then calls `body` with it. `body` must not lock the value again.
  @inlinable
  package func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }
}
