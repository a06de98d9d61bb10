import Foundation
import Tensors
import Testing

/// OpenBLAS's kernels fit the processor, also one that is newer than the library.
@Suite struct ProcessorKernelTests {
  @Test func kernelsAreNotThoseOfAnOldProcessor() throws {
    let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    guard flags.contains(" avx2 "), ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil else { return }
    #expect(!MatrixProduct.blasName.contains("Prescott"), "\(MatrixProduct.blasName)")
  }

  /// What made way in the environment while OpenBLAS was loaded is back.
  @Test func theEnvironmentIsWhole() {
    let environment = ProcessInfo.processInfo.environment
    #expect(environment["OPENBLAS_CORETYPE"] != "SkylakeX" && environment["OPENBLAS_CORETYPE"] != "Haswell")
    #expect(environment["PATH"] != nil)
  }
}
