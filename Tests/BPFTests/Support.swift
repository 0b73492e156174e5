import Foundation

/// The binary under test.
enum Renacer {
    /// `$RENACER`, or the one built beside the tests.
    static let path: String = {
        if let given = ProcessInfo.processInfo.environment["RENACER"], !given.isEmpty { return given }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("renacer").path
    }()

    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("renacer-bpf-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }()

    static func scratch() -> String { folder.appendingPathComponent(UUID().uuidString).path }

    /// `faults.c`, compiled.
    static let faults: String = {
        let program = scratch()
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("faults.c").path
        _ = try? Child(["/usr/bin/cc", "-O1", "-w", "-pthread", "-o", program, source]).end()
        return program
    }()

    /// Copies the binary. The copy was never open for writing here, or it could not be executed while a child
    /// that another test forks at that moment still has the descriptor (ETXTBSY).
    static func copy(to path: String) throws {
        guard try Child(["/bin/cp", Renacer.path, path]).end() == 0 else { throw POSIXError(.EIO) }
    }

    static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// BPF programs may be loaded here.
    static let mayLoad = geteuid() == 0
}

/// A process that the test starts, stops and waits for itself, with pipes to its standard
/// input and from its standard output; its standard error goes to a file.
final class Child {
    let pid: pid_t
    private let input: Int32
    private let output: Int32
    private let errorFile = Renacer.scratch()
    private var buffered: [UInt8] = []

    init(_ command: [String]) throws {
        var toChild: [Int32] = [-1, -1], fromChild: [Int32] = [-1, -1]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw POSIXError(.EMFILE) }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        // Worker threads of a test run block signals, and programs inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), strdup("LC_ALL=C"), nil]
        var pid: pid_t = 0
        let status = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, &environment)
        close(toChild[0])
        close(fromChild[1])
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
        self.pid = pid
        input = toChild[1]
        output = fromChild[0]
    }

    deinit {
        closeInput()
        close(output)
    }

    /// The next line of its standard output; nil at the end.
    func line() -> String? {
        while true {
            if let end = buffered.firstIndex(of: 10) {
                defer { buffered.removeFirst(end + 1) }
                return String(decoding: buffered[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let n = read(output, &chunk, chunk.count)
            if n <= 0 { return nil }
            buffered += chunk[..<n]
        }
    }

    func rest() -> [String] {
        var lines: [String] = []
        while let l = line() { lines.append(l) }
        return lines
    }

    func tell() { _ = write(input, "\n", 1) }
    private var isInputOpen = true
    func closeInput() {
        if isInputOpen { close(input) }
        isInputOpen = false
    }

    /// Stops it, and returns when it has stopped.
    func stop() {
        kill(pid, SIGSTOP)
        var status: Int32 = 0
        waitpid(pid, &status, WUNTRACED)
    }

    func goOn() { kill(pid, SIGCONT) }

    var errors: String { Renacer.text(errorFile) }

    /// Waits for its end: its status, or 128 and the signal.
    @discardableResult func end(closing: Bool = true) -> Int32 {
        if closing { closeInput() }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}

/// Looks again and again, for at most 20 seconds, whether something that nobody tells of has come about.
func comesAbout(_ condition: () -> Bool) -> Bool {
    let deadline = DispatchTime.now() + 20
    while DispatchTime.now() < deadline {
        if condition() { return true }
        sched_yield()
    }
    return false
}

/// The trace that one of the backends writes of a command.
func trace(_ options: [String], _ command: [String]) throws -> (text: String, status: Int32, errors: String) {
    let file = Renacer.scratch()
    let child = try Child([Renacer.path, "-o", file] + options + command)
    let status = child.end()
    return (Renacer.text(file), status, child.errors)
}
