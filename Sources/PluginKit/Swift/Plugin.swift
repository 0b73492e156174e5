import CRenacerPlugin

/// What the exported function takes and returns.
public typealias PluginHost = UnsafePointer<renacer_host>?
public typealias PluginExport = UnsafePointer<renacer_plugin>?

/// Describes a plugin to renacer. What it makes lives as long as the process, as the contract has it.
///
/// - Parameter types: the types of its detectors and sinks.
public func export(_ name: String, version: String, _ types: any Component.Type...) -> PluginExport {
    let text = Unmanaged.passRetained(Texts()).takeUnretainedValue()
    let components = UnsafeMutablePointer<renacer_component>.allocate(capacity: max(types.count, 1))
    for (i, type) in types.enumerated() {
        Registry.types[type.name] = type
        components[i] = component(type, text)
    }
    var plugin = renacer_plugin()
    plugin.size = UInt32(MemoryLayout<renacer_plugin>.size)
    plugin.abi_minor = UInt32(RENACER_ABI_MINOR)
    plugin.schema = UInt32(RENACER_EVENT_SCHEMA)
    plugin.name = text.keep(name)
    plugin.version = text.keep(version)
    plugin.components = UnsafePointer(components)
    plugin.component_count = types.count
    return UnsafePointer(forever([plugin]))
}

/// Types by the names that renacer asks for: written while a plugin is loaded, read afterwards, on one thread.
private enum Registry {
    nonisolated(unsafe) static var types: [String: any Component.Type] = [:]
}

private func forever<T>(_ all: [T]) -> UnsafeMutablePointer<T> {
    let p = UnsafeMutablePointer<T>.allocate(capacity: max(all.count, 1))
    p.initialize(from: all, count: all.count)
    return p
}

private func component(_ type: any Component.Type, _ text: Texts) -> renacer_component {
    var c = renacer_component()
    c.size = UInt32(MemoryLayout<renacer_component>.size)
    c.kind = type is any Sink.Type ? 2 : 1
    c.name = text.keep(type.name)
    c.description = text.keep(type.summary)
    let options = type.options.map { o in
        var one = renacer_option()
        one.size = UInt32(MemoryLayout<renacer_option>.size)
        one.type = o.kind.rawValue
        one.name = text.keep(o.name)
        one.default_value = text.keep(o.defaultValue)
        one.help = text.keep(o.help)
        one.minimum = o.minimum
        one.maximum = o.maximum
        one.choices = text.keep(o.choices.joined(separator: "|"))
        return one
    }
    c.options = UnsafePointer(forever(options))
    c.option_count = options.count
    let subscriptions = type.subscriptions.map { s in
        var one = renacer_subscription()
        one.size = UInt32(MemoryLayout<renacer_subscription>.size)
        one.kinds = s.kinds.rawValue
        one.calls = text.keep(s.calls)
        one.needs = (s.needsMemory ? 1 : 0) | (s.needsStacks ? 2 : 0)
        one.given = text.keep(s.given)
        return one
    }
    c.subscriptions = UnsafePointer(forever(subscriptions))
    c.subscription_count = subscriptions.count
    if let detector = type as? any Detector.Type {
        c.rules = UnsafePointer(forever(detector.rules.map { text.keep($0) }))
        c.rule_count = detector.rules.count
    }
    if let sink = type as? any Sink.Type {
        c.functions = UnsafeRawPointer(forever([functions(of: sink)]))
    } else {
        c.functions = UnsafeRawPointer(forever([functions()]))
    }
    return c
}

/// An instance and the host that serves it.
private final class Instance {
    let component: any Component
    let host: Host

    init(_ component: any Component, _ host: Host) {
        self.component = component
        self.host = host
    }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> Instance? {
        pointer.map { Unmanaged<Instance>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body`; tells renacer what it throws.
    func perform(_ body: () throws -> Void) -> renacer_status { attempt(host, body) }
}

private func attempt(_ host: Host, _ body: () throws -> Void) -> renacer_status {
    do {
        try body()
        return 0
    } catch {
        "\(error)".withRenacerString { host.table.pointee.fail(host.table, $0) }
        return -1
    }
}

/// Those of a detector, and what only a sink has.
private func functions(of sink: any Sink.Type) -> renacer_sink {
    let common = functions()
    var f = renacer_sink()
    f.size = UInt32(MemoryLayout<renacer_sink>.size)
    f.output = sink.output.rawValue
    f.create = common.create
    f.consume = common.consume
    f.finish = common.finish
    f.destroy = common.destroy
    f.idle = common.idle
    f.report = { pointer, finding in
        guard let instance = Instance.of(pointer), let finding, let sink = instance.component as? any Sink else { return -1 }
        return instance.perform { try sink.report(Finding(finding.pointee)) }
    }
    return f
}

extension Finding {
    /// One that renacer tells of.
    fileprivate init(_ f: renacer_finding) {
        self.init(
            rule: String(f.rule), severity: Severity(rawValue: f.severity) ?? .information, confidence: f.confidence, from: f.from, to: f.to,
            title: String(f.title))
        detector = String(f.detector)
        isInconclusive = f.is_inconclusive != 0
        tasks = Array(UnsafeBufferPointer(start: f.tasks, count: Int(f.task_count)))
        reason = String(f.reason)
        advice = String(f.advice)
        // Elements are as far apart as the first one says.
        guard let first = f.evidence, f.evidence_count > 0, first.pointee.size >= MemoryLayout<renacer_evidence>.size else { return }
        for i in 0..<f.evidence_count {
            let e = (UnsafeRawPointer(first) + i * Int(first.pointee.size)).load(as: renacer_evidence.self)
            evidence.append((String(e.name), e.is_number != 0 ? .number(e.number) : .text(String(e.text)), String(e.unit)))
        }
    }
}

private func functions() -> renacer_detector {
    var f = renacer_detector()
    f.size = UInt32(MemoryLayout<renacer_detector>.size)
    f.create = { table, out in
        guard let table, let out else { return -1 }
        let host = Host(table: table)
        return attempt(host) {
            let name = String(table.pointee.component)
            guard let type = Registry.types[name] else { throw PluginError("there is no '\(name)'") }
            out.pointee = Unmanaged.passRetained(Instance(try type.init(host), host)).toOpaque()
        }
    }
    f.consume = { pointer, events, count in
        guard let instance = Instance.of(pointer), var event = events else { return -1 }
        return instance.perform {
            for _ in 0..<count {
                try instance.component.consume(Event(host: instance.host, raw: event))
                event = renacer_next(event)
            }
        }
    }
    f.finish = { pointer, account in
        guard let instance = Instance.of(pointer), let account else { return -1 }
        return instance.perform { try instance.component.finish(Account(delivered: account.pointee.delivered, lost: account.pointee.lost)) }
    }
    f.destroy = { pointer in
        if let pointer { Unmanaged<Instance>.fromOpaque(pointer).release() }
    }
    f.idle = { pointer in
        guard let instance = Instance.of(pointer) else { return -1 }
        return instance.perform { try instance.component.idle() }
    }
    return f
}
