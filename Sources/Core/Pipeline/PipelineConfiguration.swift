/// Everything about a trace but the looks of its output: what flags and configuration
/// files come down to, and what a pipeline is built from.
public struct PipelineConfiguration: Sendable {
    public var plan = CapturePlan()
    /// `--backend`: its name, nil for the cheapest that satisfies the plan.
    public var backend: String?
    /// `-P`, `-e trace-fds=`: what a call must touch to be shown.
    public var access = AccessSelection()
    public var output = Output()

    public init() {}

    /// Where the trace is written.
    public struct Output: Sendable {
        public enum Destination: Sendable, Equatable {
            case standardError
            case standardOutput
            case file(String)
            /// `FILE.PID`, a file for each task.
            case filePerTask(String)
            /// The input of a shell command.
            case command(String)
        }

        public var destination: Destination = .standardError
        /// Add to files rather than replace them.
        public var appends = false
        public init() {}
    }
}

/// Calls chosen by what they touch: one of these paths or one of these descriptors.
public struct AccessSelection: Sendable {
    public var paths: [String] = []
    public var descriptors: DescriptorSet?
    public init() {}

    public var isEmpty: Bool { paths.isEmpty && descriptors == nil }
}
