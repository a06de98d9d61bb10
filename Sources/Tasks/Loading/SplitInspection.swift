import Support

/// A split that was read to the end in spite of its faults.
package struct SplitInspection {
  package let split: Split
  /// The examples without a fault, as each protocol of the task has them; empty where the file cannot be read.
  package let data: [(kind: ProtocolKind, data: SplitData)]
  package let faults: FaultCollector
  /// The quoted fields of more than ``longField`` lines: where each begins, and its number of lines.
  package let longFields: [(line: Int, lines: Int)]

  /// The most lines of a field that is not reported.
  package static let longField = 10
}

extension BenchmarkTask {
  /// Reads a split and collects all faults.
  ///
  /// - Returns: `nil` for a test split without a file, which a task need not have.
  package func inspect(_ source: SplitSource, from location: DataLocation) -> SplitInspection? {
    let faults = FaultCollector()
    var data: [(kind: ProtocolKind, data: SplitData)] = []
    var (isShared, longFields) = (false, [(line: Int, lines: Int)]())
    do throws(TaskError) {
      let (file, folder) = try file(of: source, in: location)
      // What the training split says of the file's lines is not said twice.
      isShared = sharesRows(of: file, source, in: location)
      let reading = isShared ? FaultCollector() : faults
      let content = try SplitLoader(task: self, data: folder, file: file, split: source.split, faults: reading).load()
      longFields = content.rows.flatMap { $0.row.fields(longerThan: SplitInspection.longField) }
      var known = Set<String>()
      for kind in protocols {
        let own = FaultCollector()
        let found = try examples(of: content, source, for: kind, faults: own)
        // The protocols share most fields, and so most faults.
        if kind == protocols[0] {
          own.faults.forEach(faults.add)
          faults.addUnseen(own.count - own.faults.count)
        } else {
          own.faults.filter { !known.contains($0.message) }.forEach(faults.add)
        }
        known.formUnion(own.faults.map(\.message))
        data.append((kind, self.data(of: content, source, found)))
      }
    } catch {
      if case .missingSplit = error, source.split.isTest { return nil }
      // A file of which every row is at fault is not empty.
      if case .empty = error, faults.count > 0 {} else if !isShared { faults.add(error) }
    }
    return SplitInspection(split: source.split, data: data, faults: faults, longFields: longFields)
  }

  /// Whether a dev split has rows of the file that the training split reads in the same way.
  private func sharesRows(of file: SplitFile, _ source: SplitSource, in location: DataLocation) -> Bool {
    guard source.split.isDev, file.heldOut != nil, let train = splits.first(where: { $0.split == .train }),
      var other = try? self.file(of: train, in: location).file
    else { return false }
    other.heldOut = file.heldOut
    return other == file
  }
}
