import ArgumentParser
import Foundation
import Results
import Support
import Training

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Fine-tune a checkpoint on a task.",
    discussion: """
      Example:
        finetune --task cola --model DIR --data GLUE/CoLA --optimizer fira -O rank=8 --output RUN
      Writes results.json, train_log.jsonl, predictions-dev.tsv and model/ to the output folder.
      """)

  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try options.settings()
    Interruption.install()
    let display = ProgressDisplay(isQuiet: settings.quiet || settings.json)
    let run = try Run(settings, command: CommandLine.arguments, observer: display)
    let result: RunResult
    do {
      result = try run.execute()
    } catch {
      display.endLine()
      FileHandle.standardError.write(Data("what there is of the run: \(run.output.path)\n".utf8))
      throw error
    }
    display.endLine()
    if settings.json {
      FileHandle.standardOutput.write(Data(result.json.serialized()))
    } else {
      print(ResultTable.text(result, output: run.output.path))
    }
    if result.status == .interrupted {
      FileHandle.standardError.write(Data("interrupted: \(result.reason ?? "")\n".utf8))
      throw ExitCode(ExitStatus.interrupted.rawValue)
    }
  }
}
