import Support
import Testing

@Suite struct SplitMixTests {
  @Test func thePublishedStream() {
    // Vigna's splitmix64.c with seed 1234567.
    var random = SplitMix(seed: 1_234_567)
    let drawn = (0..<3).map { _ in random.next() }
    #expect(drawn == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}
