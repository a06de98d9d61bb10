/// Files of a checkpoint folder that belong to its tokenizer.
public enum TokenizerFiles {
  /// Every file to copy unchanged when a checkpoint is saved, where it exists.
  public static let names = [
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json", "vocab.txt",
    "vocab.json",
    "merges.txt", "tokenizer.model", "spiece.model", "chat_template.jinja",
  ]
}
