import Support

/// A state dict that `torch.save` wrote, e.g. `pytorch_model.bin`: a zip archive of a pickle, which describes the tensors,
/// and of their storages. Nothing of the pickle is run, and the storages stay in the mapped file.
///
///     pytorch_model/data.pkl  pytorch_model/byteorder  pytorch_model/data/0  pytorch_model/data/1 …
package final class TorchFile: WeightFile {
  package let path: String
  package let entries: [WeightEntry]
  package let file: MappedFile
  package let index: [ByteString: Int]

  /// - Throws: ``FileError`` when the file cannot be opened, ``CheckpointError`` when it is damaged, refers to anything
  ///   but tensors, or is of the format before torch 1.6.
  package init(path: String) throws {
    self.path = path
    file = try MappedFile(path: path)
    try WeightFiles.requireContent(file)
    entries = try TorchFile.entries(file.bytes, path: path)
    var index: [ByteString: Int] = [:]
    for (number, entry) in entries.enumerated() {
      guard index.updateValue(number, forKey: ByteString(entry.name)) == nil else {
        throw CheckpointError.malformed(path: path, reason: "tensor \(entry.name) is there twice")
      }
    }
    self.index = index
  }

  private static func entries(_ file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) -> [WeightEntry] {
    guard file.count >= 4, file.prefix(2).elementsEqual("PK".utf8) else {
      // Such a file is no archive but a row of pickles.
      if file.first == 0x80 { throw .oldPickle(path: path) }
      throw .malformed(path: path, reason: "it is no zip archive, which torch.save writes")
    }
    let archive = try ZipDirectory(file, path: path)
    let pickles = archive.members.keys.filter { name in
      name.bytes.count <= PickleMachine.longestName && name.bytes.count { $0 == UInt8(ascii: "/") } == 1
        && name.bytes.reversed().starts(with: "lkp.atad/".utf8)
    }
    guard pickles.count == 1 else {
      throw .malformed(
        path: path, reason: "it holds \(Plural.count(pickles.count, "data.pkl", "data.pkl")), expected 1")
    }
    let folder = pickles[0].bytes.dropLast("data.pkl".utf8.count)
    func bytes(_ name: [UInt8]) throws(CheckpointError) -> UnsafeRawBufferPointer? {
      let name = ByteString(bytes: folder + name)
      guard let member = archive.members[name] else { return nil }
      guard member.method == 0, !member.isEncrypted else {
        throw .unsupported(
          path: path, what: "member \(name)", found: member.isEncrypted ? "encrypted" : "compressed",
          expected: "one stored as torch.save stores it: load the file in torch once and save it again")
      }
      return UnsafeRawBufferPointer(rebasing: file[member.range])
    }
    if let order = try bytes(Array("byteorder".utf8)), !order.elementsEqual("little".utf8) {
      throw .unsupported(
        path: path, what: "byte order", found: JSON.text(order.prefix(16)).summary,
        expected: "little: load the file in torch once and save it again")
    }
    guard let pickle = try bytes(Array("data.pkl".utf8)) else { return [] }
    guard pickle.count <= PickleMachine.largestPickle,
      CRC32.checksum(Array(pickle)) == archive.members[pickles[0]]?.checksum
    else { throw .malformed(path: path, reason: "data.pkl has another checksum, or exceeds 16 MiB") }
    var entries: [WeightEntry] = []
    for (name, tensor) in try PickleMachine.stateDictionary(pickle, path: path) {
      guard let text = String(validating: name.bytes, as: UTF8.self) else {
        throw .malformed(path: path, reason: "tensor \(name): its name is not UTF-8")
      }
      guard let storage = try bytes(Array("data/".utf8) + tensor.storage.key.bytes), let base = storage.baseAddress,
        let start = file.baseAddress
      else { throw .malformed(path: path, reason: "tensor \(name): its storage \(tensor.storage.key) is missing") }
      entries.append(try tensor.entry(text, storage: storage.count, from: base - start, path: path))
    }
    return entries
  }
}
