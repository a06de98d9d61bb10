import Foundation
import Support

extension Material {
  /// The files of the samples: their paths relative to the repository, and their contents.
  package var sampleFiles: [(path: String, text: String)] {
    let firstTestID = 1 + 2 * (paraphraseTrain.count + paraphraseDev.count)
    return [
      ("tasks/cola/sample/train.tsv", Self.cola(train)),
      ("tasks/cola/sample/dev.tsv", Self.cola(dev)),
      ("tasks/cola/sample/test.tsv", Self.colaTest(test)),
      ("tasks/cola/sample/README.md", Self.colaReadme),
      ("tasks/mrpc/sample/train.tsv", Self.mrpc(paraphraseTrain, firstID: 1)),
      ("tasks/mrpc/sample/dev.tsv", Self.mrpc(paraphraseDev, firstID: 1 + 2 * paraphraseTrain.count)),
      ("tasks/mrpc/sample/test.tsv", Self.mrpcTest(paraphraseTest, firstID: firstTestID)),
      ("tasks/mrpc/sample/README.md", Self.mrpcReadme),
    ] + BenchmarkSample.all(seed: seed).flatMap(\.paths)
  }

  /// Writes the samples below `folder`, each file atomically.
  ///
  /// - Throws: ``FileError`` if a folder cannot be created or a file cannot be written.
  package func writeSamples(below folder: String) throws(FileError) {
    for file in sampleFiles { try Self.write(file.text, to: folder + "/" + file.path) }
  }

  /// Writes the pretraining text to `path`.
  ///
  /// - Throws: ``FileError`` if the folder cannot be created or the file cannot be written.
  package func writeText(to path: String) throws(FileError) { try Self.write(plainText, to: path) }

  private static func write(_ text: String, to path: String) throws(FileError) {
    let parent = (path as NSString).deletingLastPathComponent
    if !parent.isEmpty {
      do { try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true) } catch {
        throw .cannotCreate(path: parent, reason: error.localizedDescription)
      }
    }
    try Files.writeAtomically(path, Array(text.utf8))
  }
}
