import CPCRE2
import Support

/// A compiled regular expression, shared by all threads: matching only reads it.
final class TextPattern: Sendable {
  /// A match, or a stretch between matches.
  struct Part: Equatable {
    var range: Range<Int>
    var isMatch: Bool
  }

  /// The most bytes of an expression.
  private static let expressionLimit = 1 << 14
  /// How many steps one match may take: real patterns need a few for each character of the text.
  private static func matchLimit(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
    UInt32(clamping: 100_000 + 20 * text.count)
  }
  /// Kibibytes of memory for one match.
  private static let heapLimit: UInt32 = 64 << 10

  /// The compiled expression, which is not written after the initialiser.
  private nonisolated(unsafe) let code: OpaquePointer

  /// - Throws: ``TokenizerError/unsupported(path:what:advice:)`` for an expression that is refused.
  init(_ expression: String, in field: TokenizerField) throws(TokenizerError) {
    func refused(_ what: String) -> TokenizerError {
      field.unsupported(
        "the regular expression \(JSON.text(String(expression.prefix(80))).summary): \(what)",
        advice: "rewrite the expression without it")
    }
    guard expression.utf8.count <= TextPattern.expressionLimit else {
      throw refused("more than \(TextPattern.expressionLimit) bytes")
    }
    let translated: String
    do throws(PatternTranslation.Fault) { translated = try PatternTranslation.pcre2(expression) } catch {
      throw refused(error.what)
    }
    var (number, offset): (Int32, Int) = (0, 0)
    let bytes = Array(translated.utf8)
    let settings = pcre2_compile_context_create_8(nil)
    defer { pcre2_compile_context_free_8(settings) }
    pcre2_set_newline_8(settings, UInt32(PCRE2_NEWLINE_LF))
    let options = UInt32(PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C)
    guard let code = pcre2_compile_8(bytes, bytes.count, options, &number, &offset, settings) else {
      throw refused(TextPattern.message(number))
    }
    // Without compiled code, matching is slower and gives the same.
    _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    self.code = code
  }

  deinit { pcre2_code_free_8(code) }

  private static func message(_ number: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(number, &text, text.count)
    return count > 0 ? String(decoding: text.prefix(Int(count)), as: UTF8.self) : "error \(number)"
  }

  /// Calls `body` for the matches from left to right and for the stretches between them, which cover the text.
  ///
  /// An empty match right behind the last match is passed over, as in the reference.
  /// - Throws: ``TokenizerError/encodingFailed(reason:)`` when a match takes too many steps.
  func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, _ body: (Part) -> Void
  ) throws(TokenizerError) {
    guard text.count > 0, let found = pcre2_match_data_create_8(1, nil) else { return }
    let context = pcre2_match_context_create_8(nil)
    defer {
      pcre2_match_data_free_8(found)
      pcre2_match_context_free_8(context)
    }
    pcre2_set_match_limit_8(context, TextPattern.matchLimit(text))
    pcre2_set_depth_limit_8(context, TextPattern.matchLimit(text))
    pcre2_set_heap_limit_8(context, TextPattern.heapLimit)
    let vector = pcre2_get_ovector_pointer_8(found)
    var from = 0
    var done = 0
    var lastEnd = -1
    while from <= text.count {
      let options = UInt32(PCRE2_NO_UTF_CHECK)
      var result = pcre2_match_8(code, text.baseAddress, text.count, from, options, found, context)
      if result == PCRE2_ERROR_JIT_STACKLIMIT {
        // Compiled code has little room to go back in; the interpreter has the heap.
        result = pcre2_match_8(code, text.baseAddress, text.count, from, options | PCRE2_NO_JIT, found, context)
      }
      if result == PCRE2_ERROR_NOMATCH { break }
      guard result >= 0, let vector else {
        throw .encodingFailed(reason: "a regular expression took too long: \(TextPattern.message(result))")
      }
      let (start, end) = (vector[0], vector[1])
      if start == end, end == lastEnd {
        from += from < text.count ? UTF8Text.scalar(text, from).length : 1
        continue
      }
      // A look-behind can make a match begin before the last one's end only with \K, which is refused.
      guard start >= done, end >= start else { break }
      if done < start { body(Part(range: done..<start, isMatch: false)) }
      body(Part(range: start..<end, isMatch: true))
      (from, done, lastEnd) = (end, end, end)
    }
    if done < text.count { body(Part(range: done..<text.count, isMatch: false)) }
  }
}
