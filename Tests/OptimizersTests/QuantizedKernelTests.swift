import CKernels
import Checkpoints
import Optimizers
import Support
import Tensors
import TestSupport
import Testing

/// The obvious way to do what the kernels do.
private enum Naive {
  /// The nearest value, the lower of two equally near.
  static func code(_ ratio: Float, _ values: [Float]) -> UInt8 {
    var best = 0
    for (code, value) in values.enumerated()
    where abs(Double(ratio) - Double(value)) < abs(Double(ratio) - Double(values[best])) { best = code }
    return UInt8(best)
  }

  static func scale(_ x: some Sequence<Float>) -> Float { x.reduce(0) { max($0, abs($1)) } }

  static func codes(_ x: [Float], _ scale: Float, _ values: [Float]) -> [UInt8] {
    x.map { code(scale > 0 ? $0 / scale : 0, values) }
  }

  static func pack(_ codes: [UInt8], bits: Int) -> [UInt8] {
    guard bits == 4 else { return codes }
    return stride(from: 0, to: codes.count, by: 2).map { index in
      codes[index] | (index + 1 < codes.count ? codes[index + 1] << 4 : 0)
    }
  }

  static func unpack(_ codes: [UInt8], bits: Int, count: Int) -> [UInt8] {
    bits == 8 ? codes : (0..<count).map { $0 % 2 == 0 ? codes[$0 / 2] & 15 : codes[$0 / 2] >> 4 }
  }
}

/// Every variant this CPU can run.
@Suite struct QuantizedKernelTests {
  static let variants = (0..<Int(ft_kernels_count())).filter { ft_kernels_variant(Int32($0)) != nil }
  static let maps = [
    QuantizationMap.dynamicSigned, QuantizationMap.dynamicUnsigned, QuantizationMap.fourBitSigned,
    QuantizationMap.fourBitUnsigned,
  ]

  private func kernels(_ variant: Int) throws -> ft_optimizer_kernels {
    try #require(ft_optimizer_kernels_variant(Int32(variant))).pointee
  }

  private func samples(_ count: Int, _ stream: UInt64) -> [Float] {
    let tensor = Tensor(uninitialized: [count])
    RandomGenerator(seed: 5, stream: stream).fillNormal(tensor, standardDeviation: 0.3)
    return tensor.values
  }

  private func quantize(_ kernels: ft_optimizer_kernels, _ book: Codebook, _ x: [Float]) -> ([UInt8], Float) {
    var codes = [UInt8](repeating: 0xAA, count: book.byteCount(x.count) + 1)
    var scale: Float = -1
    #expect(kernels.quantize(book.pointer, x, &codes, &scale, x.count) == 0)
    #expect(codes.popLast() == 0xAA)
    return (codes, scale)
  }

  @Test func mapsAreThePackages() throws {
    let file = try SafetensorsFile(path: Trajectory.folder + "/quantizer-bitsandbytes.safetensors")
    #expect(try file.tensor("signed/map").values == QuantizationMap.dynamicSigned)
    #expect(try file.tensor("unsigned/map").values == QuantizationMap.dynamicUnsigned)
  }

  /// Every end of a bin, every middle of two values and its neighbours, and every value.
  @Test(arguments: variants, maps) func nearestCodes(_ variant: Int, _ map: [Float]) throws {
    let (kernels, book) = (try kernels(variant), Codebook(map))
    var ratios = (0..<UInt32(1 << 16)).flatMap { [Float(bitPattern: $0 << 16), Float(bitPattern: $0 << 16 | 0xFFFF)] }
      .filter { abs($0) <= 1 }
    for (low, high) in zip(map, map.dropFirst()) {
      let middle = (low + high) / 2
      ratios += [low, high, middle, middle.nextUp, middle.nextDown]
    }
    for start in stride(from: 0, to: ratios.count, by: 4_095) {
      // The leading 1 makes the scale 1.
      let x = [1] + ratios[start..<min(ratios.count, start + 4_095)]
      let (codes, scale) = quantize(kernels, book, x)
      #expect(scale == 1)
      #expect(codes == Naive.pack(Naive.codes(x, 1, map), bits: book.bits))
    }
  }

  @Test(arguments: variants, maps) func sizesAndScales(_ variant: Int, _ map: [Float]) throws {
    let (kernels, book) = (try kernels(variant), Codebook(map))
    for (size, factor) in zip(
      [1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128, 129, 256, 1_001, 4_096],
      [1, 0, 1e-30, 1e-38, 0x1p-140, 1e30, 1e37, 1, 1e-8, 1, 0, 1, 1e-20, 1, 1] as [Float])
    {
      let x = samples(size, 3).map { $0 * factor }
      let (codes, scale) = quantize(kernels, book, x)
      #expect(scale == Naive.scale(x))
      let expected = Naive.codes(x, scale, map)
      #expect(codes == Naive.pack(expected, bits: book.bits))
      var back = [Float](repeating: .nan, count: size)
      kernels.dequantize(book.pointer, codes, scale, &back, size)
      #expect(back == expected.map { map[Int($0)] * scale })
    }
  }

