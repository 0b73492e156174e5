import CCurl
import CLinux
import Glibc
import RenacerCore
import RenacerProtobuf

/// Sends batches on a thread of its own, so that a slow collector stops nobody.
///
/// Items are encoded where they come from, into the batch that is open; full batches, and after a while others,
/// queue up for the thread. What finds the queue full is dropped and counted, or waits if the trace is to be exact.
final class Exporter: @unchecked Sendable {
    let options: OTLPOptions
    private let report: @Sendable (String) -> Void

    // Guarded by `monitor`.
    private let monitor = Monitor()
    private var open: [Batch?]
    private var queues: [[Batch]]
    private var spare: [Batch] = []
    /// Bytes in queues and under way.
    private var waitingBytes = 0
    private var tallies = [Tally](repeating: Tally(), count: OTLPOptions.Signal.allCases.count)
    /// The collector has taken nothing for `options.timeout` while an exact trace waited for it.
    private var isAway = false
    /// When sending has to be over; nil while the trace goes on.
    private var deadline: UInt64?

    // The tracer's thread's.
    private var thread: pthread_t?
    private var pool: OpaquePointer?

    /// Bytes of a batch that is full: collectors take 4 MiB at most, and small ones are sooner there.
    static let batchLimit = 256 << 10
    /// Nanoseconds that an item waits for others at most.
    private static let linger: UInt64 = 1_000_000_000

    /// What became of the items of a signal.
    struct Tally {
        var delivered: UInt64 = 0
        /// Found the queue full.
        var dropped: UInt64 = 0
        /// The collector would not have them, or did not answer in time.
        var refused: UInt64 = 0
        /// Why, as last told.
        var message = ""

        var undelivered: UInt64 { dropped + refused }
    }

    init(_ options: OTLPOptions, report: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.report = report
        open = OTLPOptions.Signal.allCases.map { _ in nil }
        queues = OTLPOptions.Signal.allCases.map { _ in [] }
        clinux_remember_cpus()
    }

    /// Loads what sending needs: what is missing is said before the program starts.
    func prepare() throws(TraceError) {
        if let reason = ccurl_load() { throw TraceError("otlp: \(String(cString: reason))") }
        if options.endpoints.contains(where: { $0?.compresses == true }), let reason = cgzip_load() {
            throw TraceError("otlp: compression=gzip: \(String(cString: reason))")
        }
    }

    // MARK: The tracer's side

    /// Encodes an item into the open batch of its signal; nothing if that signal is not sent.
    func add(_ signal: OTLPOptions.Signal, _ encode: (ProtobufWriter) -> Void) {
        guard options[signal] != nil else { return }
        if thread == nil { startThread() }
        let s = signal.rawValue
        monitor.lock()
        let batch: Batch
        if let b = open[s] {
            batch = b
        } else {
            batch = spare.firstIndex { $0.signal == signal }.map { spare.remove(at: $0) } ?? Batch(
                signal, resource: options.resource, version: options.version)
            open[s] = batch
        }
        encode(batch.writer)
        batch.items += 1
        let isFull = batch.count >= Self.batchLimit, isFirst = batch.items == 1
        if isFirst { batch.since = clinux_monotonic_ns() }
        if isFull { close(s, batch) }
        monitor.unlock()
        if isFull || isFirst { wake() }
    }

    private func wake() {
        if let pool { ccurl_wake(pool) }
    }

    /// Whether the queue takes a batch: an empty one takes any.
    private func hasRoom(for batch: Batch) -> Bool { waitingBytes == 0 || waitingBytes + batch.count <= options.queueLimit }

    /// Puts the open batch of a signal into its queue, which has room for it.
    private func enqueue(_ s: Int, _ batch: Batch) {
        open[s] = nil
        batch.seal()
        waitingBytes += batch.count
        queues[s].append(batch)
    }

    /// Puts an open batch that is full into its queue. If that has no room the tracer waits, where all is to arrive; otherwise what
    /// is in the batch is lost.
    private func close(_ s: Int, _ batch: Batch) {
        while options.isExact, !isAway, open[s] === batch, !hasRoom(for: batch) {
            // A collector that is away for that long does not stop the program for ever.
            isAway = !monitor.wait(until: clinux_monotonic_ns() + options.timeout)
        }
        // The exporter's thread may have taken it meanwhile.
        guard open[s] === batch else { return }
        if hasRoom(for: batch) { return enqueue(s, batch) }
        tallies[s].dropped += UInt64(batch.items)
        batch.reset()
    }

