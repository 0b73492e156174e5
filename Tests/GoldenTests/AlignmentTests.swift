import Testing

@testable import RenacerGolden

@Suite struct AlignmentTests {
    /// The length of the longest common subsequence, by the book.
    private func longest(_ a: [Int32], _ b: [Int32]) -> Int {
        var row = [Int](repeating: 0, count: b.count + 1)
        for x in a {
            var corner = 0
            for j in b.indices {
                let above = row[j + 1]
                row[j + 1] = x == b[j] ? corner + 1 : max(row[j], above)
                corner = above
            }
        }
        return row[b.count]
    }

    @Test func pairsAreEqualAscendingAndAsManyAsPossible() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let kinds = Int32.random(in: 1...6, using: &generator)
            func sequence() -> [Int32] { (0..<Int.random(in: 0...40, using: &generator)).map { _ in Int32.random(in: 0..<kinds, using: &generator) } }
            let a = sequence(), b = sequence()
            let pairs = try #require(Alignment(a, b)).pairs
            #expect(pairs.allSatisfy { a[$0.0] == b[$0.1] })
            #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.0 < $1.0 && $0.1 < $1.1 })
            #expect(pairs.count == longest(a, b), "\(a) \(b)")
        }
    }

    @Test func sequencesThatHaveTooLittleInCommonAreNotAligned() {
        #expect(Alignment(Array(0..<100), Array(200..<300), limit: 50) == nil)
        #expect(Alignment(Array(0..<100), [], limit: 50)?.pairs.isEmpty == true)
    }
}
