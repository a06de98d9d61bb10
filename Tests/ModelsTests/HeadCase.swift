import Checkpoints
import Foundation
import Models
import Support
import Tensors
import TestSupport
import Testing

/// One head of one family: what transformers computed, from Tests/Fixtures/families (layout in Tests/Fixtures/README.md).
struct HeadCase: CustomTestStringConvertible, Sendable {
  let family: String
  let head: String
  let folder: String

  var testDescription: String { "\(family) \(head)" }

  /// `FINETUNE_FAMILIES` names another folder of the same layout, e.g. one made from a real checkpoint.
  static let root = ProcessInfo.processInfo.environment["FINETUNE_FAMILIES"] ?? SharedData.fixture("families")

  static func all() throws -> [HeadCase] {
    try FileManager.default.contentsOfDirectory(atPath: root).sorted().flatMap { family in
      let folder = root + "/" + family
      return try (JSON.parse(Files.read(folder + "/heads.json"))["heads"]?.object?.members ?? []).map {
        HeadCase(family: family, head: $0.key.description, folder: folder)
      }
    }
  }
}

/// A ``HeadCase`` with its file open.
struct HeadFixture {
  let name: HeadCase
  /// Of this head: class, targets, loss, gradient norm, trajectories.
  let json: JSON
  let tensors: SafetensorsFile
  let kind: HeadKind
  let sequences: [[Int32]]
  /// Sequences of each training batch.
  let batches: [Range<Int>]
  /// Largest difference of a loss allowed; the reference's own rounding decides it.
  let lossTolerance: Double
  private let types: [[Int32]]?
  private let targets: JSON

  init(_ name: HeadCase) throws {
    self.name = name
    let file = try JSON.parse(Files.read(name.folder + "/heads.json"))
    json = try #require(file["heads"]?[name.head])
    targets = try #require(json["targets"])
    tensors = try SafetensorsFile(path: name.folder + "/heads.safetensors")
    func rows(_ key: String) -> [[Int]]? { file[key]?.array?.map { ($0.array ?? []).compactMap(\.integer) } }
    sequences = try #require(rows("sequences")).map { $0.map { Int32($0) } }
    types = rows("token_types")?.map { $0.map { Int32($0) } }
    batches = try #require(rows("batches")).map { $0[0]..<$0[1] }
    lossTolerance = file["loss_tolerance"]?.double ?? 5e-5
    switch name.head {
    case "classification":
      kind = .classification(labels: try #require(tensors.entry("classification/logits")?.shape.last))
    case "regression": kind = .regression
    case "span_extraction": kind = .spanExtraction
    case "multiple_choice": kind = .multipleChoice
    case "language_model": kind = .languageModel
    case "masked_language_model": kind = .maskedLanguageModel
    default: throw CheckpointError.malformed(path: name.folder, reason: "no head \(name.head)")
    }
  }

  var all: Range<Int> { sequences.indices }

  func batch(_ range: Range<Int>) -> PackedBatch {
    var packed = PackedBatch()
    for index in range { packed.append(sequences[index], typeIDs: types?[index]) }
    return packed
  }

  func targets(_ range: Range<Int>) -> HeadTargets {
    func integers(_ key: String) -> [Int] { (targets[key]?.array ?? []).compactMap(\.integer) }
    switch kind {
    case .classification: return .classes(Array(integers("classes")[range]))
    case .regression: return .values((targets["values"]?.array ?? []).compactMap(\.double)[range].map { Float($0) })
    case .spanExtraction: return .spans(first: Array(integers("first")[range]), last: Array(integers("last")[range]))
    case .languageModel: return .nextTokens
    case .maskedLanguageModel:
      return .maskedTokens(
        (targets["tokens"]?.array ?? [])[range].flatMap { ($0.array ?? []).compactMap(\.integer) })
    case .multipleChoice:
      let offsets = integers("offsets")
      let groups = offsets.indices.dropLast().filter { range.contains(offsets[$0]) }
      let starts = (groups + [groups.count + groups[0]]).map { offsets[$0] - range.lowerBound }
      return .choices(offsets: starts, correct: groups.map { integers("correct")[$0] })
    }
  }

  /// The base checkpoint with this head, whose weights it lacks.
  ///
  /// - Parameter folder: the same weights in another folder.
  func model(from folder: String? = nil) throws -> any Model {
    let (model, report) = try ModelRegistry.load(
      CheckpointFolder(path: folder ?? name.folder), head: kind, dropout: 0, seed: 1)
    let prefix = "\(name.head)/weight/"
    let own = tensors.entries.map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    #expect(report.created.sorted() == own.sorted())
    for parameter in model.parameters where report.created.contains(parameter.name) {
      try tensors.read(prefix + parameter.name, into: parameter.value)
    }
    return model
  }

  func reference(_ part: String) throws -> [Float] { try tensors.tensor("\(name.head)/\(part)").values }

  /// Labels as they are saved with a model of this head.
  var labels: [String]? {
    switch kind {
    case .classification(let count): (0..<count).map { "LABEL_\($0)" }
    case .regression: ["LABEL_0"]
    default: nil
    }
  }

  var problemType: String? {
    switch kind {
    case .classification: "single_label_classification"
    case .regression: "regression"
    default: nil
    }
  }
}
