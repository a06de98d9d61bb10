import Support

/// A zip archive that stands for a folder.
struct ZipArchive: Sendable {
  let path: String
  private let members: [Member]

  private struct Member: Sendable {
    let name: String
    /// Position among the archive's entries.
    let entry: Int
    let isEncrypted: Bool
  }

  private static let mostMembers = 100_000

  /// Reads the list of members.
  init(path: String) throws(TaskError) {
    self.path = path
    let list = try Decompressor(path, .zip)
    var members: [Member] = []
    var entry = 0
    while let member = try list.next() {
      guard entry < ZipArchive.mostMembers else {
        throw .badArchive(
          path: path, reason: "has more than \(ZipArchive.mostMembers) members, expected an archive of data files")
      }
      if member.name.split(separator: "/").contains("..") || member.name.hasPrefix("/") {
        throw .badArchive(
          path: path,
          reason:
            "the member \(UTF8Text.shown(member.name.utf8)) lies outside the archive, which may be an attack; expected "
            + "relative paths without ..")
      }
      if member.isFile { members.append(Member(name: member.name, entry: entry, isEncrypted: member.isEncrypted)) }
      entry += 1
    }
    self.members = members
  }

  var names: [String] { members.map(\.name) }

  func contains(_ name: String) -> Bool { !candidates(name).isEmpty }

  /// The content of a member, and its path in the archive; `nil` where it is absent.
  func read(_ name: String, limit: Int) throws(TaskError) -> (path: String, bytes: [UInt8])? {
    let found = candidates(name)
    guard let member = found.first else { return nil }
    guard found.count == 1 else {
      throw .badArchive(
        path: path,
        reason:
          "holds \(name) \(found.count) times: \(found[0].name) and \(found[1].name); unpack the archive and give the "
          + "folder of the right one")
    }
    let inner = path + "/" + member.name
    guard !member.isEncrypted else {
      throw .badArchive(path: inner, reason: "is locked with a password; unpack the archive with the password first")
    }
    let archive = try Decompressor(path, .zip)
    var current: Decompressor.Member?
    for _ in 0...member.entry { current = try archive.next() }
    guard current?.name == member.name else {
      throw .badArchive(path: path, reason: "the archive changed while it was read; try again")
    }
    return (inner, try archive.content(limit: limit))
  }

  /// The members with this path, or, where there is none, with this path after the fewest leading folders.
  private func candidates(_ name: String) -> [Member] {
    let exact = members.filter { $0.name == name }
    guard exact.isEmpty else { return exact }
    // Archives made on a Mac hold a second file for each, with attributes.
    let inner = members.filter { $0.name.hasSuffix("/" + name) && !$0.name.hasPrefix("__MACOSX/") }
    func depth(_ member: Member) -> Int { member.name.utf8.count { $0 == UInt8(ascii: "/") } }
    let least = inner.map(depth).min()
    return inner.filter { depth($0) == least }
  }
}
