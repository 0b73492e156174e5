import RenacerCore
import RenacerPluginHost

/// `--detector`, `--plugin` and their kin: what is to look at the trace.
struct PluginChoice {
    var files: [String] = []
    var detectors: [DetectorChoice] = []
    /// The longest that a plugin may take for a batch, ns.
    var patience: UInt64 = 2_000_000_000

    var isAny: Bool { !files.isEmpty || !detectors.isEmpty }

    /// What `load` came to.
    private(set) var loaded: [PluginDetector] = []
    var names: [String] { loaded.map(\.name) }

    /// Loads what was chosen. A file that is no plugin is reported and left out; a detector that nobody has is refused.
    ///
    /// - Parameter note: takes lines for the person at the terminal.
    mutating func load(_ note: @escaping (String) -> Void) throws(UsageError) {
        let search = PluginSearch(files: files)
        guard !detectors.isEmpty else {
            for file in files {
                do throws(PluginProblem) {
                    for component in try PluginFile(file).components where component.kind == .detector {
                        loaded.append(try make(component, [], note))
                    }
                } catch { note(Self.failure(file, error)) }
            }
            return
        }
        for choice in detectors {
            var problems: [PluginSearch.Found] = []
            guard let (_, component) = search.detector(choice.name, failed: { problems.append($0) }) else {
                for p in problems { if case .failure(let problem) = p.result { note(Self.failure(p.path, problem)) } }
                // One of these files may have had it.
                if !problems.isEmpty { continue }
                throw UsageError("--detector \(choice.name): no plugin has such a detector; 'renacer plugins' lists what there is")
            }
            do throws(PluginProblem) { loaded.append(try make(component, choice.options, note)) } catch {
                throw UsageError("--detector \(choice.name): \(error)")
            }
        }
    }

    private func make(_ component: Component, _ options: [(String, String)], _ note: @escaping (String) -> Void) throws(PluginProblem) -> PluginDetector {
        try PluginDetector(component, options: options, patience: patience, log: note)
    }

    private static func failure(_ file: String, _ problem: PluginProblem) -> String {
        "plugin \(file): \(problem): it is disabled, the trace goes on"
    }
}

/// `NAME[,KEY=VALUE...]`
struct DetectorChoice {
    let name: String
    let options: [(String, String)]

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
