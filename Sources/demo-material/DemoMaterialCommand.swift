import ArgumentParser
import DemoMaterial
import Foundation
import Support

/// Writes the synthetic samples, and the text that the demo checkpoint is pretrained on.
@main
struct DemoMaterialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo-material",
    abstract: "Write the synthetic samples, and the text the demo checkpoint is pretrained on.",
    discussion: "Example: demo-material --output . --text runs/demo/text.txt")

  @Option(help: "Folder that gets tasks/NAME/sample for every task.")
  var output: String

  @Option(help: "Seed; the committed samples are those of the default.")
  var seed: UInt64 = Material.defaultSeed

  @Option(help: ArgumentHelp("Also write the pretraining text to this file.", valueName: "file"))
  var text: String?

  @Option(help: "Least size of that text, in bytes.")
  var textBytes = 3_000_000

  func validate() throws {
    guard (0...1_000_000_000).contains(textBytes) else {
      throw ValidationError("--text-bytes is \(textBytes), expected 0 to 1000000000")
    }
  }

  func run() throws {
    let material = Material(seed: seed, textBytes: text == nil ? 0 : textBytes)
    do throws(FileError) {
      try material.writeSamples(below: output)
      if let text { try material.writeText(to: text) }
    } catch {
      FileHandle.standardError.write(Data("demo-material: \(error.message)\n".utf8))
      throw ExitCode(error.exitStatus.rawValue)
    }
  }
}
