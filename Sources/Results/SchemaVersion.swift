/// The versions of the files that the program writes for others to read. `docs/schemas` describes each of them.
package enum SchemaVersion {
  /// `results.json`. Version 1, which had neither `outcome` nor `measured`, can still be read.
  package static let results = 2
  /// `grid.json`, and what `grid status` and `grid --dry-run` print as JSON. Version 1, which said `stopped` for cut cells
  /// and had no `interrupted`, can still be read.
  package static let grid = 2

  /// What to say of a file that a newer program wrote, to follow the file's name.
  package static func newer(_ found: Int, than known: Int) -> String {
    let readable = known == 1 ? "version 1" : "versions 1 to \(known)"
    return "has schema_version \(found), but this program reads \(readable); use the newer finetune that wrote it"
  }
}
