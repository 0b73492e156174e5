import RenacerCore
import RenacerPluginHost

// Sinks that plugins bring.

extension SinkRegistration {
    /// A kind of that name: renacer's own, or a plugin's.
    ///
    /// - Parameter plugins: where to look for others; nil: that is not known yet.
    /// - Returns: nil if it is none of renacer's own, and plugins were not looked at.
    static func known(_ name: some StringProtocol, _ origin: String, _ plugins: PluginChoice?) throws(UsageError) -> SinkRegistration? {
        if name == "text" { return strace }
        if let own = all.first(where: { $0.name == name }) { return own }
        guard let plugins else { return nil }
        var problems: [String] = []
        let search = PluginSearch(files: plugins.files), name = String(name)
        if plugins.isolated {
            let found = search.isolated(name, .sink) { problems.append("plugin \($0): \($1)") }
            if let (file, component) = found { return of(component, in: file) }
        } else {
            let found = search.component(name, .sink) { if case .failure(let problem) = $0.result { problems.append("plugin \($0.path): \(problem)") } }
            if let component = found?.component { return of(component, in: nil) }
        }
        throw unknown(name, origin, problems)
    }

    /// One whose plugin is yet to be found.
    static func unresolved(_ name: String) -> SinkRegistration {
        SinkRegistration(name: name, help: "", place: .standardOutput, needs: { _ in [] }, options: []) { (context) throws(UsageError) in
            throw SinkRegistration.unknown(name, context.request.origin, [])
        }
    }

    var isUnresolved: Bool { help.isEmpty && plugin == nil }

    /// - Parameter process: the plugin's own process; nil: it runs in renacer's.
    private static func of(_ component: Component, in process: IsolatedPlugin?) -> SinkRegistration {
        nonisolated(unsafe) let process = process
        let wanted = component.subscription
        var needs: Needs = [.events, .entries, .commands]
        if !wanted.memory.isEmpty { needs.insert(.decoding) }
        if wanted.signals { needs.insert(.signals) }
        let takes: Needs = needs
        return SinkRegistration(
            name: component.name, help: component.description, place: component.opensItsOutput ? .any("what \(component.name) takes") : .standardOutput,
            needs: { _ in takes }, options: component.options.map { SinkOption($0.name, .plugin($0), $0.help) },
            plugin: (wanted.syscalls, process?.process ?? 0)
        ) { (context) throws(UsageError) in
            let settings = context.settings, plugins = settings.plugins, program = context.program
            let options = component.options.compactMap { option in context.request[option.name].map { (option.name, $0) } }
            let component = component.narrowed(by: options)
            func log(_ line: String) { Message.print(line, program: program) }
            let instance: any PluggedDetector
            do throws(PluginProblem) {
                if let process {
                    instance = try IsolatedDetector(process, component, options: options, patience: plugins.patience, log: log)
                } else {
                    instance = try PluginDetector(component, options: options, patience: plugins.patience, log: log)
                }
            } catch { throw UsageError("\(context.request.origin): \(error)") }
            instance.tasksAreThere = plugins.tasksAreThere
            let shown = PluginSink.Options(decoding: settings.text.decoding, calls: settings.text.calls, signals: settings.text.signals)
            let sink = PluginSink(
                instance, component, destination: context.request.destination ?? "", options: shown,
                records: component.opensItsOutput ? nil : try context.records(), inspector: context.inspector)
            guard let sink else { throw UsageError("\(context.request.origin): is no sink") }
            return sink
        }
    }
}

extension Settings {
    /// Sinks of plugins alone: nothing but what they subscribed to is captured for them.
    func narrowToPlugins(_ plan: inout CapturePlan) {
        for sink in sinks { if let process = sink.kind.plugin?.process, process > 0 { plan.target.excluded.append(process) } }
        guard !sinks.isEmpty, sinks.allSatisfy({ $0.kind.plugin != nil }) else { return }
        // What counts calls counts those that are shown, whoever looks at them.
        guard plan.syscallLimit == nil, !processors.contains(where: \.countsWhatPasses) else { return }
        var wanted = SyscallSet.none
        for sink in sinks { if let calls = sink.kind.plugin?.calls { wanted.formUnion(calls) } }
        plan.syscalls.formIntersection(wanted)
    }
}
