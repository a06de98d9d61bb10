/// The quantization maps: the values that codes stand for, in ascending order, as fractions of the scale.
package enum QuantizationMap {
  /// The signed dynamic map of 8-bit Adam (Dettmers et al., 2022; bitsandbytes `create_dynamic_map`), 256 values.
  ///
  /// For each decade e = 0 … 6 the interval [0.1, 1]·10^(e−6) is cut into 2^e equal parts, and the middle of each part
  /// is a value with both signs. The remaining values are 0 and 1; −1 is not a value.
  package static let dynamicSigned = dynamic(isSigned: true)

  /// The unsigned dynamic map, for second moments, 256 values. Decade e is cut into 2^(e+1) parts.
  package static let dynamicUnsigned = dynamic(isSigned: false)

  /// The map of the first moment in 4-bit Adam (Li et al., 2023; thu-ml/low-bit-optimizers), 16 values.
  package static let fourBitSigned: [Float] =
    ([0, 1] + [0.0055, 0.0325, 0.0775, 0.2125, 0.4375, 0.6625, 0.8875].flatMap { [$0, -$0] }).sorted()

  /// The map of the second moment in 4-bit Adam: k / 16 for k = 1 … 16. It has no 0, so no denominator becomes 0.
  package static let fourBitUnsigned = (1...16).map { Float($0) / 16 }

  /// Computes in Float and in the order of operations of bitsandbytes, so that every value is bit for bit the same.
  private static func dynamic(isSigned: Bool) -> [Float] {
    var values: [Float] = [0, 1]
    for (decade, scale) in ([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1] as [Float]).enumerated() {
      let parts = 1 << (isSigned ? decade : decade + 1)
      let step = (1 - 0.1 as Float) / Float(parts)
      // As torch.linspace, which computes each half of the edges from its own end and rounds each edge once.
      let edges = (0...parts).map { index in
        index < (parts + 1) / 2
          ? (0.1 as Float).addingProduct(step, Float(index)) : (1 as Float).addingProduct(-step, Float(parts - index))
      }
      for (low, high) in zip(edges, edges.dropFirst()) {
        let middle = (low + high) / 2 * scale
        values += isSigned ? [middle, -middle] : [middle]
      }
    }
    return values.sorted()
  }
}
