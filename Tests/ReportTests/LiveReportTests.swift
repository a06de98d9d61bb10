import Foundation
import Report
import Support
import TestSupport
import Testing

/// What is served of a report, without the server.
@Suite struct LiveReportTests {
  /// A result of transformers, which is a report of its own.
  private func foreign(_ value: Double) -> String { "{\"eval_accuracy\": \(value)}" }

  private func text(_ report: LiveReport) -> String { String(decoding: report.snapshot.page, as: UTF8.self) }

  @Test func aPageIsNewWhenAFileIs() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/all_results.json", foreign(0.5))
    let report = try LiveReport([folder.path + "/a"])
    let first = report.snapshot
    #expect(first.fault == nil && text(report).contains("0.5000"))
    #expect(text(report).contains("data-version=\"\(first.version)\""))
    report.refresh()
    #expect(report.snapshot.version == first.version)
    try folder.write("a/all_results.json", foreign(0.75))
    report.refresh()
    #expect(report.snapshot.version != first.version && text(report).contains("0.7500"))
    // The same content is the same page.
    try folder.write("a/all_results.json", foreign(0.5))
    report.refresh()
    #expect(report.snapshot.version == first.version && report.snapshot.page == first.page)
  }

  @Test func theLastGoodPageIsKept() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/all_results.json", foreign(0.5))
    try folder.write("b/all_results.json", foreign(0.25))
    let report = try LiveReport([folder.path + "/a", folder.path + "/b"])
    let first = report.snapshot
    try folder.write("a/all_results.json", "{\"eval_acc")
    report.refresh()
    #expect(report.snapshot.version == first.version && report.snapshot.page == first.page)
    let fault = try #require(report.snapshot.fault)
    #expect(fault.hasPrefix("Not renewed: a/all_results.json: is not JSON") && !fault.contains("\n"), "\(fault)")
    // What is new elsewhere must wait, and comes when the file is whole.
    try folder.write("b/all_results.json", foreign(0.125))
    report.refresh()
    #expect(report.snapshot.page == first.page && report.snapshot.fault != nil)
    try folder.write("a/all_results.json", foreign(0.5))
    report.refresh()
    #expect(report.snapshot.fault == nil && text(report).contains("0.1250"))
  }

  @Test func nothingYet() throws {
    let folder = try TemporaryFolder()
    let missing = #expect(throws: ReportError.self) { try LiveReport([folder.path + "/none"]) }
    #expect(missing?.exitStatus == .missingInput)
    let report = try LiveReport([folder.path])
    #expect(text(report).contains("Nothing to report yet") && report.snapshot.fault?.contains("neither a run") == true)
    try folder.write("run/all_results.json", foreign(0.5))
    report.refresh()
    #expect(report.snapshot.fault == nil && text(report).contains("0.5000"))
  }

  /// Only the two scripts of the page may run, and only this server may be asked.
  @Test func policy() throws {
    let policy = LiveReport.policy
    #expect(policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"))
    #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("script-src 'unsafe"))
    #expect(policy.components(separatedBy: "'sha256-").count == 3)
  }
}
