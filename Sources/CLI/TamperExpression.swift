import RenacerCore

/// `-e inject=SET:ACTION…` and `-e fault=SET[:ACTION…]`.
enum TamperExpression {
    private static let longestPoke = 1024

    /// - Parameter fault: fails with `ENOSYS` unless told otherwise, and takes only
    ///   `error` and `when` and what goes with an error.
    static func parse(
        _ text: String, fault: Bool, set: (String) throws(UsageError) -> SyscallSet
    ) throws(UsageError) -> TamperRule {
        let invalid = UsageError("invalid \(fault ? "fault" : "inject") argument '\(text)'")
        let colon = text.firstIndex(of: ":")
        var rule = TamperRule(syscalls: try set(String(text[..<(colon ?? text.endIndex)])))
        var seen: Set<Substring> = []
        var acts = false
        let actions = colon.map { text[text.index(after: $0)...] } ?? ""
        for action in actions.split(separator: ":") {
            guard let equals = action.firstIndex(of: "=") else { throw invalid }
            let key = action[..<equals]
            let value = action[action.index(after: equals)...]
            if key != "when" && !seen.insert(key).inserted { throw invalid }
            if fault && !["error", "when", "syscall", "delay_enter", "delay_exit", "poke_enter", "poke_exit"].contains(key) {
                throw invalid
            }
            switch key {
            case "error":
                guard rule.result == nil, let e = errorNumber(value) else { throw invalid }
                rule.result = .error(e)
            case "retval":
                guard rule.result == nil, let v = integer(value) else { throw invalid }
                rule.result = .value(v)
            case "signal":
                guard let s = signalNumber(value, upTo: 64), s > 0 else { throw invalid }
                rule.signal = s
            case "syscall":
                guard let n = harmlessCall(value) else { throw invalid }
                rule.replacement = n
            case "delay_enter":
                guard let t = duration(value) else { throw invalid }
                rule.delayEnter = t
            case "delay_exit":
                guard let t = duration(value) else { throw invalid }
                rule.delayExit = t
            case "poke_enter":
                guard let p = pokes(value) else { throw invalid }
                rule.pokeEnter = p
            case "poke_exit":
                guard let p = pokes(value) else { throw invalid }
                rule.pokeExit = p
            case "when":
                guard let w = when(value) else { throw invalid }
                rule.when = w
            default: throw invalid
            }
            if key != "when" && key != "syscall" { acts = true }
        }
        if fault && rule.result == nil {
            rule.result = .error(38)
            acts = true
        }
        if !acts { throw invalid }
        return rule
    }

    /// A number as C writes it, in 64 bits.
    private static func integer(_ s: Substring) -> Int64? {
        var digits = s
        let negative = digits.first == "-"
        if negative || digits.first == "+" { digits = digits.dropFirst() }
        var radix = 10
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            radix = 16
            digits = digits.dropFirst(2)
        } else if digits.count > 1 && digits.first == "0" {
            radix = 8
        }
        guard let first = digits.first, first.isHexDigit, let v = UInt64(digits, radix: radix) else { return nil }
        let value = Int64(bitPattern: v)
        return negative ? 0 &- value : value
    }

    /// The number of a call without side effects.
    private static func harmlessCall(_ s: Substring) -> Int? {
        let number = decimal(s).map(Int.init)
        return SyscallTable.all(.native).first { n, call in
            call.classes.contains(.pure) && (number == n || call.name.description == s)
        }?.number
    }

    /// `@argN=HEX,…`
    private static func pokes(_ s: Substring) -> [TamperRule.Poke]? {
        var result: [TamperRule.Poke] = []
        for part in s.split(separator: ",") {
            guard part.hasPrefix("@arg") else { return nil }
            let rest = part.dropFirst(4)
            guard let digit = rest.first, let n = digit.wholeNumberValue, (1...7).contains(n) else { return nil }
            guard rest.dropFirst().first == "=" else { return nil }
            let hex = Array(rest.dropFirst(2).utf8)
            guard !hex.isEmpty, hex.count % 2 == 0, hex.count / 2 <= longestPoke else { return nil }
            var bytes: [UInt8] = []
            for i in stride(from: 0, to: hex.count, by: 2) {
                guard let high = nibble(hex[i]), let low = nibble(hex[i + 1]) else { return nil }
                bytes.append(high << 4 | low)
            }
            if result.contains(where: { $0.argument == n - 1 }) { return nil }
            result.append(.init(argument: n - 1, bytes: bytes))
        }
        return result.isEmpty ? nil : result
    }

    private static func nibble(_ c: UInt8) -> UInt8? {
        switch c {
        case 0x30...0x39: c - 0x30
        case 0x41...0x46: c - 0x41 + 10
        case 0x61...0x66: c - 0x61 + 10
        default: nil
        }
    }

    /// `FIRST[..LAST][+[STEP]]`
    private static func when(_ s: Substring) -> TamperRule.When? {
        var when = TamperRule.When()
        var range = s
        var repeats = false
        if let plus = s.firstIndex(of: "+") {
            range = s[..<plus]
            repeats = true
            let step = s[s.index(after: plus)...]
            if !step.isEmpty {
                guard let n = decimal(step, upTo: 65535), n > 0 else { return nil }
                when.step = UInt32(n)
            }
        }
        var first = range
        var last: Substring?
        if let dot = range.firstIndex(of: ".") {
            first = range[..<dot]
            let rest = range[range.index(after: dot)...]
            guard rest.first == "." else { return nil }
            last = rest.dropFirst()
        }
        guard let n = decimal(first, upTo: 65535), n > 0 else { return nil }
        when.first = UInt32(n)
        if let last {
            guard let m = decimal(last, upTo: 65534), m >= n else { return nil }
            when.last = UInt32(m)
        } else if !repeats {
            when.last = when.first
        }
        return when
    }
}
