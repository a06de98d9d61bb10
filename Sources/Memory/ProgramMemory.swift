import Support
import Tensors

/// What the program itself takes: code, data read so far, and the working memory of matrix products.
package enum ProgramMemory {
  /// Code and heap that only training touches; measured on runs of 60 to 400 MiB.
  private static let firstUse = 5 << 20

  /// What OpenBLAS maps for each thread that multiplies; where it cannot, it tries again for ever.
  private static let workingBytes = 128 << 20
  private static let addressesAtFirst = FreeMemory.now().addresses

  /// - Throws: ``MemoryError/addressSpace(free:limit:needed:threads:)`` when the first products would not find the addresses.
  package static func requireAddressSpace() throws(MemoryError) {
    let threads = ThreadPool.shared.threads
    let needed = threads * workingBytes + (32 << 20)
    guard let free = addressesAtFirst, free.bytes < needed else { return }
    throw .addressSpace(free: free.bytes, limit: free.limit, needed: needed, threads: threads)
  }

  /// Resident bytes, after one product in every thread: the library takes its working memory at the first.
  ///
  /// - Throws: ``MemoryError/addressSpace(free:limit:needed:threads:)``.
  package static func residentBytes() throws(MemoryError) -> Int {
    try requireAddressSpace()
    let size = 512
    ThreadPool.shared.parallel(ThreadPool.shared.threads) { _ in
      let (a, b) = (Tensor(zeros: [size, size]), Tensor(zeros: [size, size]))
      let c = Tensor(uninitialized: [size, size])
      MatrixProduct.serial(size, size, size, 1, a.pointer, size, false, b.pointer, size, true, 0, c.pointer, size)
    }
    BufferPool.trim()
    return FreeMemory.resident + firstUse
  }
}
