import Foundation
import Support

/// Lines at the bottom of a terminal that are drawn again in place, below text that stays.
///
/// Where standard error is no terminal, there is nothing to redraw: only the text that stays is written.
package final class TerminalBlock {
  private var shown: [String] = []
  private let isTerminal: Bool
  private let write: (String) -> Void

  package static var isOnTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  package init(isTerminal: Bool = TerminalBlock.isOnTerminal, write: @escaping (String) -> Void = Console.progress) {
    (self.isTerminal, self.write) = (isTerminal, write)
  }

  /// Columns and rows of the terminal; 80 by 24 where it does not say.
  package static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
    return (Int(size.ws_col), max(2, Int(size.ws_row)))
  }

  /// Draws the block in place of the one before.
  package func show(_ lines: [String]) {
    guard isTerminal, lines != shown else { return }
    write(erasing + lines.map { $0 + "\n" }.joined())
    shown = lines
  }

  /// Writes a line that stays, above the block.
  package func note(_ line: String) {
    let block = shown
    write(erasing + line + "\n" + block.map { $0 + "\n" }.joined())
  }

  /// Removes the block.
  package func clear() {
    if !shown.isEmpty { write(erasing) }
    shown = []
  }

  /// Back to the block's first column and line, and nothing below.
  private var erasing: String { isTerminal && !shown.isEmpty ? "\u{1B}[\(shown.count)F\u{1B}[J" : "" }
}
