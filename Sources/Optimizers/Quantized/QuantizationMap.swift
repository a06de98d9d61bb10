/// The values that codes stand for, ascending, as fractions of their scale.
package enum QuantizationMap {
  /// The signed dynamic map of 8-bit Adam (Dettmers et al., 2022; bitsandbytes `create_dynamic_map`), 256 values: in decade
  /// e = 0 … 6 the middles of 2^e parts of [0.1, 1]·10^(e−6) with both signs, and 0 and 1, but not −1.
  package static let dynamicSigned = dynamic(isSigned: true)

  /// The unsigned one, for second moments: 2^(e+1) parts.
  package static let dynamicUnsigned = dynamic(isSigned: false)

  /// The first moment's map of 4-bit Adam (Li et al., 2023; thu-ml/low-bit-optimizers), 16 values.
  package static let fourBitSigned: [Float] =
    ([0, 1] + [0.0055, 0.0325, 0.0775, 0.2125, 0.4375, 0.6625, 0.8875].flatMap { [$0, -$0] }).sorted()

  /// The second moment's: k / 16 for k = 1 … 16, so that no denominator is quantized to 0.
  package static let fourBitUnsigned = (1...16).map { Float($0) / 16 }

  /// In Float and in the package's order of operations, so that every value is its value.
  private static func dynamic(isSigned: Bool) -> [Float] {
    var values: [Float] = [0, 1]
    for (decade, scale) in ([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1] as [Float]).enumerated() {
      let parts = 1 << (isSigned ? decade : decade + 1)
      let step = (1 - 0.1 as Float) / Float(parts)
      // torch.linspace: from both ends to the middle, each edge rounded once.
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
