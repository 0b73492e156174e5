import Glibc

/// What is shown in place of strings that nobody should see, and of names.
public final class Replacements: @unchecked Sendable {
    // Nothing changes after `init` but compiled expressions' own scratch, on the pipeline's thread.

    /// Strings that match are hidden where they do.
    private let patterns: [RegularExpression]
    /// Globs: calls that touch such a path show no string but that path.
    let paths: [String]
    /// Stands in place of what is hidden.
    let mark: [UInt8]
    /// Fields and arguments by other names.
    let fields: [Name: Name]

    /// - Parameters:
    ///   - patterns: POSIX extended regular expressions.
    ///   - paths: globs as fnmatch(3) has them; `*` matches `/` too.
    ///   - mark: stands in place of what is hidden.
    ///   - fields: new names of fields and arguments, by their own.
    public init(patterns: [String] = [], paths: [String] = [], mark: String = "[redacted]", fields: [String: String] = [:]) throws(TraceExpression.Failure) {
        var compiled: [RegularExpression] = []
        for pattern in patterns { compiled.append(try RegularExpression(pattern)) }
        self.patterns = compiled
        self.paths = paths
        self.mark = Array(mark.utf8)
        self.fields = Dictionary(uniqueKeysWithValues: fields.map { (Name(copying: $0.key), Name(copying: $0.value)) })
    }

    private init(_ other: Replacements, fields: [String: String]) {
        patterns = other.patterns
        paths = other.paths
        mark = other.mark
        self.fields = Dictionary(uniqueKeysWithValues: fields.map { (Name(copying: $0.key), Name(copying: $0.value)) })
    }

    /// The same, and fields by other names.
    public func renaming(_ fields: [String: String]) -> Replacements { Replacements(self, fields: fields) }

    /// Whether any string is hidden.
    public var hides: Bool { !patterns.isEmpty || !paths.isEmpty }

    /// How much more of a string is looked at than is shown: a secret may be cut off.
    public static let lookahead = 256

    /// `bytes` with the mark where a pattern matches; nil if none does.
    ///
    /// - Parameter shown: how many of them are shown: matches that reach behind count.
    func replaced(_ bytes: UnsafeRawBufferPointer, shown: Int) -> [UInt8]? {
        var hidden: [Range<Int>] = []
        for pattern in patterns { hidden += pattern.ranges(in: bytes) }
        hidden = hidden.filter { $0.lowerBound < shown }.sorted { $0.lowerBound < $1.lowerBound }
        guard !hidden.isEmpty else { return nil }
        var result: [UInt8] = [], at = 0
        for range in hidden {
            if range.lowerBound >= at {
                result += bytes[at..<range.lowerBound]
                result += mark
            }
            at = max(at, range.upperBound)
        }
        if at < shown { result += bytes[at..<shown] }
        return result
    }

    /// `text` as anybody may see it.
    public func apply(_ text: String) -> String {
        var copy = text
        return copy.withUTF8 { raw in
            let bytes = UnsafeRawBufferPointer(raw)
            return replaced(bytes, shown: bytes.count).map { String(decoding: $0, as: UTF8.self) }
        } ?? text
    }

    func matchesPath(_ bytes: some Collection<UInt8>) -> Bool {
        guard !paths.isEmpty else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        return paths.contains { fnmatch($0, text, 0) == 0 }
    }
}

extension Finding {
    /// The finding without what nobody should see.
    public func applying(_ replacements: Replacements) -> Finding {
        var result = self
        result.title = replacements.apply(title)
        result.reason = replacements.apply(reason)
        result.advice = replacements.apply(advice)
        for i in evidence.indices {
            if case .text(let text) = evidence[i].value { result.evidence[i].value = .text(replacements.apply(text)) }
        }
        return result
    }
}
