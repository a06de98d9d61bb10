import Support
import Tasks
import TestSupport
import Testing

/// Records of JSON files.
@Suite struct RecordTests {
  private func rows(_ text: String, _ format: DataFormat = .jsonl, records: String? = nil) throws -> [DataRow] {
    try DataTable(
      DataFile(path: "a.\(format.rawValue)", bytes: Array(text.utf8), sha256: ""), format: format,
      records: records.flatMap { FieldPath($0) }
    ).rows
  }

  private func path(_ text: String) throws -> FieldPath { try #require(FieldPath(text)) }

  private func text(_ row: DataRow, _ name: String) throws -> String? {
    try row.text(path(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  private func texts(_ row: DataRow, _ name: String) throws -> [String]? {
    try row.texts(path(name))?.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func values() throws {
    let row = try rows(
      #"{"s": "a\n\u00e9\ud83d\ude00\/", "n": -1.50, "b": true, "z": null, "l": ["x", 2], "o": {"k.e": [{"t": "y"}, {"t": "w"}]}}"#
    )[0]
    #expect(try text(row, "s") == "a\né😀/")
    #expect(try text(row, "n") == "-1.50" && text(row, "b") == "true")
    #expect(try text(row, "z") == nil && text(row, "absent") == nil && text(row, "o.absent") == nil)
    #expect(try texts(row, "l") == ["x", "2"] && texts(row, "l[*]") == ["x", "2"] && texts(row, "s")?.count == 1)
    #expect(try text(row, "l[1]") == "2" && text(row, "l[2]") == nil)
    #expect(try texts(row, "o[\"k.e\"][*].t") == ["y", "w"] && text(row, "o['k.e'][0].t") == "y")
    #expect(try texts(row, "z") == nil && texts(row, "absent[*].t") == nil)
    #expect(try row.integers(path("l[1]")) == [2])
  }

  @Test func emptyListsAreNotAbsent() throws {
    let row = try rows(#"{"answers": [], "none": null}"#)[0]
    #expect(try texts(row, "answers") == [] && texts(row, "answers[*].text") == [] && texts(row, "none[*]") == nil)
    #expect(try row.integers(path("answers[*].start")) == [])
  }

  @Test(arguments: [
    ("l", "found a list of 2, expected a text"), ("o", "found an object, expected a text"),
    ("l[*]", "leads to several texts"), ("s.t", "found \"x\", expected an object with the key t"),
    ("s[0]", "found \"x\", expected a list"), ("a..b", "is no path in JSON"),
  ]) func faultsOfOneText(_ name: String, _ expected: String) throws {
    let row = try rows(#"{"l": [1, 2], "o": {}, "s": "x"}"#)[0]
    #expect { try row.text(path(name)) } throws: {
      ($0 as? FieldFault)?.message.contains("\(name): \(expected)") == true
    }
  }

  @Test(arguments: [
    ("l[*].t", "element 1 of the list has none"), ("l", "found an object, expected a text"),
    ("m", "found null, expected a text"),
  ]) func faultsOfSeveralTexts(_ name: String, _ expected: String) throws {
    let row = try rows(#"{"l": [{"t": "x"}, {}], "m": ["x", null]}"#)[0]
    #expect { try row.texts(path(name)) } throws: { ($0 as? FieldFault)?.message.contains(expected) == true }
  }

  @Test func numbersThatAreNone() throws {
    let row = try rows(#"{"a": 1.5, "b": "x", "c": 99999999999999999999, "d": "12"}"#)[0]
    for name in ["a", "b", "c"] { #expect(throws: FieldFault.self) { try row.integers(path(name)) } }
    #expect(try row.integers(path("d")) == [12])
  }

  /// What a record lacks is found in the objects around it, the inner ones first.
  @Test func enclosingObjects() throws {
    let text = """
      {"version": 1, "data": [{"title": "A", "name": "outer", "paragraphs": [{"context": "c1", "name": "inner",
        "qas": [{"id": "1"}, {"id": "2", "context": null}]}]},
       {"title": "B", "paragraphs": [{"context": "c2", "qas": []},
        {"context": "c3",
         "qas": [
           {"id": "3"}]}]}]}
      """
    let rows = try rows(text, .json, records: "data[*].paragraphs[*].qas[*]")
    #expect(try rows.map { try self.text($0, "id") } == ["1", "2", "3"])
    #expect(try rows.map { try self.text($0, "context") } == ["c1", nil, "c3"])
    #expect(try rows.map { try self.text($0, "title") } == ["A", "A", "B"])
    #expect(try rows.map { try self.text($0, "name") } == ["inner", "inner", nil])
    #expect(rows.map(\.line) == [2, 2, 6])
    #expect(try self.rows(text, .json, records: "data").count == 2)
    #expect(try self.rows(text, .json, records: "data[1].paragraphs").count == 2)
  }

  @Test func linesOfRecords() throws {
    #expect(try rows("\u{FEFF}[\n  {\"a\": 1},\n\n  {\"a\":\n 2}\n]", .json).map(\.line) == [2, 4])
    #expect(try rows("\u{FEFF}{\"a\": 1}\r\n{\"a\": 2}\n\r\n\n").map(\.line) == [1, 2])
    #expect(try rows("1\n\"x\"\n").count == 2)
  }

  @Test(arguments: [
    ("{\"a\": 1}\n\n{}\n", DataFormat.jsonl, "a.jsonl:2: is empty; expected one JSON value in each line"),
    ("{\"a\": 1}\n{\"a\": 1,\n\"b\": 2}\n", .jsonl, "a.jsonl:2: not valid JSON"),
    ("{} {}\n", .jsonl, "a.jsonl:1: not valid JSON: unexpected text after"),
    ("{}\n{\"a\": 1, \"a\": 2}\n", .jsonl, "a.jsonl:2: not valid JSON: duplicate key \"a\""),
    ("{}\n{\"a\": 1, \"\\u0061\": 2}\n", .jsonl, "a.jsonl:2: not valid JSON: duplicate key \"a\""),
    ("{}\n\"\\ud800\"\n", .jsonl, "a.jsonl:2: not valid JSON: lone surrogate"),
    ("\n", .jsonl, "a.jsonl: holds no examples"), ("[]", .json, "a.json: holds no examples"),
    ("{}\n\"\u{0}\"", .jsonl, "a.jsonl:2: not valid JSON: unescaped control character"),
    ("", .json, "a.json:1: not valid JSON: unexpected end"), ("[1,\n2", .json, "a.json:2: not valid JSON"),
    ("\n{\"a\": []}", .json, "a.json:2: the file: found an object, expected a list of records"),
  ]) func faults(_ text: String, _ format: DataFormat, expected: String) {
    #expect { try rows(text, format) } throws: { error in
      let fault = error as? TaskError
      return fault?.exitStatus == .badInput && fault?.message.contains(expected) == true
    }
  }

  @Test(arguments: [
    ("data[*].x", "expected an object with the key x"), ("data[*][*]", "found an object, expected a list"),
    ("data[7]", "expected a list of more than 7"), ("d", "expected an object with the key d"),
    ("a..b", "is no path in JSON"),
  ]) func badRecords(_ records: String, expected: String) {
    #expect { try rows("{\"data\": [\n{\"y\": 1}]}", .json, records: records) } throws: { error in
      (error as? TaskError)?.message.contains(expected) == true
    }
  }

  @Test func invalidUTF8NamesTheLine() {
    let bytes = Array("{}\n\"".utf8) + [0xFF] + Array("\"\n".utf8)
    #expect { try DataTable(DataFile(path: "a", bytes: bytes, sha256: ""), format: .jsonl) } throws: {
      ($0 as? TaskError)?.message.contains("a:2: not valid JSON: string is not valid UTF-8") == true
    }
  }

  /// Deep nesting, huge texts and many keys are refused or read at once, with a short message.
  @Test func hugeTexts() throws {
    let count = 8 << 20
    for text in [String(repeating: "[", count: count), String(repeating: "{\"a\":", count: count / 5)] {
      #expect { try rows(text) } throws: { ($0 as? TaskError)?.message.contains("nested deeper than 64") == true }
    }
    let long = String(repeating: "x", count: count)
    for text in ["{\"\(long)\" 1}", "{\"\(long)\": 1, \"\(long)\": 2}", "\"\(long)"] {
      #expect { try rows(text) } throws: { ($0 as? TaskError)?.message.utf8.count ?? .max < 250 }
    }
    #expect(try text(rows("{\"a\": \"\(long)\"}")[0], "a")?.utf8.count == count)
    #expect(try rows("[\(String(repeating: "0,", count: count / 2))0]").count == 1)
    let keys = (0..<200_000).map { "\"\($0)\": 0" }.joined(separator: ", ")
    #expect(try text(rows("{\(keys)}")[0], "199999") == "0")
    #expect(throws: TaskError.self) { try rows("{\(keys), \"7\": 0}") }
  }

  @Test func pathsThatAreNone() {
    #expect(FieldPath("") == nil)
    for text in ["a..b", ".a", "a.", "a[", "a[x]", "a[-1]", "a]", "a[0]b", "a['b]", "[99999999999999999999]"] {
      #expect(FieldPath(text)?.fits(.json) == false && FieldPath(text)?.fits(.tsv) == true, "\(text)")
    }
  }
}
