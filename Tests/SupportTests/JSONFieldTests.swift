import Support
import Testing

/// Values are read as what they must be, and a fault names file, place, value and expectation.
@Suite struct JSONFieldTests {
  private enum Fault: JSONFileError, Equatable {
    case malformed(path: String, reason: String)
    case badField(path: String, key: String, found: String, expected: String)
  }

  private func field(_ text: String) throws(Fault) -> JSONField<Fault> {
    try JSONField(bytes: Array(text.utf8), path: "a.json:7")
  }

  private func bad(_ key: String, _ found: String, _ expected: String) -> Fault {
    .badField(path: "a.json:7", key: key, found: found, expected: expected)
  }

  @Test func valuesOfEachKind() throws {
    let file = try field(#"{"a": "x", "b": true, "c": 3, "d": 0.5, "e": {"f": [1, 2]}, "g": {"x": 1, "y": 2}}"#)
    #expect(try file["a"].required(.string) == "x" && file["a"].required(.bytes) == "x")
    #expect(try file["b"].required(.flag))
    #expect(try file["c"].required(.integer(in: 0...3)) == 3 && file["c"].required(.number(in: 0...3)) == 3)
    #expect(try file["d"].optional(.number(in: 0...1)) == 0.5)
    #expect(try file["e"]["f"].items(.integer(in: 0...9)) == [1, 2])
    #expect(try file["e"]["f"].items().map(\.key) == ["e.f[0]", "e.f[1]"])
    #expect(try file["g"].members(.integer(in: 0...9)).map(\.1) == [1, 2])
    #expect(try file["g"].members().map(\.1.key) == ["g.x", "g.y"])
  }

  @Test func absentAndNull() throws {
    let file = try field(#"{"a": null}"#)
    for name in ["a", "b"] {
      #expect(try file[name].isAbsent && file[name].optional(.string) == nil && file[name]["c"].optional(.flag) == nil)
    }
    #expect(file["a"].json == .null && file["b"].json == nil)
    #expect(throws: bad("a", "null", "a string")) { try file["a"].required(.string) }
    #expect(throws: bad("b.c", "nothing", "an array")) { try file["b"]["c"].items() }
  }

  @Test func integersWrittenAsReals() throws {
    let file = try field(#"{"a": 12.0, "b": 12.5}"#)
    #expect(try file["a"].required(.integer(in: 0...12, orReal: true)) == 12)
    #expect(throws: bad("a", "12.0", "an integer from 0 to 12")) { try file["a"].required(.integer(in: 0...12)) }
    #expect(throws: bad("b", "12.5", "an integer from 0 to 20")) {
      try file["b"].required(.integer(in: 0...20, orReal: true))
    }
  }

  @Test func faultsNameThePlace() throws {
    #expect(throws: bad("(the file)", "an array of 0", "an object")) { try field("[]").members() }
    #expect(throws: bad("[1].k[0].m", "7", "a string")) {
      try field(#"[{}, {"k": [{"m": 7}]}]"#).items()[1]["k"].items()[0]["m"].required(.string)
    }
    #expect(throws: bad("k[1]", "\"x\"", "an integer from 0 to 9")) {
      try field(#"{"k": [1, "x"]}"#)["k"].items(.integer(in: 0...9))
    }
    #expect(throws: bad("k.b", "null", "true or false")) {
      try field(#"{"k": {"a": true, "b": null}}"#)["k"].members(.flag)
    }
    #expect(throws: bad("k", "3", "a list of rates")) { try field(#"{"k": 3}"#)["k"].items("a list of rates") }
    #expect { _ = try field("{") } throws: { error in
      guard case .malformed("a.json:7", let reason)? = error as? Fault else { return false }
      return reason.contains("line 1")
    }
  }
}
