import Foundation
import Support
import Tokenization

/// The reader of tokenizer.json, with small descriptions of every kind to start from.
///
/// A description that is accepted is used, too: it must end on every text, however odd what it says has become.
enum TokenizerTarget {
  static var target: FuzzTarget {
    FuzzTarget(
      name: "tokenizer", seeds: seeds.map { Array($0.utf8) },
      mutate: { seed, random in
        // A broken file of JSON is refused as a whole, so most files stay JSON.
        guard random.below(4) > 0, let json = try? JSON.parse(seed) else { return Mutation.of(seed, by: &random) }
        var whole = json
        for _ in 0...random.below(3) { whole = changed(whole, by: &random) }
        return whole.serialized()
      }, accepts: accepts)
  }

  /// A value with one of the values in it replaced: by one of another place or file, or by one that no one would write.
  private static func changed(_ value: JSON, by random: inout CountedRandom) -> JSON {
    switch value {
    case .array(var items) where !items.isEmpty && random.below(8) > 0:
      let index = random.below(items.count)
      if random.below(8) == 0 {
        items.insert(items[random.below(items.count)], at: index)
      } else {
        items[index] = changed(items[index], by: &random)
      }
      return .array(items)
    case .object(var object) where !object.members.isEmpty && random.below(8) > 0:
      let key = object.members[random.below(object.members.count)].key.description
      object[key] = random.below(16) == 0 ? nil : object[key].map { changed($0, by: &random) }
      return .object(object)
    case .string(let bytes) where random.below(3) == 0:
      let text = String(decoding: Mutation.of(bytes.bytes, by: &random), as: UTF8.self)
      return .text(text)
    default: return random.below(2) == 0 ? odd[random.below(odd.count)] : parts[random.below(parts.count)]
    }
  }

  private static let odd: [JSON] = {
    let numbers: [JSON] = [-1, 0, 1, 2, 1 << 20, 1 << 24, 1 << 40].map { JSON.integer($0) }
    let words: [String] = [
      "", "▁", "<s>", "a", "\u{0}", "NFC", "ByteLevel", "Removed", "MergedWithNext", "(", "(a*)*", "(?:a+a+)+[bc]",
      "\\p{L}+|\\s", "^|$", "(?<=a)b", "[^\\P{L}]", "x{1,3}+",
    ]
    let long = [String(repeating: "(", count: 300), String(repeating: "a", count: 5000)]
    return numbers + [.null, .bool(true), .bool(false), .real(1e300)] + (words + long).map { JSON.text($0) }
  }()

  /// The parts of all good files.
  private static let parts: [JSON] = {
    var parts: [JSON] = []
    for seed in seeds {
      guard let whole = try? JSON.parse(Array(seed.utf8)) else { continue }
      for key in ["normalizer", "pre_tokenizer", "post_processor", "decoder", "model", "added_tokens"] {
        guard let part = whole[key] else { continue }
        parts.append(part)
        for list in ["normalizers", "pretokenizers", "processors", "decoders", "vocab", "merges"] {
          guard let items = part[list] else { continue }
          parts.append(items)
          parts += items.array ?? []
        }
      }
    }
    return parts
  }()

