/// Scores of other programs, apart from ours.
struct ForeignSection {
  let rows: [ForeignRow]

  var blocks: [Block] {
    guard !rows.isEmpty else { return [] }
    let table = Table(
      id: "foreign-table",
      caption:
        "Foreign: measured by other programs, with settings and data that are not known here; in no mean and no test",
      columns: [
        .init("program"), .init("file"), .init("task"), .init("metric"), .init("value", isNumber: true),
        .init("standard error", isNumber: true), .init("note"),
      ],
      rows: rows.map { row in
        [
          Table.Entry(row.tool), Table.Entry(row.source), Table.Entry(row.task.isEmpty ? "not named" : row.task),
          Table.Entry(row.metric), .number(row.value, Format.score), .number(row.standardError, Format.score),
          Table.Entry(row.note),
        ]
      }, isSortable: true)
    return [.heading(2, "Foreign results", id: "foreign"), .table(table)]
  }
}
