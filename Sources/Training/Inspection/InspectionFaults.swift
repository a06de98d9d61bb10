import Support

/// Collects what is wrong with the parts of a checkpoint, so that one fault does not hide the others.
package struct InspectionFaults {
  package struct Fault {
    /// The part of the checkpoint: `config`, `weights`, `tokenizer`, `adapter` or `presets`.
    package let part: String
    package let message: String
    let status: ExitStatus
  }

  package private(set) var all: [Fault] = []

  mutating func add(_ part: String, _ error: any UserError) {
    guard !all.contains(where: { $0.message == error.message }) else { return }
    all.append(Fault(part: part, message: error.message, status: error.exitStatus))
  }

  /// The result of `body`; `nil` where it throws an error for the user, which is kept.
  ///
  /// - Throws: any other error of `body`.
  mutating func attempt<Result>(_ part: String, _ body: () throws -> Result) throws -> Result? {
    do { return try body() } catch let error as any UserError {
      add(part, error)
      return nil
    }
  }

  /// The status to end with: that of missing input where nothing else is wrong.
  package var status: ExitStatus {
    if all.isEmpty { return .completed }
    return all.allSatisfy { $0.status == .missingInput } ? .missingInput : .badInput
  }
}
