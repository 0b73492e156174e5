import RenacerAnalysis
import RenacerCore
import RenacerReplay

/// `--anomaly-detection`, `--hpu-analysis` and what refines them.
struct AnalysisChoice {
    var detectsAnomalies = false
    /// An assertion is about anomalies, and all calls count for it.
    var assertsAnomalies = false
    var threshold: Double?
    var window: Int?
    /// `--baseline`
    var baseline: String?
    /// nil: no `--hpu-analysis`.
    var correlation: AnalysisOptions?

    var isAny: Bool { detectsAnomalies || assertsAnomalies || correlation != nil }
    /// The flag that asked, for what is said about its output; nil if none did.
    var origin: String? { detectsAnomalies ? "--anomaly-detection" : correlation != nil ? "--hpu-analysis" : nil }

    /// What `make` made.
    private(set) var detectors: [any Detector] = []
    private var anomalies: AnomalyDetector?
    /// What the file of `--baseline` knew; nil if it was not there.
    private var known: Baseline?
    private var backend = ""

    /// The values of `--hpu-analysis=KEY=N,...`.
    static func options(_ text: String) throws(UsageError) -> AnalysisOptions {
        var options = AnalysisOptions()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            let key = part.prefix { $0 != "=" }, value = part.dropFirst(key.count + 1)
            func number(_ range: ClosedRange<Int>) throws(UsageError) -> Int {
                guard let n = decimal(value), range.contains(Int(n)) else {
                    throw UsageError("--hpu-analysis: invalid \(key) '\(value)': a number from \(range.lowerBound) to \(range.upperBound) is wanted")
                }
                return Int(n)
            }
            switch key {
            case "seed":
                guard let n = decimal(value, upTo: .max) else { throw UsageError("--hpu-analysis: invalid seed '\(value)': a whole number is wanted") }
                options.seed = n
            case "clusters": options.clusters = try number(AnalysisOptions.clusterCounts)
            case "windows": options.windows = try number(AnalysisOptions.windowCounts)
            default: throw UsageError("--hpu-analysis: unknown key '\(key)'; it has seed, clusters, windows")
            }
        }
        return options
    }

    /// Refuses what would have no effect.
    func check(_ sinks: [SinkRequest]) throws(UsageError) {
        if !detectsAnomalies {
            let given = threshold != nil ? "--anomaly-threshold" : window != nil ? "--anomaly-window" : baseline != nil ? "--baseline" : nil
            if let given { throw UsageError("\(given) must be given with --anomaly-detection", help: true) }
        }
        if correlation != nil, !sinks.contains(where: { SinkRegistration.showsAnalyses.contains($0.kind.name) }) {
            throw UsageError(
                "--hpu-analysis has no effect with \(sinks.first?.origin ?? "these sinks"); "
                    + "\(SinkRegistration.showsAnalyses.joined(separator: ", ")) show it: --sink findings")
        }
    }

    /// Makes what is to look at the trace.
    ///
    /// - Parameter calls: which were asked for.
    mutating func make(calls: SyscallSet) throws(UsageError) {
        detectors = []
        if detectsAnomalies || assertsAnomalies {
            if let baseline { known = try BaselineFile(path: baseline).read() }
            var options = AnomalyOptions()
            if let threshold { options.threshold = threshold }
            if let window { options.window = window }
            let detector = AnomalyDetector(options, calls: detectsAnomalies ? calls : .all)
            anomalies = detector
            detectors.append(detector)
        }
        if let correlation { detectors.append(CallAnalyzer(correlation, calls: calls)) }
    }

    /// Takes up what is known, now that it is clear who measures. No task was touched yet.
    ///
    /// - Parameter recording: what is replayed, if anything: times are those of the backend that recorded it.
    mutating func begin(_ backend: any Backend, _ recording: ReplayBackend?) throws(TraceError) {
        guard let anomalies else { return }
        do throws(UsageError) { try admit(backend, recording) } catch { throw TraceError(error.message) }
        anomalies.realtimeOffset = backend.realtimeOffset ?? RealTime.offset
        self.backend = recording?.header.backend ?? String(describing: backend.name)
        if let known { anomalies.take(known) }
    }

    /// Refuses a backend whose times cannot be compared with those that are known.
    func admit(_ backend: (any Backend)?, _ recording: ReplayBackend?) throws(UsageError) {
        guard let backend, let known, let baseline else { return }
        let name = recording?.header.backend ?? String(describing: backend.name)
        if known.backend == name { return }
        throw UsageError(
            "--baseline \(baseline): its times were measured with \(known.backend), these are with \(name) and not comparable; "
                + "use another file\(recording == nil ? ", or --backend \(known.backend)" : "")")
    }

    /// Writes what is known now to the file of `--baseline`, unless nothing was measured.
    func keep() throws(TraceError) {
        guard let baseline, let now = anomalies?.baseline(backend: backend) else { return }
        try BaselineFile(path: baseline).write(now)
    }
}
