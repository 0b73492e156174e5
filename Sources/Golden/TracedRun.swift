/// Texts that occur again and again, as numbers.
public final class TextTable {
    private var numbers: [String: Int32] = [:]
    private var texts: [String] = []

    public init() {}

    /// The number of a text, the same each time.
    public func number(_ text: String) -> Int32 {
        if let known = numbers[text] { return known }
        let new = Int32(texts.count)
        numbers[text] = new
        texts.append(text)
        return new
    }

    public subscript(number: Int32) -> String { texts.indices.contains(Int(number)) ? texts[Int(number)] : "" }
}

/// A call in a form that is the same in every run: a number of `TextTable`, and where in the source it was made (0: unknown).
public struct CanonicalCall: Sendable, Equatable {
    public var text: Int32
    public var source: Int32

    public init(text: Int32, source: Int32 = 0) {
        self.text = text
        self.source = source
    }
}

/// What one run of a program did, in canonical form.
public struct TracedRun: Sendable {
    /// Calls of each task in their order, by the task's label.
    public var tasks: [(label: String, calls: [CanonicalCall])] = []
    /// Times of calls by their name.
    public var times: [String: CallTimes] = [:]
    /// `exit 0`, `killed by SIGSEGV`.
    public var ending = ""
    /// From the first event to the last, ns.
    public var wallTime: UInt64 = 0

    public init() {}
}

/// How long calls of one name took in one run.
public struct CallTimes: Sendable {
    public var calls: UInt64 = 0
    /// Nanoseconds, in all.
    public var total: UInt64 = 0
    /// Nanoseconds that a twentieth of the calls, half of them, and 95 % of them, took at most.
    public var floor: UInt64 = 0
    public var median: UInt64 = 0
    public var tail: UInt64 = 0
    /// What they were about, the most time first: a file, and where in the source.
    public var objects: [ObjectTime] = []

    public init() {}
}

/// The time that calls of one name took for one file.
public struct ObjectTime: Sendable, Equatable {
    public var object: String
    public var source: String
    public var calls: UInt64
    /// Nanoseconds, on average.
    public var mean: UInt64

    public init(object: String, source: String, calls: UInt64, mean: UInt64) {
        self.object = object
        self.source = source
        self.calls = calls
        self.mean = mean
    }
}
