import CBPF
import CLinux
import RenacerCore

// From records to events.

extension BPFBackend {
    /// Bytes of records taken up at once: what is held of the ring meanwhile.
    private static let window: UInt64 = 1 << 20
    /// Events of one batch.
    private static let batchSize = 512

    @inline(__always)
    func append(_ time: UInt64, _ tid: Int32, _ pid: Int32, _ body: Event.Body) {
        batch.events.append(Event(time: time, tid: tid, pid: pid, body))
    }

    func task(_ tid: Int32, _ pid: Int32) -> TracedTask {
        if let last, last.tid == tid, last.pid == pid { return last }
        if let known = tasks[tid] {
            if known.pid == pid {
                last = known
                return known
            }
            forget(known)
        }
        let new = TracedTask(tid: tid, pid: pid)
        tasks[tid] = new
        last = new
        threads[pid, default: 0] += 1
        return new
    }

    // MARK: Order

    /// Takes up the records that wait, in order of time, as far as nothing can come before them any more.
    ///
    /// A call is sent when it ends, but was entered before what happened meanwhile. So of several tasks what has
    /// happened until now is delivered once the kernel has told of the calls that go on.
    func gather(_ programs: OpaquePointer, isLast: Bool) {
        var several = cbpf_live(programs) > 1 || tasks.count > 1 || !occurrences.isEmpty
        var horizon = UInt64.max
        if several, plan.entered, !isLast, cbpf_pending(programs) > 0 {
            horizon = clinux_monotonic_ns()
            sweep(programs)
        }
        let limit = position &+ Self.window
        var isSorted = true
        var last = occurrences.last?.time ?? 0
        var latest: UInt64 = 0
        var start = position
        func add(_ time: UInt64, _ record: UnsafeRawPointer, _ what: Occurrence.What) {
            if time < last { isSorted = false }
            last = time
            occurrences.append(Occurrence(time: time, record: record, position: start, what))
        }
        while position < limit, let header = cbpf_next(programs, &position) {
            let record = UnsafeRawPointer(header)
            latest = max(latest, header.pointee.time)
            switch UInt32(header.pointee.kind) {
            case CAPTURE_CALL.rawValue, CAPTURE_UNFINISHED.rawValue:
                let call = record.assumingMemoryBound(to: capture_call.self)
                if call.pointee.ahead > 0 { joinAhead(call) }
                // With one task nothing comes between a call's ends but what its record is behind.
                if several, plan.entered, hasUntoldEntry(call) { add(call.pointee.entered, record, .entry) }
                add(header.pointee.time, record, .end)
            case CAPTURE_ENTERED.rawValue:
                let call = record.assumingMemoryBound(to: capture_call.self)
                if call.pointee.ahead > 0 { joinAhead(call) }
                add(header.pointee.time, record, .entry)
            case CAPTURE_AHEAD.rawValue: keepAhead(record.assumingMemoryBound(to: capture_call.self))
            default:
                if !several {
                    switch UInt32(header.pointee.kind) {
                    case CAPTURE_FORK.rawValue:
                        several = true
                        if plan.entered, !isLast { horizon = header.pointee.time }
                    case CAPTURE_RENAME.rawValue where plan.entered:
                        // The call that it came in is known by the next time, and was entered under the former command.
                        several = true
                        if !isLast { horizon = header.pointee.time - 1 }
                    default: break
                    }
                }
                add(header.pointee.time, record, .whole)
            }
            start = position
        }
        if position >= limit, several, plan.entered {
            horizon = min(horizon, latest)
            var beyond = position
            start = position
            while let header = cbpf_next(programs, &beyond) {
                let call = UnsafeRawPointer(header).assumingMemoryBound(to: capture_call.self)
                switch UInt32(header.pointee.kind) {
                case CAPTURE_CALL.rawValue, CAPTURE_UNFINISHED.rawValue, CAPTURE_ENTERED.rawValue:
                    if hasUntoldEntry(call), call.pointee.entered <= horizon, call.pointee.ahead == 0 {
                        add(call.pointee.entered, UnsafeRawPointer(header), .entry)
                    }
                default: break
                }
                start = beyond
            }
        }
        if !isSorted { sort() }
        ready = occurrences.count
        while ready > 0, occurrences[ready - 1].time > horizon { ready -= 1 }
        checkLoss(programs)
    }

