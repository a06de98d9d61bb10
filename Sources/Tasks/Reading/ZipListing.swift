/// The names in a zip archive.
package enum ZipListing {
  /// - Throws: ``TaskError`` for a file that is no zip archive or is damaged.
  package static func names(_ path: String) throws(TaskError) -> [String] { try ZipArchive(path: path).names }
}
