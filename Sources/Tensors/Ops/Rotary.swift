import CKernels
import Foundation
import Support

/// Cosines and sines of rotary position embeddings, `[positions, headSize / 2]` each (Su et al., 2021).
package struct RotaryTable {
  let cosine: Tensor
  let sine: Tensor
  let half: Int

  /// - Parameters:
  ///   - inverseFrequencies: radians per position, one for each pair of the head's elements. Without rope scaling, that
  ///     of pair i is `theta^(−2i/headSize)`.
  ///   - attentionFactor: scales both tables. It differs from 1 for some rope scalings only.
  package init(inverseFrequencies: [Double], positions: Int, attentionFactor: Double = 1) {
    half = inverseFrequencies.count
    cosine = Tensor(uninitialized: [positions, half])
    sine = Tensor(uninitialized: [positions, half])
    guard !DryRun.isOn else { return }
    for position in 0..<positions {
      for (index, frequency) in inverseFrequencies.enumerated() {
        // The reference multiplies in float32, and so do we: at a position of 1,000 that moves the angle by 1e-5.
        let angle = Double(Float(position) * Float(frequency))
        cosine.pointer[position * half + index] = Float(cos(angle) * attentionFactor)
        sine.pointer[position * half + index] = Float(sin(angle) * attentionFactor)
      }
    }
  }
}

extension Tape {
  /// Rotates each head of `x` (`[tokens, heads · headSize]`) by its token's position. As in LLaMA, a pair is one
  /// element of the head's first half and one of its second.
  package func rotary(_ x: Variable, positions: [Int32], table: RotaryTable) -> Variable {
    let (output, dX) = (Tensor(uninitialized: x.value.shape), x.slot)
    Tape.rotate(x.value, into: output, positions, table, direction: 1)
    return record(output, inputs: [x]) { gradient in
      let result = Tensor(uninitialized: gradient.shape)
      Tape.rotate(gradient, into: result, positions, table, direction: -1)
      dX?.add(result)
    }
  }

  /// Writes the rotated heads of `x` to `y`, without a tape. `direction` is 1, or −1 to rotate back.
  package static func rotate(
    _ x: Tensor, into y: Tensor, _ positions: [Int32], _ table: RotaryTable, direction: Float
  ) {
    let (kernels, width, half) = (ElementWise.kernels, x.columns, table.half)
    ThreadPool.shared.parallel(count: x.rows, grain: Grain.rows(width: width)) { range in
      for token in range {
        let row = Int(positions[token]) * half
        for head in stride(from: token * width, to: (token + 1) * width, by: 2 * half) {
          kernels.rotate_halves(
            x.pointer + head, table.cosine.pointer + row, table.sine.pointer + row, direction, y.pointer + head, half)
        }
      }
    }
  }
}
