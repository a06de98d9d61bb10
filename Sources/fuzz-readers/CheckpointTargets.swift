import Checkpoints
import Foundation
import Models
import Support
import Tasks

/// The readers of a checkpoint's files: pickles of torch, safetensors and config.json.
extension FuzzTarget {
  static var checkpoints: [FuzzTarget] {
    [
      FuzzTarget(name: "torch", seeds: [Samples.torch]) { bytes, folder in
        try tensors(bytes, folder + "/pytorch_model.bin")
      },
      // A pickle in a sound archive, since most broken archives are refused before their pickle is read.
      FuzzTarget(name: "pickle", seeds: [Samples.pickle]) { bytes, folder in
        let storages = (0..<4).map { (name: "a/data/\($0)", bytes: [UInt8](repeating: 1, count: 48)) }
        return try tensors(
          ZipWriter.archive([("a/data.pkl", bytes), ("a/byteorder", Array("little".utf8))] + storages),
          folder + "/pytorch_model.bin")
      },
      FuzzTarget(name: "safetensors", seeds: [safetensors]) { bytes, folder in
        try tensors(bytes, folder + "/model.safetensors")
      },
      FuzzTarget(name: "config", seeds: configs.map { Array($0.utf8) }) { bytes, _ in
        accepts {
          let config = try HuggingFaceConfig(bytes: bytes, path: "config.json")
          for head in heads { _ = accepts { _ = try ModelRegistry.outline(config, head: head) } }
          _ = try config.labels()
          _ = try ModelRegistry.outline(config, head: .classification(labels: 2))
        }
      },
    ]
  }

  /// Reads every tensor of the file, whatever its type.
  private static func tensors(_ bytes: [UInt8], _ path: String) throws -> Bool {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return accepts {
      let file = try WeightFiles.open(path)
      for entry in file.entries { _ = accepts { _ = try file.anyTensor(entry.name) } }
    }
  }

  private static let heads: [HeadKind] = [
    .regression, .spanExtraction, .multipleChoice, .languageModel, .maskedLanguageModel,
  ]

  private static let safetensors: [UInt8] = {
    let header =
      #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
      + #""b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"c":{"dtype":"U8","shape":[],"data_offsets":[32,33]}}"#
    return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + header.utf8
      + [UInt8](repeating: 1, count: 33)
  }()

  private static let configs = [
    #"{"model_type":"bert","vocab_size":300,"hidden_size":24,"num_hidden_layers":2,"num_attention_heads":3,"#
      + #""intermediate_size":48,"max_position_embeddings":64,"type_vocab_size":2,"hidden_act":"gelu","#
      + #""layer_norm_eps":1e-12,"pad_token_id":0,"id2label":{"0":"no","1":"yes"},"architectures":["BertModel"]}"#,
    #"{"model_type":"roberta","vocab_size":300,"hidden_size":24,"num_hidden_layers":2,"num_attention_heads":3,"#
      + #""intermediate_size":48,"max_position_embeddings":66,"type_vocab_size":1,"pad_token_id":1}"#,
    #"{"model_type":"albert","vocab_size":300,"embedding_size":8,"hidden_size":24,"num_hidden_layers":4,"#
      + #""num_hidden_groups":2,"inner_group_num":1,"num_attention_heads":3,"intermediate_size":48,"#
      + #""max_position_embeddings":64}"#,
    #"{"model_type":"gpt2","vocab_size":300,"n_embd":24,"n_layer":2,"n_head":3,"n_inner":null,"n_positions":64,"#
      + #""activation_function":"gelu_new","scale_attn_by_inverse_layer_idx":true,"tie_word_embeddings":false}"#,
    #"{"model_type":"llama","vocab_size":300,"hidden_size":24,"num_hidden_layers":2,"num_attention_heads":6,"#
      + #""num_key_value_heads":2,"intermediate_size":48,"max_position_embeddings":64,"head_dim":4,"rope_theta":1e4,"#
      + #""rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"#
      + #""original_max_position_embeddings":32},"rms_norm_eps":1e-6}"#,
  ]
}
