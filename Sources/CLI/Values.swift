import Glibc
import RenacerCore
import RenacerStraceText

// How values of options are read.

/// A decimal number without sign, nothing before or after it.
func decimal<S: StringProtocol>(_ s: S, upTo limit: UInt64 = UInt64(Int32.max)) -> UInt64? {
    guard !s.isEmpty, s.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let n = UInt64(s), n <= limit else { return nil }
    return n
}

/// Bytes from `NUMBER[K|M|G]`.
func size<S: StringProtocol>(_ s: S) -> UInt64? {
    let units: [(String, UInt64)] = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)]
    let unit = units.first { s.hasSuffix($0.0) }
    return decimal(s.dropLast(unit == nil ? 0 : 1)).map { $0 * (unit?.1 ?? 1) }
}

/// Nanoseconds from `NUMBER[s|ms|us|ns]`; microseconds without a unit.
func duration<S: StringProtocol>(_ s: S) -> UInt64? {
    let units: [(String, Double)] = [("ms", 1e6), ("us", 1e3), ("ns", 1), ("s", 1e9)]
    var number = Substring(s)
    if number.first == "+" { number = number.dropFirst() }
    var scale = 1e3
    if let (suffix, factor) = units.first(where: { number.hasSuffix($0.0) }) {
        number = number.dropLast(suffix.count)
        scale = factor
    }
    guard let first = number.utf8.first, first == 0x2e || (0x30...0x39).contains(first) else { return nil }
    guard let value = Double(number), value.isFinite, value >= 0 else { return nil }
    let ns = value * scale
    return ns < Double(Int64.max) ? UInt64(ns) : nil
}

extension TextOptions.Precision {
    init?<S: StringProtocol>(_ s: S) {
        switch s {
        case "s": self = .seconds
        case "ms": self = .milliseconds
        case "us": self = .microseconds
        case "ns": self = .nanoseconds
        default: return nil
        }
    }
}

/// A set given by its members' names: `[!]NAME,…`, `all` or `none`.
func namedSet<Set: OptionSet>(
    _ text: String, _ kind: String, _ names: [(String, Set)], all: Set
) throws(UsageError) -> Set {
    var body = Substring(text)
    let inverted = body.first == "!"
    if inverted { body = body.dropFirst() }
    if body == "none" { return inverted ? all : [] }
    if body == "all" { return inverted ? [] : all }
    var result: Set = []
    let parts = body.split(separator: ",")
    if parts.isEmpty { throw UsageError("invalid \(kind) '\(text)'") }
    for part in parts {
        guard let (_, value) = names.first(where: { $0.0 == part }) else {
            throw UsageError("invalid \(kind) '\(part)'")
        }
        result.formUnion(value)
    }
    return inverted ? all.subtracting(result) : result
}

/// File descriptors: `[!]NUMBER,…`, `all` or `none`.
func descriptorSet(_ text: String) throws(UsageError) -> DescriptorSet {
    var body = Substring(text)
    let inverted = body.first == "!"
    if inverted { body = body.dropFirst() }
    if body == "none" { return inverted ? .all : .none }
    if body == "all" { return inverted ? .none : .all }
    var numbers: Set<Int32> = []
    let parts = body.split(separator: ",")
    if parts.isEmpty { throw UsageError("invalid descriptor '\(text)'") }
    for part in parts {
        guard let n = decimal(part) else { throw UsageError("invalid descriptor '\(part)'") }
        numbers.insert(Int32(truncatingIfNeeded: n))
    }
    return DescriptorSet(numbers, inverted: inverted)
}

/// Signals: `[!]SIGNAL,…`, `all` or `none`.
func signalSet(_ text: String) throws(UsageError) -> SignalSet {
    var body = Substring(text)
    let inverted = body.first == "!"
    if inverted { body = body.dropFirst() }
    if body == "none" { return inverted ? .all : .none }
    if body == "all" { return inverted ? .none : .all }
    var set = SignalSet.none
    let parts = body.split(separator: ",")
    if parts.isEmpty { throw UsageError("invalid signal '\(text)'") }
    for part in parts {
        guard let n = signalNumber(part, upTo: 255) else { throw UsageError("invalid signal '\(part)'") }
        set.insert(n)
    }
    return inverted ? set.inverted() : set
}

/// A signal by number or name, in either case, with or without `SIG`.
func signalNumber<S: StringProtocol>(_ s: S, upTo limit: UInt64) -> Int32? {
    if let n = decimal(s, upTo: limit) { return Int32(n) }
    var name = s.uppercased()
    if !name.hasPrefix("SIG") { name = "SIG" + name }
    if let n = ConstantTable.signals.value(of: name) { return Int32(truncatingIfNeeded: n) }
    return nil
}

/// An `errno` by number or name.
func errorNumber<S: StringProtocol>(_ s: S) -> Int32? {
    if let n = decimal(s, upTo: 4095) { return n == 0 ? nil : Int32(n) }
    return ConstantTable.errors.value(of: s.uppercased()).map { Int32(truncatingIfNeeded: $0) }
}
