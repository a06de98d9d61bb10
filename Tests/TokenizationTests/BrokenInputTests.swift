import Foundation
import Support
import TestSupport
import Testing
import Tokenization

/// Broken and missing tokenizer files, and texts that are not UTF-8, end in one clear message.
@Suite struct BrokenInputTests {
  private func files(_ folder: String) throws -> [String: [UInt8]] {
    let path = Fixture.root + "/folders/" + folder
    return Dictionary(
      uniqueKeysWithValues: try FileManager.default.contentsOfDirectory(atPath: path).map {
        ($0, try Files.read(path + "/" + $0))
      })
  }

  /// Loading must fail with a message that holds `words`.
  private func expectFailure(
    _ files: [String: [UInt8]], _ words: String, status: Support.ExitStatus = .badInput,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try Fixture.load(files)
      Issue.record("loaded; expected a message with \"\(words)\"", sourceLocation: sourceLocation)
    } catch {
      let error = error as? any UserError
      #expect(error?.exitStatus == status, sourceLocation: sourceLocation)
      let message = error?.message ?? ""
      #expect(message.contains(words), "\(message)", sourceLocation: sourceLocation)
      #expect(!message.contains("\n"), sourceLocation: sourceLocation)
    }
  }

  private typealias Change = (from: String, to: String, words: String)

  /// Each change of tokenizer.json, alone, must make loading fail with its words.
  private func expectFailures(
    _ files: [String: [UInt8]], settings: [UInt8]? = nil, _ changes: [Change],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let text = String(decoding: try #require(files["tokenizer.json"]), as: UTF8.self)
    var changed = files
    if let settings { changed["tokenizer_config.json"] = settings }
    for (from, to, words) in changes {
      #expect(text.contains(from), "\(from)", sourceLocation: sourceLocation)
      changed["tokenizer.json"] = Array(text.replacing(from, with: to).utf8)
      expectFailure(changed, words, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ["wordpiece", "llama", "albert", "gpt2", "roberta", "llama3", "llama-json", "xlmr", "xlmr-json"])
  func missingFilesAreNamed(_ folder: String) throws {
    let all = try files(folder)
    for name in all.keys where !name.hasSuffix("config.json") {
      var some = all
      some[name] = nil
      expectFailure(some, name, status: .missingInput)
    }
  }

  @Test func emptyFolderAndNoFolder() {
    expectFailure([:], "vocab.txt", status: .missingInput)
    #expect(throws: FileError.missing(path: "/nowhere")) { try TokenizerLoader.load(folder: "/nowhere") }
  }

  @Test func unknownClassIsRefused() throws {
    var all = try files("wordpiece")
    all["tokenizer_config.json"] = Array(#"{"tokenizer_class": "T5Tokenizer"}"#.utf8)
    expectFailure(all, "T5Tokenizer")
    all["tokenizer_config.json"] = Array(#"{"tokenizer_class": 7}"#.utf8)
    expectFailure(all, "tokenizer_class")
  }

  @Test func settingsOfTheWrongType() throws {
    var all = try files("wordpiece")
    for text in [
      #"{"do_lower_case": "yes"}"#, #"{"cls_token": 7}"#, #"{"added_tokens_decoder": []}"#,
      #"{"added_tokens_decoder": {"x": {"content": "a"}}}"#, #"{"added_tokens_decoder": {"7": {"lstrip": true}}}"#,
      #"{"sep_token": null}"#, #"{"model_input_names": 1}"#,
    ] {
      all["tokenizer_config.json"] = Array(text.utf8)
      expectFailure(all, "tokenizer_config.json: key")
    }
    all["tokenizer_config.json"] = Array("{".utf8)
    expectFailure(all, "not valid JSON")
    all["tokenizer_config.json"] = Array("[]".utf8)
    expectFailure(all, "expected an object")
  }

  @Test func vocabularyText() throws {
    var all = try files("wordpiece")
    let vocabulary = try #require(all["vocab.txt"])
    all["vocab.txt"] = []
    expectFailure(all, "vocab.txt")
    // As in the reference, a special token that the vocabulary lacks gets the next id.
    all["vocab.txt"] = Array("[PAD]\n[UNK]\n[CLS]\na\n".utf8)
    let tokenizer = try Fixture.load(all)
    #expect(try tokenizer.encode(Array("a".utf8)).ids == [2, 3, 4])
    #expect(tokenizer.vocabularySize == 6)
    all["vocab.txt"] = Array("a\nb\n".utf8)
    expectFailure(all, "\"[UNK]\" is not in the vocabulary")
    all["vocab.txt"] = vocabulary + [0xFF, 0x0A]
    expectFailure(all, "not valid UTF-8")
  }

  @Test func byteLevelFiles() throws {
    var all = try files("gpt2")
    let (vocabulary, merges) = (try #require(all["vocab.json"]), try #require(all["merges.txt"]))
    all["merges.txt"] = merges + Array("one two three\n".utf8)
    expectFailure(all, "expected a merge of two")
    all["merges.txt"] = merges + Array("qqqq zzzz\n".utf8)
    expectFailure(all, "not in the vocabulary")
    all["merges.txt"] = merges
    all["vocab.json"] = Array(vocabulary.prefix(vocabulary.count / 2))
    expectFailure(all, "not valid JSON")
    all["vocab.json"] = Array(#"{"a": 0, "b": -1}"#.utf8)
    expectFailure(all, "expected an id")
    all["vocab.json"] = Array(#"{"a": 0, "b": 99999999999}"#.utf8)
    expectFailure(all, "expected an id")
    all["vocab.json"] = Array(#"{"a": 0}"#.utf8)
    expectFailure(all, "not in the vocabulary")
    all["vocab.json"] = Array("[]".utf8)
    expectFailure(all, "object")
  }

  @Test func tokenizerJSONVariantsAreRefused() throws {
    let all = try files("gpt2-json")
    try expectFailures(
      all,
      [
        ("\"dropout\":null", "\"dropout\":0.1", "model.dropout"),
        (
          "\"continuing_subword_prefix\":\"\"", "\"continuing_subword_prefix\":\"##\"", "is not in the vocabulary"
        ),
        ("\"fuse_unk\":false", "\"fuse_unk\":false,\"sampling\":0.5", "model.sampling"),
        ("\"use_regex\":true", "\"use_regex\":1", "pre_tokenizer.use_regex"),
        ("\"use_regex\":true", "\"use_regex\":true,\"lowercase\":true", "pre_tokenizer.lowercase"),
        ("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFX\"}", "normalizer.type: found \"NFX\""),
        ("\"normalizer\":null", "\"normalizer\":null,\"word_splitter\":{}", "word_splitter"),
      ])
  }

  /// Parts of tokenizer.json that cut text, under the generic class and under one that is rebuilt without them.
  @Test(arguments: ["PreTrainedTokenizerFast", "GPT2Tokenizer"])
  func partsThatCutTextAreHonouredOrRefused(_ name: String) throws {
    var all = try files("smol")
    all["tokenizer_config.json"] = Array(#"{"tokenizer_class": "\#(name)"}"#.utf8)
    try expectFailures(
      all,
      [
        ("\"Digits\"", "\"UnicodeScripts\"", "pre_tokenizer.pretokenizers[0].type: found \"UnicodeScripts\""),
        ("\"individual_digits\":true", "\"individual_digits\":\"yes\"", "pretokenizers[0].individual_digits"),
        ("\"individual_digits\":true", "\"individual_digits\":true,\"roman\":true", "pretokenizers[0].roman"),
        ("\"unk_token\":null", "\"unk_token\":\"<nothing>\"", "\"<nothing>\" is not in the vocabulary"),
      ])
  }

  /// A class that brings its own special tokens must not silently have others than tokenizer.json.
  @Test(arguments: [("roberta-json", "RobertaTokenizer"), ("wordpiece-json", "BertTokenizer")])
  func templatesThatDisagree(_ folder: String, _ name: String) throws {
    var all = try files(folder)
    all["tokenizer_config.json"] = Array(#"{"tokenizer_class": "\#(name)"}"#.utf8)
    _ = try Fixture.load(all)
    let json = try JSON.parse(try #require(all["tokenizer.json"]))
    let bare = try JSON.parse(
      Array(
        (#"{"post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "#
          + #""pair": [{"Sequence": {"id": "A", "type_id": 0}}], "cls": null, "sep": null, "special_tokens": {}}}"#)
          .utf8))
    all["tokenizer.json"] = Fixture.merged(json, bare).serialized()
    expectFailure(all, "post_processor")
    guard json["post_processor"]?["type"]?.string == "TemplateProcessing" else { return }
    // A pair alone may disagree.
    let pair = try JSON.parse(Array(#"{"post_processor": {"pair": [{"Sequence": {"id": "A", "type_id": 0}}]}}"#.utf8))
    all["tokenizer.json"] = Fixture.merged(json, pair).serialized()
    expectFailure(all, "post_processor")
  }

  /// A class that is rebuilt around a WordPiece vocabulary must not lose what tokenizer.json says beside it.
  @Test func wordPieceJSON() throws {
    let all = try files("wordpiece-json")
    let generic = try #require(all["tokenizer_config.json"])
    for (from, to, words, isGeneric) in [
      ("\"BertPreTokenizer\"", "\"Whitespace\"", "pre_tokenizer: Whitespace under a class", false),
      ("\"BertPreTokenizer\"", "\"Blanks\"", "pre_tokenizer.type: found \"Blanks\"", true),
      ("\"type\":\"BertNormalizer\"", "\"type\":\"NFKC\"", "normalizer: NFKC under a class", false),
      ("\"type\":\"BertNormalizer\"", "\"type\":\"NFKC\"", "normalizer.clean_text", true),
      ("\"clean_text\":true", "\"clean_text\":false", "clean_text", false),
      ("\"max_input_chars_per_word\":100", "\"max_input_chars_per_word\":50", "max_input_chars_per_word", false),
      ("\"max_input_chars_per_word\":100", "\"max_input_chars_per_word\":-1", "max_input_chars_per_word", nil),
      ("\"unk_token\":\"[UNK]\"", "\"unk_token\":\"[NONE]\"", "[NONE]", true),
    ] as [(String, String, String, Bool?)] {
      for own in isGeneric.map({ [$0] }) ?? [true, false] {
        let settings = own ? generic : Array(#"{"tokenizer_class": "BertTokenizer"}"#.utf8)
        try expectFailures(all, settings: settings, [(from, to, words)])
      }
    }
  }

  /// Constructs of Oniguruma that PCRE2 has not, or takes for something else, and what neither compiles.
  @Test func regularExpressionsThatAreRefused() throws {
    let all = try files("llama3")
    let text = String(decoding: try #require(all["tokenizer.json"]), as: UTF8.self)
    let pattern = String(try #require(text.firstMatch(of: #/"Regex":"((?:[^"\\]|\\.)*)"/#)).1)
    let changes: [(String, String)] = [
      ("[[:alpha:]]", "a class such as [:alpha:]"), ("[a[bc]]", "a class within a class"), ("[a&&b]", "&& in a class"),
      ("[]a]", "begins with ]"), ("(?x: a)", "the group (?x:"), (#"\\p{Emoji}"#, #"the property \p{Emoji}"#),
      (#"(a)\\1"#, #"\1"#), (#"\\K"#, #"\K"#), (#"\\xE4"#, #"\xE4"#), ("(?i:stra\u{DF}e)", "under (?i)"),
      ("(?i:ss)", "ss under (?i)"), ("(a", "a ( without its )"), ("a)", "a ) without its ("),
      ("[a", "a [ without its ]"),
      ("(?<=a*)b", "lookbehind"), ("a{2000}", "{2000}"), ("(?~a)", "the group (?~a"), ("*", "quantifier"),
      (#"\\"#, #"a \ at the end"#), ("a(?i)b", "the group (?i)"),
    ]
    try expectFailures(all, changes.map { (pattern, $0.0, $0.1) })
    try expectFailures(
      all,
      [("\"Isolated\"", "\"Dropped\"", "behavior"), (pattern, String(repeating: "a", count: 20_000), "16384 bytes")])
  }

  /// A regular expression that would take exponential time ends with an error.
  @Test func regularExpressionsThatTakeTooLong() throws {
    var all = try files("llama3")
    let text = String(decoding: try #require(all["tokenizer.json"]), as: UTF8.self)
    let pattern = String(try #require(text.firstMatch(of: #/"Regex":"((?:[^"\\]|\\.)*)"/#)).1)
    all["tokenizer.json"] = Array(text.replacing(pattern, with: "(?:a+a+)+[bc]").utf8)
    let tokenizer = try Fixture.load(all)
    #expect(throws: TokenizerError.self) { try tokenizer.tokenize([UInt8](repeating: UInt8(ascii: "a"), count: 5_000)) }
    #expect(try !tokenizer.tokenize(Array("aab cc".utf8)).isEmpty)
  }

  @Test func unigramJSON() throws {
    let all = try files("xlmr-json")
    let text = String(decoding: try #require(all["tokenizer.json"]), as: UTF8.self)
    let map = try #require(text.firstMatch(of: #/"precompiled_charsmap":"([^"]*)"/#)).1
    let generic = Array(#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#.utf8)
    let named = try #require(all["tokenizer_config.json"])
    let changes: [Change] = [
      ("\"type\":\"Precompiled\"", "\"type\":\"NFKC\"", "normalizer.precompiled_charsmap"),
      (String(map), "!!", "character map in base64"), (String(map), "AAAA", "the character map is too short"),
      (String(map), "\(map.dropLast(8))", "the character map"),
      ("[\"<pad>\",0.0]", "[\"<pad>\"]", "model.vocab[1]"), ("[\"<pad>\",0.0]", "[\"<pad>\",1e999]", "tokenizer.json"),
      ("\"type\":\"Unigram\"", "\"type\":\"WordLevel\"", "tokenizer"),
    ]
    for settings in [named, generic] { try expectFailures(all, settings: settings, changes) }
    // What the class sets itself.
    try expectFailures(
      all, settings: generic,
      [
        ("\"unk_id\":3", "\"unk_id\":null", "model.unk_id"), ("\"unk_id\":3", "\"unk_id\":9999", "model.unk_id"),
        ("\"unk_id\":3", "\"unk_id\":-1", "model.unk_id"),
        ("\"prepend_scheme\":\"always\"", "\"prepend_scheme\":\"often\"", "prepend_scheme"),
      ])
    try expectFailures(
      all, settings: named, [("\"byte_fallback\":false", "\"byte_fallback\":true", "model.byte_fallback")])
  }

  /// ALBERT's pieces come from the SentencePiece model; tokenizer.json alone says which file to bring.
  @Test func unigramAsJSONAloneIsRefused() throws {
    var all = try files("albert")
    all["spiece.model"] = nil
    all["tokenizer.json"] = Array(#"{"model": {"type": "Unigram"}, "pre_tokenizer": {"type": "Metaspace"}}"#.utf8)
    expectFailure(all, "copy spiece.model")
  }

  @Test func llamaAsJSONAlone() throws {
    let all = try files("llama-json")
    let generic = Array(#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#.utf8)
    try expectFailures(
      all,
      [
        ("\"byte_fallback\":true", "\"byte_fallback\":false", "byte_fallback"),
        ("\"ignore_merges\":false", "\"ignore_merges\":true", "ignore_merges"),
        ("\"<0x0A>\"", "\"<0x0a>\"", "byte 10"),
        ("\"merges\":[[", "\"merges\":[[\"qq\",\"q\"],[", "not in the vocabulary"),
        ("\"merges\":[[", "\"merges\":[[\"qq\"],[", "model.merges[0]"),
      ])
    // Under the class that is rebuilt around the merges, what it would lose.
    try expectFailures(
      all,
      [
        ("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFKC\"}", "normalizer: NFKC"),
        (
          "\"pre_tokenizer\":{\"type\":\"Metaspace\"", "\"pre_tokenizer\":{\"type\":\"Digits\"", "pre_tokenizer: Digits"
        ),
      ])
    try expectFailures(
      all, settings: generic,
      [
        ("\"normalizer\":null", "\"normalizer\":{\"type\":\"Prepend\"}", "normalizer.prepend"),
        ("\"split\":false", "\"split\":7", "pre_tokenizer.split"),
        ("\"prepend_scheme\":\"first\"", "\"prepend_scheme\":\"second\"", "pre_tokenizer.prepend_scheme"),
      ])
  }

  @Test(arguments: [("llama", "tokenizer.model"), ("albert", "spiece.model"), ("xlmr", "sentencepiece.bpe.model")])
  func brokenSentencePieceModels(_ folder: String, _ name: String) throws {
    var all = try files(folder)
    let model = try #require(all[name])
    all[name] = []
    expectFailure(all, "empty")
    for count in [1, 2, 10, 100, model.count / 2, model.count - 1] {
      all[name] = Array(model.prefix(count))
      expectFailure(all, name)
    }
    all[name] = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 / 7) }
    expectFailure(all, name)
    all[name] = Array("this is text, not a model\n".utf8)
    expectFailure(all, name)
  }

  /// A changed byte may leave a usable model, but never one that reads outside its memory.
  @Test(arguments: [("llama", "tokenizer.model"), ("albert", "spiece.model"), ("xlmr", "sentencepiece.bpe.model")])
  func changedSentencePieceModels(_ folder: String, _ name: String) throws {
    var all = try files(folder)
    let model = try #require(all[name])
    var random: UInt64 = 42
    func next(_ limit: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % limit
    }
    let texts = ["The old tailor", "Größe ½ ﬁ ㎏ 中文 😀", "", " ", String(repeating: "ab", count: 200)].map {
      Array($0.utf8)
    }
    var loaded = 0
    for _ in 0..<300 {
      var bytes = model
      for _ in 0...next(4) { bytes[next(bytes.count)] = UInt8(next(256)) }
      all[name] = bytes
      guard let tokenizer = try? Fixture.load(all) else { continue }
      loaded += 1
      for text in texts {
        let tokens = try tokenizer.tokenize(text)
        #expect(tokens.allSatisfy { 0 <= $0.start && $0.start <= $0.end && $0.end <= text.count })
        _ = tokenizer.decode(tokens.map(\.id))
      }
    }
    #expect(loaded > 0)
  }

  @Test(arguments: ["wordpiece", "llama", "albert", "gpt2", "roberta", "llama3", "llama-json", "xlmr", "xlmr-json"])
  func invalidUTF8NamesTheByte(_ folder: String) throws {
    let tokenizer = try Fixture.tokenizer(folder)
    let cases: [(bytes: [UInt8], offset: Int)] = [
      ([0xFF], 0), ([0x61, 0x80], 1), ([0x61, 0xC3], 1), ([0xC3, 0x28], 0), ([0xC0, 0x80], 0), ([0xE0, 0x80, 0x80], 0),
      ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xE4, 0xB8], 0),
      ([0x62, 0xF0, 0x9F, 0x98], 1), ([0xF0, 0x9F, 0x98, 0x41], 0), (Array("né ".utf8) + [0xE9], 4),
    ]
    for item in cases {
      #expect(throws: TokenizerError.invalidUTF8(offset: item.offset, byte: item.bytes[item.offset])) {
        try tokenizer.tokenize(item.bytes)
      }
    }
  }

  @Test func maximumLengthBelowTheSpecialTokens() throws {
    let tokenizer = try Fixture.tokenizer("wordpiece")
    #expect(throws: TokenizerError.maximumLengthTooShort(maximum: 2, specialTokens: 3)) {
      try tokenizer.encode(Array("a".utf8), Array("b".utf8), maximumLength: 2)
    }
    #expect(try tokenizer.encode(Array("a".utf8), Array("b".utf8), maximumLength: 3).ids.count == 3)
  }

  @Test func idsOutsideTheVocabularyAreLeftOut() throws {
    for folder in ["wordpiece", "llama", "albert", "gpt2", "roberta", "llama3", "llama-json", "xlmr", "xlmr-json"] {
      let tokenizer = try Fixture.tokenizer(folder)
      #expect(tokenizer.decode([-1, .max, .min, Int32(tokenizer.vocabularySize)]).isEmpty)
    }
  }

  /// A model of one token type has type 0 for every token, whatever its tokenizer gives; one with too few types is refused.
  @Test func tokenTypesThatTheModelHasNot() throws {
    var all = try files("wordpiece")
    let (first, second) = (Array("a".utf8), Array("b".utf8))
    #expect(try Fixture.load(all).encode(first, second).typeIDs == [0, 0, 0, 1, 1])
    all["config.json"] = Array(#"{"model_type": "roberta", "type_vocab_size": 1}"#.utf8)
    #expect(try Fixture.load(all).encode(first, second).typeIDs == [0, 0, 0, 0, 0])
    var written = try files("wordpiece-json")
    let text = String(decoding: try #require(written["tokenizer.json"]), as: UTF8.self)
    written["tokenizer.json"] = Array(text.replacing("\"type_id\":1", with: "\"type_id\":2").utf8)
    written["tokenizer_config.json"] = Array(
      (#"{"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "#
        + #""model_input_names": ["input_ids", "token_type_ids"]}"#).utf8)
    written["config.json"] = Array(#"{"model_type": "bert", "type_vocab_size": 3}"#.utf8)
    #expect(try Fixture.load(written).encode(first, second).typeIDs == [0, 0, 0, 2, 2])
    written["config.json"] = Array(#"{"model_type": "bert", "type_vocab_size": 2}"#.utf8)
    expectFailure(written, "type_vocab_size: found 2, expected at least 3")
  }

  /// A byte order mark and the line ends of Windows are no part of a token.
  @Test(arguments: [
    ("wordpiece", ["vocab.txt"]), ("gpt2", ["merges.txt", "vocab.json", "tokenizer_config.json", "config.json"]),
  ])
  func filesWrittenOnWindows(_ folder: String, _ names: [String]) throws {
    var all = try files(folder)
    let text = Array("The old tailor mends 12 naïve cafés'".utf8)
    let expected = try Fixture.load(all).tokenize(text)
    for name in names {
      let lines = try #require(all[name]).split(separator: 10, omittingEmptySubsequences: false)
      all[name] = [0xEF, 0xBB, 0xBF] + Array(lines.joined(separator: [13, 10]))
    }
    #expect(try Fixture.load(all).tokenize(text) == expected)
  }
}
