import Checkpoints
import Support
import Tensors
import TestSupport
import Testing

/// What NumPy and scipy expect: `Tools/make_analysis_fixtures.py`.
struct AnalysisFixture {
  let json: JSON
  let tensors: SafetensorsFile

  init() throws {
    json = try JSON.parse(Files.read(SharedData.fixture("analysis.json")))
    tensors = try SafetensorsFile(path: SharedData.fixture("analysis.safetensors"))
  }

  func array(_ keys: String...) throws -> [JSON] {
    var value = json
    for key in keys { value = try #require(value[key]) }
    return try #require(value.array)
  }
}

extension JSON {
  var doubles: [Double] { array?.compactMap(\.double) ?? [] }
}

/// Close in proportion to the larger of `expected` and `floor`.
func isClose(_ found: Double?, _ expected: Double?, _ tolerance: Double, floor: Double = 0) -> Bool {
  guard let found, let expected else { return false }
  return abs(found - expected) <= tolerance * max(abs(expected), floor)
}
