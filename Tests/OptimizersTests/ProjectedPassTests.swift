import Optimizers
import Tensors
import Testing

/// The projection of a gradient against a naive product in Double: in blocks, which give the sums of squares too, and whole.
@Suite(.serialized) struct ProjectedPassTests {
  private func normal(_ shape: [Int], _ stream: UInt64) -> Tensor {
    let tensor = Tensor(uninitialized: shape)
    RandomGenerator(seed: 21, stream: stream).fillNormal(tensor)
    return tensor
  }

  /// Several blocks of rows, and ranks on either side of where a block is worth a product of its own.
  @Test(arguments: [[150, 70], [70, 150]], [3, 32, 33, 60])
  func projection(_ shape: [Int], _ rank: Int) {
    let (m, n) = (shape[0], shape[1])
    let gradient = normal(shape, 1)
    for side in [ProjectionSide.right, .left] {
      let basis = normal([rank, side == .right ? n : m], 2)
      let pass = ProjectedPass(basis: basis, side: side, shape: shape)
      for wantsSquares in [true, false] {
        let projected = Tensor(zeros: side == .right ? [m, rank] : [rank, n])
        let squares = wantsSquares ? Tensor(zeros: [side == .right ? m : n]) : nil
        pass.project(gradient, scale: 0.5, into: projected, squares: squares)
        var worst = 0.0
        for index in 0..<projected.count {
          let (row, column) = (index / projected.columns, index % projected.columns)
          var sum = 0.0
          for k in 0..<basis.columns {
            let g = side == .right ? gradient.pointer[row * n + k] : gradient.pointer[k * n + column]
            let p = basis.pointer[(side == .right ? column : row) * basis.columns + k]
            sum += 0.5 * Double(g) * Double(p)
          }
          worst = max(worst, abs(Double(projected.pointer[index]) - sum))
        }
        #expect(worst < 2e-5)
        guard let squares else { continue }
        for index in 0..<squares.count {
          let sum = (0..<(side == .right ? n : m)).reduce(0.0) { sum, k in
            let g = Double(side == .right ? gradient.pointer[index * n + k] : gradient.pointer[k * n + index])
            return sum + 0.25 * g * g
          }
          #expect(abs(Double(squares.pointer[index]) / sum - 1) < 1e-5)
        }
      }
    }
  }
}
