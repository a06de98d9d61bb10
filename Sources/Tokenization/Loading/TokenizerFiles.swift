/// The files of a checkpoint folder that belong to its tokenizer.
package enum TokenizerFiles {
  /// The names of the files that are copied unchanged, where they exist, when a checkpoint is saved.
  package static let names = [
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json", "vocab.txt",
    "vocab.json",
    "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model", "chat_template.jinja",
  ]
}
