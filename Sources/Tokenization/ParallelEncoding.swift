import Support

/// A text of a batch that could not be tokenized.
package struct BatchTokenizerError: UserError, Equatable {
  /// The position of the input in the batch, from 0.
  package let index: Int
  package let error: TokenizerError

  package init(index: Int, error: TokenizerError) {
    self.index = index
    self.error = error
  }

  package var message: String { "input \(index + 1): \(error.message)" }
  package var exitStatus: ExitStatus { error.exitStatus }

  /// Whether the text is at fault, so that its file and line help: it cannot be read, or it fills a whole window.
  package var isOfText: Bool {
    if case .noRoomForWindows = error { return true }
    return exitStatus == .badInput
  }
}

/// One text, or a pair of texts, as UTF-8.
package struct TextInput: Sendable, Equatable {
  package var first: [UInt8]
  package var second: [UInt8]?

  package init(_ first: [UInt8], _ second: [UInt8]? = nil) {
    self.first = first
    self.second = second
  }
}

extension Tokenizer {
  /// Encodes many inputs on all threads of the pool. The result does not depend on the number of threads.
  ///
  /// - Throws: ``BatchTokenizerError`` for the first input that cannot be encoded.
  package func encode(
    batch inputs: [TextInput], maximumLength: Int? = nil, pool: ThreadPool = .shared
  ) throws(BatchTokenizerError) -> [Encoding] {
    try encodeEach(inputs.count, pool: pool) { (index) throws(TokenizerError) in
      try encode(inputs[index].first, inputs[index].second, maximumLength: maximumLength)
    }
  }

  /// Calls `body` for every index on all threads of the pool, and returns its results in order. The results do not
  /// depend on the number of threads.
  ///
  /// - Throws: ``BatchTokenizerError`` for the first index whose call fails.
  package func encodeEach<Result: Sendable>(
    _ count: Int, pool: ThreadPool = .shared, _ body: (Int) throws(TokenizerError) -> Result
  ) throws(BatchTokenizerError) -> [Result] {
    /// The number of inputs that one task encodes, small enough that a long text does not leave other threads idle.
    let stride = max(1, min(64, count / (4 * pool.threads)))
    let parts = (count + stride - 1) / stride
    var results = [Result?](repeating: nil, count: count)
    var failures = [BatchTokenizerError?](repeating: nil, count: parts)
    results.withUnsafeMutableBufferPointer { results in
      failures.withUnsafeMutableBufferPointer { failures in
        pool.parallel(parts) { part in
          for index in part * stride..<min((part + 1) * stride, count) {
            do throws(TokenizerError) { results[index] = try body(index) } catch {
              failures[part] = BatchTokenizerError(index: index, error: error)
              return
            }
          }
        }
      }
    }
    for case let failure? in failures { throw failure }
    return results.compactMap { $0 }
  }
}
