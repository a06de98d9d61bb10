import Checkpoints
import Support
import Tensors

/// The matrices to factor: those in a safetensors file, or the second moments that a run captured.
package struct CapturedMatrices {
  /// The path of the safetensors file that was read.
  package let path: String
  package let sha256: String
  /// The metadata in the file's header; a capture has its step and optimizer there.
  package let metadata: [(key: String, value: String)]
  /// The names of the matrices, in the file's order.
  package let names: [String]
  /// The names of all other tensors: those that are not matrices of at least 2 × 2 in F32, F16 or BF16.
  package let ignored: [String]
  private let file: SafetensorsFile

  /// - Parameters:
  ///   - input: the path of a safetensors file, or of a run's folder.
  ///   - step: the step of the run's capture to read, or `nil` for the last capture.
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

  /// The shape of a tensor in the file; empty for an unknown name.
  package func shape(_ name: String) -> [Int] { file.entry(name)?.shape ?? [] }

  /// The matrix scaled by a power of two so that its largest magnitude lies in [1, 2), or `nil` for a zero matrix.
  ///
  /// Second moments are so small that their squares would leave Float's range.
  ///
  /// - Throws: ``AnalysisError/notFinite(path:name:)``, or `CheckpointError` for a tensor that cannot be read.
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