    /// Started with the first item: a tracer may fork before that.
    private func startThread() {
        if pool == nil { pool = ccurl_pool_new() }
        var all = sigset_t(), before = sigset_t()
        sigfillset(&all)
        // Signals are the tracer's.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var new = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failed = pthread_create(&new, nil, { context in
            if let context { Unmanaged<Exporter>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if failed == 0 { thread = new } else { context.release() }
    }

    /// Sends what is left, for as long as `options.timeout` allows.
    ///
    /// - Returns: what became of everything, by signal.
    func finish() -> [Tally] {
        monitor.locked { deadline = clinux_monotonic_ns() + options.timeout }
        if let thread {
            wake()
            pthread_join(thread, nil)
            self.thread = nil
        }
        return monitor.locked {
            // There was no thread to send them.
            for (s, batch) in open.enumerated() { if let batch { tallies[s].refused += UInt64(batch.items) } }
            for (s, batches) in queues.enumerated() { for batch in batches { tallies[s].refused += UInt64(batch.items) } }
            queues = queues.map { _ in [] }
            return tallies
        }
    }

    // MARK: The exporter's thread

    private func run() {
        // The tracer may keep to one CPU with the program that it stops.
        clinux_use_remembered_cpus()
        guard let pool else { return }
        let lines = OTLPOptions.Signal.allCases.compactMap { signal in
            options[signal].map { ExportLine(signal, $0, pool) }
        }
        var hasToldOfWaiting = false
        while true {
            let now = clinux_monotonic_ns()
            let (isOver, end, next) = takeWork(lines, now)
            if isOver { break }
            if let end, !hasToldOfWaiting, let line = lines.first(where: { $0.failures > 0 }) {
                hasToldOfWaiting = true
                report("otlp: \(line.endpoint.url): \(line.message); trying for \((end - min(now, end)) / 1_000_000_000 + 1) s more (--otlp-timeout)")
            }
            let timeout = Int32(min(max(next, now) - now, 10_000_000_000) / 1_000_000 + 1)
            guard let done = ccurl_run(pool, timeout), let line = lines.first(where: { $0.owns(done) }) else { continue }
            settle(line, done)
        }
        monitor.locked {
            for line in lines {
                for batch in line.giveUp() + queues[line.signal.rawValue] { count(refused: batch, line.message.isEmpty ? "no answer in time" : line.message) }
                queues[line.signal.rawValue] = []
            }
            monitor.signal()
        }
        for line in lines { line.close() }
        ccurl_pool_free(pool)
    }

    /// Hands batches to lines that can send.
    ///
    /// - Returns: whether all is over, when it has to be, and when to look again.
    private func takeWork(_ lines: [ExportLine], _ now: UInt64) -> (isOver: Bool, end: UInt64?, next: UInt64) {
        var next = now + 10_000_000_000
        var work: [(ExportLine, Batch)] = []
        monitor.lock()
        let end = deadline
        var isIdle = true
        for line in lines {
            let s = line.signal.rawValue
            if let batch = open[s], batch.items > 0 {
                let due = end == nil ? batch.since + Self.linger : now
                // Without room it stays open until something has been answered.
                if now < due { next = min(next, due) } else if hasRoom(for: batch) { enqueue(s, batch) } else { isIdle = false }
            }
            while line.canSend(at: now, planned: work.lazy.filter { $0.0 === line }.count) {
                if let batch = line.takeReturned() {
                    work.append((line, batch))
                } else if !queues[s].isEmpty {
                    work.append((line, queues[s].removeFirst()))
                } else {
                    break
                }
            }
            if line.hasWork || !queues[s].isEmpty { isIdle = false }
            if line.pausedUntil > now { next = min(next, line.pausedUntil) }
        }
        monitor.unlock()
        if let end {
            if work.isEmpty && isIdle || now >= end {
                for (line, batch) in work { line.putBack(batch) }
                return (true, end, next)
            }
            next = min(next, end)
        }
        for (line, batch) in work {
            let left = end.map { min(line.endpoint.timeout, $0 - now) } ?? line.endpoint.timeout
            if !line.send(batch, timeout: left) { line.putBack(batch) }
        }
        return (false, end, next)
    }

    /// Judges an answer.
    private func settle(_ line: ExportLine, _ done: OpaquePointer) {
        guard let batch = line.batch(of: done) else { return }
        let answer = Answer(ccurl_answer_of(done), line.endpoint.transport)
        line.note(answer, batch, at: clinux_monotonic_ns())
        monitor.locked {
            switch answer {
            case .retry: return
            case .taken(let rejected, let message):
                let s = line.signal.rawValue
                let refused = min(rejected, UInt64(batch.items))
                tallies[s].delivered += UInt64(batch.items) - refused
                tallies[s].refused += refused
                if !message.isEmpty { tallies[s].message = message }
                isAway = false
                waitingBytes -= batch.count
                recycle(batch)
            case .refused(let message): count(refused: batch, message)
            }
            monitor.signal()
        }
    }

    private func count(refused batch: Batch, _ message: String) {
        tallies[batch.signal.rawValue].refused += UInt64(batch.items)
        tallies[batch.signal.rawValue].message = message
        waitingBytes -= batch.count
        recycle(batch)
    }

    private func recycle(_ batch: Batch) {
        guard spare.count < 8, batch.count < Self.batchLimit * 2 else { return }
        batch.reset()
        spare.append(batch)
    }
}
