import Support

/// A folder of data files, or a zip archive that stands for one.
package struct DataFolder: Sendable {
  package let path: String

  /// - Parameter path: an existing folder or a `.zip` file.
  /// - Throws: ``TaskError`` where there is neither, or the archive is damaged.
  package init(path: String) throws(TaskError) {
    self.path = path
    guard Files.isFolder(path) else { throw .noFolder(path: path) }
  }

  /// Whether there is such a file, as it is or with `.gz` after its name.
  ///
  /// - Parameter name: a path in the folder, e.g. `CoLA/train.tsv`.
  package func contains(_ name: String) -> Bool {
    Files.exists(path + "/" + name) || Files.exists(path + "/" + name + ".gz")
  }

  /// Reads a file and decompresses it; `nil` where it is absent.
  ///
  /// - Throws: ``TaskError`` where it cannot be read or is damaged.
  package func read(_ name: String) throws(TaskError) -> DataFile? {
    let file = path + "/" + name
    guard Files.exists(file) else { return nil }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(file, limit: DataFile.largest) } catch { throw .unreadable(error) }
    return DataFile(path: file, bytes: bytes, sha256: Digest.sha256(bytes))
  }
}
