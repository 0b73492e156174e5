import RenacerCore

/// Makes events into calls with the stack that led to each and the time it took; nothing of them is decoded. Samples of
/// what tasks did on a CPU are told of in between.
final class TimedCalls {
    private let places: PlaceFinder
    private let selection: CallSelection
    private let inspector: any TaskInspector
    private var tasks: [Int32: TimedTask] = [:]
    private var lastTime: UInt64 = 0
    private let scratch = TextBuffer(capacity: 64)
    private let profile: Profile?
    private var tell: ((TimedSample) -> Void)?

    /// What tasks do on a CPU, if it is sampled.
    struct Profile {
        var samples: any SampleSource
        /// Children and threads are traced: whoever is sampled is.
        var takesAll: Bool
    }

    init(_ places: PlaceFinder, _ selection: CallSelection, _ inspector: any TaskInspector, profile: Profile?) {
        self.places = places
        self.selection = selection
        self.inspector = inspector
        self.profile = profile
    }

    // MARK: Samples

    /// Has every sample of a traced task told to `body`, but for those within a call that is shown: they come with it.
    func subscribe(_ body: @escaping (TimedSample) -> Void) {
        tell = body
        profile?.samples.subscribe { [weak self] in self?.take($0) }
    }

    /// Nothing happens: samples that were taken meanwhile are looked at.
    func idle() { profile?.samples.advance(to: .max) }

    /// Those that nobody will see.
    var lostSamples: UInt64? { profile?.samples.lost }

    private func take(_ sample: CPUSample) {
        guard let made = made(sample) else { return }
        // Whether that was in a call is known when one has ended.
        guard made.isInKernel else {
            tell?(made)
            return
        }
        let task = task(sample.tid, sample.pid)
        task.waiting.append((sample.place.enterTime, made))
        if task.waiting.count > Self.mostWaiting { release(task, before: task.waiting[Self.mostWaiting / 2].time) }
    }

    /// As many as a minute in the kernel has.
    private static let mostWaiting = 1 << 16

    /// Tells of samples that were in no call.
    private func release(_ task: TimedTask, before time: UInt64 = .max) {
        let rest = task.waiting.firstIndex { $0.time >= time } ?? task.waiting.count
        for (_, sample) in task.waiting[..<rest] { tell?(sample) }
        task.waiting.removeFirst(rest)
    }

    /// Samples of a call that has ended, each with the kernel's part of its stack.
    private func samples(_ task: TimedTask, from start: UInt64, to end: UInt64) -> [TimedSample] {
        release(task, before: start)
        let count = task.waiting.firstIndex { $0.time > end } ?? task.waiting.count
        let result = task.waiting[..<count].map(\.sample.kernelPart)
        task.waiting.removeFirst(count)
        return result
    }

    /// Nothing comes any more: no sample waits for the end of a call.
    func flush() { tasks.values.sorted { $0.tid < $1.tid }.forEach { release($0) } }

    private func made(_ sample: CPUSample) -> TimedSample? {
        guard let profile, profile.takesAll || tasks[sample.tid] != nil else { return nil }
        let task = task(sample.tid, sample.pid)
        return TimedSample(
            stack: places.stacks.stack(of: sample.tid, sample.pid, at: sample.place, limit: places.options.frameLimit), command: task.command,
            weight: sample.weight)
    }

    // MARK: Calls

    /// - Returns: the call that ended by the event.
    func consume(_ event: borrowing Event) -> TimedCall? {
        lastTime = max(lastTime, event.time)
        profile?.samples.advance(to: event.time)
        switch event.body {
        case .syscallEntered(let call):
            let task = task(event.tid, event.pid)
            begin(call, task, event.time)
            return nil
        case .syscall(let call):
            let task = task(event.tid, event.pid)
            defer { task.isInCall = false }
            guard selection.admits(call, at: event.time), call.outcome != .detached || task.isInCall || call.enterTime != 0 else { return nil }
            if !task.isInCall { begin(call, task, call.enterTime) }
            // The program's first exec began where there was no program yet.
            if task.stack.frames.isEmpty, call.outcome != .unfinished { take(task, call) }
            let start = call.enterTime != 0 ? call.enterTime : task.start
            return made(task, start: start, end: call.exitTime == 0 ? event.time : call.exitTime)
        case .process(let change): return process(change, event)
        case .signal, .loss: return nil
        }
    }

