import Support
import Tasks
import TestSupport
import Testing

@Suite struct TableTests {
  private func table(
    _ bytes: [UInt8], _ format: DataFormat, header: Bool = true, columns: [String] = [], ragged: Bool = false
  ) throws(TaskError) -> DataTable {
    try DataTable(
      DataFile(path: "a.\(format.rawValue)", bytes: bytes, sha256: ""), format: format, header: header,
      columns: columns,
      allowsRagged: ragged)
  }

  private func texts(_ table: DataTable) throws -> [[String?]] {
    try table.rows.map { row in
      try table.columnNames.map { name in
        try row.text(#require(FieldPath(name))).map { String(decoding: $0, as: UTF8.self) }
      }
    }
  }

  /// Quotes, blanks, empty fields and a byte order mark inside the text are kept; a mark at the start and CR LF are not.
  @Test func tabsSeparateByteForByte() throws {
    let text = "\u{FEFF}#1 String\tb\r\n \"a \t\r\n\u{FEFF}c\"\"\te\u{301}\r\n\n"
    let read = try table(Array(text.utf8), .tsv)
    #expect(read.columnNames == ["#1 String", "b"])
    #expect(try texts(read) == [[" \"a ", ""], ["\u{FEFF}c\"\"", "e\u{301}"]])
    #expect(read.rows.map(\.line) == [2, 3])
  }

  /// Names of columns are compared byte by byte, and any text is a name.
  @Test func columnNamesAreBytes() throws {
    let read = try table(Array("\u{e9}\te\u{301}\ta[0].b\n1\t2\t3\n".utf8), .tsv)
    #expect(try texts(read) == [["1", "2", "3"]])
    #expect(try read.rows[0].text(#require(FieldPath("d"))) == nil)
  }

  @Test func raggedRowsWhereAllowed() throws {
    let read = try table(
      Array("1\t2\n3\n4\t5\t6\n".utf8), .tsv, header: false, columns: ["a", "b"], ragged: true)
    #expect(try texts(read) == [["1", "2"], ["3", nil], ["4", "5"]])
  }

  @Test func quotedFields() throws {
    let text = "\u{FEFF}a,\"b,\"\"c\"\"\"\r\n\"line 1\r\nline 2\",\"\"\n\"\"\"\",x\"y\n"
    let read = try table(Array(text.utf8), .csv)
    #expect(read.columnNames == ["a", "b,\"c\""])
    #expect(try texts(read) == [["line 1\r\nline 2", ""], ["\"", "x\"y"]])
    #expect(read.rows.map(\.line) == [2, 4])
  }

  /// Python's csv module reads the same rows from the same texts, and refuses the same texts.
  @Test func pythonReadsTheSameRows() throws {
    let cases = try #require(JSON.parse(Files.read(SharedData.fixture("readers/csv.json")))["cases"]?.array)
    #expect(cases.count == 400)
    for entry in cases {
      let text = try #require(entry["text"]?.string)
      guard let rows = entry["rows"]?.array else {
        #expect(throws: TaskError.self, "\(text)") { try self.columns(text) }
        continue
      }
      let expected = rows.map { $0.array?.compactMap(\.string) ?? [] }
      #expect(try self.columns(text) == expected, "\(text.debugDescription)")
    }
  }

  private func columns(_ text: String) throws -> [[String]] {
    let names = (0..<40).map { "\($0)" }
    return try texts(table(Array(text.utf8), .csv, header: false, columns: names, ragged: true)).map {
      $0.compactMap(\.self)
    }
  }

  @Test(arguments: [
    ("a\tb\n1\n", DataFormat.tsv, "a.tsv:2: found 1 tab-separated columns, expected 2"),
    ("a\tb\n1\t2\n\n3\t4\n", .tsv, "a.tsv:3: found 1 tab-separated columns, expected 2"),
    ("a\ta\n1\t2\n", .tsv, "a.tsv:1: two columns are named a"), ("a\n\u{0}\n", .tsv, "a.tsv:2: holds a NUL byte"),
    ("", .tsv, "a.tsv: holds no examples"), ("a\tb\n", .tsv, "a.tsv: holds one line, which header: true takes"),
    ("\u{FEFF}\n\n", .csv, "a.csv: holds no examples"),
    ("a,b\n\"x\n,1\n", .csv, "a.csv:2: a field begins with a quote and has no closing quote"),
    ("a,b\n\"x\ny\"z,1\n", .csv, "a.csv:3: text after the closing quote of a field that begins in line 2"),
    ("a,b\n\"x\" ,1\n", .csv, "a.csv:2: text after the closing quote"),
    ("a,b\n\"x\n\",1,2\n", .csv, "a.csv:2: found 3 comma-separated columns, expected 2"),
    ("a,a\n1,2\n", .csv, "two columns are named a"),
  ]) func faults(_ text: String, _ format: DataFormat, expected: String) {
    #expect { try table(Array(text.utf8), format) } throws: { error in
      let fault = error as? TaskError
      return fault?.exitStatus == .badInput && fault?.message.contains(expected) == true
    }
  }

