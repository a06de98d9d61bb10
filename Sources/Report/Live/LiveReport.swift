import Support

/// A report that is made again when what it reads has changed.
///
/// While something cannot be read, such as a file that another program is copying, the last good page is kept, and
/// ``Snapshot/fault`` says what is wrong.
package final class LiveReport: Sendable {
  /// What there is to show at a time.
  package struct Snapshot: Sendable {
    package let page: [UInt8]
    /// Names the page; another page has another name.
    package let version: String
    /// What is wrong now, in one line; `nil` where all could be read.
    package let fault: String?
  }

  private struct State: Sendable {
    var fingerprint: FolderFingerprint
    var snapshot: Snapshot
    /// Cells and foreign scores of the page.
    var size: Int
    /// What could not be read when the page was made.
    var problems: [String]
  }

  private let paths: [String]
  private let state: Locked<State>

  /// Reads the folders for the first time. Folders that hold nothing yet are allowed, since a grid may be about to write
  /// there.
  ///
  /// - Throws: ``ReportError/nothing(problems:isMissing:)`` where every folder is missing.
  package init(_ paths: [String]) throws(ReportError) {
    let paths = ReportInput.folders(paths)
    self.paths = paths
    // What changes while the report is made is then found to have changed.
    let fingerprint = FolderFingerprint(paths)
    do throws(ReportError) {
      let report = try Report(paths)
      let snapshot = LiveReport.snapshot(report.livePage, report.problems)
      state = Locked(State(fingerprint: fingerprint, snapshot: snapshot, size: report.size, problems: report.problems))
    } catch {
      guard case .nothing(let problems, isMissing: false) = error else { throw error }
      let page = LivePage(problems: problems)
      state = Locked(
        State(fingerprint: fingerprint, snapshot: LiveReport.snapshot(page, problems), size: 0, problems: problems))
    }
  }

  package var snapshot: Snapshot { state.withLock(\.snapshot) }

  /// What the page may load and run, for the header of the answer.
  package static var policy: String { LivePage.policy + "; frame-ancestors 'none'" }

  /// Reads the folders again if something in them has changed. Takes up to some seconds for a large grid; ``snapshot``
  /// can be read meanwhile.
  package func refresh() {
    let fingerprint = FolderFingerprint(paths)
    let old = state.withLock { $0 }
    guard fingerprint != old.fingerprint else { return }
    var new = old
    new.fingerprint = fingerprint
    do throws(ReportError) {
      let report = try Report(paths)
      if report.size < old.size, report.problems.contains(where: { !old.problems.contains($0) }) {
        // Something that was readable is not any more.
        new.snapshot = old.snapshot.kept(report.problems)
      } else {
        (new.snapshot, new.size) = (LiveReport.snapshot(report.livePage, report.problems), report.size)
        new.problems = report.problems
      }
    } catch {
      new.snapshot = old.snapshot.kept(LiveReport.problems(error))
    }
    state.withLock { $0 = new }
  }

  private static func problems(_ error: ReportError) -> [String] {
    if case .nothing(let problems, _) = error { problems } else { [error.message] }
  }

  private static func snapshot(_ page: LivePage, _ problems: [String]) -> Snapshot {
    let version = page.version
    return Snapshot(page: page.bytes(version: version), version: version, fault: line(problems))
  }

  /// The first problem, and how many more there are.
  fileprivate static func line(_ problems: [String]) -> String? {
    problems.first.map { problems.count > 1 ? "\($0) (and \(problems.count - 1) more)" : $0 }
  }
}

extension LiveReport.Snapshot {
  /// The same page beside new problems.
  fileprivate func kept(_ problems: [String]) -> Self {
    let fault = LiveReport.line(problems) ?? "nothing can be read"
    // Nothing is left out of the page that is kept.
    return Self(
      page: page, version: version, fault: "Not renewed: " + fault.replacing("; it is left out", with: ""))
  }
}
