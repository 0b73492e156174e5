// Places in programs as words, for sinks that have one column for them.

extension CodePlace {
    /// `src/main.rs:245`; `program(function+0x1d)` without debugging information.
    public var text: String {
        switch self {
        case .line(let line): return "\(line.shortFile):\(line.line)"
        case .symbol(let location):
            let name = location.symbol.map { "\($0)+" } ?? ""
            return "\(location.moduleName)(\(name)0x\(String(location.symbol == nil ? location.address : location.offset, radix: 16)))"
        }
    }

    public var function: String? {
        switch self {
        case .line(let line): line.function
        case .symbol(let location): location.symbol
        }
    }
}

extension CodeLocation {
    /// The function; of code without a symbol the file in brackets.
    public var functionText: String {
        guard let symbol else { return "[\(moduleName)]" }
        // Without the version that a library's symbol may have: `read@@GLIBC_2.2.5`.
        return symbol.utf8.firstIndex(of: 0x40).map { $0 > symbol.startIndex ? String(symbol[..<$0]) : symbol } ?? symbol
    }

    /// The functions here, the outermost first: those that were inlined into others stand behind them.
    public var functionTexts: [String] {
        let lines = lines
        guard lines.count > 1 else { return [functionText] }
        return [functionText] + lines.dropLast().reversed().map { $0.function ?? "?" }
    }
}

extension CallStack {
    /// The functions from the outermost to the innermost: a line of folded stacks without its semicolons.
    ///
    /// - Parameter inlined: functions that were inlined too.
    public func functions(inlined: Bool) -> [String] {
        frames.reversed().flatMap { frame in
            guard let frame else { return ["[unknown]"] }
            return inlined ? frame.functionTexts : [frame.functionText]
        }
    }

    /// A line for each frame, the innermost first, as stack traces are read: `function (file:line)`.
    ///
    /// - Parameter lines: with lines of source, and functions that were inlined.
    public func lines(_ withLines: Bool) -> [String] {
        frames.flatMap { frame -> [String] in
            guard let frame else { return ["[unknown]"] }
            let lines = withLines ? frame.lines : []
            let inlined = lines.dropLast().map { "\($0.function ?? "?") (\($0.shortFile):\($0.line)) [inlined]" }
            let place = lines.last.map { "\($0.shortFile):\($0.line)" } ?? "\(frame.moduleName)+0x\(String(frame.address, radix: 16))"
            return inlined + ["\(frame.functionText) (\(place))"]
        }
    }
}