    /// A call that is under way at the end of the trace: the next, nil if there is none left.
    func nextUnfinished() -> TimedCall? {
        guard selection.outcomes.contains(.unfinished) else { return nil }
        guard let task = tasks.values.filter(\.isInCall).min(by: { ($0.start, $0.tid) < ($1.start, $1.tid) }) else { return nil }
        return abandon(task)
    }

    private func begin(_ call: Call, _ task: TimedTask, _ time: UInt64) {
        task.isInCall = true
        task.start = time
        task.number = call.number
        task.personality = call.personality
        task.classes = call.classes ?? []
        take(task, call)
    }

    private func take(_ task: TimedTask, _ call: Call) {
        task.stack = places.stacks.stack(of: task.tid, task.pid, at: call, limit: places.options.frameLimit)
    }

    private func made(_ task: TimedTask, start: UInt64, end: UInt64) -> TimedCall {
        var call = TimedCall(
            number: task.number, personality: task.personality, classes: task.classes, stack: task.stack, command: task.command,
            duration: start > 0 && end > start ? end - start : 0)
        if !task.waiting.isEmpty { call.samples = samples(task, from: start, to: end) }
        return call
    }

    private func abandon(_ task: TimedTask) -> TimedCall? {
        guard task.isInCall else { return nil }
        task.isInCall = false
        guard selection.outcomes.contains(.unfinished), lastTime >= task.start, lastTime - task.start >= selection.minimumDuration else { return nil }
        return made(task, start: task.start, end: lastTime)
    }

    private func letGo(_ task: TimedTask) -> TimedCall? {
        let call = abandon(task)
        release(task)
        return call
    }

    private func process(_ change: ProcessEvent, _ event: borrowing Event) -> TimedCall? {
        switch change {
        case .exited, .killed, .detached, .strayDetached, .strayExited:
            return tasks.removeValue(forKey: event.tid).flatMap(letGo)
        case .executed, .attached: readCommand(task(event.tid, event.pid))
        case .superseded(let by):
            let former = tasks.removeValue(forKey: event.tid)
            if let successor = tasks.removeValue(forKey: by) {
                successor.tid = event.tid
                tasks[event.tid] = successor
            }
            return former.flatMap(letGo)
        case .forked: break
        }
        return nil
    }

    private func task(_ tid: Int32, _ pid: Int32) -> TimedTask {
        if let known = tasks[tid] { return known }
        let new = TimedTask(tid: tid, pid: pid)
        tasks[tid] = new
        readCommand(new)
        return new
    }

    private func readCommand(_ task: TimedTask) {
        scratch.truncate(to: 0)
        if inspector.command(of: task.tid, into: scratch) { task.command = String(decoding: scratch.bytes, as: UTF8.self) }
    }
}

private final class TimedTask {
    var tid: Int32
    let pid: Int32
    var command = "?"
    var isInCall = false
    var start: UInt64 = 0
    var number = Call.unknownNumber
    var personality = Personality.native
    var classes: SyscallClasses = []
    var stack = CallStack()
    /// Samples in the kernel, in order of time.
    var waiting: [(time: UInt64, sample: TimedSample)] = []

    init(tid: Int32, pid: Int32) {
        self.tid = tid
        self.pid = pid
    }
}

/// A moment of a task on a CPU.
struct TimedSample {
    var stack: CallStack
    /// The task's `comm`.
    var command: String
    /// The time that it stands for, ns.
    var weight: UInt64
    /// What stands at the end of its stack, where a call has its name.
    static let name = "[on CPU]"

    var isInKernel: Bool { stack.frames.first??.isKernel == true }

    /// Without the program's frames, which are those of the call that it is a sample of.
    var kernelPart: TimedSample {
        var part = self
        part.stack.frames = Array(stack.frames.prefix { $0?.isKernel == true })
        return part
    }
}

/// A call, who made it, and how long it took.
struct TimedCall {
    var number: Int
    var personality: Personality
    var classes: SyscallClasses
    var stack: CallStack
    /// The task's `comm`.
    var command: String
    /// ns; of a call that did not end, to the end of its task or the trace.
    var duration: UInt64
    /// Where in the kernel it was seen on a CPU.
    var samples: [TimedSample] = []

    var name: String {
        if let row = SyscallTable.lookup(number, personality) { return "\(row.name)" }
        return number == Call.unknownNumber ? "???" : "syscall_0x\(String(UInt32(truncatingIfNeeded: number), radix: 16))"
    }

    /// It moves data, or looks for a file.
    var isInputOutput: Bool { !classes.isDisjoint(with: [.file, .data, .network]) && !classes.contains(.process) }
}
