import CLinux
import Glibc
import RenacerCore
import RenacerOutput
import RenacerProtobuf

/// Writes a trace that ui.perfetto.dev and Perfetto's trace processor read: a track for each process and thread, a
/// slice for each call with its arguments, flows from forks and futex wakes to what they lead to, counters of bytes
/// moved, and signals, losses and findings as instants.
public final class PerfettoSink: Sink {
    let writer: PerfettoWriter
    private let assembler: CallAssembler
    private let values: ProtobufValueWriter
    private let inspector: any TaskInspector
    private let command: [String]
    /// The first process, which is the command's, was told.
    private var hasCommand = false
    private let realtimeOffset: Int64
    private var threads: [Int32: ThreadTrack] = [:] { didSet { last = nil } }
    private var last: ThreadTrack?
    private var processes: [Int32: ProcessTrack] = [:]
    private var wakes = FutexWakes()
    private var nextForkFlow: UInt64 = 1
    /// Where what belongs to no thread is shown; 0 before there was any.
    private var globalTrack: UInt64 = 0
    private var lastTime: UInt64 = 0
    private var isFinished = false

    /// - Parameter command: the program's arguments, if one is started.
    /// - Parameter realtimeOffset: CLOCK_REALTIME minus CLOCK_MONOTONIC, ns.
    public init(
        output: RecordOutput, decoding: DecodingOptions, calls: CallSelection, inspector: any TaskInspector, command: [String],
        realtimeOffset: Int64
    ) {
        writer = PerfettoWriter(output)
        values = ProtobufValueWriter(.perfetto, interner: writer.names, nameNumber: Proto.DebugAnnotation.nameIid)
        assembler = CallAssembler(values, decoding, calls: calls, inspector: inspector)
        self.inspector = inspector
        self.command = command
        self.realtimeOffset = realtimeOffset
    }

