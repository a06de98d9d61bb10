import Tasks
import Testing

@Suite struct LargestLogitTests {
  /// As numpy's and torch's argmax: of equal logits the first is the prediction.
  @Test(arguments: [([0.5, 0.5], 0), ([-1, 2, 2], 1), ([3, 1, 3], 0), ([-2, -1], 1)] as [([Float], Int)])
  func theFirstOfEquals(_ logits: [Float], _ expected: Int) {
    #expect(logits.indexOfFirstLargest == expected)
  }
}