  @Test(arguments: variants) func lookupOfBitsandbytes(_ variant: Int) throws {
    let kernels = try kernels(variant)
    let file = try SafetensorsFile(path: Trajectory.folder + "/quantizer-bitsandbytes.safetensors")
    let x = try file.tensor("x").values
    for (kind, map) in [("signed", QuantizationMap.dynamicSigned), ("unsigned", QuantizationMap.dynamicUnsigned)] {
      let book = Codebook(map, lookup: .bitsandbytesCPU)
      guard case .uint8(let expected) = try file.anyTensor(kind + "/codes") else { throw WrongType() }
      let scales = try file.tensor(kind + "/absmax").values
      for (block, start) in stride(from: 0, to: x.count, by: 256).enumerated() {
        let values = x[start..<min(x.count, start + 256)].map { kind == "signed" ? $0 : abs($0) }
        let (codes, scale) = quantize(kernels, book, values)
        #expect(codes == Array(expected.values[start..<start + values.count]), "block \(block)")
        #expect(scale == scales[block])
      }
    }
  }
  private struct WrongType: Error {}

  @Test(arguments: variants, [Float.nan, -.nan, .infinity, -.infinity]) func nonFiniteNumbers(
    _ variant: Int, _ value: Float
  ) throws {
    let (kernels, book) = (try kernels(variant), Codebook(QuantizationMap.dynamicSigned))
    for position in [0, 17, 99] {
      var x = samples(100, 4)
      x[position] = value
      var codes = [UInt8](repeating: 7, count: 100)
      var scale: Float = 5
      #expect(kernels.quantize(book.pointer, x, &codes, &scale, 100) == 2)
      #expect(scale == 5 && codes.allSatisfy { $0 == 7 })
    }
  }

  private let step = ft_adam(
    gradient_scale: 0.5, beta1: 0.9, one_minus_beta1: 0.1, beta2: 0.999, one_minus_beta2: 0.001, root_scale: 3,
    eps: 1e-8, step_size: 1e-2, decay_before: 0.999, decay_after: 1, coupled_decay: 0)

