/// What the parts of a line are coloured with: SGR codes, changed by a specification such
/// as `syscall=1;33:error=31`.
public struct ColorPalette: Sendable {
    public enum Role: String, CaseIterable, Sendable {
        case syscall, argname, argval, call, const, comment, punct, retval, error
    }

    /// SGR codes by role in the order of `Role.index`; `0` where a part keeps the terminal's colour.
    private var codes = ["33", "39", "35", "33", "34", "36", "0", "32", "31"]

    public init(_ specification: String = "") {
        guard !specification.isEmpty else { return }
        for part in specification.split(separator: ":") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let key = Self.trimmed(part[..<equals]).lowercased()
            let value = Self.trimmed(part[part.index(after: equals)...])
            guard let role = Role(rawValue: key), Self.isValid(value) else { continue }
            codes[role.index] = value
        }
    }

    private static func trimmed(_ s: Substring) -> String {
        String(s.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    /// Numbers of at most three digits between semicolons.
    private static func isValid(_ codes: String) -> Bool {
        codes.split(separator: ";", omittingEmptySubsequences: false).allSatisfy {
            (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    /// Starts a part; `end` must follow.
    public func begin(_ role: Role, in text: TextBuffer) {
        let code = codes[role.index]
        guard code != "0" else { return }
        text.append("\u{1b}[")
        text.append(code)
        text.append("m")
    }

    public func end(_ role: Role, in text: TextBuffer) {
        if codes[role.index] != "0" { text.append("\u{1b}[0m") }
    }
}

extension ColorPalette.Role {
    fileprivate var index: Int {
        switch self {
        case .syscall: 0
        case .argname: 1
        case .argval: 2
        case .call: 3
        case .const: 4
        case .comment: 5
        case .punct: 6
        case .retval: 7
        case .error: 8
        }
    }
}

extension TextBuffer {
    /// Columns that the bytes from `start` on take on a terminal: escape sequences take none.
    public func columns(from start: Int) -> Int {
        var columns = 0
        var inSequence = false
        for c in bytes[max(start, 0)...] {
            if inSequence {
                inSequence = c != 0x6d
            } else if c == 0x1b {
                inSequence = true
            } else {
                columns += 1
            }
        }
        return columns
    }
}
