import CRenacerPlugin

/// What renacer does for an instance of a detector or a sink. Services answer nil for what is not known.
public struct Host {
    let table: UnsafePointer<renacer_host>

    /// The id of a call, as `Event.call` has it; 0 if there is none of that name.
    public func call(_ name: String) -> UInt32 { name.withRenacerString { table.pointee.call(table, $0) } }

    /// A handle for a field such as `openat.pathname`, to be resolved once; 0 if there is none.
    public func field(_ path: String) -> UInt32 { path.withRenacerString { table.pointee.field(table, $0) } }

    /// `CLOCK_MONOTONIC`, ns.
    public var now: UInt64 { table.pointee.now(table) }

    /// A line for the person at the terminal.
    public func log(_ text: String) { text.withRenacerString { table.pointee.log(table, 0, $0) } }

    /// An option's value: integers, durations (ns), bytes and booleans.
    public func integer(_ option: String) -> UInt64? { value(option)?.integer }
    public func number(_ option: String) -> Double? { value(option)?.number }
    public func text(_ option: String) -> String? { value(option).map { String($0.text) } }

    private func value(_ option: String) -> renacer_value? {
        var v = renacer_value()
        v.size = UInt32(MemoryLayout<renacer_value>.size)
        return option.withRenacerString { table.pointee.option(table, $0, &v) } == 0 ? v : nil
    }

    // MARK: Of sinks

    /// What stands behind the sink's name, of one that opens its output itself.
    public var destination: String { String(table.pointee.destination) }

    /// Appends to the sink's output.
    ///
    /// - Throws: there is none.
    public func write(_ text: String) throws {
        var text = text
        let status = text.withUTF8 { table.pointee.write(table, $0.baseAddress, $0.count) }
        if status != 0 { throw PluginError("there is nothing to write to") }
    }

    // MARK: Of detectors

    /// Hands a finding to every sink; false if it is refused.
    @discardableResult
    public func report(_ finding: Finding) -> Bool {
        let text = Texts()
        var f = renacer_finding()
        f.size = UInt32(MemoryLayout<renacer_finding>.size)
        f.severity = finding.severity.rawValue
        f.rule = text.keep(finding.rule)
        f.confidence = finding.confidence
        f.is_inconclusive = finding.isInconclusive ? 1 : 0
        f.from = finding.from
        f.to = finding.to
        f.title = text.keep(finding.title)
        f.reason = text.keep(finding.reason)
        f.advice = text.keep(finding.advice)
        let evidence = finding.evidence.map { e in
            var one = renacer_evidence()
            one.size = UInt32(MemoryLayout<renacer_evidence>.size)
            one.name = text.keep(e.name)
            one.unit = text.keep(e.unit)
            switch e.value {
            case .number(let n):
                one.is_number = 1
                one.number = n
            case .text(let s): one.text = text.keep(s)
            }
            return one
        }
        return finding.tasks.withUnsafeBufferPointer { tasks in
            evidence.withUnsafeBufferPointer { evidence in
                f.tasks = tasks.baseAddress
                f.task_count = UInt32(tasks.count)
                f.evidence = evidence.baseAddress
                f.evidence_count = evidence.count
                return table.pointee.report(table, &f) == 0
            }
        }
    }

    // MARK: About tasks as they are now

    /// What a descriptor refers to: its path as in `/proc/PID/fd`, and its kind (`RENACER_FILE_REGULAR` …).
    public func descriptor(_ fd: Int32, of tid: Int32) -> (path: String, kind: UInt32, about: renacer_descriptor)? {
        var d = renacer_descriptor()
        d.size = UInt32(MemoryLayout<renacer_descriptor>.size)
        return table.pointee.descriptor(table, tid, fd, &d) == 0 ? (String(d.path), d.kind, d) : nil
    }

    /// A task's command, and the CPU time that it has used, ns.
    public func task(_ tid: Int32) -> (pid: Int32, command: String, cpuTime: UInt64)? {
        var t = renacer_task()
        t.size = UInt32(MemoryLayout<renacer_task>.size)
        return table.pointee.task(table, tid, &t) == 0 ? (t.pid, String(t.command), t.cpu_time) : nil
    }

    /// The name of the mapping that an address lies in.
    public func mapping(_ address: UInt64, of tid: Int32) -> (name: String, about: renacer_mapping)? {
        var m = renacer_mapping()
        m.size = UInt32(MemoryLayout<renacer_mapping>.size)
        return table.pointee.mapping(table, tid, address, &m) == 0 ? (String(m.name), m) : nil
    }

    /// The function or variable that an address lies in.
    public func symbol(_ address: UInt64, of tid: Int32) -> (name: String, offset: UInt64)? {
        var s = renacer_symbol()
        s.size = UInt32(MemoryLayout<renacer_symbol>.size)
        return table.pointee.symbol(table, tid, address, &s) == 0 ? (String(s.name), s.offset) : nil
    }
}

