/// What the parts of a line are coloured with: SGR codes, changed by a specification such
/// as `syscall=1;33:error=31`.
public struct ColorPalette: Sendable {
    public enum Role: String, CaseIterable, Sendable {
        case syscall, argname, argval, call, const, comment, punct, retval, error
    }

    /// Escape sequences by role; empty where a part keeps the terminal's colour.
    private var sequences: [[UInt8]]
    private static let reset: StaticString = "\u{1b}[0m"

    public init(_ specification: String = "") {
        let defaults: [Role: String] = [
            .syscall: "33", .argname: "39", .argval: "35", .call: "33", .const: "34", .comment: "36", .punct: "0",
            .retval: "32", .error: "31",
        ]
        sequences = Role.allCases.map { Self.sequence(defaults[$0] ?? "0") }
        for part in specification.split(separator: ":") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let key = Self.trimmed(part[..<equals]).lowercased()
            let codes = Self.trimmed(part[part.index(after: equals)...])
            guard let role = Role(rawValue: key), Self.isValid(codes) else { continue }
            sequences[role.index] = Self.sequence(codes)
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

    private static func sequence(_ codes: String) -> [UInt8] {
        codes == "0" ? [] : Array("\u{1b}[\(codes)m".utf8)
    }

    /// Starts a part; `end` must follow.
    public func begin(_ role: Role, in text: TextBuffer) {
        sequences[role.index].withUnsafeBytes { text.append($0) }
    }

    public func end(_ role: Role, in text: TextBuffer) {
        if !sequences[role.index].isEmpty { text.append(Self.reset) }
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
