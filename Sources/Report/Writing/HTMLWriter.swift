import Foundation
import Support

/// The report as one page that needs nothing else: style, script and charts are in it. Its policy lets no other script run and
/// nothing be loaded, so even a name that escaped our escaping could do nothing.
enum HTMLWriter {
  /// - Parameter liveVersion: what a page that is served calls itself; `nil` for a page in a file.
  static func text(title: String, _ blocks: [Block], data: JSON, liveVersion: String? = nil) -> String {
    // `<` is written as an escape, so that no text can end the element.
    let json = String(decoding: data.serialized(compact: true), as: UTF8.self).replacing("<", with: "\\u003c")
      .replacing("\u{2028}", with: "\\u2028").replacing("\u{2029}", with: "\\u2029")
    let (policy, isLive) = (policy(isLive: liveVersion != nil), liveVersion != nil)
    let line = liveVersion.map { "<p class=\"live\" id=\"live\" role=\"status\" data-version=\"\($0)\"></p>\n" } ?? ""
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="data:,">
      <title>\(Format.html(title))</title>
      <style>\(PageStyle.text)\(isLive ? LiveScript.style : "")</style>
      </head>
      <body>
      <a class="skip" href="#main">Skip to the results</a>
      \(line)<nav aria-label="Contents"><ul>\(contents(blocks))</ul></nav>
      <main id="main">
      \(blocks.map(html).joined())</main>
      <script type="application/json" id="data">\(json)</script>
      <script>\(PageScript.text)</script>\(isLive ? "\n<script>\(LiveScript.text)</script>" : "")
      </body>
      </html>

      """
  }

  /// What the page may load and run.
  static func policy(isLive: Bool) -> String {
    let scripts = ([PageScript.text] + (isLive ? [LiveScript.text] : [])).map { " 'sha256-\(digest(of: $0))'" }.joined()
    return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src\(scripts); "
      + "\(isLive ? "connect-src 'self'; " : "")base-uri 'none'; form-action 'none'"
  }

  /// A script's digest in the form that a policy names it by.
  private static func digest(of script: String) -> String {
    let hex = Array(Digest.sha256(script).utf8)
    let bytes = stride(from: 0, to: hex.count - 1, by: 2).compactMap {
      UInt8(String(decoding: hex[$0...($0 + 1)], as: UTF8.self), radix: 16)
    }
    return Data(bytes).base64EncodedString()
  }

  private static func contents(_ blocks: [Block]) -> String {
    blocks.map { block in
      guard case .heading(2, let title, let id) = block else { return "" }
      return "<li><a href=\"#\(id)\">\(Format.html(title))</a></li>"
    }.joined()
  }

  private static func html(_ block: Block) -> String {
    switch block {
    case .heading(let level, let title, let id):
      return "<h\(level) id=\"\(id)\">\(Format.html(title))</h\(level)>\n"
    case .text(let text): return "<p>\(Format.html(text))</p>\n"
    case .list(let items): return "<ul>\(items.map { "<li>\(Format.html($0))</li>" }.joined(separator: "\n"))</ul>\n"
    case .table(let table): return HTMLWriter.table(table)
    case .figure(let plot): return plot.html
    case .details(let title, let blocks):
      return "<details><summary>\(Format.html(title))</summary>\n\(blocks.map(html).joined())</details>\n"
    case .markup(let text): return text
    }
  }

  private static func table(_ table: Table) -> String {
    var out = ""
    if table.isFilterable {
      out += "<p class=\"filter\" hidden><label for=\"\(table.id)-filter\">Show rows that contain</label> "
      out += "<input type=\"search\" id=\"\(table.id)-filter\" data-table=\"\(table.id)\" autocomplete=\"off\"> "
      out += "<span id=\"\(table.id)-count\" role=\"status\"></span></p>\n"
    }
    out += "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-labelledby=\"\(table.id)-c\">"
    out += "<table id=\"\(table.id)\"\(table.isSortable ? " data-sort" : "")><caption id=\"\(table.id)-c\">"
    out += "\(Format.html(table.caption))</caption>\n<thead><tr>"
    for column in table.columns {
      out += "<th scope=\"col\"\(look(column.title, isNumber: column.isNumber))>\(Format.html(column.title))</th>"
    }
    out += "</tr></thead>\n<tbody>\n"
    for row in table.rows {
      out += "<tr>"
      for (index, entry) in row.enumerated() {
        let tag = index == 0 ? "th scope=\"row\"" : "td"
        let key = entry.key.map { " data-k=\"\($0)\"" } ?? ""
        let text = entry.isStrong ? "<strong>\(Format.html(entry.text))</strong>" : Format.html(entry.text)
        let isNumber = table.columns.indices.contains(index) && table.columns[index].isNumber
        out += "<\(tag)\(look(entry.text, isNumber: isNumber))\(key)>\(text)</\(index == 0 ? "th" : "td")>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody></table></div>\n"
  }

  /// The class of a table's cell: `n` for a number; `w` for a text whose words are so long that they must break, or paper
  /// would end before the table does. Words of our own do not, since a broken one is hard to read.
  private static func look(_ text: String, isNumber: Bool) -> String {
    let isLong = text.split(separator: " ").contains { $0.count > longestWord }
    let names = (isNumber ? ["n"] : []) + (isLong ? ["w"] : [])
    return names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
  }

  private static let longestWord = 20
}
