import Foundation
import Models
import Support
import TestSupport
import Testing
import Tokenization

/// What the program and its documents name as supported is there.
@Suite struct ClaimTests {
  private static let folders = SharedData.fixture("tokenizers/folders")

  /// A copy of a fixture's tokenizer folder with other settings and `model_type`.
  private func load(_ folder: String, settings: String, modelType: String) throws -> any Tokenizer {
    let copy = try TemporaryFolder()
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folders + "/" + folder) {
      try copy.write(name, try Files.read(Self.folders + "/" + folder + "/" + name))
    }
    try copy.write("tokenizer_config.json", settings)
    try copy.write("config.json", #"{"model_type": "\#(modelType)"}"#)
    return try TokenizerLoader.load(folder: copy.path)
  }

  /// The folders of the fixtures by the `model_type` that they have.
  private func foldersByType() throws -> [String: [String]] {
    var found: [String: [String]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folders).sorted() {
      let config = try JSON.parse(try Files.read("\(Self.folders)/\(name)/config.json"))
      found[try #require(config["model_type"]?.string), default: []].append(name)
    }
    return found
  }

  /// For types without a folder of their own: another type's, and the class that transformers takes for the type.
  private static let lent = [
    "mistral": (folder: "llama-json", name: "TokenizersBackend"), "qwen2": ("gpt2-json", "Qwen2Tokenizer"),
    "qwen3": ("gpt2-json", "Qwen2Tokenizer"),
  ]

  /// A folder that says nothing but its `model_type` gets the tokenizer that its class gives it.
  @Test(arguments: ModelRegistry.modelTypes) func everyModelTypeHasATokenizer(_ type: String) throws {
    let text = Array("The old tailor, 12 trains and naïve cafés".utf8)
    if let (folder, name) = Self.lent[type] {
      let named = try load(folder, settings: #"{"tokenizer_class": "\#(name)"}"#, modelType: "other").tokenize(text)
      #expect(try load(folder, settings: "{}", modelType: type).tokenize(text) == named)
      return
    }
    let folder = try #require(try foldersByType()[type]?.first { !$0.hasSuffix("-json") }, "no fixture of type \(type)")
    let named = try TokenizerLoader.load(folder: Self.folders + "/" + folder).tokenize(text)
    #expect(try load(folder, settings: "{}", modelType: type).tokenize(text) == named)
  }

  /// Every class that the loader names loads some folder, and another one is refused by its name.
  @Test(arguments: TokenizerLoader.classNames) func everyTokenizerClassLoads(_ name: String) throws {
    let loaded = try foldersByType().flatMap { type, folders in
      folders.filter { (try? load($0, settings: #"{"tokenizer_class": "\#(name)"}"#, modelType: type)) != nil }
    }
    #expect(!loaded.isEmpty)
  }

  /// The names in the tables of the documents are those of the code.
  @Test func documentsNameWhatIsThere() throws {
    func document(_ name: String) throws -> String {
      String(decoding: try Files.read(SharedData.packageRoot + "/docs/" + name), as: UTF8.self)
    }
    func rows(_ text: String, under title: String) -> [[Substring]] {
      text.split(separator: "\n").drop { !$0.hasPrefix(title) }.dropFirst(2).prefix { $0.hasPrefix("|") }
        .map { $0.split(separator: "|") }
    }
    func names(_ cell: Substring) -> [String] { cell.matches(of: #/`([^`]+)`/#).map { String($0.1) } }
    let types = rows(try document("models.md"), under: "| family |").flatMap { names($0[1]) }
    #expect(types.sorted() == ModelRegistry.modelTypes.sorted())
    let classes = rows(try document("tokenizers.md"), under: "| kind |").flatMap { names($0[1]) }
      .filter { $0.hasSuffix("Tokenizer") }
    #expect(Set(classes) == Set(TokenizerLoader.classNames))
  }
}
