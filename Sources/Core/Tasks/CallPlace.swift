/// Where in a program a call was made, as it was when the call began: an exec or a signal's death leaves nothing of it.
public struct CallPlace {
    /// nil unless stacks were asked for.
    public var stack: CallStack?
    /// The innermost line of the program's own; nil if there is none, or none was asked for.
    public var source: CodePlace?

    public init() {}

    /// Nothing was there when the call began: a program's first exec.
    public var isEmpty: Bool { stack?.frames.isEmpty != false && source == nil }

    public mutating func clear() {
        stack = nil
        source = nil
    }
}

/// Finds out where calls are made, as far as a sink shows it.
public struct PlaceFinder {
    /// What is shown.
    public struct Options: Sendable {
        /// `--source`: the innermost line of the program's own code.
        public var source = false
        /// `-k`: the stack.
        public var stack = false
        /// `-kk`: the stack with lines of source, functions that were inlined included.
        public var lines = false
        /// `--stack-trace-frame-limit`
        public var frameLimit = 256

        public init() {}
        /// Nothing is.
        public var isEmpty: Bool { !source && !stack }
    }

    public let stacks: any StackInspector
    public let options: Options

    public init(_ stacks: any StackInspector, _ options: Options) {
        self.stacks = stacks
        self.options = options
    }

    /// Asks while the call's memory is that of its beginning.
    public func find(_ tid: Int32, _ pid: Int32, _ call: Call) -> CallPlace {
        var place = CallPlace()
        if options.stack { place.stack = stacks.stack(of: tid, pid, at: call, limit: options.frameLimit) }
        if options.source { place.source = stacks.source(of: tid, pid, at: call) }
        return place
    }
}

extension CodeLocation {
    /// The file's name without its folders.
    public var moduleName: String {
        let path = module
        guard let slash = path.utf8.lastIndex(of: 0x2f) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }
}