    public func start() throws(TraceError) {
        var boot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &boot)
        let now = clinux_monotonic_ns()
        lastTime = now
        writer.begin([
            (.monotonic, now), (.boottime, UInt64(boot.tv_sec) * 1_000_000_000 + UInt64(boot.tv_nsec)),
            (.realtime, UInt64(max(Int64(bitPattern: now) &+ realtimeOffset, 0))),
        ])
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        lastTime = max(lastTime, event.time)
        if let call = assembler.consume(event) { show(call) }
        switch event.body {
        case .syscallEntered(let call): entered(call, event)
        case .syscall: break
        case .signal(let signal):
            let name = ConstantTable.signals.name(of: UInt64(UInt32(bitPattern: signal.number))) ?? "signal"
            writer.event(.instant, thread(event.tid, event.pid).uuid, at: event.time, name: name) { w in
                if signal.isStop { w.annotation("stops", true) }
            }
        case .process(let change): took(change, event)
        case .loss(let loss): tell(loss)
        }
        try settle()
    }

    private func tell(_ loss: Loss) {
        writer.event(.instant, global, at: loss.to, name: "lost events") { w in
            w.annotation("count", loss.count)
            w.annotation("cause", loss.cause.rawValue)
            w.annotation("from", loss.from)
        }
    }

    /// Gives away what there is if it is much, and says what was not taken.
    private func settle() throws(TraceError) {
        try writer.flushIfLarge()
        if let loss = writer.takeLoss() { tell(loss) }
    }

    // MARK: Tasks

    private func thread(_ tid: Int32, _ pid: Int32) -> ThreadTrack {
        if let last, last.tid == tid { return last }
        if let known = threads[tid] {
            last = known
            return known
        }
        let process = process(pid)
        let new = ThreadTrack(uuid: writer.uuid(), tid: tid, process: process)
        process.threads += 1
        new.command = command(of: tid) ?? process.command
        threads[tid] = new
        last = new
        describe(new)
        return new
    }

    private func process(_ pid: Int32) -> ProcessTrack {
        if let known = processes[pid] { return known }
        let new = ProcessTrack(uuid: writer.uuid(), pid: pid)
        let words = hasCommand ? [] : command
        hasCommand = true
        new.command = command(of: pid) ?? []
        processes[pid] = new
        describe(new, words)
        return new
    }

    private func command(of tid: Int32) -> [UInt8]? {
        let text = TextBuffer(capacity: 64)
        return inspector.command(of: tid, into: text) ? Array(text.bytes) : nil
    }

    private func describe(_ process: ProcessTrack, _ words: [String]) {
        writer.track(process.uuid) { w in
            let descriptor = w.begin(Proto.TrackDescriptor.process)
            w.varint(Proto.ProcessDescriptor.pid, UInt64(UInt32(bitPattern: process.pid)))
            for word in words { w.string(Proto.ProcessDescriptor.cmdline, word) }
            w.end(descriptor)
        }
    }

    /// Says what a process is called: once, when no exec can change it any more, since Perfetto keeps the first name it is told.
    private func name(_ process: ProcessTrack) {
        writer.track(process.uuid) { w in
            let descriptor = w.begin(Proto.TrackDescriptor.process)
            w.varint(Proto.ProcessDescriptor.pid, UInt64(UInt32(bitPattern: process.pid)))
            w.string(Proto.ProcessDescriptor.processName, String(decoding: process.command, as: UTF8.self))
            w.end(descriptor)
        }
    }

    private func describe(_ thread: ThreadTrack) {
        writer.track(thread.uuid) { w in
            let descriptor = w.begin(Proto.TrackDescriptor.thread)
            w.varint(Proto.ThreadDescriptor.pid, UInt64(UInt32(bitPattern: thread.process.pid)))
            w.varint(Proto.ThreadDescriptor.tid, UInt64(UInt32(bitPattern: thread.tid)))
            w.string(Proto.ThreadDescriptor.threadName, String(decoding: thread.command, as: UTF8.self))
            w.end(descriptor)
        }
    }

    private func took(_ change: ProcessEvent, _ event: borrowing Event) {
        switch change {
        case .attached: _ = thread(event.tid, event.pid)
        case .forked(let child, let isThread):
            let flow = nextForkFlow
            nextForkFlow += 1
            let parent = thread(event.tid, event.pid)
            // More than one are those of calls that are not shown.
            if parent.forks.count > 8 { parent.forks.removeFirst() }
            parent.forks.append((flow, event.time))
            if !isThread, processes[child] == nil { process(child).command = parent.process.command }
            thread(child, isThread ? event.pid : child).flowIn = flow
        case .executed:
            let thread = thread(event.tid, event.pid)
            if let name = command(of: event.tid) {
                thread.command = name
                thread.process.command = name
            }
            describe(thread)
        case .superseded(let by):
            threads[event.tid]?.process.threads -= 1
            if let successor = threads.removeValue(forKey: by) {
                successor.tid = event.tid
                threads[event.tid] = successor
            } else {
                threads[event.tid] = nil
            }
        case .exited(let status): ended(event, "exited", { $0.annotation("status", Int64(status)) })
        case .killed(let signal, let coreDumped):
            let name = ConstantTable.signals.name(of: UInt64(UInt32(bitPattern: signal))) ?? "signal"
            ended(event, "killed") { w in
                w.annotation("signal", name)
                if coreDumped { w.annotation("core_dumped", true) }
            }
        case .detached: ended(event, "detached", { _ in })
        case .strayDetached, .strayExited: break
        }
    }

    private func ended(_ event: borrowing Event, _ how: Name, _ body: (ProtobufWriter) -> Void) {
        let thread = thread(event.tid, event.pid)
        writer.event(.instant, thread.uuid, at: event.time, name: how, body)
        threads[event.tid] = nil
        thread.process.threads -= 1
        guard thread.process.threads <= 0 else { return }
        thread.process.counters.finish(writer, at: event.time)
        name(thread.process)
        processes[thread.process.pid] = nil
    }

    /// A track for what belongs to no thread.
    private var global: UInt64 {
        if globalTrack == 0 {
            globalTrack = writer.uuid()
            writer.track(globalTrack) { $0.string(Proto.TrackDescriptor.name, "renacer" as Name) }
        }
        return globalTrack
    }

    // MARK: Calls

    private func entered(_ call: Call, _ event: borrowing Event) {
        let thread = thread(event.tid, event.pid)
        guard case .wake(let key, let count) = FutexWakes.role(call, event.pid) else { return }
        thread.wake = (key, wakes.began(key, count: count, at: event.time))
    }

    private func show(_ call: AssembledCall) {
        let thread = thread(call.task.tid, call.task.pid)
        if thread.command != call.task.command, !call.task.command.isEmpty {
            thread.command = call.task.command
            describe(thread)
        }
        let (wakes, woken) = followFutex(call, thread)
        let start = call.start == 0 ? call.end : call.start
        writer.event(.begin, thread.uuid, at: start, name: call.call.name ?? "unknown") { w in
            w.append(values.bytes)
            outcome(call, w)
            // Others were made by calls that are not shown.
            for fork in thread.forks where fork.time >= start && fork.time <= call.end { w.fixed64(Proto.TrackEvent.flowIds, fork.flow) }
            if let wakes { w.fixed64(Proto.TrackEvent.flowIds, wakes) }
            if let flow = thread.flowIn { w.fixed64(Proto.TrackEvent.terminatingFlowIds, flow) }
        }
        thread.forks.removeAll(keepingCapacity: true)
        thread.flowIn = nil
        // An arrow to the wait's own slice would lead back in time: the wait began before it was ended.
        if let woken {
            writer.event(.instant, thread.uuid, at: call.end, name: "woken") { $0.fixed64(Proto.TrackEvent.terminatingFlowIds, woken) }
        }
        writer.event(.end, thread.uuid, at: max(call.end, start))
        if case .returned(let n) = call.call.outcome, n > 0 {
            thread.process.counters.add(call.call, bytes: UInt64(n), at: call.end, thread.process.uuid, writer)
        }
    }

    /// - Returns: the flow that leads from this call, and the one that ends with it.
    private func followFutex(_ call: AssembledCall, _ thread: ThreadTrack) -> (from: UInt64?, to: UInt64?) {
        guard let role = FutexWakes.role(call.call, thread.process.pid) else { return (nil, nil) }
        let result = call.result ?? -1
        switch role {
        case .wake(let key, let count):
            let flow = thread.wake?.flow ?? wakes.began(key, count: count, at: call.start)
            thread.wake = nil
            wakes.ended(key, flow: flow, woke: UInt64(max(result, 0)))
            return (result > 0 ? flow : nil, nil)
        case .wait(let key): return (nil, result == 0 ? wakes.woken(key, at: call.end) : nil)
        }
    }

    private func outcome(_ call: AssembledCall, _ w: ProtobufWriter) {
        switch call.call.outcome {
        case .returned(let value):
            w.annotation("result", value)
            if !values.result.isEmpty { w.annotation("result.name") { $0.append(values.result) } }
        case .failed(let number):
            w.annotation("result", -1 as Int64)
            w.annotation("errno", Int64(number))
            if let name = ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number))) { w.annotation("error", name) }
        case .unfinished: w.annotation("outcome", "unfinished" as Name)
        case .unavailable: w.annotation("outcome", "unavailable" as Name)
        case .detached: w.annotation("outcome", "detached" as Name)
        }
        if call.call.name == nil { w.annotation("number", Int64(call.call.number)) }
        if call.call.tampering.contains(.injected) { w.annotation("injected", true) }
        if call.call.tampering.contains(.arguments) { w.annotation("injected.arguments", true) }
        if call.call.tampering.contains(.delayed) { w.annotation("delayed", true) }
        if !call.knowsEntry { w.annotation("entry_unseen", true) }
        if call.isLate { w.annotation("memory_late", true) }
    }

    // MARK: Findings and the end

    public func report(_ finding: Finding) throws(TraceError) {
        let track = finding.tasks.lazy.compactMap { self.threads[$0]?.uuid }.first ?? global
        writer.event(.instant, track, at: finding.to, name: "finding") { w in
            w.annotation("title", finding.title)
            w.annotation("detector", finding.detector)
            w.annotation("rule", finding.rule)
            w.annotation("severity", finding.severity.rawValue)
            w.annotation("confidence", finding.confidence)
            if finding.isInconclusive { w.annotation("inconclusive", true) }
            w.annotation("from", finding.from)
            if !finding.reason.isEmpty { w.annotation("reason", finding.reason) }
            if !finding.advice.isEmpty { w.annotation("advice", finding.advice) }
            guard !finding.evidence.isEmpty else { return }
            w.annotation("evidence") { w in
                for (e, key) in zip(finding.evidence, finding.evidenceKeys) {
                    let marks = Array(key.utf8).withUnsafeBytes { w.begin(named: $0, as: Proto.DebugAnnotation.dictEntries, .perfetto) }
                    switch e.value {
                    case .number(let v): w.double(Proto.DebugAnnotation.doubleValue, v)
                    case .text(let v): w.string(Proto.DebugAnnotation.stringValue, v)
                    }
                    w.end(named: marks)
                }
            }
        }
        try settle()
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        while let call = assembler.nextUnfinished() {
            show(call)
            try settle()
        }
        for process in processes.values {
            process.counters.finish(writer, at: lastTime)
            name(process)
        }
        try writer.flush()
        if let loss = writer.takeLoss() { tell(loss) }
        var lost = account.lost
        if writer.lost > 0 { lost[.sinkTooSlow, default: 0] += writer.lost }
        for (cause, count) in lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where count > 0 {
            writer.event(.instant, global, at: lastTime, name: "lost in all") { w in
                w.annotation("count", count)
                w.annotation("cause", cause.rawValue)
            }
        }
        try writer.finish()
    }
}
