import Support

/// A split that was read to the end in spite of its faults.
package struct SplitInspection {
  package let split: Split
  /// The examples without a fault, as each protocol of the task has them; empty where the file cannot be read.
  package let data: [(kind: ProtocolKind, data: SplitData)]
  package let faults: FaultCollector
}

extension BenchmarkTask {
  /// Reads a split and collects all faults.
  ///
  /// - Returns: `nil` for a test split without a file, which a task need not have.
  package func inspect(_ source: SplitSource, from location: DataLocation) -> SplitInspection? {
    let faults = FaultCollector()
    var data: [(kind: ProtocolKind, data: SplitData)] = []
    do throws(TaskError) {
      let (file, folder) = try file(of: source, in: location)
      let content = try SplitLoader(task: self, data: folder, file: file, split: source.split, faults: faults).load()
      var known = Set<String>()
      for kind in protocols {
        let own = FaultCollector()
        let (examples, skipped) = try examples(of: content, source, for: kind, faults: own)
        // The protocols share most fields, and so most faults.
        if kind == protocols[0] {
          own.faults.forEach(faults.add)
          faults.addUnseen(own.count - own.faults.count)
        } else {
          own.faults.filter { !known.contains($0.message) }.forEach(faults.add)
        }
        known.formUnion(own.faults.map(\.message))
        data.append(
          (
            kind,
            SplitData(
              split: source.split, examples: examples, available: examples.count, official: source.officialCount,
              files: content.files, skipped: skipped, heldOut: content.heldOut)
          ))
      }
    } catch {
      if case .missingSplit = error, source.split.isTest { return nil }
      // A file of which every row is at fault is not empty.
      if case .empty = error, faults.count > 0 {} else { faults.add(error) }
    }
    return SplitInspection(split: source.split, data: data, faults: faults)
  }
}
