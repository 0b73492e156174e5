import RenacerCore
import RenacerPluginHost

/// `--detector`, `--plugin` and their kin: what is to look at the trace.
struct PluginChoice {
    var files: [String] = []
    var detectors: [DetectorChoice] = []
    /// The longest that a plugin may take for a batch, ns.
    var patience: UInt64 = 2_000_000_000

    var isAny: Bool { !files.isEmpty || !detectors.isEmpty }

    /// Whether tasks are there to be asked about: not in a replay.
    var tasksAreThere = true
    /// `--isolate-plugins`
    var isolated = false

    /// Sinks of plugins that show the trace: files that have no more than these are no mistake.
    var sinks: [String] = []

    /// What `load` came to.
    private(set) var loaded: [any PluggedDetector] = []
    /// Processes that plugins run in.
    private(set) var processes: [Int32] = []
    var names: [String] { loaded.map(\.name) }

    /// Loads what was chosen. A file that is no plugin is reported and left out; a detector that nobody has is refused.
    ///
    /// - Parameter note: takes lines for the person at the terminal.
    mutating func load(_ note: @escaping (String) -> Void) throws(UsageError) {
        if detectors.isEmpty {
            for file in files {
                do throws(PluginProblem) { try loadAll(of: file, note) } catch { note(Self.failure(file, error)) }
            }
            return
        }
        let search = PluginSearch(files: files)
        for choice in detectors {
            var problems: [(path: String, problem: PluginProblem)] = []
            do throws(PluginProblem) {
                if try find(choice, search, note, failed: { problems.append(($0, $1)) }) { continue }
            } catch {
                throw UsageError("--detector \(choice.name): \(error)")
            }
            for p in problems { note(Self.failure(p.path, p.problem)) }
            // One of these files may have had it.
            if !problems.isEmpty { continue }
            throw UsageError("--detector \(choice.name): no plugin has such a detector; 'renacer plugins' lists what there is")
        }
    }

    private mutating func loadAll(of file: String, _ note: @escaping (String) -> Void) throws(PluginProblem) {
        if isolated {
            let plugin = try IsolatedPlugin(file)
            tell(file, plugin.components, note)
            for component in plugin.components where component.kind == .detector { try add(plugin, component, [], note) }
        } else {
            let plugin = try PluginFile(file)
            tell(file, plugin.components, note)
            for component in plugin.components where component.kind == .detector {
                loaded.append(try PluginDetector(component, options: [], patience: patience, log: note))
            }
        }
    }

    /// Says what a file is for that has no detector.
    private func tell(_ file: String, _ components: [Component], _ note: (String) -> Void) {
        guard !components.contains(where: { $0.kind == .detector }), !components.contains(where: { sinks.contains($0.name) }) else { return }
        let own = components.filter { $0.kind == .sink }.map { "--sink \($0.name)" }
        note("plugin \(file): has no detector\(own.isEmpty ? "" : "; \(own.joined(separator: ", ")) shows the trace by it")")
    }

    /// Whether the detector was found.
    private mutating func find(
        _ choice: DetectorChoice, _ search: PluginSearch, _ note: @escaping (String) -> Void, failed: (String, PluginProblem) -> Void
    ) throws(PluginProblem) -> Bool {
        if isolated {
            guard let (plugin, component) = search.isolated(choice.name, .detector, failed: failed) else { return false }
            try add(plugin, component, choice.options, note)
        } else {
            let found = search.component(choice.name, .detector) { if case .failure(let problem) = $0.result { failed($0.path, problem) } }
            guard let found else { return false }
            loaded.append(try PluginDetector(found.component, options: choice.options, patience: patience, log: note))
        }
        return true
    }

    private mutating func add(
        _ plugin: IsolatedPlugin, _ component: Component, _ options: [(String, String)], _ note: @escaping (String) -> Void
    ) throws(PluginProblem) {
        loaded.append(try IsolatedDetector(plugin, component, options: options, patience: patience, log: note))
        processes.append(plugin.process)
    }

    private static func failure(_ file: String, _ problem: PluginProblem) -> String {
        "plugin \(file): \(problem): it is disabled, the trace goes on"
    }
}

/// `NAME[,KEY=VALUE...]`
struct DetectorChoice {
    let name: String
    let options: [(String, String)]

    init(_ name: String, _ options: [(String, String)]) {
        self.name = name
        self.options = options
    }

    init(_ text: String) throws(UsageError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        name = parts.first.map(String.init) ?? ""
        guard !name.isEmpty else { throw UsageError("invalid --detector argument: '\(text)': NAME[,KEY=VALUE...] is wanted", help: true) }
        var options: [(String, String)] = []
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
                throw UsageError("invalid --detector argument: '\(part)': KEY=VALUE is wanted", help: true)
            }
            options.append((String(part[..<equals]), String(part[part.index(after: equals)...])))
        }
        self.options = options
    }
}