  /// The fused pass is dequantize, adam and quantize, bit for bit.
  @Test(arguments: variants, [(0, 1, 256), (0, 1, 64), (2, 3, 128)]) func fusedPass(
    _ variant: Int, _ choice: (first: Int, second: Int, block: Int)
  ) throws {
    let kernels = try kernels(variant)
    let (first, second) = (Codebook(Self.maps[choice.first]), Codebook(Self.maps[choice.second]))
    let block = choice.block
    for count in [1, 63, 64, 65, 255, 256, 257, 1_000, 1_001] {
      let blocks = (count + block - 1) / block
      var (m, v) = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count))
      var (mScale, vScale) = ([Float](repeating: 0, count: blocks), [Float](repeating: 0, count: blocks))
      var (m2, v2, mScale2, vScale2) = (m, v, mScale, vScale)
      var w = samples(count, 6)
      var w2 = w
      for time in 0..<3 {
        let g = samples(count, UInt64(10 + time))
        var c = step
        let status = m.withUnsafeMutableBufferPointer { m in
          v.withUnsafeMutableBufferPointer { v in
            mScale.withUnsafeMutableBufferPointer { mScale in
              vScale.withUnsafeMutableBufferPointer { vScale in
                kernels.adam_blocks(
                  &c, first.pointer, second.pointer, g,
                  ft_block_state(codes: m.baseAddress!, scales: mScale.baseAddress!),
                  ft_block_state(codes: v.baseAddress!, scales: vScale.baseAddress!), &w, count, block)
              }
            }
          }
        }
        #expect(status == 0)
        for index in 0..<blocks {
          let range = index * block..<min(count, (index + 1) * block)
          let (mBytes, vBytes) = (range.lowerBound * first.bits / 8, range.lowerBound * second.bits / 8)
          var (a, b) = ([Float](repeating: 0, count: range.count), [Float](repeating: 0, count: range.count))
          kernels.dequantize(first.pointer, Array(m2[mBytes...]), mScale2[index], &a, range.count)
          kernels.dequantize(second.pointer, Array(v2[vBytes...]), vScale2[index], &b, range.count)
          var weights = Array(w2[range])
          #expect(kernels.adam(&c, Array(g[range]), &a, &b, &weights, range.count) == 0)
          w2.replaceSubrange(range, with: weights)
          for (book, values, start) in [(first, a, mBytes), (second, b, vBytes)] {
            let (codes, scale) = quantize(kernels, book, values)
            if book === first {
              m2.replaceSubrange(start..<start + codes.count, with: codes)
              mScale2[index] = scale
            } else {
              v2.replaceSubrange(start..<start + codes.count, with: codes)
              vScale2[index] = scale
            }
          }
        }
        #expect(w == w2 && m == m2 && v == v2 && mScale == mScale2 && vScale == vScale2, "\(count), step \(time)")
      }
    }
  }

  /// Row and column scales against the same in plain loops: even and odd widths, rows shorter and longer than a block.
  @Test(arguments: variants, [[3, 700], [100, 7], [40, 33], [9, 128]]) func rankOnePass(_ variant: Int, _ shape: [Int])
    throws
  {
    let kernels = try kernels(variant)
    let (rows, columns, count, block) = (shape[0], shape[1], shape[0] * shape[1], 128)
    let (first, second) = (Codebook(QuantizationMap.fourBitSigned), Codebook(QuantizationMap.fourBitUnsigned))
    let optimizer = RankOne(first, second, rows, columns, block)
    let (w, w2) = (Tensor(samples(count, 6), shape: shape), Tensor(samples(count, 6), shape: shape))
    var (m, v) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    for time in 0..<3 {
      var values = samples(count, UInt64(20 + time))
      // A row and a column of zeros.
      for index in 0..<count where index / columns == 1 || index % columns == 2 { values[index] = 0 }
      let g = Tensor(values, shape: shape)
      #expect(optimizer.step(kernels, step, g, w) == 0)
      var c = step
      #expect(kernels.adam(&c, g.pointer, &m, &v, w2.pointer, count) == 0)
      let rowMaxima = (0..<rows).map { row in Naive.scale(v[row * columns..<(row + 1) * columns]) }
      let columnMaxima = (0..<columns).map { column in
        Naive.scale(stride(from: column, to: count, by: columns).map { v[$0] })
      }
      #expect(optimizer.rowMaxima.values == rowMaxima && optimizer.columnMaxima.values == columnMaxima)
      var (mCodes, vCodes) = ([UInt8](), [UInt8]())
      for start in stride(from: 0, to: count, by: block) {
        let values = Array(m[start..<min(count, start + block)])
        let codes = Naive.codes(values, Naive.scale(values), first.values)
        mCodes += codes
        for (index, code) in codes.enumerated() {
          m[start + index] = first.values[Int(code)] * Naive.scale(values)
        }
      }
      for index in 0..<count {
        let scale = min(rowMaxima[index / columns], columnMaxima[index % columns])
        vCodes.append(Naive.code(scale > 0 ? v[index] / scale : 0, second.values))
        v[index] = second.values[Int(vCodes[index])] * scale
      }
      #expect(w.values == w2.values)
      #expect(optimizer.m.values == Naive.pack(mCodes, bits: 4))
      #expect(optimizer.v.values == Naive.pack(vCodes, bits: 4))
    }
  }

  /// The state of one matrix, stepped by the two kernels.
  private final class RankOne {
    let (first, second, block): (Codebook, Codebook, Int)
    let (m, v): (ByteTensor, ByteTensor)
    let scales: Tensor
    var (rowMaxima, columnMaxima): (Tensor, Tensor)

    init(_ first: Codebook, _ second: Codebook, _ rows: Int, _ columns: Int, _ block: Int) {
      (self.first, self.second, self.block) = (first, second, block)
      let bytes = (rows * columns + 1) / 2
      (m, v) = (ByteTensor(zeros: [bytes]), ByteTensor(zeros: [bytes]))
      scales = Tensor(zeros: [(rows * columns + block - 1) / block])
      (rowMaxima, columnMaxima) = (Tensor(zeros: [rows]), Tensor(zeros: [columns]))
    }

    func step(_ kernels: ft_optimizer_kernels, _ step: ft_adam, _ g: Tensor, _ w: Tensor) -> Int32 {
      let (rows, columns) = (Tensor(zeros: rowMaxima.shape), Tensor(zeros: columnMaxima.shape))
      var (c, state) = (
        step,
        ft_rank_one_state(
          codes: v.pointer, width: columns.count, rows: rowMaxima.pointer, columns: columnMaxima.pointer,
          new_rows: rows.pointer, new_columns: columns.pointer)
      )
      for row in 0..<rows.count {
        let status = kernels.rank_one_maxima(
          &c, second.pointer, g.pointer, &state, row, rows.pointer + row, columns.pointer)
        if status != 0 { return status }
      }
      let m = ft_block_state(codes: m.pointer, scales: scales.pointer)
      let status = kernels.adam_rank_one(
        &c, first.pointer, second.pointer, g.pointer, m, &state, w.pointer, 0, w.count, block)
      (rowMaxima, columnMaxima) = (rows, columns)
      return status
    }
  }
}
