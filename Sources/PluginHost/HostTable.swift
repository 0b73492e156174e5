import CRenacerPlugin
import CLinux
import Glibc
import RenacerCore

/// The `renacer_host` of one instance, and what stands behind its functions.
///
/// A plugin may ask at the wrong time or about nonsense: every service answers "unknown" then.
final class HostTable {
    static let oldestSchema: UInt32 = 1

    let table: UnsafeMutablePointer<renacer_host>
    /// Whose instance it is, for messages.
    let name: String
    /// What the plugin said of its failure, since that was last asked for.
    private var failure: String?
    /// Values of its options, by name.
    var options: [String: ComponentOption.Value] = [:]
    /// Rules that its findings may name; empty: any.
    var rules: [String] = []
    /// Takes findings; nil before the trace and after it.
    var report: ((Finding) -> Void)?
    /// Writes a line for the person at the terminal.
    var log: (String) -> Void = { _ in }
    /// Takes what a sink writes; nil: there is nowhere to write.
    var output: ((UnsafeRawBufferPointer) -> Bool)?
    /// What stands behind a sink's name.
    var destination = "" { didSet { table.pointee.destination = place.keep(destination) } }
    private let place = Answer()
    private let description = Answer()
    private let frames = FrameAnswer()
    /// Findings that were refused.
    private(set) var refused = 0
    private var reported = 0
    /// So many findings that nobody reads them.
    var hasReportedTooMuch: Bool { reported > Self.mostFindings }
    static let mostFindings = 1000
    let fields = FieldTable()
    /// Answers what is asked about events; nil while none is consumed.
    var view: (any EventServices)?
    /// Whether tasks are there to be asked about: not in a replay, where ids are somebody else's.
    var tasksAreThere = true
    lazy var lookups = TaskLookups()
    /// Functions that the plugin asked to be probed; nil before that.
    private(set) var probes: UserProbes?
    private var probeProblem: PluginProblem?
    private let problem = Answer()
    /// What `/proc` says of tasks, if it may be asked.
    private var present: TaskLookups? { tasksAreThere ? lookups : nil }
    private let answer = Answer()
    private let version = Answer()
    private let component = Answer()

    init(name: String) {
        self.name = name
        table = .allocate(capacity: 1)
        table.initialize(to: renacer_host())
        table.pointee.size = UInt32(MemoryLayout<renacer_host>.size)
        table.pointee.abi_major = UInt32(RENACER_ABI_MAJOR)
        table.pointee.abi_minor = UInt32(RENACER_ABI_MINOR)
        table.pointee.oldest_schema = Self.oldestSchema
        table.pointee.schema = UInt32(RENACER_EVENT_SCHEMA)
        table.pointee.version = version.keep("0.1.0")
        table.pointee.component = component.keep(name)
        table.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        installGeneralServices()
        installEventServices()
        installTaskServices()
        table.pointee.probe = { host, path, functions, count, found, problem in
            guard let host = HostTable.of(host) else { return RENACER_STATUS_FAILED }
            return host.probe(path, functions, count, found, problem)
        }
        installSinkServices()
    }

    private func probe(
        _ path: renacer_string, _ functions: UnsafePointer<renacer_function>?, _ count: Int, _ found: UnsafeMutablePointer<UInt32>?,
        _ why: UnsafeMutablePointer<renacer_string>?
    ) -> renacer_status {
        found?.pointee = 0
        why?.pointee = renacer_string(data: nil, length: 0)
        guard let path = path.checked, !path.isEmpty,
            let rows = structures(functions, count: count, as: renacer_function.self, required: MemoryLayout<renacer_function>.size)
        else { return RENACER_STATUS_UNKNOWN }
        var wanted: [(name: String, id: Int32)] = []
        for row in rows { if let name = row.name.checked, !name.isEmpty { wanted.append((name, row.id)) } }
        do throws(PluginProblem) {
            if !tasksAreThere { throw PluginProblem("user probes: a replay has no functions to be called") }
            if let probeProblem { throw probeProblem }
            if probes == nil {
                do throws(PluginProblem) { probes = try UserProbes() } catch {
                    probeProblem = error
                    throw error
                }
            }
            let n = try probes?.probe(path, wanted) ?? 0
            found?.pointee = UInt32(n)
            return n > 0 ? RENACER_STATUS_OK : RENACER_STATUS_UNKNOWN
        } catch {
            why?.pointee = self.problem.keep(error.description)
            return RENACER_STATUS_FAILED
        }
    }

