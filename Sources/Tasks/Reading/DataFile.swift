/// The content of a data file, decompressed.
package struct DataFile: Sendable {
  /// Where it comes from, for messages, e.g. `GLUE/CoLA.zip/CoLA/train.tsv` or `data/train.tsv.gz`.
  package let path: String
  package let bytes: [UInt8]
  /// SHA-256 of the file on disk: of the archive or the compressed file where there is one.
  package let sha256: String

  /// The most bytes that a data file may have, decompressed.
  package static let largest = Int(UInt32.max)

  package init(path: String, bytes: [UInt8], sha256: String) {
    (self.path, self.bytes, self.sha256) = (path, bytes, sha256)
  }
}
