import Support

/// A folder of data files, or a zip archive that stands for one.
package struct DataFolder: Sendable {
  package let path: String
  /// The archive; `nil` for a folder.
  private let archive: ZipArchive?

  /// - Parameter path: an existing folder or a `.zip` file.
  /// - Throws: ``TaskError`` where there is neither, or the archive is damaged.
  package init(path: String) throws(TaskError) {
    self.path = path
    if Files.isFolder(path) {
      archive = nil
    } else if path.hasSuffix(".zip"), Files.exists(path) {
      archive = try ZipArchive(path: path)
    } else {
      throw .noFolder(path: path)
    }
  }

  /// Whether there is such a file, as it is or with `.gz` after its name. In an archive, folders may lead to it:
  /// `CoLA.zip` holds `CoLA/train.tsv`, which is found as `train.tsv`.
  ///
  /// - Parameter name: a path in the folder, e.g. `CoLA/train.tsv`.
  package func contains(_ name: String) -> Bool { archive?.contains(name) ?? (file(name) != nil) }

  /// Reads a file and decompresses it; `nil` where it is absent.
  ///
  /// - Parameter limit: the most bytes that it may have, decompressed.
  /// - Throws: ``TaskError`` where it cannot be read, is damaged or is larger.
  package func read(_ name: String, limit: Int = DataFile.largest) throws(TaskError) -> DataFile? {
    if let archive {
      guard let (inner, bytes) = try archive.read(name, limit: limit) else { return nil }
      return DataFile(path: inner, bytes: bytes, sha256: try DataFolder.digest(path))
    }
    guard let file = file(name) else { return nil }
    if file.hasSuffix(".gz") {
      return DataFile(path: file, bytes: try GzipFile.read(file, limit: limit), sha256: try DataFolder.digest(file))
    }
    do throws(FileError) {
      let bytes = try Files.read(file, limit: limit)
      return DataFile(path: file, bytes: bytes, sha256: Digest.sha256(bytes))
    } catch {
      throw .unreadable(error)
    }
  }

  private static func digest(_ path: String) throws(TaskError) -> String {
    do throws(FileError) { return try Digest.sha256(ofFile: path) } catch { throw .unreadable(error) }
  }

  private func file(_ name: String) -> String? {
    [path + "/" + name, path + "/" + name + ".gz"].first { Files.exists($0) }
  }
}
