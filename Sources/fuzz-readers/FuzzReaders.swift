import ArgumentParser
import Foundation
import Support
import Tasks

/// Gives each reader of data files and checkpoints many broken files, made from good ones by a counted random generator, so that a run
/// can be repeated. A reader may refuse a file; it must neither crash nor take long.
@main
struct FuzzReaders: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz-readers", abstract: "Give broken files to the readers of data files and checkpoints.")

  @Option(help: "Broken files for each reader.")
  var inputs = 100_000

  @Option(help: "The first file's number; the files before it are left out.")
  var from = 0

  @Option(help: "One reader, such as json; all where none is given.")
  var reader: String?

  func run() throws {
    let folder = try Scratch()
    for target in FuzzTarget.all where reader == nil || reader == target.name {
      // What is broken must have been whole.
      for (number, seed) in target.seeds.enumerated() where try !target.accepts(seed, folder.path) {
        throw ValidationError("reader \(target.name) refuses its good file \(number)")
      }
      var (accepted, slowest, largest) = (0, 0.0, 0)
      for number in from..<max(from, inputs) {
        var random = CountedRandom(seed: UInt64(number))
        let seed = target.seeds[random.below(target.seeds.count)]
        let bytes = target.mutate(seed, &random)
        // A crash leaves the file here, beside the number that makes it again.
        folder.note("\(target.name) --from \(number)")
        let time = try ContinuousClock().measure {
          if try target.accepts(bytes, folder.path) { accepted += 1 }
        }
        let seconds = time.seconds
        guard seconds < 10 else {
          throw ValidationError("reader \(target.name), file \(number): took \(seconds) s for \(bytes.count) bytes")
        }
        if seconds > slowest { (slowest, largest) = (seconds, bytes.count) }
      }
      print(
        "\(target.name): \(max(0, inputs - from)) files, \(accepted) accepted, none crashed; slowest "
          + String(format: "%.1f ms (%d bytes)", slowest * 1000, largest))
      // Whoever reads a file of the output sees each reader's line at once.
      fflush(nil)
    }
  }
}
