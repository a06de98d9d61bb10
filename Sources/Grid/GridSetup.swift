import Memory
import Support
import Training

/// How a grid runs its cells. None of this is part of a cell's identity.
package struct GridOptions: Sendable {
  /// How many cells run at a time.
  package var jobs = 1
  /// Whether to go on beyond a best learning rate at the edge of those given.
  package var extends = false
  package var stop = StopRule.none

  package init() {}
}

/// The cells of a grid with what is known of each before it runs. Nothing is written.
struct GridSetup {
  /// The axes with the number of threads of each cell.
  let axes: GridAxes
  var cells: [GridCell]
  /// What an earlier start recorded; `nil` for a new grid.
  let recorded: GridRecord?
  let notes: [String]

  /// Makes and checks the cells.
  ///
  /// - Parameter output: the grid's folder; `nil` for a new one.
  /// - Throws: the error of a setting with which no cell could run; ``GridError/otherSettings(folder:cell:difference:)``
  ///   where the folder holds a grid of other settings.
  init(_ given: GridAxes, output: String?, _ options: GridOptions) throws {
    if let output { try GridFolder.check(output) }
    let recorded = try output.flatMap { try GridRecord(folder: $0) }
    var (axes, notes) = (given, [String]())
    let cores = Processors.allowed()
    if axes.values(of: "threads") == nil {
      // The threads decide the bytes of a result, so that a grid keeps those that it was begun with.
      let own = Set(axes.ownSettings.filter { $0.key == "threads" }.map(\.task))
      if let recorded, let first = recorded.cells.first(where: { !own.contains($0.task) }) {
        if let threads = first.setting("threads") {
          axes.setDefault("threads", threads)
          if let count = Int(threads), count != max(1, cores / options.jobs) {
            notes.append(
              "the cells keep the \(Plural.count(count, "thread")) that the grid was begun with, though "
                + "\(Plural.count(options.jobs, "job")) on \(Plural.count(cores, "core")) would give each "
                + "\(max(1, cores / options.jobs))")
          }
        } else if options.jobs > 1 {
          notes.append("the grid was begun without a number of threads, so that each cell takes every core")
        }
      } else {
        axes.setDefault("threads", String(max(1, cores / options.jobs)))
      }
    } else if let most = axes.values(of: "threads")?.compactMap({ Int($0) }).max(), options.jobs > 1,
      most * options.jobs > cores
    {
      notes.append(
        "\(options.jobs) cells of \(Plural.count(most, "thread")) share \(Plural.count(cores, "core")): "
          + "give fewer --jobs or --threads for the best speed")
    }
    var cells = try axes.cells()
    if options.extends { try RateExtension.check(cells) }
    if let recorded, let output {
      for old in recorded.cells where old.isExtended && !cells.contains(where: { $0.name == old.name }) {
        if let cell = try RateExtension.restore(old, among: cells, axes) { cells.append(cell) }
      }
      guard recorded.stop == options.stop.rawValue else {
        throw GridError.otherSettings(
          folder: output, cell: recorded.cells.first?.name ?? "",
          difference: "--stop was \(recorded.stop), is now \(options.stop.rawValue)")
      }
      try GridFolder.check(recorded, cells, in: output)
    }
    (self.axes, self.cells, self.recorded, self.notes) = (axes, cells, recorded, notes)
  }

  /// The outcomes of the cells in the grid's folder; all pending for a new grid.
  func outcomes(in folder: String?, _ recorded: GridRecord?) throws -> [CellOutcome] {
    try cells.map { cell in
      guard let folder, let recorded else { return CellOutcome() }
      return try CellOutcome(
        folder: folder + "/" + cell.name, recorded: recorded.cells.first { $0.name == cell.name }?.outcome)
    }
  }

  /// The planned peak memory of each cell in bytes; `nil` where it cannot be planned, because the cell's own run will
  /// be refused.
  ///
  /// - Parameter refused: called with each reason for which cells will be refused, and one of these cells.
  /// - Throws: ``GridError/doesNotFit(cell:message:)`` where a cell cannot fit even alone, unless `force` is set.
  static func plannedBytes(_ cells: [GridCell], _ axes: GridAxes, refused: (_ note: String) -> Void) throws -> [Int?] {
    var planned: [[String]: Int?] = [:]
    var reasons = Set<String>()
    return try cells.map { cell in
      // Settings with little or no effect on memory.
      let without: Set<String> = [
        "seed", "learning_rate", "schedule", "schedule_power", "schedule_cycles", "schedule_decay", "warmup_ratio",
        "warmup_steps", "weight_decay", "layer_decay", "label_smoothing", "class_weights", "early_stopping",
      ]
      let key =
        cell.settings.filter { !without.contains($0.key) }.map { "\($0.key)=\($0.text)" }.sorted()
        + cell.options.map { "\($0.key)=\($0.value)" }.sorted()
      if let bytes = planned[key] { return bytes }
      var bytes: Int?
      do {
        var settings = try cell.runSettings()
        settings.force = axes.isForced
        bytes = try Run.planMemory(settings).peakBytes
      } catch TrainingError.doesNotFit(let message) {
        throw GridError.doesNotFit(cell: cell.name, message: message)
      } catch {
        // The cell's own run reports this error too, and the other cells go on.
        let reason = (error as? any UserError)?.message ?? error.localizedDescription
        if reasons.insert(reason).inserted { refused("\(cell.name) will be refused: \(reason)") }
      }
      planned[key] = .some(bytes)
      return bytes
    }
  }
}