    private func hasUntoldEntry(_ call: UnsafePointer<capture_call>) -> Bool {
        call.pointee.entered != 0 && call.pointee.header.flags & UInt16(CAPTURE_TOLD) == 0
            && plan.enteredCalls.contains(Int(call.pointee.number), Personality(rawValue: call.pointee.header.personality) ?? .native)
    }

    /// Sorts what is nearly sorted; what happened at one time stays in the ring's order.
    private func sort() {
        occurrences.withUnsafeMutableBufferPointer { o in
            var moves = 0
            for i in 1..<o.count where o[i].time < o[i - 1].time {
                let x = o[i]
                var j = i
                while j > 0, o[j - 1].time > x.time {
                    o[j] = o[j - 1]
                    j -= 1
                }
                o[j] = x
                moves += i - j
                if moves > 64 * o.count { break }
            }
        }
        for i in 1..<occurrences.count where occurrences[i].time < occurrences[i - 1].time {
            let order = occurrences.indices.sorted { (occurrences[$0].time, $0) < (occurrences[$1].time, $1) }
            occurrences = order.map { occurrences[$0] }
            break
        }
    }

    // MARK: Events

    /// Fills the batch with the next occurrences.
    func deliverSome() {
        // Beyond a limit nothing more is to be seen: it may be reached with any event.
        let end = min(delivered + (plan.syscallLimit == nil ? Self.batchSize : 1), ready)
        while delivered < end {
            let o = occurrences[delivered]
            if o.time >= losses.from { tellOfLosses() }
            // A command's name, or an id's meaning, holds for what follows; what went before is consumed first.
            if plan.commands || plan.identities, !batch.events.isEmpty, changesCommands(o) { return }
            delivered += 1
            // Nothing came between: the end tells all of the call.
            if o.what == .entry, delivered < ready, occurrences[delivered].record == o.record { continue }
            deliver(o)
        }
    }

    private func changesCommands(_ o: Occurrence) -> Bool {
        switch UInt32(o.record.loadUnaligned(as: capture_header.self).kind) {
        case CAPTURE_RENAME.rawValue, CAPTURE_FORK.rawValue, CAPTURE_EXIT.rawValue, CAPTURE_ATTACH.rawValue, CAPTURE_IDENTITY.rawValue: true
        default: false
        }
    }

    private func deliver(_ o: Occurrence) {
        let header = o.record.loadUnaligned(as: capture_header.self)
        let tid = Int32(bitPattern: header.tid), pid = Int32(bitPattern: header.pid)
        switch UInt32(header.kind) {
        case CAPTURE_CALL.rawValue, CAPTURE_UNFINISHED.rawValue, CAPTURE_ENTERED.rawValue:
            deliverCall(o, header, tid, pid)
            return
        case CAPTURE_SIGNAL.rawValue: signal(o.record, tid, pid)
        case CAPTURE_IDENTITY.rawValue:
            let isTraced = plan.followForks || meetsTasks || tid == launched || plan.target.attach.contains(tid)
            records.identities.learn(o.record.loadUnaligned(as: capture_identity.self), staysAlive: isTraced)
        case CAPTURE_FORK.rawValue, CAPTURE_EXEC.rawValue, CAPTURE_EXIT.rawValue, CAPTURE_ATTACH.rawValue,
            CAPTURE_DETACH.rawValue, CAPTURE_RENAME.rawValue:
            let change = o.record.loadUnaligned(as: capture_task_change.self)
            switch UInt32(header.kind) {
            case CAPTURE_FORK.rawValue: forked(change, tid, pid)
            case CAPTURE_EXEC.rawValue: executed(change, tid, pid)
            case CAPTURE_EXIT.rawValue: exited(change, tid, pid)
            case CAPTURE_DETACH.rawValue: letGo(change, pid)
            default:
                _ = task(tid, pid)
                rename(tid, change)
            }
        default: return
        }
        if header.flags & UInt16(CAPTURE_UNCOUNTED) == 0 { account.delivered += 1 }
    }

    /// A view of a record's memory, valid as long as the batch.
    private func view(_ segments: UnsafeRawBufferPointer) -> RecordMemory {
        if usedViews == views.count { views.append(RecordMemory()) }
        let v = views[usedViews]
        usedViews += 1
        v.segments = segments
        v.turn(toExit: false)
        return v
    }

