import Support

/// The folder of a task's data.
package struct DataLocation: Sendable {
  package enum Source: String, Sendable {
    case files
    /// The few examples bundled with the program. A score on them is not a benchmark score.
    case sample
  }

  let data: DataFolder
  package let source: Source
  package var folder: String { data.path }
}

extension BenchmarkTask {
  /// The path in `--data`, which may name the task that it is for: `cola=GLUE/CoLA`.
  package func dataPath(_ given: String) -> String {
    given.hasPrefix(name + "=") && !Files.exists(given) ? String(given.dropFirst(name.count + 1)) : given
  }

  /// Finds the folder or zip archive of the data.
  ///
  /// A given folder counts if it holds the file of a split. Otherwise it may hold several benchmarks, so that its
  /// subfolders or archives with the task's official names are tried. Without a given folder, the folder of `task.yaml`
  /// is tried, then its subfolder `data/`, then its subfolder `sample/`. A format has its sample in
  /// `sample/<format>/`.
  ///
  /// - Throws: ``TaskError/noData(task:tried:)`` if there is none.
  package func locateData(_ given: String?) throws(TaskError) -> DataLocation {
    let samples = folder + "/sample" + (formatName.map { "/" + $0 } ?? "")
    if let given {
      let names = Set(splits.flatMap { $0.files.map(\.name) }).sorted().prefix(4).joined(separator: ", ")
      guard Files.exists(given) else {
        throw .badData(
          path: given, reason: "no such folder; expected the folder or zip archive that holds \(names) of task \(name)")
      }
      guard Files.isFolder(given) || given.hasSuffix(".zip") else {
        throw .badData(
          path: given,
          reason:
            "is a file; expected the folder that holds it (\(Files.parent(of: given) ?? ".")), where task \(name) "
            + "looks for \(names)")
      }
      let isSample = Files.isSame(given, samples)
      if let data = try official(in: given) { return DataLocation(data: data, source: isSample ? .sample : .files) }
      return DataLocation(data: try DataFolder(path: given), source: isSample ? .sample : .files)
    }
    for path in [folder, folder + "/data"] where Files.isFolder(path) {
      if let data = try official(in: path) { return DataLocation(data: data, source: .files) }
    }
    if Files.isFolder(folder + "/data") {
      return DataLocation(data: try DataFolder(path: folder + "/data"), source: .files)
    }
    if Files.isFolder(samples) { return DataLocation(data: try DataFolder(path: samples), source: .sample) }
    throw .noData(task: name, tried: [folder + "/data", samples])
  }

  /// The folder or archive at `path`, or under one of the official names in it, that holds the file of a split.
  private func official(in path: String) throws(TaskError) -> DataFolder? {
    let nested = folders.flatMap { [path + "/" + $0, path + "/" + $0 + ".zip"] }
    for candidate in [path] + nested where Files.exists(candidate) {
      let data = try DataFolder(path: candidate)
      if splits.contains(where: { $0.files.contains { data.contains($0.name) } }) { return data }
    }
    return nil
  }
}