    deinit { table.deallocate() }

    /// The table behind the pointer that a service was given.
    static func of(_ host: UnsafePointer<renacer_host>?) -> HostTable? {
        guard let context = host?.pointee.context else { return nil }
        return Unmanaged<HostTable>.fromOpaque(context).takeUnretainedValue()
    }

    /// What the plugin said of its failure; forgotten with that.
    var reason: String? {
        defer { failure = nil }
        return failure
    }

    private func installGeneralServices() {
        table.pointee.call = { host, name in
            guard let host = HostTable.of(host), let name = name.checked else { return 0 }
            return host.fields.call(name)
        }
        table.pointee.field = { host, path in
            guard let host = HostTable.of(host), let path = path.checked else { return 0 }
            return host.fields.handle(path)
        }
        table.pointee.option = { host, name, out in
            guard let host = HostTable.of(host), let out, let name = name.checked, let value = host.options[name] else { return RENACER_STATUS_UNKNOWN }
            var v = renacer_value()
            switch value {
            case .text(let text):
                v.type = UInt32(RENACER_VALUE_TEXT)
                v.text = host.answer.keep(text)
            case .unsigned(let n):
                v.type = UInt32(RENACER_VALUE_UNSIGNED)
                v.integer = n
            case .number(let n):
                v.type = UInt32(RENACER_VALUE_NUMBER)
                v.number = n
            case .boolean(let b):
                v.type = UInt32(RENACER_VALUE_BOOLEAN)
                v.integer = b ? 1 : 0
            }
            give(v, to: out)
            return RENACER_STATUS_OK
        }
        table.pointee.now = { _ in clinux_monotonic_ns() }
        table.pointee.log = { host, level, text in
            guard let host = HostTable.of(host), let text = text.checked else { return }
            host.log((level == UInt32(RENACER_LOG_WARNING) ? "warning: " : "") + text)
        }
        table.pointee.fail = { host, text in HostTable.of(host)?.failure = text.checked }
        table.pointee.report = { host, finding in
            guard let host = HostTable.of(host) else { return RENACER_STATUS_FAILED }
            guard let report = host.report, let finding = Finding(finding, detector: host.name), host.rules.isEmpty || host.rules.contains(finding.rule) else {
                host.refused += 1
                return RENACER_STATUS_FAILED
            }
            host.reported += 1
            if host.hasReportedTooMuch { return RENACER_STATUS_FAILED }
            report(finding)
            return RENACER_STATUS_OK
        }
    }

    private func installEventServices() {
        table.pointee.value = { host, event, field, out in
            guard let host = HostTable.of(host), let out, let view = host.view, let event,
                let value = view.value(of: event, host.fields.path(field))
            else { return RENACER_STATUS_UNKNOWN }
            give(value, to: out)
            return RENACER_STATUS_OK
        }
        table.pointee.read = { host, event, address, to, count in
            guard let view = HostTable.of(host)?.view, let event, let to, count > 0, count <= 1 << 24 else { return 0 }
            return view.read(event, address, UnsafeMutableRawBufferPointer(start: to, count: count))
        }
        table.pointee.stack = { host, event, frames, count in
            guard let view = HostTable.of(host)?.view, let event, let frames, let count, count.pointee > 0 else { return RENACER_STATUS_UNKNOWN }
            let known = view.frames(of: event, limit: min(count.pointee, StackFrame.most))?.map(\.address) ?? []
            let addresses = known.isEmpty || known.contains(0) ? view.instructionPointer(of: event).map { [$0] } ?? [] : known
            guard !addresses.isEmpty else { return RENACER_STATUS_UNKNOWN }
            for (i, address) in addresses.enumerated() { frames[i] = address }
            count.pointee = addresses.count
            return RENACER_STATUS_OK
        }
        table.pointee.frames = { host, event, frames, count in
            guard let host = HostTable.of(host), let view = host.view, let event, let frames, let count, count.pointee > 0,
                let known = view.frames(of: event, limit: min(count.pointee, StackFrame.most))
            else { return HostTable.of(host)?.view?.hasStacks == false ? RENACER_STATUS_FAILED : RENACER_STATUS_UNKNOWN }
            guard host.frames.give(known, to: frames) else { return RENACER_STATUS_UNKNOWN }
            count.pointee = known.count
            return RENACER_STATUS_OK
        }
    }

