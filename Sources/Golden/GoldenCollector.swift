import RenacerCore

/// Takes down what a run does, in canonical form.
public final class GoldenCollector: Sink {
    private let texts: TextTable
    private let form: CanonicalForm
    private let tree = TreeWriter()
    private let assembler: CallAssembler
    private let stacks: (any StackInspector)?
    /// Tasks as they were met; `live` leads to those that are there.
    private var tasks: [Task] = []
    private var live: [Int32: Task] = [:]
    /// Times by name, and by what the calls were about.
    private var times: [String: Times] = [:]
    /// Processes that made threads.
    private var threaded: Set<Int32> = []
    /// How the first process ended; nil if that was not seen.
    public private(set) var ending: TraceeEnd?
    private let inspector: any TaskInspector
    /// Nobody has said yet where the program was started.
    private var needsDirectory: Bool
    private let text = TextBuffer()
    private var firstTime: UInt64 = 0
    private var lastTime: UInt64 = 0

    private final class Task {
        let tid: Int32
        weak var parent: Task?
        var isThread = false
        var calls: [CanonicalCall] = []
        /// The words of the program that it executed, in canonical form.
        var program: String?
        /// Where the call that is under way was made.
        var source: Int32 = 0
        var isInCall = false
        init(_ tid: Int32) { self.tid = tid }
    }

    private struct Times {
        var histogram = ValueHistogram()
        var total: UInt64 = 0
        var objects: [ObjectKey: (calls: UInt64, total: UInt64)] = [:]
        static let mostObjects = 4096
    }

    private struct ObjectKey: Hashable {
        var object: String
        var source: Int32
    }

    /// - Parameter texts: shared by all runs that are compared.
    /// - Parameter directory: the program's working directory; nil if it has to be asked for.
    /// - Parameter temporary: directories for temporary files, besides the usual ones.
    /// - Parameter stacks: says where in the source calls are made; nil if nobody asked.
    public init(
        _ options: DecodingOptions, texts: TextTable, directory: String?, temporary: [String], inspector: any TaskInspector, stacks: (any StackInspector)?
    ) {
        self.texts = texts
        self.stacks = stacks
        self.inspector = inspector
        needsDirectory = directory == nil
        form = CanonicalForm(CanonicalNames(directory: directory ?? "", temporary: temporary))
        assembler = CallAssembler(tree, options, inspector: inspector)
        // Number 0 is "nowhere".
        _ = texts.number("")
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if firstTime == 0 { firstTime = event.time }
        lastTime = max(lastTime, event.time)
        if case .loss = event.body { return }
        let task = task(event.tid)
        if case .syscallEntered(let call) = event.body {
            task.source = source(event.tid, event.pid, call)
            task.isInCall = true
        }
        if case .syscall(let call) = event.body, !task.isInCall { task.source = source(event.tid, event.pid, call) }
        if needsDirectory { askDirectory(event) }
        if let call = assembler.consume(event) { add(call) }
        guard case .process(let change) = event.body else { return }
        switch change {
        case .forked(let child, let isThread):
            let new = self.task(child)
            new.parent = task
            new.isThread = isThread
            if isThread { threaded.insert(event.pid) }
        case .superseded(let by):
            if let successor = live.removeValue(forKey: by) { live[event.tid] = successor }
        case .exited, .killed, .detached:
            live[event.tid] = nil
            if event.tid == tasks.first?.tid { ending = Self.end(change) }
            if event.tid == event.pid { threaded.remove(event.pid) }
        default: break
        }
    }

    private static func end(_ change: ProcessEvent) -> TraceeEnd? {
        switch change {
        case .exited(let status): .exited(status)
        case .killed(let signal, _): .killed(signal)
        default: nil
        }
    }

    /// A recording knows the working directory with the first call for which it was asked.
    private func askDirectory(_ event: borrowing Event) {
        guard event.tid == tasks.first?.tid else { return }
        let call: Call
        switch event.body {
        case .syscallEntered(let entered): call = entered
        case .syscall(let ended): call = ended
        default: return
        }
        text.truncate(to: 0)
        guard inspector.workingDirectory(of: event.tid, call.memory, into: text) == .known else { return }
        needsDirectory = false
        form.names.directory = String(decoding: text.bytes, as: UTF8.self)
    }

