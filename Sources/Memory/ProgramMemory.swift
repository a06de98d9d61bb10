import Support
import Tensors

/// The memory that the program itself takes: its code, the data read so far, and the working memory of matrix products.
package enum ProgramMemory {
  /// Code and heap that become resident only once training runs, in bytes. Measured on runs of 60 to 400 MiB.
  private static let firstUse = 5 << 20

  /// The bytes that OpenBLAS maps for each thread that multiplies. When the mapping fails, OpenBLAS retries for ever,
  /// so we check the address space before the first product.
  private static let workingBytes = 128 << 20
  private static let addressesAtFirst = FreeMemory.now().addresses

  /// Checks that the first matrix products find enough address space on every thread.
  ///
  /// - Throws: ``MemoryError/addressSpace(free:limit:needed:threads:)`` when they do not.
  package static func requireAddressSpace() throws(MemoryError) {
    let threads = ThreadPool.shared.threads
    let needed = threads * workingBytes + (32 << 20)
    guard let free = addressesAtFirst, free.bytes < needed else { return }
    throw .addressSpace(free: free.bytes, limit: free.limit, needed: needed, threads: threads)
  }

  /// The resident bytes of the program, with an allowance for what training adds, once OpenBLAS has its working memory.
  ///
  /// - Throws: ``MemoryError/addressSpace(free:limit:needed:threads:)`` when the products would not find enough address
  ///   space.
  package static func residentBytes() throws(MemoryError) -> Int {
    try requireAddressSpace()
    MatrixProduct.takeWorkingMemory()
    BufferPool.trim()
    return FreeMemory.resident + firstUse
  }
}
