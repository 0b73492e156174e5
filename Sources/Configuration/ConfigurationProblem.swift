/// Something wrong in a file that somebody wrote: where, what, and what to do.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// nil: the file as a whole.
    public let position: TOMLPosition?
    public let message: String

    public init(_ file: String, at position: TOMLPosition?, _ message: String) {
        self.file = file
        self.position = position
        self.message = message
    }

    /// `FILE:LINE:COLUMN: MESSAGE`
    public var description: String {
        position.map { "\(file):\($0.line):\($0.column): \(message)" } ?? "\(file): \(message)"
    }
}

/// All that is wrong with a file: as an error, never empty.
public struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    public let file: String
    public private(set) var all: [ConfigurationProblem] = []

    public init(_ file: String) { self.file = file }

    public init(_ file: String, at position: TOMLPosition?, _ message: String) {
        self.init(file)
        add(message, at: position)
    }

    public mutating func add(_ message: String, at position: TOMLPosition?) {
        all.append(ConfigurationProblem(file, at: position, message))
    }

    public var isEmpty: Bool { all.isEmpty }

    /// In the order of the document, a line for each.
    public var description: String { sorted.map(\.description).joined(separator: "\n") }

    public var sorted: [ConfigurationProblem] {
        let start = TOMLPosition(line: 0, column: 0)
        return all.enumerated().sorted { a, b in
            let (p, q) = (a.element.position ?? start, b.element.position ?? start)
            return p == q ? a.offset < b.offset : p < q
        }.map(\.element)
    }
}
