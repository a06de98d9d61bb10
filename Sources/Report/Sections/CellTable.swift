import Foundation
import Support

/// Every cell: the page's last table, the CSV file, and what the page needs to compare two cells.
struct CellTable {
  let input: ReportInput

  var table: Table {
    Table(
      id: "cells", caption: "Every cell; the same with more columns is in report.csv",
      columns: [
        .init("cell"), .init("task"), .init("optimizer"), .init("rate", isNumber: true), .init("seed", isNumber: true),
        .init("status"), .init("score", isNumber: true), .init("state MiB", isNumber: true),
        .init("peak MiB", isNumber: true),
        .init("tokens/s", isNumber: true), .init("train s", isNumber: true),
      ],
      rows: input.cells.map { cell in
        [
          Table.Entry(cell.label), Table.Entry(cell.task), Table.Entry(cell.optimizer),
          .number(cell.learningRate, Format.rate), Table.Entry(cell.seed, key: Double(cell.seed)),
          Table.Entry(cell.status.rawValue + (cell.isCollapsed ? ", collapsed" : "")),
          .number(cell.score, Format.score),
          .bytes(cell.stateBytes), .bytes(cell.peakBytes),
          .number(cell.record?.throughput.tokensPerSecond) { Format.fixed($0, 0) },
          .number(cell.record?.throughput.trainSeconds, Format.seconds),
        ]
      }, isSortable: true, isFilterable: true)
  }

  /// A value of a cell in full precision.
  private enum Value {
    case text(String)
    case real(Double?)
    case whole(Int?)

    var csv: String {
      switch self {
      case .text(let text): Format.csv(text)
      case .real(let value): value.map { $0.isFinite ? "\($0)" : "" } ?? ""
      case .whole(let value): value.map(String.init) ?? ""
      }
    }
  }

  /// One row for each cell, then one for each foreign score, in full precision; line ends are those of RFC 4180.
  var csv: String {
    let keys = TaskReport.varying(input.cells.filter { $0.record != nil }.map(\.settings))
    var lines = [
      ([
        "kind", "cell", "task", "protocol", "model", "optimizer", "learning_rate", "seed", "status", "reason",
        "collapsed",
        "metric", "score", "standard_error", "baseline", "best_step", "best_epoch", "train_seconds", "eval_seconds",
        "seconds_to_best", "tokens_per_second", "optimizer_state_bytes", "peak_rss_bytes", "data", "train_examples",
        "machine", "commit",
      ] + keys.map { "setting:" + $0 }).map(Format.csv).joined(separator: ",")
    ]
    for cell in input.cells {
      let record = cell.record
      let values: [Value] =
        [
          .text("run"), .text(cell.label), .text(cell.task), .text(record?.task["protocol"]?.string ?? ""),
          .text(record?.model["name"]?.string ?? ""), .text(cell.optimizer), .real(cell.learningRate), .text(cell.seed),
          .text(cell.status.rawValue), .text(cell.reason ?? ""), .text(record.map { "\($0.collapsed)" } ?? ""),
          .text(record?.primaryMetric ?? ""), .real(cell.score), .real(cell.standardError), .real(cell.baseline),
          .whole(record?.best?.step), .real(record?.best?.epoch), .real(record?.throughput.trainSeconds),
          .real(record?.throughput.evaluationSeconds), .real(cell.secondsToBest),
          .real(record?.throughput.tokensPerSecond), .whole(cell.stateBytes), .whole(cell.peakBytes),
          .text(record?.source ?? ""), .whole(record?.splits.first { $0.name == "train" }?.examples),
          .text(cell.machine ?? ""), .text(cell.commit ?? ""),
        ] + keys.map { .text(cell.settings[$0] ?? "") }
      lines.append(values.map(\.csv).joined(separator: ","))
    }
    for row in input.foreign {
      var values: [Value] = [
        .text("foreign"), .text(row.source), .text(row.task), .text(""), .text(""), .text(row.tool), .text(""),
        .text(""),
        .text(""), .text(row.note), .text(""), .text(row.metric), .real(row.value), .real(row.standardError),
      ]
      values += [Value](repeating: .text(""), count: 13 + keys.count)
      lines.append(values.map(\.csv).joined(separator: ","))
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  /// For each cell what any two may differ in, as `{"cells": [{"name": …, "values": {…}}]}`. What all share is left out.
  var data: JSON {
    let keys = TaskReport.varying(input.cells.filter { $0.record != nil }.map(\.settings))
    return .object(
      JSONObject([
        "cells": .array(
          input.cells.map { cell in
            var members: [(String, String?)] = [
              ("task", cell.task), ("optimizer", cell.optimizer), ("learning rate", cell.learningRate.map(Format.rate)),
              ("seed", cell.seed), ("status", cell.status.rawValue + (cell.isCollapsed ? ", collapsed" : "")),
              ("reason", cell.reason), ("score", cell.score.map(Format.score)),
              ("best step", cell.record?.best.map { "\($0.step)" }),
              ("train seconds", cell.record.map { Format.seconds($0.throughput.trainSeconds) }),
              ("tokens/s", cell.record?.throughput.tokensPerSecond.map { Format.fixed($0, 0) }),
              ("state MiB", cell.stateBytes.map(Format.mebibytes)), ("peak MiB", cell.peakBytes.map(Format.mebibytes)),
              ("machine", cell.machine), ("commit", cell.commit), ("data", cell.record?.source),
            ]
            members += keys.map { ("setting " + $0, cell.settings[$0]) }
            let values = members.compactMap { name, value in
              value.map { JSONObject.Member(ByteString(name), .text(Format.plain($0))) }
            }
            return .object(
              JSONObject(["name": .text(Format.plain(cell.label)), "values": .object(JSONObject(values))]))
          })
      ]))
  }

  /// The part of the page where two cells are chosen; its script fills it.
  static let comparison = """
    <div class="pick" id="compare-pick" hidden><label>First cell <select id="compare-a"></select></label> \
    <label>Second cell <select id="compare-b"></select></label></div>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="compare-caption"><table id="compare-table" hidden>\
    <caption id="compare-caption">In what the two cells differ</caption>\
    <thead><tr><th scope="col">what</th><th scope="col">first cell</th><th scope="col">second cell</th></tr></thead>\
    <tbody id="compare-body" aria-live="polite"></tbody></table></div>
    <p id="compare-note" role="status"></p>

    """
}
