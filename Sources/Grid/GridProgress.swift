import Results
import Support

/// How far a grid is, for the display of the process that runs it.
package struct GridProgress {
  /// A cell that runs now.
  package struct Running {
    package let name: String
    /// The last step taken, the number of all steps and the loss; `nil` before the first step.
    package let step: Int?
    package let totalSteps: Int?
    package let loss: Double?
    /// Time since the cell's start, in seconds.
    package let seconds: Double
  }

  /// All cells, and those that have ended in whatever way.
  package let total: Int
  package let ended: Int
  /// How many cells ended in another way than completed, by the way.
  package let others: [(status: CellOutcome.Status, count: Int)]
  package let running: [Running]
  /// The best settings so far.
  package let winners: [GridGroup]
  /// Expected time to the grid's end in seconds; `nil` where no cell of a task and optimizer has completed.
  package let secondsLeft: Double?
}

extension GridProgress.Running {
  /// Reads how far the cell is from the end of its log.
  init(_ cell: GridCell, in folder: GridFolder, seconds: Double) {
    let last = TrainLog.last(folder.folder(of: cell) + "/train_log.jsonl")
    (name, self.seconds, step, loss) = (cell.name, seconds, last?.step, last.map(\.loss))
    totalSteps = last == nil ? nil : CellEvaluations(file: folder.evaluations(of: cell)).totalSteps
  }
}
