import ArgumentParser
import Foundation
import Results
import Support

/// The command line: parses the arguments, runs the command and prints its errors.
@main
struct Finetune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Which optimizer, at which learning rate, fine-tunes this checkpoint best, and what does it cost?",
    discussion: """
      finetune --task cola --optimizer fira
      finetune --task cola --model DIR --data GLUE/CoLA --optimizer fira -O rank=8
      finetune grid --tasks cola --optimizers adamw,fira --learning-rates 3e-4,1e-3 --seeds 1,2 --output GRID
      finetune report GRID --output REPORT
      finetune serve GRID
      finetune evaluate --model RUN/model --task cola --data GLUE/CoLA
      finetune predict --model RUN/model --task cola --data GLUE/CoLA --output PREDICTIONS
      finetune --task cola --model DIR --method lora -M rank=16 --learning-rate 3e-4
      finetune merge --model RUN/model --output MERGED
      finetune inspect DIR --text "The cat sat."
      finetune task new --from reviews.csv
      finetune memory --model llama-1b --compare adamw,adafactor,fira --batch-size 8 --max-length 512
      finetune bench --shape bert-base --precision bf16
      finetune analyze factorization --input RUN
      finetune list optimizers
      """,
    version: Environment.version,
    subcommands: [
      RunCommand.self, GridCommand.self, EvaluateCommand.self, PredictCommand.self, ReportCommand.self,
      ServeCommand.self, TaskCommand.self, InspectCommand.self, MergeCommand.self, PretrainCommand.self,
      MemoryCommand.self,
      BenchCommand.self,
      AnalyzeCommand.self,
      ListCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() {
    ProcessStart.prepare()
    Environment.setBuild(commit: BuildStamp.commit, isDirty: BuildStamp.isDirty)
    do {
      var command = try parseAsRoot(Array(ProgramArguments.all.dropFirst()))
      try command.run()
    } catch let error as any UserError {
      fail(error.message, error.exitStatus)
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      let code = exitCode(for: error)
      // ArgumentParser reports usage errors; any other error here is one that our error types do not cover.
      let text = fullMessage(for: error)
      if code == .success { show(text) }
      if code == .validationFailure {
        // Only the message's first line names the error; the screenful of usage after it would hide that line.
        let fault = text.split(separator: "\n").first.map(String.init) ?? text
        let message = fault.hasPrefix("Error: ") ? String(fault.dropFirst(7)) : fault
        // The usage ends with "See 'finetune task new --help' for more information."
        let help =
          text.split(separator: "\n").last { $0.contains("See 'finetune") }
          .flatMap { $0.split(separator: "'").dropFirst().first } ?? "finetune --help"
        fail(message + "; see: " + help, .usage)
      }
      fail("internal error: \(error.localizedDescription); please report it", .internalError)
    }
  }

  /// Prints the help or the version, and exits.
  private static func show(_ text: String) -> Never {
    do throws(FileError) { try Console.output(text) } catch { fail(error.message, error.exitStatus) }
    Foundation.exit(EXIT_SUCCESS)
  }

  private static func fail(_ message: String, _ status: ExitStatus) -> Never {
    Console.note("error: \(message)")
    Foundation.exit(status.rawValue)
  }
}