  /// A file of another kind is one fault, which says what it is.
  @Test(
    arguments: [
      ("a.csv", [0x1F, 0x8B, 8, 0], DataFormat.csv, "compressed with gzip; add .gz"),
      ("a.csv", Array("PK\u{3}\u{4}xyz".utf8), .csv, "spreadsheet such as .xlsx"),
      ("a.jsonl", [0xFF, 0xFE, 0x7B, 0], .jsonl, "UTF-16"), ("a.tsv", [0xFE, 0xFF, 0, 0x61], .tsv, "UTF-16"),
      ("new.jsonl", Array("{\"a\": 1}\n".utf8), .csv, "holds JSON, and the task's files are CSV (format: csv"),
      ("a.csv", Array("a,b\n1,2\n".utf8), .jsonl, "is a table, and the task's files are JSON Lines"),
    ] as [(String, [UInt8], DataFormat, String)]) func otherKinds(
      _ name: String, _ bytes: [UInt8], _ format: DataFormat, _ expected: String
    )
  {
    #expect { try DataTable(DataFile(path: name, bytes: bytes, sha256: ""), format: format, header: true) } throws: {
      ($0 as? TaskError)?.message.hasPrefix("\(name): ") == true
        && ($0 as? TaskError)?.message.contains(expected) == true
    }
  }

  /// Every form of invalid UTF-8 names its line: lone bytes, overlong forms, surrogates, what is above U+10FFFF, a cut.
  @Test(
    arguments: [
      [0x80], [0xC3, 0x28], [0xC0, 0x80], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF],
    ] as [[UInt8]]) func invalidUTF8(_ bytes: [UInt8])
  {
    for format in [DataFormat.tsv, .csv] {
      for padding in ["", "12345678", "éé"] {
        #expect { try table(Array("a\nb\n\(padding)".utf8) + bytes, format) } throws: {
          ($0 as? TaskError)?.message.contains(":3: is not valid UTF-8") == true
        }
      }
    }
  }

  @Test func validUTF8AtEveryLength() throws {
    for scalar in [
      "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
    ] {
      for padding in 0..<9 {
        let text = String(repeating: "x", count: padding) + scalar
        #expect(try texts(table(Array("a\n\(text)".utf8), .tsv)) == [[text]])
      }
    }
  }

  /// The message of a fault in a huge field stays one line.
  @Test func aHugeFieldIsNotPrinted() {
    let huge = [UInt8](repeating: UInt8(ascii: "x"), count: 16 << 20)
    #expect { try table(huge + [9] + huge, .tsv) } throws: { ($0 as? TaskError)?.message.utf8.count ?? 0 < 200 }
    #expect { try table([0x22] + huge, .csv) } throws: { ($0 as? TaskError)?.message.utf8.count ?? 0 < 200 }
    // The first of many wrong lines ends the reading.
    #expect { try table([0x61, 0x2C, 0x62] + [UInt8](repeating: 10, count: 16 << 20) + huge, .csv) } throws: {
      ($0 as? TaskError)?.message.contains("a.csv:2: found 1 comma-separated columns, expected 2") == true
    }
  }
}
