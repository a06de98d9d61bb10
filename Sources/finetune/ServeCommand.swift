import ArgumentParser
import Foundation
import Report
import Server
import Support
import Training

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Show the report of runs and grids in a browser, renewed as runs end.",
    discussion: """
      Example:
        finetune serve GRID --port 8000
      Reads what finetune report reads, also while a grid is running there, and writes nothing. The page renews itself. \
      Only this machine can reach it, unless --host names another address of the machine. Ctrl-C ends it.
      """)

  @Argument(help: ArgumentHelp("Folders to read.", valueName: "dir")) var folders: [String]
  @Option(parsing: .unconditional, help: "Port to listen at; 0 takes a free one.") var port: UInt16 = 8_000
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Address of this machine to listen at.", valueName: "address"))
  var host = "127.0.0.1"

  func run() throws {
    let report = try LiveReport(folders)
    let server = try HTTPServer(address: host, port: port)
    Interruption.install()
    if server.isPublic { Console.note("note: whoever can reach this machine can read the page") }
    if let fault = report.snapshot.fault { Console.note("warning: \(fault)") }
    // A large report takes a while, in which requests are still answered.
    let code = WorkerThread.start(stackSize: 8 << 20) {
      while !Interruption.isRequested {
        usleep(1_000_000)
        report.refresh()
      }
    }
    guard code == 0 else {
      throw TrainingError.internalFault("no thread could be started: \(Files.reason(code))")
    }
    try Console.output(server.url)
    server.run(until: { Interruption.isRequested }) { ServeCommand.content(of: report.snapshot, at: $0) }
  }

  /// What the server has: the page, and what the page asks to learn whether there is a newer one.
  private static func content(of snapshot: LiveReport.Snapshot, at path: String) -> HTTPContent? {
    switch path {
    case "/":
      return HTTPContent(
        type: "text/html; charset=utf-8", body: snapshot.page, tag: snapshot.version, policy: LiveReport.policy)
    case "/version":
      let json = JSON.object(
        JSONObject(["version": .text(snapshot.version), "fault": snapshot.fault.map(JSON.text) ?? .null]))
      let body = json.serialized()
      return HTTPContent(type: "application/json", body: body, tag: String(Digest.sha256(body).prefix(20)))
    default: return nil
    }
  }
}
