import Support

/// The page of a report as it is served: with a line that says how new it is, and a script that renews it.
struct LivePage {
  let title: String
  let blocks: [Block]
  let data: JSON

  init(title: String, blocks: [Block], data: JSON) { (self.title, self.blocks, self.data) = (title, blocks, data) }

  /// A page for folders that have nothing to report yet.
  init(problems: [String]) {
    self.init(
      title: "Nothing to report yet",
      blocks: [
        .heading(1, "Nothing to report yet", id: "top"), .text("This page shows results as soon as there are some."),
        .list(problems),
      ], data: .object(JSONObject(["cells": .array([])])))
  }

  /// Names what the page shows; equal content has an equal name.
  var version: String { String(Digest.sha256(bytes(version: "")).prefix(20)) }

  /// - Parameter version: what the page calls itself.
  func bytes(version: String) -> [UInt8] {
    Array(HTMLWriter.text(title: title, blocks, data: data, liveVersion: version).utf8)
  }

  static var policy: String { HTMLWriter.policy(isLive: true) }
}
