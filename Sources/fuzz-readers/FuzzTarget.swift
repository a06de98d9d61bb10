import Foundation
import Support
import Tasks

/// A reader, with good files to start from.
struct FuzzTarget {
  let name: String
  let seeds: [[UInt8]]
  /// Breaks a good file.
  var mutate: ([UInt8], inout CountedRandom) -> [UInt8] = { Mutation.of($0, by: &$1) }
  /// Whether the reader takes the bytes. The folder is for readers of files.
  let accepts: (_ bytes: [UInt8], _ folder: String) throws -> Bool

  static var all: [FuzzTarget] {
    DataFormat.allCases.map { format in
      FuzzTarget(name: format.rawValue, seeds: seeds(format).map { Array($0.utf8) }) { bytes, _ in
        rows(bytes, format)
      }
    } + [
      FuzzTarget(name: "gzip", seeds: [Samples.gzip]) { bytes, folder in
        try compressed(bytes, folder, "train.tsv.gz", folder)
      },
      FuzzTarget(name: "zip", seeds: [Samples.deflatedZip, Samples.storedZip]) { bytes, folder in
        try compressed(bytes, folder, "a.zip", folder + "/a.zip")
      },
      FuzzTarget(name: "task", seeds: Samples.tasks) { bytes, folder in
        try Data(bytes).write(to: URL(fileURLWithPath: folder + "/task.yaml"))
        return accepts { _ = try TaskRegistry.find(folder + "/task.yaml") }
      },
      TokenizerTarget.target,
    ] + checkpoints
  }

  private static func seeds(_ format: DataFormat) -> [String] {
    switch format {
    case .tsv:
      [
        "sentence\tlabel\nhide new secretions \t0\nna\u{ef}ve \u{1F600}\t1\n",
        "\u{FEFF}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t702876\t702977\tHe said \" so\t\r\n",
      ]
    case .csv:
      ["a,b,c\n1,\"two, \"\"2\"\"\nlines\",3\n,,\n", "\u{FEFF}text,label\r\n\"\",0\r\nx\"y,1"]
    case .json:
      [
        #"[{"question": "a\n\u00e9\ud83d\ude00", "choices": [{"text": "x", "label": "A"}], "n": -1.5e3, "b": true}, {}]"#,
        #"{"data": [{"title": "T", "paragraphs": [{"context": "c", "qas": [{"id": "1", "answers": []}]}]}], "v": null}"#,
      ]
    case .jsonl:
      [
        "{\"goal\": \"a\", \"sol1\": \"\\u00e9\", \"label\": 1}\n{\"goal\": \"b\", \"sol1\": null}\n",
        "{\"question\": {\"stem\": \"s\", \"choices\": [{\"text\": \"t\"}]}, \"answerKey\": \"A\"}\r\n\n",
      ]
    }
  }

  /// Reads rows in every way and asks for fields, whose faults are refusals too.
  private static func rows(_ bytes: [UInt8], _ format: DataFormat) -> Bool {
    let file = DataFile(path: "file", bytes: bytes, sha256: "")
    let records = ["data[*].paragraphs[*].qas[*]", "data", "[*]"].compactMap { FieldPath($0) }
    let paths = [
      "sentence", "question", "question.choices[*].text", "choices[0].text", "answers[*].text", "context", "[*]", "a",
      "text",
    ].compactMap { FieldPath($0) }
    var isAccepted = false
    for records in format == .json ? [nil] + records.map(Optional.some) : [nil] {
      for isRagged in format.isTable ? [false, true] : [false] {
        let taken = accepts {
          let table = try DataTable(
            file, format: format, header: format.isTable, records: records, allowsRagged: isRagged)
          for row in table.rows {
            for path in paths + table.columnNames.compactMap({ FieldPath($0) }) {
              _ = accepts { _ = try row.text(path) }
              _ = accepts { _ = try row.texts(path) }
              _ = accepts { _ = try row.integers(path) }
            }
          }
        }
        isAccepted = isAccepted || taken
      }
    }
    return isAccepted
  }

  private static func compressed(_ bytes: [UInt8], _ folder: String, _ name: String, _ opened: String) throws -> Bool {
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    return accepts {
      let data = try DataFolder(path: opened)
      guard data.contains("train.tsv"), try data.read("train.tsv") != nil else { throw Refusal.absent }
    }
  }

  private enum Refusal: Error { case absent }

  static func accepts(_ body: () throws -> Void) -> Bool {
    do { try body() } catch { return false }
    return true
  }
}
