import RenacerAnalysis
import RenacerAssertions
import RenacerCore
import RenacerPluginHost

// Who looks for what `anti_pattern` names.

extension AssertionChoice {
    /// A detector that there is, and what it may find.
    private struct Offer {
        let name: String
        /// Empty: it does not say.
        let rules: [String]
        /// The plugin; nil if the detector is part of renacer.
        var path: String?

        /// All that a pattern may be.
        var spellings: [String] { [name] + rules + rules.map { "\(name)/\($0)" } }
    }

    /// Adds those detectors to what is chosen already that some `anti_pattern` is about.
    ///
    /// - Parameter program: what lines of a message start with.
    /// - Throws: all patterns that no detector and no rule is called by.
    func choose(_ plugins: inout PluginChoice, _ analysis: inout AnalysisChoice, _ program: String) throws(UsageError) {
        let about = assertions.filter(\.isEnabled).compactMap { a in if case .antiPattern(let pattern, _) = a.check { (assertion: a, pattern: pattern) } else { nil } }
        guard !about.isEmpty else { return }
        let anomalies = Offer(name: "anomaly", rules: AnomalyDetector.rules)
        let offers = [anomalies] + PluginSearch(files: plugins.files).components(isolated: plugins.isolated)
            .filter { $0.component.kind == .detector }.map { Offer(name: $0.component.name, rules: $0.component.rules, path: $0.path) }
        // A plugin that was named without a detector has all of its own at work, whatever else is added.
        var wanted = plugins.detectors.isEmpty ? offers.filter { o in o.path.map(plugins.files.contains) ?? false }.map(\.name) : []
        var problems: [String] = []
        for (assertion, pattern) in about {
            let found = Self.matching(pattern, offers)
            if found.isEmpty { problems.append("\(assertion.file):\(assertion.line): assertion '\(assertion.name)': " + Self.refusal(pattern, offers)) }
            wanted += found.compactMap { $0.path == nil ? nil : $0.name }
            if found.contains(where: { $0.path == nil }) { analysis.assertsAnomalies = true }
        }
        if !problems.isEmpty { throw UsageError(problems.joined(separator: "\n\(program): ")) }
        for name in wanted where !plugins.detectors.contains(where: { $0.name == name }) { plugins.detectors.append(DetectorChoice(name, [])) }
    }

    /// Detectors that may find what a pattern means.
    private static func matching(_ pattern: String, _ offers: [Offer]) -> [Offer] {
        let parts = pattern.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { Pattern.plain($0) }
        let named = offers.filter { Pattern.plain($0.name) == parts.first }
        if parts.count == 2 { return named.filter { $0.rules.isEmpty || $0.rules.contains { Pattern.plain($0) == parts[1] } } }
        if !named.isEmpty { return named }
        let ruled = offers.filter { $0.rules.contains { Pattern.plain($0) == parts.first } }
        return ruled.isEmpty ? offers.filter(\.rules.isEmpty) : ruled
    }

    private static func refusal(_ pattern: String, _ offers: [Offer]) -> String {
        var text = "no detector and no rule is called '\(pattern)'"
        let spellings = offers.flatMap(\.spellings)
        // The way that the pattern is spelled - PCIeBottleneck - is no mistake.
        func comparable(_ s: String) -> String { s.split(separator: "/", omittingEmptySubsequences: false).map { Pattern.plain($0) }.joined(separator: "/") }
        let nearest = Suggestion.nearest(comparable(pattern), spellings.map(comparable))
        if let meant = spellings.first(where: { comparable($0) == nearest }) {
            text += "; did you mean '\(meant)'?"
        } else {
            text += "; there are \(offers.map(\.name).joined(separator: ", ")); 'renacer plugins' lists their rules"
        }
        return offers.count > 1 ? text : text + " (it found no plugins)"
    }
}
