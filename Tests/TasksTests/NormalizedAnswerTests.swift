import Support
import Tasks
import Testing

/// Against `normalize_answer` of SQuAD's official scripts in Python.
@Suite struct NormalizedAnswerTests {
  private func normalized(_ text: [UInt8]) -> [UInt8] {
    Array(NormalizedAnswer(text).words.map { $0.flatMap { Array(String($0).utf8) } }.joined(separator: [0x20]))
  }

  @Test func hardTexts() throws {
    let pairs = try #require(try MetricFixture.file()["normalized"]?.array)
    #expect(pairs.count > 100)
    for pair in pairs {
      let (text, expected) = (try #require(pair.array?.first?.bytes), try #require(pair.array?.last?.bytes))
      #expect(normalized(text.bytes) == expected.bytes, "\(text.bytes)")
    }
  }

  /// Every scalar below U+20000 that the reference's version of Unicode knows, alone, beside an article and around a
  /// sigma.
  @Test func everyScalar() throws {
    let expected = try #require(try MetricFixture.file()["every_scalar"])
    let version = try #require(expected["unicode"]?.string?.split(separator: ".").first.flatMap { Int($0) })
    var (hash, count): (UInt64, Int) = (0xCBF2_9CE4_8422_2325, 0)
    for scalar in (0..<0x20000 as Range<UInt32>).compactMap(Unicode.Scalar.init) {
      // Private use and control characters have an age too; what is not assigned has none.
      guard let age = scalar.properties.age, age.major <= version, !scalar.isNoncharacter else { continue }
      count += 1
      for byte in normalized(Array("\(scalar)A \(scalar)Σ\(scalar)".utf8)) + [0x0A] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    #expect(count == expected["scalars"]?.integer && String(hash) == expected["checksum"]?.string)
  }

  @Test func bytesThatAreNoText() { #expect(NormalizedAnswer([0xFF, 0x42]).words == [["\u{FFFD}", "b"]]) }
}

extension Unicode.Scalar {
  fileprivate var isNoncharacter: Bool { value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(value) }
}
