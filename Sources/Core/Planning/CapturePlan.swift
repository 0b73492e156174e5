/// What a backend is to capture, and of whom.
public struct CapturePlan: Sendable {
    public var target = Target()
    /// Calls to deliver; others need not be seen at all.
    public var syscalls: SyscallSet = .all
    /// Deliver `syscallEntered` too.
    public var entered = true
    /// Of which calls, if so.
    public var enteredCalls: SyscallSet = .all
    /// `-f`: follow children; `nil`-like off by default.
    public var followForks = false
    /// `-b execve`: let go of a task that executes.
    public var detachOnExecve = false
    /// Calls to change, delay or fail, in the order given.
    public var tampering: [TamperRule] = []
    /// Measure CPU time in the kernel per call (`-c` without `-w`).
    public var systemTime = false
    /// Read the instruction pointer (`-i`).
    public var instructionPointer = false
    /// Stacks are asked for while tasks are stopped.
    public var stacks = false
    /// `--syscall-limit`: detach from all after this many delivered calls.
    public var syscallLimit: UInt64?
    /// `--duration`: detach from all after this many nanoseconds.
    public var duration: UInt64?
    /// What sinks show of what is captured; nil: all of it. The rest is there for detectors.
    public var shown: Shown?
    /// Calls that any sink shows; others need not be delivered.
    public var selection = CallSelection()
    /// `--exact`: rather than lose events, the traced tasks wait.
    public var isExact = false
    /// Calls are counted, and need not be delivered; nil if somebody needs events.
    public var aggregation: Aggregation?
    public var memory = MemoryNeeds()
    /// Signals that are to be delivered.
    public var signals = SignalSet.all
    /// Commands of tasks are shown (`-Y`).
    public var commands = false
    /// What tasks are called in other pid namespaces, and which namespaces they are in, is shown.
    public var identities = false
    public var ptrace = PtraceOptions()
    public var bpf = BPFOptions()

    public init() {}

    /// What was asked to be shown, before detectors added to what is captured.
    public struct Shown: Sendable {
        public var syscalls: SyscallSet
        public var entered: Bool
        public var signals: SignalSet
        public var selection: CallSelection

        /// Whether an event is more than something that a detector wanted.
        @inline(__always)
        func admits(_ event: borrowing Event) -> Bool {
            switch event.body {
            case .syscallEntered(let call): entered && syscalls.contains(call)
            case .syscall(let call): syscalls.contains(call)
            case .signal(let signal): signals.contains(signal.number)
            default: true
            }
        }
    }

    /// Captures what detectors look at, too.
    ///
    /// - Parameter all: what they subscribed to; nothing if there are none.
    public mutating func add(_ all: [Subscription]) {
        guard !all.isEmpty else { return }
        shown = Shown(syscalls: syscalls, entered: entered, signals: signals, selection: selection)
        // Of what is shown all is needed that was; of the rest what a detector asks for.
        if !entered { enteredCalls = .none } else if !syscalls.isAll { enteredCalls = syscalls }
        if memory.isNeeded { memory.calls.formIntersection(syscalls) } else { memory.calls = .none }
        for wanted in all {
            syscalls.formUnion(wanted.syscalls)
            enteredCalls.formUnion(wanted.entered)
            memory.calls.formUnion(wanted.memory)
            entered = entered || !wanted.entered.isEmpty
            memory.isNeeded = memory.isNeeded || !wanted.memory.isEmpty
            if wanted.signals { signals = .all }
            stacks = stacks || wanted.stacks
            // A detector judges calls whatever came of them.
            selection = CallSelection()
        }
    }

    /// Whom to trace.
    public struct Target: Sendable {
        public var launch: Launch?
        /// `-p`: running processes, with all their threads.
        public var attach: [Int32] = []
        /// Tasks that nobody named.
        public var scope = Scope.named
        /// Processes that are never traced, with their children: readers of the trace.
        public var excluded: [Int32] = []
        public init() {}

        /// The program takes the place of the process that was started, which goes on tracing as a descendant of its own (`-D`).
        public var launchesDaemonized: Bool { launch.map { $0.daemonize != .no } ?? false }
    }

    /// Which tasks are traced besides those that are launched or attached to.
    public enum Scope: Sendable, Equatable {
        case named
        /// `--all`: every task of the system but the tracer.
        case all
        /// `--cgroup`: tasks in the cgroup of that id and those below, as they enter it.
        case cgroup(UInt64)
    }

