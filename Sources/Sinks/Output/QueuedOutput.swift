import Glibc
import RenacerCore

/// An output that never waits: bytes go into a queue of bounded size, and a thread of their own writes them.
///
/// For destinations that may block - pipes, terminals, sockets: a reader that does not read holds up neither the
/// traced program nor the other sinks. What the queue could not take is refused to `offer`, or counted in lines.
/// The thread starts with the first bytes, because a backend may fork before.
public final class QueuedOutput: TextOutput {
    private let shared: Shared
    /// Lines that were not taken.
    public private(set) var lostLines: UInt64 = 0
    private var untoldLines: UInt64 = 0
    /// The next bytes belong to a line whose start was lost.
    private var isWithinLost = false
    private var endsLine = true

    /// What both threads touch, under its lock.
    private final class Shared: @unchecked Sendable {
        let descriptor: Int32
        let name: String
        let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        var chunks: [[UInt8]] = []
        /// Chunks before this one are written.
        var head = 0
        var bytes = 0
        var error: TraceError?
        var isClosing = false
        var thread: pthread_t?

        init(_ descriptor: Int32, _ name: String) {
            self.descriptor = descriptor
            self.name = name
            lock.initialize(to: pthread_mutex_t())
            changed.initialize(to: pthread_cond_t())
            pthread_mutex_init(lock, nil)
            pthread_cond_init(changed, nil)
        }

        deinit {
            pthread_cond_destroy(changed)
            pthread_mutex_destroy(lock)
            changed.deallocate()
            lock.deallocate()
        }

        /// Writes chunk by chunk until there is nothing left and nothing to come.
        func run() {
            let file = FileOutput(descriptor: descriptor, name: name, closes: false)
            while let chunk = next() {
                let failure: TraceError? = chunk.withUnsafeBytes { bytes in
                    do throws(TraceError) { try file.write(bytes) } catch { return error }
                    return nil
                }
                took(chunk.count, failure)
                if failure != nil { return }
            }
        }

        private func next() -> [UInt8]? {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            while head == chunks.count && !isClosing { pthread_cond_wait(changed, lock) }
            guard head < chunks.count else { return nil }
            let chunk = chunks[head]
            chunks[head] = []
            head += 1
            if head == chunks.count {
                chunks.removeAll(keepingCapacity: true)
                head = 0
            }
            return chunk
        }

        private func took(_ n: Int, _ failure: TraceError?) {
            pthread_mutex_lock(lock)
            bytes -= n
            error = failure
            if failure != nil {
                chunks = []
                head = 0
                bytes = 0
            }
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(lock)
        }

        func startThread() {
            // Signals are the tracer's.
            var all = sigset_t(), before = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, &before)
            var new = pthread_t()
            let context = Unmanaged.passRetained(self)
            let code = pthread_create(&new, nil, { context in
                guard let context else { return nil }
                Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
            pthread_sigmask(SIG_SETMASK, &before, nil)
            if code == 0 {
                thread = new
            } else {
                context.release()
                error = TraceError("\(name): no thread: \(String(cString: strerror(code)))")
            }
        }
    }

    private let limit: Int
    private let waits: Bool

    /// - Parameter limit: bytes that wait at most.
    /// - Parameter waits: rather than refuse bytes, make the caller wait (`--exact`).
    public init(descriptor: Int32, name: String, limit: Int, waits: Bool) {
        shared = Shared(descriptor, name)
        self.limit = limit
        self.waits = waits
    }

    /// The size of a queue unless an option says otherwise.
    public static let defaultLimit = 16 << 20

    public func offer(_ bytes: UnsafeRawBufferPointer) throws(TraceError) -> Bool { try enqueue(bytes, isForced: false) }

    public func force(_ bytes: UnsafeRawBufferPointer) throws(TraceError) { _ = try enqueue(bytes, isForced: true) }

    private func enqueue(_ bytes: UnsafeRawBufferPointer, isForced: Bool) throws(TraceError) -> Bool {
        pthread_mutex_lock(shared.lock)
        defer { pthread_mutex_unlock(shared.lock) }
        if shared.thread == nil, shared.error == nil { shared.startThread() }
        while waits, !isForced, shared.error == nil, shared.bytes > 0, shared.bytes + bytes.count > limit {
            pthread_cond_wait(shared.changed, shared.lock)
        }
        if let error = shared.error { throw error }
        guard isForced || shared.bytes == 0 || shared.bytes + bytes.count <= limit else { return false }
        guard !bytes.isEmpty else { return true }
        shared.chunks.append(Array(bytes))
        shared.bytes += bytes.count
        pthread_cond_signal(shared.changed)
        return true
    }

    // MARK: Lines

    /// Takes lines of text, of which a chunk may hold parts; what is lost is told in a line of its own.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
        var bytes = bytes
        if isWithinLost {
            guard let end = bytes.firstIndex(of: 0x0a) else { return }
            bytes = UnsafeRawBufferPointer(rebasing: bytes[(end + 1)...])
            isWithinLost = false
        }
        guard let last = bytes.last else { return }
        if untoldLines > 0 {
            guard try tellOfLostLines() else { return lose(bytes) }
            endsLine = true
        }
        guard try offer(bytes) else { return lose(bytes) }
        endsLine = last == 0x0a
    }

    private func tellOfLostLines() throws(TraceError) -> Bool {
        let text = TextBuffer(capacity: 128)
        if !endsLine { text.ascii("\n") }
        text.append("--- lost ")
        text.decimal(untoldLines)
        text.append(" lines: ")
        text.append(Loss.Cause.sinkTooSlow.rawValue)
        text.append(" ---\n")
        guard try offer(text.bytes) else { return false }
        untoldLines = 0
        endsLine = true
        return true
    }

    private func lose(_ bytes: UnsafeRawBufferPointer) {
        // A line of which a part is lost is lost.
        let lines = UInt64(bytes.count { $0 == 0x0a }) + (bytes.last == 0x0a ? 0 : 1)
        lostLines += lines
        untoldLines += lines
        isWithinLost = bytes.last != 0x0a
    }

    // MARK: End

    /// Says that nothing comes any more: what waits is written while others finish.
    public func beginClose() {
        pthread_mutex_lock(shared.lock)
        shared.isClosing = true
        pthread_cond_broadcast(shared.changed)
        pthread_mutex_unlock(shared.lock)
    }

    /// Waits until everything is written, as long as somebody reads.
    public func close() throws(TraceError) {
        if untoldLines > 0 { _ = try tellOfLostLines() }
        beginClose()
        if let thread = shared.thread {
            pthread_join(thread, nil)
            shared.thread = nil
        }
        if let error = shared.error { throw error }
    }
}