    private func installSinkServices() {
        table.pointee.describe = { host, event, what, out in
            guard let host = HostTable.of(host), let out, let event, let view = host.view,
                let what = EventDescription(rawValue: what), let text = view.describe(event, what)
            else { return RENACER_STATUS_UNKNOWN }
            out.pointee = host.description.keep(text)
            return RENACER_STATUS_OK
        }
        table.pointee.write = { host, bytes, count in
            guard let output = HostTable.of(host)?.output else { return RENACER_STATUS_FAILED }
            guard count > 0 else { return RENACER_STATUS_OK }
            guard let bytes, count <= 1 << 30 else { return RENACER_STATUS_FAILED }
            return output(UnsafeRawBufferPointer(start: bytes, count: count)) ? RENACER_STATUS_OK : RENACER_STATUS_FAILED
        }
        destination = ""
    }

    private func installTaskServices() {
        table.pointee.descriptor = { host, tid, fd, out in
            guard let host = HostTable.of(host), let out, let d = host.present?.descriptor(tid, fd) else { return RENACER_STATUS_UNKNOWN }
            give(d, to: out)
            return RENACER_STATUS_OK
        }
        table.pointee.same_description = { host, tid, fd, otherTid, otherFd in
            guard let answer = HostTable.of(host)?.present?.isSame(tid, fd, otherTid, otherFd) else { return RENACER_STATUS_UNKNOWN }
            return answer ? 1 : 0
        }
        table.pointee.task = { host, tid, out in
            guard let host = HostTable.of(host), let out, let t = host.present?.task(tid) else { return RENACER_STATUS_UNKNOWN }
            give(t, to: out)
            return RENACER_STATUS_OK
        }
        table.pointee.mapping = { host, tid, address, out in
            guard let host = HostTable.of(host), let out, let m = host.present?.mapping(tid, address) else { return RENACER_STATUS_UNKNOWN }
            give(m, to: out)
            return RENACER_STATUS_OK
        }
        table.pointee.symbol = { host, tid, address, out in
            guard let host = HostTable.of(host), let out, let s = host.present?.symbol(tid, address) else { return RENACER_STATUS_UNKNOWN }
            give(s, to: out)
            return RENACER_STATUS_OK
        }
    }
}

let RENACER_STATUS_OK = renacer_status(RENACER_OK)
let RENACER_STATUS_FAILED = renacer_status(RENACER_FAILED)
let RENACER_STATUS_UNKNOWN = renacer_status(RENACER_UNKNOWN)

/// What a plugin may ask about an event of the batch that it consumes.
protocol EventServices: AnyObject {
    func value(of event: UnsafePointer<renacer_event>, _ path: FieldTable.Path?) -> renacer_value?
    func read(_ event: UnsafePointer<renacer_event>, _ address: UInt64, _ to: UnsafeMutableRawBufferPointer) -> Int
    func instructionPointer(of event: UnsafePointer<renacer_event>) -> UInt64?
    /// Whether calls of this run have stacks.
    var hasStacks: Bool { get }
    /// Where a call was made from; nil if that is not known.
    func frames(of event: UnsafePointer<renacer_event>, limit: Int) -> [StackFrame]?
    func describe(_ event: UnsafePointer<renacer_event>, _ what: EventDescription) -> [UInt8]?
}

extension EventServices {
    var hasStacks: Bool { false }
    func frames(of event: UnsafePointer<renacer_event>, limit: Int) -> [StackFrame]? { nil }
}

/// RENACER_DESCRIBE_*: text that an event comes to.
enum EventDescription: UInt32 { case name = 1, arguments, error, command }

/// Fills in a structure whose maker may know less of it than renacer: no more than its `size`, which stays.
func give<T>(_ value: T, to out: UnsafeMutablePointer<T>) {
    guard let size = statedSize(out), size > 4 else { return }
    var value = value
    withUnsafeBytes(of: &value) { bytes in
        let count = min(size, bytes.count) - 4
        if let base = bytes.baseAddress { memcpy(UnsafeMutableRawPointer(out) + 4, base + 4, count) }
    }
}
