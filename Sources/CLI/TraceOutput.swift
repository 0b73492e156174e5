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
    /// What stands between its sink and a descriptor that may block; nil if bytes are written at once.
    private var queue: QueuedOutput?
    /// Where a sink's records are collected; it counts those that were not taken.
    private var records: RecordOutput?
    /// Counts for a sink that hands over records by itself.
    private var refused: (() -> UInt64)?
    /// The shell of `-o '|command'`, 0 if there is none.
    private(set) var reader: pid_t = 0

    /// A queue of so many bytes, in front of what may block.
    struct Queue {
        var limit = QueuedOutput.defaultLimit
        /// Wait for room rather than refuse bytes.
        var waits = false
    }

    /// - Parameter queue: nil: the trace waits for its reader, whoever that is.
    init(_ output: PipelineConfiguration.Output, queue wanted: Queue? = nil) throws(UsageError) {
        var queue: QueuedOutput?
        /// What writes to a descriptor.
        func writer(_ fd: Int32, _ name: String) -> any TextOutput {
            if let wanted, Self.mayBlock(fd) {
                let new = QueuedOutput(descriptor: fd, name: name, limit: wanted.limit, waits: wanted.waits)
                queue = new
                return new
            }
            return FileOutput(descriptor: fd, name: name, closes: false)
        }
        switch output.destination {
        case .standardError:
            let file = writer(2, "standard error")
            selector = SingleOutput(file, isStandardError: true)
            shared = file
            isTerminal = isatty(2) != 0
            isLive = Self.isLive(2) || Self.isShared(2)
        case .standardOutput:
            let file = writer(1, "standard output")
            selector = SingleOutput(file, isStandardError: false)
            shared = file
            isTerminal = isatty(1) != 0
            isLive = Self.isLive(1)
        case .file(let path):
            let fd = try Self.open(path, appends: output.appends)
            let file = writer(fd, path)
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
            let file = writer(fd, "| \(command)")
            descriptor = fd
            name = "| \(command)"
            selector = SingleOutput(file, isStandardError: false)
            shared = file
            isTerminal = false
            isLive = true
        }
        self.queue = queue
    }

    /// Tells how many lines and columns the terminal has that the trace goes to; nil if it does not go to one.
    var terminalSize: (@Sendable () -> (lines: Int, columns: Int))? {
        guard isTerminal else { return nil }
        let fd = descriptor < 0 ? 2 : descriptor
        return {
            var size = winsize()
            guard ioctl(fd, UInt(TIOCGWINSZ), &size) == 0 else { return (24, 80) }
            return (size.ws_row > 0 ? Int(size.ws_row) : 24, size.ws_col > 0 ? Int(size.ws_col) : 80)
        }
    }

    /// Where a sink that writes records writes them.
    func makeRecords() -> RecordOutput {
        let new = RecordOutput(shared, isLive: isLive)
        records = new
        return new
    }

    /// Has a sink tell how many events its records were that the queue could not take.
    func countLost(by count: @escaping () -> UInt64) { refused = count }

    /// What its queue could not take: events, or lines of text.
    var lost: (count: UInt64, what: String) {
        if let records { return (records.lost, "events") }
        if let refused { return (refused(), "events") }
        return (queue?.lostLines ?? 0, "lines")
    }

    /// Nothing more is written: what is queued goes out while other outputs finish.
    func beginFinish() { queue?.beginClose() }

    /// Closes the output and waits until its reader has taken everything, and a command that reads it has ended.
    ///
    /// - Returns: what went wrong, if the last bytes did not arrive.
    func finish() -> TraceError? {
        var failure: TraceError?
        do throws(TraceError) { try queue?.close() } catch { failure = error }
        defer {
            if reader > 0 { _ = clinux_reap(reader) }
            reader = 0
        }
        guard descriptor >= 0 else { return failure }
        let failed = Glibc.close(descriptor) != 0
        descriptor = -1
        return failure ?? (failed ? TraceError("\(name): \(String(cString: strerror(errno)))") : nil)
    }

    /// Whether a write may wait for somebody: not to a file or a device such as `/dev/null`.
    private static func mayBlock(_ fd: Int32) -> Bool {
        var info = stat()
        if fstat(fd, &info) != 0 || isatty(fd) != 0 { return true }
        return [S_IFIFO, S_IFSOCK].contains(info.st_mode & S_IFMT)
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
