import Glibc
import RenacerBPF
import RenacerCore
import RenacerPerfEvent
import RenacerPtrace

/// What happened to one task, in plain words.
struct Seen: Equatable {
    var tid: Int32
    var text: String
}

/// The backends that tests of all run on.
enum TestedBackend: CaseIterable {
    case ptrace, bpf, perfEvent

    func make() -> any Backend {
        switch self {
        case .ptrace: PtraceBackend()
        case .bpf: BPFBackend()
        case .perfEvent: PerfEventBackend()
        }
    }

    /// Those that can be used here; why others cannot stands in the test's output.
    static let available = allCases.filter { kind in
        let backend = kind.make()
        defer { backend.stop() }
        do {
            try backend.prepare(CapturePlan())
            return true
        } catch {
            print("tests of the \(backend.name) backend are left out: \(error)")
            return false
        }
    }
}

/// A trace that a test drives itself.
final class Trace {
    let backend: any Backend
    private(set) var seen: [Seen] = []
    private(set) var end: TraceeEnd?
    private(set) var isOver = false

    init(_ plan: CapturePlan, by kind: TestedBackend = .ptrace) throws {
        backend = kind.make()
        // Worker threads of a test run block signals, and programs inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        try backend.prepare(plan)
        try backend.start()
    }

    deinit { backend.stop() }

    /// Takes the next batch; false at the end.
    func step() throws -> Bool {
        switch try backend.nextBatch(deadline: nil) {
        case .nothing: break
        case .end(let end):
            self.end = end
            isOver = true
            return false
        case .events(let batch): for e in batch.events { seen.append(Seen(tid: e.tid, text: describe(e))) }
        }
        return true
    }

    /// Goes on until an event reads as `text`.
    func run(until text: String) throws {
        var from = seen.count
        while true {
            if seen[from...].contains(where: { $0.text == text }) { return }
            from = seen.count
            guard try step() else { return }
        }
    }

    func run() throws { while try step() {} }

    func count(_ text: String) -> Int { seen.count { $0.text == text } }
    func count(prefix: String) -> Int { seen.count { $0.text.hasPrefix(prefix) } }
}

func describe(_ e: Event) -> String {
    switch e.body {
    case .syscallEntered(let c): "\(name(c)):"
    case .syscall(let c): "\(name(c)) \(c.outcome)"
    case .signal(let s): s.isStop ? "stopped by \(s.number)" : "signal \(s.number)"
    case .process(let p): "\(p)"
    case .loss: "loss"
    }
}

private func name(_ c: Call) -> String { c.syscall?.name.description ?? "\(c.number)" }

func plan(_ file: String, _ arguments: [String] = []) -> CapturePlan {
    var plan = CapturePlan()
    plan.target.launch = .init(file: file, arguments: [file] + arguments, environment: ["PATH=/usr/bin:/bin"])
    return plan
}

func set(_ names: String...) -> SyscallSet {
    var s = SyscallSet()
    for (n, row) in SyscallTable.all(.native) where names.contains(row.name.description) { s.insert(n, .native) }
    return s
}

/// A C program built for a test; removed with it.
final class Program {
    let path: String
    private let directory: String

    init(_ source: String) throws {
        var template = Array("/tmp/renacer-test-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { b in
            guard let base = b.baseAddress, let made = mkdtemp(base) else { return "" }
            return String(cString: made)
        }
        path = directory + "/program"
        let file = path + ".c"
        let fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        _ = Array(("#define _GNU_SOURCE\n" + source).utf8).withUnsafeBytes { write(fd, $0.baseAddress, $0.count) }
        _ = close(fd)
        let status = run("/usr/bin/cc", ["-O1", "-w", "-pthread", "-o", path, file])
        guard status == 0 else { throw TraceError("cc: \(status)") }
    }

    deinit {
        unlink(path)
        unlink(path + ".c")
        rmdir(directory)
    }
}

/// Starts a program with its standard output on `output`.
func spawn(_ file: String, _ arguments: [String], output: Int32 = -1) -> pid_t {
    var argv: [UnsafeMutablePointer<CChar>?] = ([file] + arguments).map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
    defer { for p in argv + environment { free(p) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    if output >= 0 { posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    guard posix_spawn(&pid, file, &actions, &attributes, &argv, &environment) == 0 else { return -1 }
    return pid
}

@discardableResult
func run(_ file: String, _ arguments: [String]) -> Int32 {
    var status: Int32 = -1
    waitpid(spawn(file, arguments), &status, 0)
    return status
}

/// A pipe that programs do not inherit.
func closingPipe(_ ends: inout [Int32]) {
    pipe(&ends)
    for fd in ends { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
}

/// The built command, beside the test bundle.
let builtRenacer: String? = {
    var path = [CChar](repeating: 0, count: 4096)
    let n = readlink("/proc/self/exe", &path, 4095)
    guard n > 0 else { return nil }
    for directory in [String(cString: path), CommandLine.arguments.first ?? ""] {
        guard let slash = directory.lastIndex(of: "/") else { continue }
        let candidate = directory[..<slash] + "/renacer"
        if access(String(candidate), X_OK) == 0 { return String(candidate) }
    }
    return nil
}()