  private static func accepts(_ bytes: [UInt8], _ folder: String) throws -> Bool {
    let own = folder + "/tokenizer"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: own + "/tokenizer.json"))
    try Data(#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#.utf8).write(
      to: URL(fileURLWithPath: own + "/tokenizer_config.json"))
    let tokenizer: any Tokenizer
    do { tokenizer = try TokenizerLoader.load(folder: own) } catch { return false }
    for text in texts {
      guard let tokens = try? tokenizer.tokenize(text) else { continue }
      let isOutside = tokens.contains {
        $0.start < 0 || $0.end < $0.start || $0.end > text.count || $0.id < 0 || $0.id >= tokenizer.vocabularySize
      }
      guard !isOutside else { throw Fault.tokenOutside(text) }
      _ = tokenizer.decode(tokens.map(\.id))
      _ = try? tokenizer.encode(text, text, maximumLength: 9)
    }
    return true
  }

  private enum Fault: Error { case tokenOutside([UInt8]) }

  private static let texts = [
    "", " ", "a", "The cat\u{301} sat, 12 times. <s>it's\u{3000}É</s> \u{FB01}n 中文 \u{1F600}\u{200D}\n\n\t x ▁y",
    String(repeating: "ab ", count: 40), String(repeating: "a", count: 100),
  ].map { Array($0.utf8) }

  private static let added =
    #""added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"#
    + #""special":true},{"id":9,"content":"Cat","single_word":true,"lstrip":false,"rstrip":false,"normalized":true,"#
    + #""special":false}]"#
  private static let pairs =
    #""vocab":{"<s>":0,"a":1,"t":2,"at":3,"▁":4,"▁a":5,"<0x41>":6,"c":7,"Ġ":8,"Ġc":10,"e":11},"#
    + #""merges":[["a","t"],["▁","a"],["Ġ","c"]]"#
  private static let template =
    #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"#
    + #""pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"#
    + #""special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}}"#

  private static let seeds = [
    #"{"version":"1.0",\#(added),"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","#
      + #""pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"},"#
      + #""behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},"#
      + #""post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":true},\#(template)]},"#
      + #""decoder":{"type":"ByteLevel"},"model":{"type":"BPE","unk_token":"<s>","fuse_unk":true,\#(pairs)}}"#,
    #"{\#(added),"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","#
      + #""pattern":{"String":" "},"content":"▁"},{"type":"NFKD"},{"type":"StripAccents"},{"type":"Nmt"},"#
      + #"{"type":"Strip","strip_left":true,"strip_right":true}]},"pre_tokenizer":null,"post_processor":null,"#
      + #""decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},"#
      + #"{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"#
      + #""model":{"type":"BPE","unk_token":"<s>","byte_fallback":true,\#(pairs)}}"#,
    #"{\#(added),"normalizer":{"type":"BertNormalizer","clean_text":true,"lowercase":true},"pre_tokenizer":"#
      + #"{"type":"Sequence","pretokenizers":[{"type":"BertPreTokenizer"},{"type":"Digits","individual_digits":true},"#
      + #"{"type":"FixedLength","length":3}]},"post_processor":{"type":"BertProcessing","sep":["<s>",0],"cls":["<s>",0]},"#
      + #""decoder":{"type":"WordPiece","prefix":"@@","cleanup":true},"model":{"type":"WordPiece","unk_token":"<s>","#
      + #""continuing_subword_prefix":"@@","max_input_chars_per_word":9,"vocab":{"<s>":0,"c":1,"@@a":2,"@@t":3,"the":4}}}"#,
    #"{\#(added),"normalizer":{"type":"Replace","pattern":{"Regex":"\\s{2,}|[\\n\\r\\t]"},"content":" "},"pre_tokenizer":"#
      + #"{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Punctuation","behavior":"Contiguous"},"#
      + #"{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]},"post_processor":\#(template),"#
      + #""decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},"model":{"type":"Unigram","unk_id":0,"#
      + #""byte_fallback":true,"vocab":[["<s>",0.0],["▁",-2.0],["a",-3.5],["▁t",-4.0],["at",-3.0],["<0x41>",-9.0]]}}"#,
    #"{\#(added),"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},"#
      + #"{"type":"CharDelimiterSplit","delimiter":"e"}]},"post_processor":null,"decoder":{"type":"BPEDecoder","#
      + #""suffix":"</w>"},"model":{"type":"WordLevel","unk_token":"<s>","vocab":{"<s>":0,"th":1,"cat":2}}}"#,
    #"{\#(added),"normalizer":null,"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":null,"model":{"type":"BPE","#
      + #""continuing_subword_prefix":"@","end_of_word_suffix":"$","unk_token":null,"ignore_merges":true,"#
      + #""vocab":{"a":0,"@t":1,"at":2,"@t$":3,"at$":4,"<s>":5},"merges":["a @t","a @t$"]}}"#,
  ]
}
