import Support
import Tasks

extension SplitData {
  /// What the user should know of the rows before believing a score: those that were left out, those that repeat others,
  /// and those that the model was trained on.
  ///
  /// - Parameter isSample: whether the data are a sample of this project, whose few sentences repeat.
  func honestyNotes(isSample: Bool) -> [String] {
    let (name, count) = (split.name, examples.count)
    var notes: [String] = []
    if skipped > 0 {
      notes.append(
        "\(name): \(Plural.count(skipped, "incomplete row")) of \(files.first?.path ?? "its file") left out, as task.yaml says "
          + "(incomplete: skip)")
    }
    if let note = heldOutNote { notes.append(note) }
    guard let repeats, !isSample else { return notes }
    if repeats.ids > 0 { notes.append("\(name): \(repeats.ids) of \(count) examples have the id of an earlier one") }
    if repeats.inputs > 0 {
      notes.append("\(name): \(repeats.inputs) of \(count) examples have the inputs of an earlier one")
    }
    if let overlap = repeats.overlap, overlap > 0 {
      notes.append(
        "\(name): \(overlap) of \(count) examples have inputs that are also in train; a score on them says little")
    }
    return notes
  }

  /// What the user should know where `hold_out` asks for more rows than a dev split gets.
  var heldOutNote: String? {
    heldOutAsked.map {
      "\(split.name): task.yaml asks to hold out \($0) rows; \(available == 1 ? "1 is" : "\(available) are") held out, "
        + "since at most a tenth of the file's complete rows can be"
    }
  }
}
