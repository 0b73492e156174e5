import Synchronization

/// Named constants of one kernel concept: an enumeration or a set of flags.
///
/// The text holds `NAME VALUE` pairs separated by white space, in the order in which
/// flags print; values are decimal, `0x…` hexadecimal, `0…` octal, negative decimal,
/// or `1<<N`. It is parsed at the first look-up, so that start-up pays for no table
/// that a trace does not use.
public final class ConstantTable: Sendable {
    /// What an unknown value is called in a comment: `O_???`.
    public let unknown: Name
    private let text: StaticString
    /// The address of the `Parsed` value, 0 before the first look-up.
    private let parsed = Atomic<UInt>(0)

    public init(_ unknown: Name, _ text: StaticString) {
        self.unknown = unknown
        self.text = text
    }

    /// One named constant.
    public struct Entry: Sendable {
        public let value: UInt64
        public let name: Name
    }

    /// The parsed table. Immutable once published and never freed: tables are static, and
    /// plain memory costs no reference counts on the way to a name.
    private struct Parsed {
        let entries: UnsafeBufferPointer<Entry>
        /// `entries` by value, for look-ups; of equal values the first named wins.
        let sorted: UnsafeBufferPointer<Entry>

        init(_ all: [Entry]) {
            entries = Self.immortal(all)
            // Most tables are written in order.
            let isSorted = all.indices.dropFirst().allSatisfy { all[$0 - 1].value <= all[$0].value }
            sorted = isSorted ? entries : Self.immortal(
                all.enumerated()
                    .sorted { ($0.element.value, $0.offset) < ($1.element.value, $1.offset) }
                    .map(\.element))
        }

        private static func immortal(_ all: [Entry]) -> UnsafeBufferPointer<Entry> {
            let memory = UnsafeMutableBufferPointer<Entry>.allocate(capacity: all.count)
            _ = memory.initialize(from: all)
            return UnsafeBufferPointer(memory)
        }
    }

    private var table: UnsafePointer<Parsed> {
        if let p = UnsafePointer<Parsed>(bitPattern: parsed.load(ordering: .acquiring)) { return p }
        let fresh = UnsafeMutablePointer<Parsed>.allocate(capacity: 1)
        fresh.initialize(to: Parsed(Self.parse(text)))
        // Of two threads that parse at once one wins; the other's copy is small and stays.
        let (_, winner) = parsed.compareExchange(
            expected: 0, desired: UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
        return UnsafePointer(bitPattern: winner) ?? UnsafePointer(fresh)
    }

    /// All constants in the order of the text.
    public var entries: UnsafeBufferPointer<Entry> { table.pointee.entries }

    /// The name of exactly this value.
    public func name(of value: UInt64) -> Name? {
        let sorted = table.pointee.sorted
        var low = 0
        var high = sorted.count
        while low < high {
            let mid = (low + high) / 2
            if sorted[mid].value < value { low = mid + 1 } else { high = mid }
        }
        return low < sorted.count && sorted[low].value == value ? sorted[low].name : nil
    }

    /// The value of a name, as `-e inject=…:error=ENAME` needs it.
    public func value(of name: String) -> UInt64? {
        var name = name
        return name.withUTF8 { wanted in
            entries.first { $0.name.bytes.elementsEqual(wanted) }?.value
        }
    }

    private static func parse(_ text: StaticString) -> [Entry] {
        let all = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var entries: [Entry] = []
        entries.reserveCapacity(all.count / 20 + 1)
        var i = 0
        func word() -> UnsafeRawBufferPointer? {
            while i < all.count, all[i] <= 0x20 { i += 1 }
            let start = i
            while i < all.count, all[i] > 0x20 { i += 1 }
            return i > start ? UnsafeRawBufferPointer(rebasing: all[start..<i]) : nil
        }
        while let name = word(), let digits = word() {
            guard let value = number(digits) else {
                preconditionFailure("constant table \(text): no number after \(String(decoding: name, as: UTF8.self))")
            }
            entries.append(Entry(value: value, name: Name(immortal: name)))
        }
        return entries
    }

    private static func number(_ s: UnsafeRawBufferPointer) -> UInt64? {
        func digits(from start: Int, radix: UInt64) -> UInt64? {
            guard start < s.count else { return nil }
            var value: UInt64 = 0
            for c in s[start...] {
                let digit = c <= 0x39 ? UInt64(c) &- 0x30 : UInt64(c | 0x20) &- 0x57
                let (scaled, tooLarge) = value.multipliedReportingOverflow(by: radix)
                guard digit < radix, !tooLarge, scaled <= .max - digit else { return nil }
                value = scaled + digit
            }
            return value
        }
        if s.starts(with: "0x".utf8) { return digits(from: 2, radix: 16) }
        if s.starts(with: "1<<".utf8) { return digits(from: 3, radix: 10).map { 1 << $0 } }
        if s.first == 0x2d { return digits(from: 1, radix: 10).map { 0 &- $0 } }
        return digits(from: 0, radix: s.first == 0x30 ? 8 : 10)
    }
}
