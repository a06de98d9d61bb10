import Support
import Testing

/// Lines as Python's `open(path, encoding="utf-8-sig", newline="\n")` gives them, `\r\n` an end as well.
@Suite struct TextLinesTests {
  private func lines(_ text: String, dropsBlankEnd: Bool = false) -> [String] {
    TextLines(Array(text.utf8), dropsBlankEnd: dropsBlankEnd).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func ends() {
    for (text, expected) in [
      ("", []), ("\n", [""]), ("\r\n", [""]), ("\n\n", ["", ""]), ("a", ["a"]), ("a\n", ["a"]), ("a\r\n", ["a"]),
      ("a\r\nb\n\nc", ["a", "b", "", "c"]), ("\u{FEFF}a\n\u{FEFF}b", ["a", "\u{FEFF}b"]), ("\u{FEFF}", []),
      ("a\rb", ["a\rb"]), ("a\n\r\n", ["a", ""]), (" \n", [" "]), ("\u{85}\u{2028}\n", ["\u{85}\u{2028}"]),
    ] { #expect(lines(text) == expected, "\(text.debugDescription)") }
    for (text, expected) in [("a\n\r\n\n", ["a"]), ("\n\n", []), ("\na\n", ["", "a"]), ("", [])] {
      #expect(lines(text, dropsBlankEnd: true) == expected, "\(text.debugDescription)")
    }
  }

  @Test func numbersAndText() {
    let found = Array(TextLines([0x61, 0x0A, 0xFF, 0x0A, 0xC3, 0xA9]))
    #expect(found.map(\.number) == [1, 2, 3])
    #expect(found.map(\.isText) == [true, false, true])
  }
}
