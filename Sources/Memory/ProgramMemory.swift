import Support
import Tensors

/// What the program itself takes: code, data read so far, and the working memory of matrix products.
public enum ProgramMemory {
  /// Code and heap that only training touches; measured on runs of 60 to 400 MiB.
  private static let firstUse = 5 << 20

  /// Resident bytes, after one product in every thread: the library takes its working memory at the first.
  public static func residentBytes() -> Int {
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
