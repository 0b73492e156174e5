import RenacerCore
import RenacerScripted
import RenacerStraceText

/// A made-up task's calls, run through the real pipeline to text.
struct ScriptedTrace {
    let memory = SegmentedMemory()
    /// What is known about the task; nothing if nil.
    var inspector: (any TaskInspector)?
    private var steps: [ScriptedBackend.Step] = []
    private var clock: UInt64 = 1_000_000_000
    private var nextAddress: UInt64 = 0x7000_0000

    /// Puts bytes into the tracee's memory and tells where.
    mutating func place(_ bytes: [UInt8]) -> UInt64 {
        let at = nextAddress
        nextAddress += UInt64(bytes.count + 4096) & ~4095
        memory.add(at, bytes)
        return at
    }

    mutating func place(_ text: String) -> UInt64 { place(Array(text.utf8) + [0]) }

    private mutating func tick() -> UInt64 {
        clock += 1000
        return clock
    }

    private func call(_ name: String, _ arguments: [UInt64]) -> Call {
        let a = arguments + Array(repeating: 0, count: 6)
        let number = SyscallTable.all(.native).first { $0.syscall.name.description == name }?.number ?? -1
        return Call(number: number, arguments: (a[0], a[1], a[2], a[3], a[4], a[5]), memory: memory)
    }

    mutating func enter(_ name: String, _ arguments: UInt64..., tid: Int32 = 1) {
        steps.append(.events([Event(time: tick(), tid: tid, pid: 1, .syscallEntered(call(name, arguments)))]))
    }

    mutating func exit(_ name: String, _ arguments: UInt64..., outcome: Call.Outcome, tid: Int32 = 1) {
        var c = call(name, arguments)
        c.outcome = outcome
        steps.append(.events([Event(time: tick(), tid: tid, pid: 1, .syscall(c))]))
    }

    /// Entry and exit.
    mutating func call(_ name: String, _ arguments: UInt64..., outcome: Call.Outcome, tid: Int32 = 1) {
        steps.append(.events([Event(time: tick(), tid: tid, pid: 1, .syscallEntered(call(name, arguments)))]))
        var c = call(name, arguments)
        c.outcome = outcome
        steps.append(.events([Event(time: tick(), tid: tid, pid: 1, .syscall(c))]))
    }

    mutating func add(_ body: Event.Body, tid: Int32 = 1) {
        steps.append(.events([Event(time: tick(), tid: tid, pid: 1, body)]))
    }

    mutating func add(_ step: ScriptedBackend.Step) { steps.append(step) }

    /// Runs it; the trace as text.
    func text(_ change: (inout TextOptions) -> Void = { _ in }) throws -> String {
        var options = TextOptions()
        options.column = 0
        options.quiet = [.attach]
        change(&options)
        let output = CapturedOutput()
        let backend = ScriptedBackend(steps)
        let sink = StraceTextSink(
            options, outputs: SingleOutput(output, isStandardError: false), inspector: inspector ?? backend.inspector)
        let pipeline = Pipeline(backend, sinks: [sink], report: { _ in })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        return output.text
    }
}
