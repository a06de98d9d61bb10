import Support
import Tensors

extension RunSettings {
  /// Checks the settings that have an effect only beside certain others, so that none is accepted and ignored.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)``, or `OptimizerError` for an unknown optimizer or
  ///   option.
  package func checkCombinations() throws {
    try checkSchedule()
    let options = try CheckedMethodOptions(self)
    if capture != nil, options.phases(seed: seed) != nil {
      throw TrainingError.badSetting(
        origin: given.first { $0.key == "capture" }?.origin ?? "--capture", key: "capture",
        found: "it with the method \(method.rawValue)",
        expected: "a method that trains the same parameters in every step, whose moments can be averaged")
    }
    try checkPrecision()
    if resume {
      let origin = given.first { $0.key == "resume" }?.origin ?? "--resume"
      guard !overwrite else {
        throw TrainingError.badSetting(
          origin: origin, key: "resume", found: "--overwrite too",
          expected: "one of them: --resume goes on with the run in the folder, --overwrite replaces it")
      }
      guard output != nil else {
        throw TrainingError.missingOption(
          name: "--output", expected: "the folder of the run that --resume goes on with")
      }
    }
    try checkTokensPerBatch()
    if updateInBackward, accumulate > 1 {
      throw TrainingError.badSetting(
        origin: given.first { $0.key == "update_in_backward" }?.origin ?? "--update-in-backward",
        key: "update_in_backward", found: "the option with --accumulate \(accumulate)",
        expected: "--accumulate 1, since gradients that are summed over several batches must be kept between them")
    }
    if recompute != .none, method == .head {
      throw TrainingError.badSetting(
        origin: given.first { $0.key == "recompute" }?.origin ?? "--recompute", key: "recompute",
        found: "\(recompute.rawValue) with the method head",
        expected: "none, since nothing of the frozen layers is kept for the backward pass")
    }
    guard layerDecay != 1 else { return }
    let origin = given.first { $0.key == "layer_decay" }?.origin ?? "--layer-decay"
    if method == .head {
      throw TrainingError.badSetting(
        origin: origin, key: "layer_decay", found: "\(layerDecay) with the method head",
        expected: "1, since the head has the full rate in any case")
    }
    guard try learningRateHasEffect() else {
      throw TrainingError.badSetting(
        origin: origin, key: "layer_decay", found: "\(layerDecay) with \(optimizer)'s own learning rate",
        expected: "1, or an optimizer that takes the learning rate of the run")
    }
  }

  /// Checks that a step may be divided, where the settings divide it.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)``.
  package func checkTokensPerBatch() throws(TrainingError) {
    guard updateInBackward, let tokens = tokensPerBatch else { return }
    throw .badSetting(
      origin: given.first { $0.key == "tokens_per_batch" }?.origin ?? "--tokens-per-batch", key: "tokens_per_batch",
      found: "\(tokens) with --update-in-backward",
      expected: "one of the two, since gradients that are summed over several parts must be kept between them")
  }

  /// Checks that this CPU has the instructions that the precision needs.
  ///
  /// - Throws: ``TrainingError/badSetting(origin:key:found:expected:)``.
  func checkPrecision() throws(TrainingError) {
    guard !precision.isSupported else { return }
    throw .badSetting(
      origin: given.first { $0.key == "precision" }?.origin ?? "--precision", key: "precision",
      found: "\(precision.rawValue), but this CPU has no instructions for it (AVX512_BF16)", expected: "f32")
  }
}
