import Checkpoints
import Foundation
import Support

/// Rotary frequencies, as transformers' `modeling_rope_utils` computes them.
enum RotaryFrequencies {
  static func read(_ config: HuggingFaceConfig, headSize: Int) throws(CheckpointError) -> [Double] {
    // transformers 5 writes rope_parameters, and earlier versions write rope_theta and rope_scaling.
    let (new, old) = (try config.object("rope_parameters"), try config.object("rope_scaling"))
    if let old, new != nil, old != new {
      throw .unsupported(
        path: config.path, what: "rope_scaling:", found: JSON.object(old).summary,
        expected: "none beside rope_parameters, which say otherwise")
    }
    if let inner = new?["rope_theta"]?.double {
      let outer = try config.number("rope_theta", in: 1...1e12, default: inner)
      guard outer == inner else {
        throw .unsupported(
          path: config.path, what: "rope_theta:", found: "\(outer)", expected: "\(inner), as in rope_parameters")
      }
    }
    var scaling = config
    for member in (new ?? old ?? JSONObject()).members { scaling.set(member.key.description, member.value) }
    let theta = try scaling.number("rope_theta", in: 1...1e12, default: 10_000)
    let plain = (0..<headSize / 2).map { 1 / pow(theta, Double(2 * $0) / Double(headSize)) }
    let kind = try scaling.string("rope_type", default: scaling.string("type", default: "default"))
    switch kind {
    case "default": return plain
    case "linear":
      let factor = try scaling.number("factor", in: 1e-3...1e6)
      return plain.map { $0 / factor }
    case "llama3":
      let factor = try scaling.number("factor", in: 1e-3...1e6)
      let low = try scaling.number("low_freq_factor", in: 1e-3...1e6)
      let high = try scaling.number("high_freq_factor", in: 1e-3...1e6)
      let original = Double(try scaling.integer("original_max_position_embeddings"))
      return plain.map { frequency in
        let wavelength = 2 * Double.pi / frequency
        if wavelength < original / high { return frequency }
        if wavelength > original / low { return frequency / factor }
        let smooth = (original / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
      }
    default:
      throw .unsupported(
        path: config.path, what: "rope_type", found: kind, expected: "default, linear or llama3")
    }
  }
}
