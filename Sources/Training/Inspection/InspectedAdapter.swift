import Checkpoints
import Models
import Support

/// The adapter in a folder, as peft's `adapter_config.json` describes it.
package struct InspectedAdapter {
  package let method: String?
  package let task: String?
  package let rank: Int?
  package let alpha: Double?
  package let targets: [String]
  package let savedModules: [String]
  /// The checkpoint that it belongs to, as the folder names it.
  package let base: String?

  init(_ config: HuggingFaceConfig) {
    let json = config.json
    (method, task) = (json["peft_type"]?.string, json["task_type"]?.string)
    (rank, alpha) = (json["r"]?.integer, json["lora_alpha"]?.double)
    let targets = json["target_modules"]
    self.targets = targets?.array?.compactMap(\.string) ?? targets?.string.map { [$0] } ?? []
    savedModules = json["modules_to_save"]?.array?.compactMap(\.string) ?? []
    base = json["base_model_name_or_path"]?.string
  }
}
