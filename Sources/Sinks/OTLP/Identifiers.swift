import Glibc

/// The id of a trace: 16 bytes, not all zero.
public struct TraceID: Sendable, Equatable {
    let high: UInt64, low: UInt64

    static func random() -> TraceID {
        TraceID(high: SystemRandomNumberGenerator.nonzero(), low: SystemRandomNumberGenerator.nonzero())
    }

    var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }
}

/// The id of a span: 8 bytes, not all zero.
public struct SpanID: Sendable, Equatable {
    let value: UInt64

    static func random() -> SpanID { SpanID(value: SystemRandomNumberGenerator.nonzero()) }
    var bytes: [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}

extension SystemRandomNumberGenerator {
    fileprivate static func nonzero() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return UInt64.random(in: 1...UInt64.max, using: &generator)
    }
}

/// New span ids from a random start: unlike drawing each of them, this asks the kernel for nothing.
struct SpanIDs {
    private var state = SpanID.random().value

    /// SplitMix64: a bijection of a counter, so that no id comes twice.
    mutating func next() -> SpanID {
        repeat {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            z ^= z >> 31
            if z != 0 { return SpanID(value: z) }
        } while true
    }
}

/// Where in which trace something happens, as it passes from process to process (W3C Trace Context).
public struct TraceContext: Sendable, Equatable {
    public var trace: TraceID
    public var span: SpanID
    public var isSampled = true
    /// `tracestate`, passed on as it came.
    public var state = ""

    /// A new trace.
    public static func random() -> TraceContext { TraceContext(trace: .random(), span: .random()) }

    /// Another span of the same trace.
    public func child() -> TraceContext {
        var child = self
        child.span = .random()
        return child
    }

    init(trace: TraceID, span: SpanID) {
        self.trace = trace
        self.span = span
    }

    /// Reads `00-TRACE-SPAN-FLAGS`; nil if it is no such thing. Of later versions only these parts are read.
    public init?(parsing text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
            parts[0] != "ff", parts.count == 4 || parts[0] != "00",
            let high = UInt64(parts[1].prefix(16), radix: 16), let low = UInt64(parts[1].suffix(16), radix: 16),
            let span = UInt64(parts[2], radix: 16), let flags = UInt8(parts[3], radix: 16), high | low != 0, span != 0
        else { return nil }
        trace = TraceID(high: high, low: low)
        self.span = SpanID(value: span)
        isSampled = flags & 1 != 0
    }

    private static func isHex(_ s: Substring, _ count: Int) -> Bool {
        s.utf8.count == count && s.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// As `TRACEPARENT` has it.
    public var description: String {
        "00-\(Self.hex(trace.high))\(Self.hex(trace.low))-\(Self.hex(span.value))-\(isSampled ? "01" : "00")"
    }

    private static func hex(_ v: UInt64) -> String {
        let digits = String(v, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
