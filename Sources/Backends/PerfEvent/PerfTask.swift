import RenacerCore

/// What the backend remembers of a traced thread between records.
final class PerfTask {
    var tid: Int32
    let process: PerfProcess
    var pid: Int32 { process.pid }
    /// The call that it is in, or was in last.
    var call: Call
    var isInCall = false
    /// Sinks know it to be in that call.
    var isTold = false
    /// It was found in that call when it was attached to.
    var wasMetInCall = false
    /// It has yet to return from the call that made it.
    var isNewborn = false
    /// What of the program's process is shown before its exec: nothing, or that exec.
    var starting = Starting.no
    /// When it last executed a program; 0 if it has not.
    var executed: UInt64 = 0
    /// The signal by which it stops when it is back from its call; 0 if none.
    var stop: Int32 = 0
    /// Signals that came during the call and will not be delivered: they are told behind the call.
    var signalsBehind: [SentSignal] = []
    /// The number of the call that `restart_syscall` would go on with.
    var interruptedNumber = Call.unknownNumber
    /// As wait(2) tells it, from its own `exit`; nil if it has not called that.
    var ownStatus: Int32?
    /// The leader's end, known as such only when no other thread is left.
    var heldEnd: (time: UInt64, status: Int32)?
    /// That of the call it is in, or was in last, if stacks are recorded.
    var stack: CapturedStack?

    enum Starting { case no, waits, executes }

    init(tid: Int32, process: PerfProcess, memory: any TraceeMemory) {
        self.tid = tid
        self.process = process
        call = Call(number: 0, arguments: (0, 0, 0, 0, 0, 0), memory: memory)
    }
}

/// What threads have in common, as far as their end is concerned: no tracepoint tells a task's exit status.
final class PerfProcess {
    let pid: Int32
    /// The kernel tells nothing of its calls any more.
    var isUnseen = false
    /// Threads alive, the leader included.
    var threads = 0
    /// How all of its threads end, as wait(2) tells it; nil as long as nothing has happened that ends them.
    var endStatus: Int32?
    /// A signal that may end it at once, and whom it was sent to.
    var fatal: SentSignal?
    /// The thread that executes, which ends all others; 0 if none.
    var executing: Int32 = 0

    init(pid: Int32) { self.pid = pid }
}

/// A signal, as `signal_generate` tells it.
struct SentSignal {
    var number: Int32
    var error: Int32
    var code: Int32
    /// The thread that it is for.
    var target: Int32
    var isTold = false
}

/// What signals do by default. signal(7).
enum DefaultAction {
    case ends, dumpsCore, stops, none

    init(_ signal: Int32) {
        switch signal {
        // SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS.
        case 3...8, 11, 24, 25, 31: self = .dumpsCore
        // SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
        case 19...22: self = .stops
        // SIGCHLD, SIGCONT, SIGURG, SIGWINCH.
        case 17, 18, 23, 28: self = .none
        default: self = .ends
        }
    }
}
