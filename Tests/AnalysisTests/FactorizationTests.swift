import Analysis
import Checkpoints
import Foundation
import Support
import Tensors
import TestSupport
import Testing

@Suite struct FactorizationTests {
  private let path = SharedData.fixture("second_moments.safetensors")

  private func analyze(_ path: String, _ ranks: [Int]? = nil) throws -> FactorizationAnalysis {
    var options = FactorizationAnalysis.Options()
    options.ranks = ranks
    return try FactorizationAnalysis.run(CapturedMatrices(path), options) { _ in }
  }

  /// NumPy's rank-1 errors and spectra, and S-RSI near the SVD's error and never below it.
  @Test func secondMomentsOfARun() throws {
    let expected = try AnalysisFixture().array("factorizations")
    let file = try SafetensorsFile(path: path)
    let analysis = try analyze(path)
    #expect(analysis.ranks == [1, 2, 4, 8, 16, 32] && analysis.matrices.count == 5 && expected.count == 5)
    #expect(analysis.common.count == 5 && analysis.input.ignored.count == 5)
    for item in expected {
      let name = try #require(item["name"]?.string)
      let found = try #require(analysis.matrices.first { $0.name == name })
      let rankOne = try #require(found.curves[.rankOne]).errors
      #expect(rankOne.count == 6 && rankOne.allSatisfy { isClose($0, item["rank_one"]?.double, 1e-5) })
      let spectrum = try #require(item["spectrum"]).doubles
      #expect(found.spectrum.count == spectrum.count)
      #expect(zip(found.spectrum, spectrum).allSatisfy { abs($0 - $1) < 3e-7 })
      for share in FactorizationAnalysis.shares {
        #expect(found.rank(holding: share) == item["values_holding"]?["\(share)"]?.integer)
      }
      let least = try file.tensor("best/" + name.dropFirst(2)).values
      let curves = [FactorizationMethod.svd, .subspace, .published].compactMap { found.curves[$0]?.errors }
      for (index, rank) in analysis.ranks.enumerated() {
        let best = Double(least[rank - 1])
        #expect(isClose(curves[0][index], best, 1e-2, floor: 1e-4))
        for errors in curves.dropFirst() {
          #expect(errors[index] <= max(1.1 * best, best + 1e-5) && errors[index] >= best * 0.999 - 1e-6)
        }
      }
    }
    // Its means are what the report and the chart show.
    let json = analysis.json(threads: 1, blas: "b", command: [])
    #expect(json["mean"]?["svd"]?["errors"]?.doubles == analysis.mean(.svd, \.errors))
    #expect(analysis.svg.contains("each matrix") && analysis.svg.contains("rank-1 rule (Adafactor)"))
  }

  /// The scale of a matrix changes nothing, down to squares that Float does not hold; zero matrices are named and left out.
  @Test func tinyAndZero() throws {
    let folder = try TemporaryFolder()
    let matrix = Tensor(zeros: [6, 5])
    for index in 0..<30 { matrix.pointer[index] = Float((index * 7) % 11 + 1) }
    func write(_ name: String, _ exponent: Int) throws -> String {
      let scaled = Tensor(matrix.values.map { Float(sign: .plus, exponent: exponent, significand: $0) }, shape: [6, 5])
      let path = folder.path + "/" + name
      try SafetensorsWriter.write([("a", scaled), ("zero", Tensor(zeros: [4, 4]))], to: path)
      return path
    }
    let (plain, tiny) = (try analyze(write("a", 0), [1, 3]), try analyze(write("b", -100), [1, 3]))
    #expect(plain.zero == ["zero"] && plain.matrices.count == 1)
    for method in FactorizationMethod.allCases {
      #expect(plain.matrices[0].curves[method]?.errors == tiny.matrices[0].curves[method]?.errors)
    }
  }

  @Test func faults() throws {
    let folder = try TemporaryFolder()
    func write(_ name: String, _ tensors: [(name: String, tensor: Tensor)]) throws -> String {
      try SafetensorsWriter.write(tensors, to: folder.path + "/" + name)
      return folder.path + "/" + name
    }
    let nan = try write("nan", [("x", Tensor([1, 2, .nan, 4], shape: [2, 2]))])
    #expect(throws: AnalysisError.notFinite(path: nan, name: "x")) { try analyze(nan) }
    let zero = try write("zero", [("x", Tensor(zeros: [2, 2]))])
    #expect(throws: AnalysisError.allZero(path: zero)) { try analyze(zero) }
    let vector = try write("vector", [("x", Tensor(zeros: [4]))])
    #expect(throws: AnalysisError.noMatrices(path: vector)) { try analyze(vector) }
    #expect(throws: AnalysisError.stepOfFile(path: zero)) { try CapturedMatrices(zero, step: 3) }
    #expect(throws: AnalysisError.noCapture(path: folder.path, step: nil, found: [])) {
      try CapturedMatrices(folder.path)
    }
    for step in [30, 7] { _ = try write("second-moments-\(step).safetensors", [("x", Tensor(zeros: [2, 2]))]) }
    #expect(try CapturedMatrices(folder.path).path.hasSuffix("-30.safetensors"))
    #expect(try CapturedMatrices(folder.path, step: 7).path.hasSuffix("-7.safetensors"))
    #expect(throws: AnalysisError.noCapture(path: folder.path, step: 8, found: [7, 30])) {
      try CapturedMatrices(folder.path, step: 8)
    }
    #expect(throws: FileError.missing(path: "/nope")) { try CapturedMatrices("/nope") }
    #expect(throws: AnalysisError.self) { try analyze(path, [37]) }
  }
}
