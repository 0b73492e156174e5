import RenacerCore
import RenacerPerfetto

extension SinkRegistration {
    static let perfetto = SinkRegistration(
        name: "perfetto", help: "a trace for ui.perfetto.dev", place: .standardOutput,
        needs: { _ in [.decoding, .signals, .entries, .commands] }, options: [.queue]
    ) { (context) throws(UsageError) in
        let settings = context.settings
        return PerfettoSink(
            output: try context.records(), decoding: settings.text.decoding, calls: settings.text.calls, inspector: context.inspector,
            command: settings.pipeline.plan.target.launch?.arguments ?? [], realtimeOffset: settings.text.realtimeOffset ?? RealTime.offset)
    }
}
