import DemoMaterial
import Foundation
import Testing

@Suite("Demo material: one seed, one result")
struct DeterminismTests {
  @Test("The same seed gives the same bytes, another seed others")
  func seeds() {
    let first = Material(seed: 7, textBytes: 20_000)
    let again = Material(seed: 7, textBytes: 20_000)
    let other = Material(seed: 8, textBytes: 20_000)
    #expect(first.plainText == again.plainText)
    #expect(first.sampleFiles.map(\.text) == again.sampleFiles.map(\.text))
    #expect(first.plainText != other.plainText)
    #expect(first.dev != other.dev)
  }

  @Test("The committed samples are what the default seed makes")
  func committed() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for file in Material(seed: Material.defaultSeed, textBytes: 0).sampleFiles {
      let bytes = try Data(contentsOf: root.appending(path: file.path))
      #expect(Array(bytes) == Array(file.text.utf8), "\(file.path) has drifted: run Tools/make-demo.sh samples")
    }
  }
}
