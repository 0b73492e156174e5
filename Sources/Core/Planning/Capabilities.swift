/// Something a sink, a detector or a flag may need of a backend.
public enum Feature: String, Sendable, CaseIterable {
    case memory
    case enteredEvents = "entered events"
    case descriptorPaths = "descriptor paths"
    case signals
    case attach
    case follow = "follow forks"
    case systemWide = "system-wide"
    case injection
    case instructionPointer = "instruction pointer"
    case systemTime = "system time"
    case stacks
    case kernelFilter = "filter in the kernel"
    case kernelAggregation = "summary in the kernel"
    case lossless
    case ringSize = "size of the ring"
    case commands = "names of commands"
    case namespaces = "pid namespaces"
    case virtualCPUs = "virtual CPUs"
    case seccompFilter = "seccomp filter"
    case killOnExit = "kill on exit"
    case detachOnExecve = "detach on execve"
    case placement = "placement"
}

/// How well a backend can do something here, and why not better.
public struct Capability: Sendable, Equatable {
    public enum Fidelity: String, Sendable, Comparable {
        case unavailable = "no"
        case bestEffort = "best effort"
        case exact
        public static func < (a: Fidelity, b: Fidelity) -> Bool { a.rank < b.rank }
        private var rank: Int { self == .exact ? 2 : self == .bestEffort ? 1 : 0 }
    }
    public var fidelity: Fidelity
    /// Why it is not exact; empty if it is.
    public var reason: String

    public static let exact = Capability(fidelity: .exact, reason: "")
    public static func bestEffort(_ reason: String) -> Capability { .init(fidelity: .bestEffort, reason: reason) }
    public static func unavailable(_ reason: String) -> Capability { .init(fidelity: .unavailable, reason: reason) }
}

/// A backend's capability for every feature.
public struct Capabilities: Sendable {
    private var byFeature: [Feature: Capability]
    public init(_ byFeature: [Feature: Capability]) { self.byFeature = byFeature }
    public subscript(f: Feature) -> Capability { byFeature[f] ?? .unavailable("not offered by this backend") }
}

/// A need, and the flag that states it, for the line that refuses it.
public struct Requirement: Sendable {
    public var feature: Feature
    /// The flag or sink that needs it, as the user wrote it: `--inject`.
    public var origin: String
    public init(_ feature: Feature, origin: String) {
        self.feature = feature
        self.origin = origin
    }
}
