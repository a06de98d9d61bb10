import Support

/// A safetensors file that is mapped into memory. Its header is checked before any tensor is read.
package final class SafetensorsFile: WeightFile {
  package let path: String
  package let entries: [WeightEntry]
  package let metadata: [(key: String, value: String)]
  package let file: MappedFile
  package let index: [ByteString: Int]

  /// - Throws: ``FileError`` when the file cannot be opened, ``CheckpointError`` when its header is wrong.
  package init(path: String) throws {
    self.path = path
    file = try MappedFile(path: path)
    try WeightFiles.requireContent(file)
    let header = try SafetensorsHeader(file.bytes, path: path)
    entries = header.entries
    metadata = header.metadata
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { (ByteString($1.name), $0) })
  }
}