    private func task(_ tid: Int32) -> Task {
        if let known = live[tid] { return known }
        let new = Task(tid)
        live[tid] = new
        tasks.append(new)
        form.names.add(id: tid)
        return new
    }

    private func source(_ tid: Int32, _ pid: Int32, _ call: Call) -> Int32 {
        guard let stacks, call.outcome != .unfinished || call.exitTime == 0, let place = stacks.source(of: tid, pid, at: call) else { return 0 }
        switch place {
        case .line(let line): return texts.number("\(line.shortFile):\(line.line)")
        case .symbol(let location):
            let file = location.module.split(separator: "/").last.map(String.init) ?? location.module
            return texts.number(location.symbol.map { "\(file)(\($0))" } ?? file)
        }
    }

    private func add(_ assembled: AssembledCall) {
        let task = task(assembled.task.tid)
        task.isInCall = false
        if CanonicalForm.isNoise(assembled.call) { return }
        let text = form.text(assembled.call, tree.arguments)
        if threaded.contains(assembled.task.pid), form.object.isEmpty, CanonicalForm.isAllocation(assembled.call) { return }
        if case .returned = assembled.call.outcome, assembled.call.name == "execve" || assembled.call.name == "execveat" { task.program = program(text) }
        task.calls.append(CanonicalCall(text: texts.number(text), source: task.source))
        guard let duration = assembled.duration else { return }
        let name = assembled.call.name?.description ?? "syscall_\(assembled.call.number)"
        var all = times.removeValue(forKey: name) ?? Times()
        all.histogram.add(duration)
        all.total &+= duration
        let key = ObjectKey(object: form.object, source: task.source)
        if all.objects[key] != nil || all.objects.count < Times.mostObjects {
            all.objects[key, default: (0, 0)].calls += 1
            all.objects[key, default: (0, 0)].total &+= duration
        }
        times[name] = all
    }

    /// The words of a program in its `execve`, cut to what fits into a line.
    private func program(_ text: String) -> String {
        guard let open = text.firstIndex(of: "["), let close = text[open...].firstRange(of: "], ")?.lowerBound ?? text[open...].lastIndex(of: "]") else { return text }
        let words = text[text.index(after: open)..<close].replacing("\"", with: "").replacing(", ", with: " ")
        return words.count > 60 ? words.prefix(57) + "..." : String(words)
    }

    public func finish(_ account: Account) throws(TraceError) {
        while let call = assembler.nextUnfinished() { add(call) }
    }

    // MARK: What came of it

    /// The run, once it has ended.
    public func run(ending: String) -> TracedRun {
        var run = TracedRun()
        run.ending = ending
        run.wallTime = lastTime &- firstTime
        var labels: [ObjectIdentifier: String] = [:], used: [String: Int] = [:]
        for task in tasks {
            var label: String
            if let parent = task.parent.flatMap({ labels[ObjectIdentifier($0)] }) {
                label = task.isThread ? GoldenTask.process(parent) + "/thread" : "\(parent)/\(task.program ?? "child")"
            } else {
                label = "main"
            }
            let count = (used[label] ?? 0) + 1
            used[label] = count
            if count > 1 || task.isThread { label += "#\(count)" }
            labels[ObjectIdentifier(task)] = label
            run.tasks.append((label, task.calls))
        }
        for (name, all) in times {
            var result = CallTimes()
            result.calls = all.histogram.count
            result.total = all.total
            result.floor = all.histogram.percentile(5)
            result.median = all.histogram.percentile(50)
            result.tail = all.histogram.percentile(95)
            result.objects = all.objects.sorted { ($1.value.total, $0.key.object) < ($0.value.total, $1.key.object) }.prefix(GoldenTiming.mostObjects)
                .map { ObjectTime(object: $0.key.object, source: texts[$0.key.source], calls: $0.value.calls, mean: $0.value.total / max($0.value.calls, 1)) }
            run.times[name] = result
        }
        return run
    }
}