    private func deliverCall(_ o: Occurrence, _ header: capture_header, _ tid: Int32, _ pid: Int32) {
        let record = o.record.assumingMemoryBound(to: capture_call.self).pointee
        let task = task(tid, pid)
        var segments = Self.segments(o.record.assumingMemoryBound(to: capture_call.self))
        var isCut = header.flags & UInt16(CAPTURE_CUT) != 0
        if record.ahead > 0 {
            if let all = joined[o.record] { segments = UnsafeRawBufferPointer(all) } else { isCut = true }
        }
        let a = record.arguments
        // What goes on may have been told of already.
        if o.what == .entry, record.entered <= task.lastEntry { return }
        task.lastEntry = record.entered
        var call = Call(
            number: Int(record.number), personality: Personality(rawValue: header.personality) ?? .native,
            arguments: (a.0, a.1, a.2, a.3, a.4, a.5), enterTime: record.entered,
            memory: view(segments))
        call.instructionPointer = record.instruction_pointer
        call.stackPointer = record.stack_pointer
        call.interruptedNumber = task.interruptedNumber
        if o.what == .entry {
            task.isShownInCall = true
            task.shownCall = call
            append(o.time, tid, pid, .syscallEntered(call))
            return
        }
        task.isShownInCall = false
        call.exitTime = header.time
        call.outcome = header.kind == UInt8(CAPTURE_UNFINISHED.rawValue) ? .unfinished : Call.Outcome(result: record.result, of: call)
        if call.outcome == .failed(Call.restartBlock), call.number != Int(clinux_sys_restart_syscall) {
            task.interruptedNumber = call.number
        }
        append(o.time, tid, pid, .syscall(call))
        if task.stop != 0, call.outcome != .unfinished {
            stopped(task, task.stop, o.time)
            task.stop = 0
        }
        if isCut {
            cutCalls += 1
            lose(1, .captureTooLarge, from: record.entered, to: o.time)
        } else {
            account.delivered += 1
        }
    }

    /// Keeps the segments of a call whose record follows.
    private func keepAhead(_ call: UnsafePointer<capture_call>) {
        let header = call.pointee.header
        let task = task(Int32(bitPattern: header.tid), Int32(bitPattern: header.pid))
        if call.pointee.ahead == 0 {
            task.ahead.removeAll(keepingCapacity: true)
            task.aheadCount = 0
        }
        task.ahead += Self.segments(call)
        task.aheadCount += 1
    }

    /// Puts the segments that went ahead of a record before its own.
    private func joinAhead(_ call: UnsafePointer<capture_call>) {
        let header = call.pointee.header
        let task = task(Int32(bitPattern: header.tid), Int32(bitPattern: header.pid))
        guard task.aheadCount == call.pointee.ahead else { return }
        let rest = Self.segments(call)
        let all = UnsafeMutableRawBufferPointer.allocate(byteCount: task.ahead.count + rest.count, alignment: 8)
        all.copyBytes(from: task.ahead)
        UnsafeMutableRawBufferPointer(rebasing: all[task.ahead.count...]).copyMemory(from: rest)
        joined[UnsafeRawPointer(call)] = all
    }