    /// A program to start.
    public struct Launch: Sendable {
        /// The file to execute, already looked up in `PATH`.
        public var file: String
        public var arguments: [String]
        /// `NAME=VALUE` strings: the whole environment.
        public var environment: [String]
        /// `-u`: the identity to run as.
        public var user: User?
        /// `-D`: the traced program is renacer's parent, which is `self` (grandchild traces).
        public var daemonize: Daemonize = .no
        /// Descriptors that must not reach the program are close-on-exec already; these
        /// replace its standard ones (`nil`: inherited).
        public var standardOutput: Int32?

        public init(file: String, arguments: [String], environment: [String]) {
            self.file = file
            self.arguments = arguments
            self.environment = environment
        }

        public struct User: Sendable {
            public var name: String
            public var uid: UInt32
            public var gid: UInt32
            public init(name: String, uid: UInt32, gid: UInt32) {
                self.name = name
                self.uid = uid
                self.gid = gid
            }
        }

        /// `-D`, `-DD`, `-DDD`.
        public enum Daemonize: Int, Sendable { case no, grandchild, processGroup, session }
    }
}

/// What of the tracees' memory decoding will look at: backends that read it in the kernel
/// have to know beforehand.
public struct MemoryNeeds: Sendable {
    /// Whether anything is decoded at all.
    public var isNeeded = true
    /// Of which calls, if so.
    public var calls: SyscallSet = .all
    /// `--memory=live`: where memory does not come with events, it is read when they are consumed.
    public var isLive = false
    /// `-s`: the bytes of a string and elements of an array that are shown.
    public var stringLimit = 32
    /// Calls whose arrays are shown to their end.
    public var verbose: SyscallSet = .none
    /// Data that calls transfer is wanted in full (`-e read=`, `-e write=`).
    public var wholeBuffers = false
    /// What is wanted of the things that descriptors refer to.
    public var descriptors: DescriptorDetail = []
    public init() {}
}

/// Flags that mean something to the BPF backend only.
public struct BPFOptions: Sendable {
    /// `--ring-size`: bytes of the ring between kernel and renacer, a power of two.
    public var ringSize: Int?
    public init() {}
}

/// Flags that mean something to the ptrace backend only.
public struct PtraceOptions: Sendable {
    /// `--seccomp-bpf`, `--no-seccomp-bpf`, or neither.
    public enum Seccomp: Sendable { case automatic, always, never }
    /// `--placement=`.
    public enum Placement: String, Sendable, CaseIterable { case auto, off, pin }

    public var seccomp: Seccomp = .automatic
    public var placement: Placement = .auto
    /// `--kill-on-exit`: tracees die with the tracer.
    public var killOnExit = false
    /// `-I`: 1 no signals are blocked, 2 fatal ones while decoding, 3 always, 4 also SIGTSTP.
    public var interruptible: Int?
    /// `-d`: say what the backend does on stderr.
    public var debug = false
    public init() {}
}

/// `-e inject=SET[:…]`: what to do to calls.
public struct TamperRule: Sendable {
    public var syscalls: SyscallSet
    /// The value or `-errno` the call returns without being done.
    public var result: Result?
    /// Delivered on entry.
    public var signal: Int32?
    /// A call without side effects done instead.
    public var replacement: Int?
    /// Nanoseconds.
    public var delayEnter: UInt64?
    public var delayExit: UInt64?
    public var pokeEnter: [Poke] = []
    public var pokeExit: [Poke] = []
    public var when = When()

    public enum Result: Sendable, Equatable {
        case value(Int64)
        case error(Int32)
    }

    /// Bytes written to where argument `argument` (from 0) points.
    public struct Poke: Sendable {
        public var argument: Int
        public var bytes: [UInt8]
        public init(argument: Int, bytes: [UInt8]) {
            self.argument = argument
            self.bytes = bytes
        }
    }

    /// `when=FIRST[..LAST][+[STEP]]`, counted per task from 1.
    public struct When: Sendable, Equatable {
        public var first: UInt32 = 1
        public var last: UInt32 = .max
        public var step: UInt32 = 1
        public init() {}

        public func applies(_ n: UInt32) -> Bool {
            n >= first && n <= last && (step == 0 ? n == first : (n - first) % step == 0)
        }
    }

    public init(syscalls: SyscallSet) { self.syscalls = syscalls }
}
