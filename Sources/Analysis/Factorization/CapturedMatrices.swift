import Checkpoints
import Support
import Tensors

/// The matrices to factor: those of a safetensors file, or the second moments that a run captured.
package struct CapturedMatrices {
  package let path: String
  package let sha256: String
  /// Of the file's own metadata: step and optimizer of a capture.
  package let metadata: [(key: String, value: String)]
  package let names: [String]
  /// Tensors that are no matrices of at least 2 by 2.
  package let ignored: [String]
  private let file: SafetensorsFile

  /// - Parameters:
  ///   - input: a file, or a run's folder.
  ///   - step: which capture of a run; its last where `nil`.
  /// - Throws: ``AnalysisError``, or `FileError` and `CheckpointError` for a file that cannot be read.
  package init(_ input: String, step: Int? = nil) throws {
    if Files.isFolder(input) {
      path = try CapturedMatrices.capture(in: input, step: step)
    } else {
      guard step == nil else { throw AnalysisError.stepOfFile(path: input) }
      path = input
    }
    file = try SafetensorsFile(path: path)
    sha256 = try Digest.sha256(ofFile: path)
    metadata = file.metadata
    let matrices = file.entries.filter {
      $0.shape.count == 2 && $0.shape.allSatisfy { $0 >= 2 } && [.f32, .f16, .bf16].contains($0.type)
    }
    guard !matrices.isEmpty else { throw AnalysisError.noMatrices(path: path) }
    let kept = Set(matrices.map(\.name))
    names = matrices.map(\.name)
    ignored = file.entries.map(\.name).filter { !kept.contains($0) }
  }

  package func shape(_ name: String) -> [Int] { file.entry(name)?.shape ?? [] }

  /// Scaled by a power of two so that the largest magnitude lies in [1, 2): second moments are tiny, and their squares
  /// would leave Float's range. `nil` for a zero matrix.
  ///
  /// - Throws: ``AnalysisError/notFinite(path:name:)``.
  func scaled(_ name: String) throws -> Tensor? {
    let matrix = try file.tensor(name)
    var largest: Float = 0
    for index in 0..<matrix.count {
      let value = abs(matrix.pointer[index])
      guard value.isFinite else { throw AnalysisError.notFinite(path: path, name: name) }
      largest = max(largest, value)
    }
    guard largest > 0 else { return nil }
    let exponent = Int(largest.exponent)
    for index in 0..<matrix.count {
      matrix.pointer[index] = Float(sign: .plus, exponent: -exponent, significand: matrix.pointer[index])
    }
    return matrix
  }

  private static func capture(in folder: String, step: Int?) throws -> String {
    let steps = try Files.entries(folder).compactMap { entry -> Int? in
      guard entry.hasPrefix("second-moments-"), entry.hasSuffix(".safetensors") else { return nil }
      return Int(entry.dropFirst("second-moments-".count).dropLast(".safetensors".count))
    }.sorted()
    guard let wanted = step ?? steps.last, steps.contains(wanted) else {
      throw AnalysisError.noCapture(path: folder, step: step, found: steps)
    }
    return "\(folder)/second-moments-\(wanted).safetensors"
  }
}