    private static func segments(_ call: UnsafePointer<capture_call>) -> UnsafeRawBufferPointer {
        let size = MemoryLayout<capture_call>.size
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(call) + size, count: max(Int(call.pointee.header.size) - size, 0))
    }

    /// Frees the joined memory of what has been delivered.
    func freeJoined() {
        guard !joined.isEmpty else { return }
        let kept = Set(occurrences.map(\.record))
        for (record, memory) in joined where !kept.contains(record) {
            memory.deallocate()
            joined[record] = nil
        }
    }

    // MARK: Signals

    private func signal(_ record: UnsafeRawPointer, _ tid: Int32, _ pid: Int32) {
        let s = record.assumingMemoryBound(to: capture_signal.self)
        let number = Int32(bitPattern: s.pointee.number)
        let offset = MemoryLayout<capture_signal>.offset(of: \.info) ?? 0
        let info = UnsafeRawBufferPointer(start: record + offset, count: Int(CAPTURE_SIGINFO))
        var signal = Signal(number: number, info: info)
        signal.instructionPointer = s.pointee.instruction_pointer
        append(s.pointee.header.time, tid, pid, .signal(signal))
        guard s.pointee.is_default != 0, Self.stopping.contains(number) else { return }
        for t in tasks.values.filter({ $0.pid == pid && $0.heldEnd == nil }).sorted(by: { $0.tid < $1.tid }) {
            // A thread stops once it is back from its call.
            if t.isShownInCall, t.tid != tid { t.stop = number } else { stopped(t, number, s.pointee.header.time) }
        }
    }

    private func stopped(_ task: TracedTask, _ number: Int32, _ time: UInt64) {
        append(time, task.tid, task.pid, .signal(Signal(number: number, isStop: true)))
    }

    /// SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
    private static let stopping: ClosedRange<Int32> = 19...22

    // MARK: Tasks

    private func forked(_ r: capture_task_change, _ tid: Int32, _ pid: Int32) {
        let child = Int32(bitPattern: r.other_tid), group = Int32(bitPattern: r.other_pid)
        let former = tasks[child]
        if let former { forget(former) }
        append(r.header.time, tid, pid, .process(.forked(child: child, isThread: group == pid)))
        let new = task(child, group)
        if let former {
            // What went ahead of the child's first calls may have been kept already.
            new.ahead = former.ahead
            new.aheadCount = former.aheadCount
        }
        rename(child, r)
        if !meetsTasks { append(r.header.time, child, group, .process(.attached())) }
    }

    private func rename(_ tid: Int32, _ r: capture_task_change) {
        guard plan.commands else { return }
        withUnsafeBytes(of: r.command) { records.rename(tid, $0) }
    }

    private func executed(_ r: capture_task_change, _ tid: Int32, _ pid: Int32) {
        let former = Int32(bitPattern: r.other_tid)
        if former != tid {
            append(r.header.time, tid, pid, .process(.superseded(by: former)))
            let thread = tasks.removeValue(forKey: former) ?? TracedTask(tid: former, pid: pid)
            tasks[tid] = TracedTask(leader: pid, former: thread)
            last = nil
            threads[pid] = 1
        }
        append(r.header.time, tid, pid, .process(.executed))
    }

    /// The kernel traces a task no longer that has executed (`-b execve`).
    private func letGo(_ r: capture_task_change, _ pid: Int32) {
        let task = task(Int32(bitPattern: r.other_tid), pid)
        letGo(of: task, at: r.header.time)
        // How it ends from now on nobody learns.
        if task.tid == launched {
            isReaped = true
            launchedEnd = nil
        }
        tasks[task.tid] = nil
        last = nil
        let left = (threads[pid] ?? 1) - 1
        threads[pid] = left > 0 ? left : nil
    }

    /// Tells of a task that is not traced any more, and of the call it is in.
    func letGo(of task: TracedTask, at time: UInt64) {
        if task.isShownInCall, var call = task.shownCall {
            call.outcome = .detached
            call.exitTime = time
            call.memory = noMemory
            append(time, task.tid, task.pid, .syscall(call))
        }
        if !meetsTasks { append(time, task.tid, task.pid, .process(.detached)) }
    }

    private func exited(_ r: capture_task_change, _ tid: Int32, _ pid: Int32) {
        let task = task(tid, pid)
        let status = r.is_group != 0 ? r.group_status : r.status
        let left = (threads[pid] ?? 1) - 1
        threads[pid] = left > 0 ? left : nil
        if tid == pid, r.is_last == 0 || left > 0 {
            // wait(2) tells of a leader when no other thread is left: another may exec meanwhile.
            task.heldEnd = (r.header.time, status)
            return
        }
        end(tid, pid, r.header.time, status)
        if left <= 0, tid != pid, let leader = tasks[pid], let held = leader.heldEnd {
            end(pid, pid, r.header.time, r.is_group != 0 ? r.group_status : held.status)
        }
    }

    /// Tells of leaders whose last thread's end was lost.
    func endHeld() {
        for leader in tasks.values.sorted(by: { $0.tid < $1.tid }) {
            if let held = leader.heldEnd { end(leader.tid, leader.pid, held.time, held.status) }
        }
    }

    private func end(_ tid: Int32, _ pid: Int32, _ time: UInt64, _ status: UInt32) {
        tasks[tid] = nil
        last = nil
        records.forget(tid)
        let signal = Int32(status & 0x7f)
        append(time, tid, pid, .process(
            signal == 0 ? .exited(status: Int32(status >> 8 & 0xff)) : .killed(signal: signal, coreDumped: status & 0x80 != 0)))
    }

}
