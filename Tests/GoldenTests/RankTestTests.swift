import Testing

@testable import RenacerGolden

@Suite struct RankTestTests {
    @Test func aSampleThatIsLargerThroughoutIsAsUnlikelyAsItsArrangement() {
        // One of binomial(8, 3) = 56 arrangements.
        let test = RankTest([1, 2, 3, 4, 5], isExceededBy: [6, 7, 8])
        #expect(abs(test.p - 1.0 / 56) < 1e-12)
        #expect(test.superiority == 1)
        #expect(abs(RankTest.leastP(10, 5) - 1.0 / 3003) < 1e-12)
    }

    @Test func theDistributionIsThatOfAllArrangements() {
        // Of 1, 2, 3, 4 two are chosen: 6 arrangements, of which those with U >= 3 are {2,4} and {3,4}.
        #expect(abs(RankTest([1, 3], isExceededBy: [2, 4]).p - 2.0 / 6) < 1e-12)
        #expect(abs(RankTest([3, 4], isExceededBy: [1, 2]).p - 1) < 1e-12)
    }

    @Test func equalValuesDecideNothing() {
        let test = RankTest([5, 5, 5], isExceededBy: [5, 5, 5])
        #expect(test.superiority == 0.5)
        #expect(test.p > 0.3)
    }

    @Test func manyValuesAreApproximated() {
        let a = (0..<50).map { Double($0) }, b = (0..<50).map { Double($0) + 0.5 }
        let p = RankTest(a, isExceededBy: b).p
        #expect(p > 0.3 && p < 0.6)
        #expect(RankTest(a, isExceededBy: a.map { $0 + 100 }).p < 1e-12)
    }

    @Test func whereMuchIsAskedLessIsProven() {
        #expect(RankTest.adjusted([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06])
        #expect(RankTest.adjusted([0.5, 0.9]) == [1, 1])
    }
}
