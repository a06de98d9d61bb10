/// An entry of an event file: the message `Event` of tensorboard's `event.proto`.
package struct Event {
  /// Seconds since 1970.
  package let time: Double
  /// Step of the optimizer, from 1; 0 for what belongs to no step.
  package let step: Int
  package let content: Content

  package init(time: Double, step: Int = 0, content: Content) {
    (self.time, self.step, self.content) = (time, step, content)
  }

  package enum Content {
    /// The first entry of a file. Readers take `brain.Event:2`.
    case version(String)
    /// A process begins at this step: what an earlier one entered for it and for later steps counts no more.
    case start
    case values([Value])
  }

  /// A member of `Summary` in `summary.proto`: something with a name at a step.
  package enum Value {
    /// A point of a curve. Tensorboard stores single precision.
    case scalar(tag: String, Float)
    /// What a plugin reads: `content` is a message of the plugin's own.
    case plugin(tag: String, name: String, content: ProtobufMessage)
  }

  var message: ProtobufMessage {
    var event = ProtobufMessage()
    event.add(1, time)
    if step != 0 { event.add(2, integer: step) }
    switch content {
    case .version(let text): event.add(3, text)
    case .start:
      // `SessionLog` with the status START.
      var session = ProtobufMessage()
      session.add(1, integer: 1)
      event.add(7, session)
    case .values(let values):
      var summary = ProtobufMessage()
      for value in values { summary.add(1, value.message) }
      event.add(5, summary)
    }
    return event
  }

  /// The entry as a TFRecord: its length, the length's checksum, the message, and the message's checksum.
  package var record: [UInt8] {
    let message = message.bytes
    let length = Event.bytes(UInt64(message.count))
    return length + Event.bytes(CRC32C.masked(length)) + message + Event.bytes(CRC32C.masked(message))
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension Event.Value {
  fileprivate var message: ProtobufMessage {
    var value = ProtobufMessage()
    switch self {
    case .scalar(let tag, let number):
      value.add(1, tag)
      value.add(2, number)
    case .plugin(let tag, let name, let content):
      var data = ProtobufMessage()
      data.add(1, name)
      data.add(2, content)
      var metadata = ProtobufMessage()
      metadata.add(1, data)
      value.add(1, tag)
      value.add(9, metadata)
    }
    return value
  }
}
