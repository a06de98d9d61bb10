import Foundation
import Support

extension Material {
  /// The files of the samples, by path below the repository, with their bytes.
  package var sampleFiles: [(path: String, text: String)] {
    [
      ("tasks/cola/sample/train.tsv", Self.cola(train)),
      ("tasks/cola/sample/dev.tsv", Self.cola(dev)),
      ("tasks/cola/sample/README.md", Self.colaReadme),
      ("tasks/mrpc/sample/train.tsv", Self.mrpc(paraphraseTrain, firstID: 1)),
      ("tasks/mrpc/sample/dev.tsv", Self.mrpc(paraphraseDev, firstID: 1 + 2 * paraphraseTrain.count)),
      ("tasks/mrpc/sample/README.md", Self.mrpcReadme),
    ]
  }

  /// Writes the samples below `folder`, each file atomically.
  ///
  /// - Throws: ``FileError`` when a folder cannot be made or a file not written.
  package func writeSamples(below folder: String) throws(FileError) {
    for file in sampleFiles { try Self.write(file.text, to: folder + "/" + file.path) }
  }

  /// Writes the pretraining text to `path`.
  ///
  /// - Throws: ``FileError`` when it cannot be written.
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
