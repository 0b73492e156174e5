import CLinux
import RenacerCore
import RenacerRecording

/// Plays a recording: events come from a file, with the memory and the answers that decoding had when it was made.
public final class ReplayBackend: Backend {
    public let name: Name = "replay"
    public var inspector: any TaskInspector { answers }
    /// Knows the stacks that were recorded.
    public var stacks: any StackInspector { replayedStacks }
    public private(set) var account = Account()
    public var realtimeOffset: Int64? { reader.header.realtimeOffset }
    /// What the recording says of itself.
    public var header: RecordingHeader { reader.header }
    /// What its end says; nil if it is not there, or in no file.
    public let end: RecordingEnd?

    /// What is read, as the user knows it.
    private let path: String
    private let file: RecordingFile?
    private let reader: RecordingReader
    private let decoder: EventDecoder
    private let answers = ReplayInspector()
    private lazy var replayedStacks = ReplayedStacks(answers)
    private var plan = CapturePlan()
    private var tasks = ReplayedTasks()

    private let batch = Batch()
    private let information = SignalInformation()
    private var isInBlock = false
    private var isStopped = false
    /// Why the recording ends where it does, to be told behind the last events.
    private var failure: TraceError?
    private var isAtLimit = false
    private let noMemory = NoMemory()
    private static let batchSize = 256

    /// Opens a recording and reads its header.
    ///
    /// - Parameter path: `-` for standard input.
    public convenience init(_ path: String) throws(TraceError) {
        let file = try RecordingFile(path)
        try self.init(file, path, file)
    }

    /// Reads a recording's header from its bytes.
    public convenience init(_ source: any ByteSource, named path: String) throws(TraceError) { try self.init(source, path, nil) }

    private init(_ source: any ByteSource, _ path: String, _ file: RecordingFile?) throws(TraceError) {
        self.path = path
        self.file = file
        end = file?.readEnd()
        reader = RecordingReader(source)
        do throws(RecordingReader.Failure) { try reader.open() } catch { throw Self.explain(error, path) }
        decoder = EventDecoder(backend: Name(copying: String(reader.header.backend.prefix(64)))) { [answers] in answers.turn(toExit: $0) }
    }

    /// Whether a file that is about to be written is the one that is read.
    public func reads(_ path: String) -> Bool { file?.isFile(path) ?? false }

    // MARK: Life

    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        if let refusal = refusal(of: plan) { throw refusal }
        self.plan = plan
        tasks.followsChildren = plan.followForks
        tasks.keepsCalls = plan.syscallLimit != nil
    }

    public func start() throws(TraceError) { clinux_catch_signals(0, 0) }

    public func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery {
        batch.events.removeAll(keepingCapacity: true)
        decoder.reuseMemory()
        answers.advance()
        if let failure { throw failure }
        let signal = clinux_caught_signal()
        if signal != 0 { return .end(.killed(signal)) }
        if isStopped { return .end(nil) }
        if isAtLimit { return letGo() }
        while true {
            if !isInBlock, try !enterBlock() {
                conclude()
                return .end(nil)
            }
            gather()
            // What came before the damage is whole.
            if decoder.isDamaged { failure = Self.explain(.recording(.damagedBlock), path, reader.blocks - 1) }
            if !batch.events.isEmpty {
                account.delivered += UInt64(batch.events.count)
                return .events(batch)
            }
            if let failure { throw failure }
        }
    }

    public func endAtLimit() { isAtLimit = true }
    public func endAtDuration() { isAtLimit = true }

    public func stop() {
        isStopped = true
        clinux_release_signals()
    }

    /// - Returns: false behind the last block.
    private func enterBlock() throws(TraceError) -> Bool {
        do throws(RecordingReader.Failure) {
            guard let (header, payload) = try reader.next() else { return false }
            decoder.begin(header, payload)
            answers.forget()
            isInBlock = true
            return true
        } catch { throw Self.explain(error, path, reader.blocks) }
    }

    private func conclude() {
        isStopped = true
        guard let end = reader.end else { return }
        account.lost = end.account.lost
        account.imbalance = end.account.imbalance
    }

    /// Takes events up to an answer that is not for the first of them, or the end of the block.
    private func gather() {
        while batch.events.count < Self.batchSize {
            if !batch.events.isEmpty, decoder.isAtFact { return }
            switch decoder.next(batch) {
            case .end:
                isInBlock = false
                return
            case .fact(let question, let answer, let atExit): answers.note(question, answer, atExit: atExit)
            case .event:
                let last = batch.events.count - 1
                // Where it lies: a copy of an event takes as long as to look at it.
                let (isShown, isSignal) = batch.events.withUnsafeBufferPointer { (tasks.follow($0[last]) && admits($0[last]), Self.isSignal($0[last])) }
                if !isShown {
                    batch.events.removeLast()
                } else if isSignal, case .signal(var signal) = batch.events[last].body, let info = signal.info {
                    signal.info = information.complete(info, decoder.signalSize, last == 0)
                    batch.events[last].body = .signal(signal)
                }
                if answers.hasAnswersAtExit {
                    if !batch.events.isEmpty { return }
                    answers.advance()
                }
                // Beyond a limit nothing more is to be seen: it may be reached with any event.
                if plan.syscallLimit != nil, !batch.events.isEmpty { return }
            }
        }
    }

    private static func isSignal(_ event: borrowing Event) -> Bool { if case .signal = event.body { true } else { false } }

    private func admits(_ event: borrowing Event) -> Bool {
        switch event.body {
        case .syscallEntered(let call), .syscall(let call): plan.syscalls.contains(call)
        default: true
        }
    }

    /// Tells of the tasks that are let go of when the limit of calls is reached.
    private func letGo() -> Delivery {
        isStopped = true
        tasks.letGo(into: batch, noMemory)
        account.delivered += UInt64(batch.events.count)
        return batch.events.isEmpty ? .end(nil) : .events(batch)
    }
}
