import CLinux
import Glibc
import RenacerCore
import RenacerOutput
import RenacerStraceText

/// Where a trace goes: opened before the program starts, closed after the trace's end.
final class TraceOutput {
    let selector: any OutputSelector
    /// For what is not a task's: the summary.
    let shared: any TextOutput
    let isTerminal: Bool
    /// Somebody may be watching, or others write there too.
    let isLive: Bool
    /// What all sinks share, to be closed after the last of them; -1 if it is not ours.
    private var descriptor: Int32 = -1
    private var name = ""
    /// The shell of `-o '|command'`, 0 if there is none.
    private(set) var reader: pid_t = 0

    init(_ output: PipelineConfiguration.Output) throws(UsageError) {
        switch output.destination {
        case .standardError:
            let file = FileOutput(descriptor: 2, name: "standard error", closes: false)
            selector = SingleOutput(file, isStandardError: true)
            shared = file
            isTerminal = isatty(2) != 0
            isLive = Self.isLive(2) || Self.isShared(2)
        case .standardOutput:
            let file = FileOutput(descriptor: 1, name: "standard output", closes: false)
            selector = SingleOutput(file, isStandardError: false)
            shared = file
            isTerminal = isatty(1) != 0
            isLive = Self.isLive(1)
        case .file(let path):
            let fd = try Self.open(path, appends: output.appends)
            let file = FileOutput(descriptor: fd, name: path, closes: false)
            descriptor = fd
            name = path
            selector = SingleOutput(file, isStandardError: false)
            shared = file
            isTerminal = isatty(fd) != 0
            isLive = Self.isLive(fd)
        case .filePerTask(let path):
            if path.utf8.count > 4083 { throw UsageError("\(path): \(String(cString: strerror(ENAMETOOLONG)))") }
            selector = FilePerTask(path, appends: output.appends)
            shared = FileOutput(descriptor: 2, name: "standard error", closes: false)
            isTerminal = false
            isLive = false
        case .command(let command):
            var fd: Int32 = -1
            reader = clinux_pipe_to(command, &fd)
            if reader < 0 { throw UsageError("\(command): \(String(cString: strerror(-reader)))") }
            let file = FileOutput(descriptor: fd, name: "| \(command)", closes: false)
            descriptor = fd
            name = "| \(command)"
            selector = SingleOutput(file, isStandardError: false)
            shared = file
            isTerminal = false
            isLive = true
        }
    }

    /// Tells how many lines the terminal has that the trace goes to; nil if it does not go to one.
    var terminalHeight: (@Sendable () -> Int)? {
        guard isTerminal else { return nil }
        let fd = descriptor < 0 ? 2 : descriptor
        return {
            var size = winsize()
            return ioctl(fd, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
        }
    }

    /// Closes the output and waits until the command that reads the trace has ended.
    ///
    /// - Returns: what went wrong, if the last bytes did not arrive.
    func finish() -> TraceError? {
        defer { if reader > 0 { _ = clinux_reap(reader) } }
        guard descriptor >= 0 else { return nil }
        let failed = Glibc.close(descriptor) != 0
        descriptor = -1
        return failed ? TraceError("\(name): \(String(cString: strerror(errno)))") : nil
    }

    /// A terminal, a pipe or a socket; not a file, and not `/dev/null`.
    private static func isLive(_ fd: Int32) -> Bool {
        var info = stat()
        if fstat(fd, &info) != 0 || isatty(fd) != 0 { return true }
        return [S_IFIFO, S_IFSOCK].contains(info.st_mode & S_IFMT)
    }

    /// Whether what the program itself writes to standard error goes to the same file.
    private static func isShared(_ fd: Int32) -> Bool {
        var info = stat()
        return fstat(fd, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
    }

    static func open(_ path: String, appends: Bool) throws(UsageError) -> Int32 {
        let mode = O_WRONLY | O_CREAT | O_CLOEXEC | (appends ? O_APPEND : O_TRUNC)
        var fd = Glibc.open(path, mode, 0o666)
        if fd < 0 { throw UsageError("Can't fopen '\(path)': \(String(cString: strerror(errno)))") }
        // Descriptors 0 to 2 belong to the program, closed ones too.
        if fd <= 2 {
            let high = fcntl(fd, F_DUPFD_CLOEXEC, 3)
            if high >= 0 {
                close(fd)
                fd = high
            }
        }
        return fd
    }
}

/// `FILE.PID` for each task (`-ff -o FILE`).
final class FilePerTask: OutputSelector {
    private let path: String
    private let appends: Bool
    private var files: [Int32: FileOutput] = [:]
    let isStandardError = false
    let isPerTask = true

    init(_ path: String, appends: Bool) {
        self.path = path
        self.appends = appends
    }

    func output(for tid: Int32) throws(TraceError) -> any TextOutput {
        if let file = files[tid] { return file }
        let name = "\(path).\(tid)"
        do throws(UsageError) {
            let file = FileOutput(descriptor: try TraceOutput.open(name, appends: appends), name: name, closes: true)
            files[tid] = file
            return file
        } catch {
            throw TraceError(error.message)
        }
    }

    func note(_ bytes: UnsafeRawBufferPointer) { _ = Glibc.write(2, bytes.baseAddress, bytes.count) }

    func forget(_ tid: Int32) {
        // An error on closing shows as a short file; the trace of other tasks goes on.
        try? files.removeValue(forKey: tid)?.close()
    }

    func close() throws(TraceError) {
        for file in files.values { try file.close() }
        files = [:]
    }
}