/// An event, borrowed.
public struct Event {
    let host: Host
    let raw: UnsafePointer<renacer_event>

    /// Everything that the header says of it.
    public var header: renacer_event { raw.pointee }
    public var kind: Subscription.Kinds { Subscription.Kinds(rawValue: raw.pointee.kind) }
    public var time: UInt64 { raw.pointee.time }
    public var tid: Int32 { raw.pointee.tid }
    public var pid: Int32 { raw.pointee.pid }
    public var call: UInt32 { raw.pointee.call }
    /// The call's result; nil if it failed or did not end.
    public var result: Int64? { raw.pointee.outcome == 0 && kind == .calls ? raw.pointee.result : nil }
    /// Nanoseconds that the call took; nil where its start was not seen.
    public var duration: UInt64? {
        let e = raw.pointee
        return e.enter_time != 0 && e.exit_time >= e.enter_time ? e.exit_time - e.enter_time : nil
    }

    /// Argument `i`, as it was in the register.
    public subscript(i: Int) -> UInt64 {
        precondition((0..<6).contains(i), "a call has six arguments")
        return withUnsafeBytes(of: raw.pointee.arguments) { $0.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self) }
    }

    /// A decoded field as text: bytes of the tracee, or how a constant is spelled.
    public func text(_ field: UInt32) -> String? { value(field).map { String($0.text) } }
    /// A decoded field as a number.
    public func integer(_ field: UInt32) -> UInt64? { value(field)?.integer }

    /// The call's name, or the signal's.
    public var name: String? { describe(1) }
    /// The decoded arguments of a call: a JSON array.
    public var arguments: String? { describe(2) }
    /// `ENOENT`, of a call that failed.
    public var error: String? { describe(3) }
    /// The task's `comm`.
    public var command: String? { describe(4) }

    /// Where a call was made from, the innermost frame first; empty if that is not known.
    ///
    /// - Parameter limit: of the number of frames.
    public func frames(limit: Int = 64) -> [Frame] {
        var one = renacer_frame()
        one.size = UInt32(MemoryLayout<renacer_frame>.stride)
        var all = [renacer_frame](repeating: one, count: max(limit, 1)), count = all.count
        guard host.table.pointee.frames(host.table, raw, &all, &count) == 0 else { return [] }
        return all.prefix(count).map { Frame($0) }
    }

    private func describe(_ what: UInt32) -> String? {
        var text = renacer_string()
        return host.table.pointee.describe(host.table, raw, what, &text) == 0 ? String(text) : nil
    }

    private func value(_ field: UInt32) -> renacer_value? {
        var v = renacer_value()
        v.size = UInt32(MemoryLayout<renacer_value>.size)
        return host.table.pointee.value(host.table, raw, field, &v) == 0 ? v : nil
    }

    /// The tracee's memory, as far as it is known.
    public func memory(_ address: UInt64, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(count, 0))
        let n = host.table.pointee.read(host.table, raw, address, &bytes, bytes.count)
        return Array(bytes.prefix(n))
    }
}

/// A frame of a call's stack.
public struct Frame: Sendable {
    /// In the task's memory; 0 in a replay.
    public var address: UInt64
    /// The file that is mapped there; empty if none is.
    public var module: String
    /// The function, demangled; empty if unknown.
    public var symbol: String
    /// From the symbol's start, bytes.
    public var offset: UInt64
    /// The line there; nil without debugging information.
    public var source: (file: String, line: Int)?
    /// It is the program's own code.
    public var isOwn: Bool

    init(_ f: renacer_frame) {
        address = f.address
        module = String(f.module)
        symbol = String(f.symbol)
        offset = f.symbol_offset
        source = f.line > 0 ? (String(f.source), Int(f.line)) : nil
        isOwn = f.is_own != 0
    }
}

extension String {
    init(_ s: renacer_string) {
        self = s.data.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: s.length), as: UTF8.self) } ?? ""
    }

    func withRenacerString<R>(_ body: (renacer_string) -> R) -> R {
        var copy = self
        return copy.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { body(renacer_string(data: $0.baseAddress, length: $0.count)) }
        }
    }
}

/// Text that lives as long as this object.
final class Texts {
    private var all: [UnsafeMutablePointer<CChar>] = []

    deinit { for p in all { p.deallocate() } }

    func keep(_ s: String) -> renacer_string {
        let utf8 = Array(s.utf8)
        let p = UnsafeMutablePointer<CChar>.allocate(capacity: max(utf8.count, 1))
        for (i, b) in utf8.enumerated() { p[i] = CChar(bitPattern: b) }
        all.append(p)
        return renacer_string(data: UnsafePointer(p), length: utf8.count)
    }
}
