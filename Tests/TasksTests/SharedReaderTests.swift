import Support
import Tasks
import TestSupport
import Testing

/// Every real data file has as many rows as `MANIFEST.tsv` says.
@Suite(.enabled(if: SharedData.isPresent, "needs ../shared/data")) struct SharedReaderTests {
  private func table(
    _ path: String, _ format: DataFormat, header: Bool = true, columns: [String] = [], records: String? = nil,
    ragged: Bool = false
  ) throws -> DataTable {
    let file = try #require(try DataFolder(path: SharedData.path("")).read(path))
    return try DataTable(
      file, format: format, header: header, columns: columns, records: records.flatMap { FieldPath($0) },
      allowsRagged: ragged)
  }

  @Test func everyFileHasItsRows() throws {
    let manifest = try table("MANIFEST.tsv", .tsv)
    func field(_ row: DataRow, _ name: String) throws -> String {
      let path = try #require(FieldPath(name))
      return String(decoding: try #require(try row.text(path)), as: UTF8.self)
    }
    var checked: [String: Int] = [:]
    for row in manifest.rows {
      let (path, notes) = try (field(row, "path"), field(row, "notes"))
      guard let count = try Int(field(row, "examples")) else { continue }
      let suffix = path.split(separator: ".").last.map(String.init) ?? ""
      switch suffix {
      case "tsv", "txt":
        // The manifest names the header's columns, or says how many there are.
        let isHeaded = notes.contains("FORMAT: header:")
        guard isHeaded || notes.contains("no header") else { continue }
        let isRagged = path.contains("STS-B/original")
        let read = try table(
          path, .tsv, header: isHeaded, columns: (0..<width(notes)).map { "\($0)" }, ragged: isRagged)
        #expect(read.rows.count == count, "\(path)")
        if isHeaded, let names = header(notes) { #expect(read.columnNames == names, "\(path)") }
      case "lst":
        #expect(try table(path, .tsv, header: false, columns: ["label"]).rows.count == count, "\(path)")
      case "jsonl": #expect(try table(path, .jsonl).rows.count == count, "\(path)")
      case "json" where path.hasPrefix("squad/"):
        #expect(try table(path, .json, records: "data[*].paragraphs[*].qas[*]").rows.count == count, "\(path)")
      case "json" where path.hasPrefix("tokenizers/gpt2/"):
        #expect(try JSON.parse(Files.read(SharedData.path(path))).object?.members.count == count, "\(path)")
      case "json": #expect(try table(path, .json).rows.count == count, "\(path)")
      default: continue
      }
      checked[suffix, default: 0] += 1
    }
    #expect(checked["tsv"] ?? 0 >= 40 && checked["jsonl"] ?? 0 >= 15 && checked["json"] ?? 0 >= 18, "\(checked)")
  }

  /// The largest number of columns in notes such as `columns 7x1478, 9x22`.
  private func width(_ notes: String) -> Int {
    guard let text = notes.split(separator: "columns ").dropFirst().first else { return 0 }
    return text.split(separator: ";")[0].split(separator: ", ").compactMap { Int($0.prefix { $0 != "x" }) }.max() ?? 0
  }

  private func header(_ notes: String) -> [String]? {
    notes.split(separator: "FORMAT: header: ").dropFirst().first?.split(separator: ";").first?
      .split(separator: "|", omittingEmptySubsequences: false).map(String.init)
  }

  /// `answer_start` counts Unicode scalars, and the context stands in an object around the question.
  @Test func answersOfSQuADStandInTheirContext() throws {
    let rows = try table("squad/dev-v1.1.json", .json, records: "data[*].paragraphs[*].qas[*]").rows
    func path(_ text: String) throws -> FieldPath { try #require(FieldPath(text)) }
    let (context, answers, starts) = try (path("context"), path("answers[*].text"), path("answers[*].answer_start"))
    var mismatches = 0
    for row in rows {
      let scalars = Array(String(decoding: try #require(try row.text(context)), as: UTF8.self).unicodeScalars)
      for (text, start) in try zip(#require(try row.texts(answers)), #require(try row.integers(starts))) {
        let answer = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        if !scalars.dropFirst(start).starts(with: answer) { mismatches += 1 }
      }
    }
    #expect(mismatches == 0)
  }

  /// Choices in lists of objects, and numbers and booleans as answers.
  @Test func fieldsOfEachLayout() throws {
    func first(_ file: String, _ format: DataFormat, _ path: String) throws -> [String]? {
      let path = try #require(FieldPath(path))
      return try table(file, format).rows[0].texts(path)?.map { String(decoding: $0, as: UTF8.self) }
    }
    let arc = "commonsense/arc/ARC-Challenge/ARC-Challenge-Dev.jsonl"
    #expect(try first(arc, .jsonl, "question.choices[*].label") == ["A", "B", "C", "D"])
    #expect(try first("commonsense/boolq/dev.jsonl", .jsonl, "answer") == ["false"])
    #expect(try first("commonsense/hellaswag/sample/hellaswag_val.jsonl", .jsonl, "endings")?.count == 4)
    #expect(try first("commonsense/hellaswag/sample/hellaswag_val.jsonl", .jsonl, "label") == ["3"])
    #expect(try first("glue/MRPC/train.tsv", .tsv, "Quality") == ["1"])
    #expect(try first("llm_adapters/boolq/test.json", .json, "input") == [""])
  }
}
