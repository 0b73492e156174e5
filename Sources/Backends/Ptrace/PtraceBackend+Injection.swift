import CLinux
import RenacerCore

/// What is being done to the call a task is in.
struct Injection {
    var rule: TamperRule
}

/// Entries of one call are counted per rule and task.
struct InjectionKey: Hashable {
    var rule: Int
    var number: Int
    var personality: Personality
}

extension PtraceBackend {
    /// Applies the last rule that names the call of `task`, if its turn has come.
    func tamperAtEntry(_ task: Task, _ now: UInt64) {
        task.injection = nil
        let call = task.call
        guard let index = plan.tampering.lastIndex(where: { $0.syscalls.contains(call) }) else { return }
        if let tamperFilter {
            var event = Event(time: now, tid: task.tid, pid: task.pid, .syscallEntered(call))
            guard tamperFilter.admits(&event) else { return }
        }
        let key = InjectionKey(rule: index, number: call.number, personality: call.personality)
        let turn = (task.injectionCounts[key] ?? 0) &+ 1
        task.injectionCounts[key] = turn
        let rule = plan.tampering[index]
        guard rule.when.applies(turn) else { return }
        task.injection = Injection(rule: rule)

        poke(task, rule.pokeEnter)
        if rule.result != nil {
            // Number -1 is no call: the kernel does nothing and fails it.
            if clinux_set_syscall_number(task.tid, Int32(rule.replacement ?? -1)) != 0 { complain(task, "couldn't set number") }
        }
        if let signal = rule.signal { task.nextSignal = signal }
        if let delay = rule.delayEnter {
            task.delayedUntil = now &+ delay
            task.call.tampering.insert(.delayed)
        }
    }

    func tamperAtExit(_ task: Task, _ now: UInt64) {
        guard let rule = task.injection?.rule else { return }
        task.injection = nil
        if let result = rule.result {
            let value: Int64 = switch result {
            case .value(let v): v
            case .error(let e): -Int64(e)
            }
            if clinux_set_syscall_result(task.tid, value) == 0 {
                task.call.tampering.insert(.injected)
                task.call.outcome = switch result {
                case .value(let v): .returned(v)
                case .error(let e): .failed(e)
                }
            } else {
                complain(task, "couldn't set result")
            }
        }
        poke(task, rule.pokeExit)
        if let delay = rule.delayExit {
            task.delayedUntil = now &+ delay
            task.call.tampering.insert(.delayed)
        }
    }

    private func poke(_ task: Task, _ pokes: [TamperRule.Poke]) {
        for p in pokes {
            let address = task.call[p.argument]
            let written = task.memory.write(address, p.bytes)
            if written == 0, !p.bytes.isEmpty {
                complain(task, "couldn't poke")
                continue
            }
            task.call.tampering.insert(.arguments)
            if written < p.bytes.count {
                Self.say("pid:\(task.tid) short write (\(written) < \(p.bytes.count)) @0x\(String(address, radix: 16))")
            }
        }
    }

    private func complain(_ task: Task, _ what: String) {
        Self.say("Failed to tamper with process \(task.tid): \(what)")
    }
}
