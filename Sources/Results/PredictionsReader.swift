import Support

extension PredictionsFile {
  /// Reads the predicted and the right answer of each example, as they are written, without the logits.
  ///
  /// - Returns: `nil` for a file of another form.
  /// - Throws: ``FileError`` when the file cannot be read.
  package static func answers(_ path: String) throws(FileError) -> [(prediction: ByteString, label: ByteString)]? {
    var answers: [(prediction: ByteString, label: ByteString)] = []
    for line in TextLines(try Files.read(path, limit: 1 << 25)) {
      let fields = line.bytes.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      guard fields.count >= 3 else { return nil }
      if line.number == 1 {
        guard fields[0].elementsEqual("index".utf8) else { return nil }
      } else {
        answers.append((ByteString(bytes: fields[1]), ByteString(bytes: fields[2])))
      }
    }
    return answers
  }
}
