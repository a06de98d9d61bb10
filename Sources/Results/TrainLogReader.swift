import Support

extension StepRecord {
  /// Reads one line of `train_log.jsonl`; `nil` if it is not one. A loss that is not finite was written as null.
  init?(_ json: JSON) {
    guard let step = json["step"]?.integer, let epoch = json["epoch"]?.double, let loss = json["loss"],
      let tokens = json["tokens"]?.integer, let seconds = json["seconds"]?.double
    else { return nil }
    self.init(
      step: step, epoch: epoch, loss: loss.double ?? .nan, learningRate: json["learning_rate"]?.double ?? .nan,
      gradientNorm: json["gradient_norm"]?.double ?? .nan, tokens: tokens, seconds: seconds)
  }
}

extension TrainLog {
  /// The last whole line of a log that may be long and may be growing; `nil` where there is none.
  package static func last(_ path: String) -> StepRecord? {
    guard let file = try? OpenFile(path), let end = try? file.read(1 << 12, at: max(0, file.size - 1 << 12)) else {
      return nil
    }
    // What follows the last line end is half a line.
    let lines = end.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return lines.last.flatMap { line in (try? JSON.parse(Array(line))).flatMap { StepRecord($0) } }
  }

  /// Reads `train_log.jsonl` up to the first line that is no step. A run that was killed leaves half a line at the end.
  ///
  /// - Throws: ``FileError`` when the file cannot be read.
  package static func read(_ path: String) throws(FileError) -> [StepRecord] {
    var records: [StepRecord] = []
    for line in TextLines(try Files.read(path, limit: 1 << 27)) {
      guard let json = try? JSON.parse(line.bytes), let record = StepRecord(json) else { break }
      records.append(record)
    }
    return records
  }
}
