import CLinux

/// `-e trace=` and the other sets of calls, compiled once to a `SyscallSet`.
///
///     [!][?]{CALL | NUMBER | %CLASS | /REGEX | all}[@64|@32|@x32],… | none
public enum TraceExpression {
    public enum Failure: Error, Equatable {
        /// No call is meant by this part.
        case invalid(String)
        /// The part after `@` is no personality.
        case personality(designator: String, qualification: String)
        case regularExpression(pattern: String, reason: String)
    }

    /// - Parameter widenedFile: the bare class name `file` includes the data and
    ///   positioning calls on descriptors.
    public static func compile(_ expression: String, widenedFile: Bool = false) throws(Failure) -> SyscallSet {
        var text = Substring(expression)
        let inverted = text.first == "!"
        if inverted { text = text.dropFirst() }
        if text == "none" { return inverted ? .all : .none }

        var set = SyscallSet.none
        let parts = text.split(separator: ",")
        if parts.isEmpty { throw .invalid(expression) }
        for part in parts { try add(part, to: &set, widenedFile) }
        return inverted ? set.inverted() : set
    }

    private static func add(_ part: Substring, to set: inout SyscallSet, _ widenedFile: Bool) throws(Failure) {
        var name = part
        let mayBeUnknown = name.first == "?"
        if mayBeUnknown { name = name.dropFirst() }
        let qualification = name

        var personalities = Personality.allCases
        if let at = name.lastIndex(of: "@") {
            let designator = name[name.index(after: at)...]
            personalities = Personality.allCases.filter { $0.exists && $0.suffix == designator }
            if personalities.isEmpty {
                throw .personality(designator: String(designator), qualification: String(qualification))
            }
            name = name[..<at]
        }
        let found = try insert(name, personalities, &set, widenedFile)
        if !found && !mayBeUnknown { throw .invalid(String(qualification)) }
    }

    private static func insert(
        _ name: Substring, _ personalities: [Personality], _ set: inout SyscallSet, _ widenedFile: Bool
    ) throws(Failure) -> Bool {
        if name == "all" {
            if personalities.count == Personality.allCases.count {
                set.formUnion(.all)
            } else {
                select(personalities, &set) { _ in true }
            }
            return true
        }
        if let first = name.utf8.first, first == 0x2f {
            let expression = try RegularExpression(String(name.dropFirst()))
            return select(personalities, &set) { expression.matches($0.name.description) }
        }
        if let classes = classes(name, widenedFile) {
            select(personalities, &set) { !$0.classes.isDisjoint(with: classes) }
            return true
        }
        if let first = name.utf8.first, (0x30...0x39).contains(first) {
            guard let number = Int(name) else { return false }
            var found = false
            for p in personalities where SyscallTable.lookup(number, p) != nil {
                set.insert(number, p)
                found = true
            }
            return found
        }
        return select(personalities, &set) { $0.name.description == name }
    }

    @discardableResult
    private static func select(
        _ personalities: [Personality], _ set: inout SyscallSet, _ wanted: (Syscall) -> Bool
    ) -> Bool {
        var found = false
        for p in personalities {
            for (number, syscall) in SyscallTable.all(p) where wanted(syscall) {
                set.insert(number, p)
                found = true
            }
        }
        return found
    }

    /// Classes that go without the percent sign too.
    private static let bare: [Substring] = ["file", "process", "network", "signal", "ipc", "desc", "memory"]

    private static func classes(_ name: Substring, _ widenedFile: Bool) -> SyscallClasses? {
        if name.first == "%" {
            let wanted = name.dropFirst()
            return SyscallClasses.named.first { $0.name == wanted }?.value
        }
        guard bare.contains(name) else { return nil }
        if name == "file" && widenedFile { return [.file, .data] }
        return SyscallClasses.named.first { $0.name == name }?.value
    }
}

extension Personality {
    /// Whether this machine has it.
    public var exists: Bool {
        #if arch(x86_64)
        true
        #else
        self != .x32
        #endif
    }
}

/// A POSIX extended regular expression.
final class RegularExpression {
    private var compiled = regex_t()

    init(_ pattern: String) throws(TraceExpression.Failure) {
        var reason = [CChar](repeating: 0, count: 256)
        if clinux_regex_compile(&compiled, pattern, &reason, reason.count) != 0 {
            let end = reason.firstIndex(of: 0) ?? reason.endIndex
            let text = String(decoding: reason[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw .regularExpression(pattern: pattern, reason: text)
        }
    }

    deinit { regfree(&compiled) }

    func matches(_ s: String) -> Bool { regexec(&compiled, s, 0, nil, 0) == 0 }

    /// Where it matches in bytes that may hold anything; matches of nothing are none.
    func ranges(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return [] }
        var found: [Range<Int>] = [], from = 0
        while from < bytes.count {
            var match = regmatch_t(rm_so: regoff_t(from), rm_eo: regoff_t(bytes.count))
            guard regexec(&compiled, base, 1, &match, from == 0 ? REG_STARTEND : REG_STARTEND | REG_NOTBOL) == 0 else { break }
            let range = Int(match.rm_so)..<Int(match.rm_eo)
            if !range.isEmpty { found.append(range) }
            from = max(range.upperBound, from + 1)
        }
        return found
    }
}
