import Testing
import finetune

/// The lines that a grid shows on a terminal while it runs.
@Suite struct LiveTableTests {
  private func table() -> LiveTable {
    var table = LiveTable()
    (table.total, table.ended, table.secondsLeft) = (24, 12, 250)
    table.others = [("diverged", 1), ("failed", 0)]
    table.running = [
      .init(name: "cola-fira-lr0.001-seed1", progress: "step 120/804  loss 0.5123", seconds: 41),
      .init(name: "cola-fira-lr0.001-seed12", seconds: 3.4),
    ]
    table.best = [.init(task: "cola", setting: "adamw 0.0003", metric: "matthews_correlation", value: 0.28157)]
    return table
  }

  @Test func aWideTerminal() {
    #expect(
      table().lines(width: 100) == [
        "[===============               ] 12 of 24 done, 1 diverged, 2 running  4:10 left",
        "running  cola-fira-lr0.001-seed1   step 120/804  loss 0.5123  0:41",
        "running  cola-fira-lr0.001-seed12  0:03",
        "best     cola  adamw 0.0003        matthews_correlation 0.2816",
      ])
    #expect(table().line == "12 of 24 done, 1 diverged, 2 running  4:10 left")
  }

  /// Whatever the terminal's size, no line wraps, since the block could then not be found again.
  @Test func everySize() {
    var table = table()
    table.running.append(
      .init(name: String(repeating: "x", count: 300) + "\u{1B}[2J\n", progress: "step 1/2", seconds: 1e9))
    for width in [1, 2, 8, 20, 40, 79, 80, 200] {
      for height in [1, 2, 3, 4, 5, 24] {
        let lines = table.lines(width: width, height: height)
        #expect(lines.count == min(5, height) && lines.allSatisfy { $0.count <= width }, "\(width) × \(height)")
        #expect(!lines.joined().unicodeScalars.contains { $0.value < 0x20 })
      }
    }
    #expect(table.lines(width: 80, height: 3).last == "… 3 more lines")
    #expect(table.lines(width: 40)[1].contains("step 120"))
  }

  @Test func beginningAndEnd() {
    var table = LiveTable()
    #expect(table.lines(width: 80) == ["[                              ] 0 of 0 done"])
    (table.total, table.ended, table.secondsLeft) = (3, 3, 9)
    #expect(table.lines(width: 80) == ["[==============================] 3 of 3 done"])
    table.total = 2
    #expect(table.lines(width: 30) == ["[================] 3 of 2 done"])
  }

  /// Only what changed is drawn, over what was there; what stays goes above it.
  @Test func redrawing() {
    var text = ""
    let block = TerminalBlock(isTerminal: true) { text += $0 }
    func take() -> String {
      defer { text = "" }
      return text
    }
    block.show(["a", "b"])
    #expect(take() == "a\nb\n")
    block.show(["a", "b"])
    #expect(take().isEmpty)
    block.show(["c"])
    #expect(take() == "\u{1B}[2F\u{1B}[Jc\n")
    block.note("done")
    #expect(take() == "\u{1B}[1F\u{1B}[Jdone\nc\n")
    block.clear()
    #expect(take() == "\u{1B}[1F\u{1B}[J")
    block.note("end")
    #expect(take() == "end\n")

    let log = TerminalBlock(isTerminal: false) { text += $0 }
    log.show(["a", "b"])
    log.note("done")
    log.clear()
    #expect(take() == "done\n")
  }
}
