import RenacerCSV
import RenacerCore
import RenacerHTML
import RenacerJSON

extension SinkRegistration {
    static let json = SinkRegistration(
        name: "json", help: "one JSON document", place: .standardOutput, needs: Needs.ofCalls,
        options: [.raw, .contents, .queue]
    ) { (context) throws(UsageError) in try context.json(.document) }

    static let jsonl = SinkRegistration(
        name: "jsonl", help: "a JSON object in a line for each event, in constant memory", place: .standardOutput,
        needs: Needs.ofCalls, options: [.raw, .contents, .queue]
    ) { (context) throws(UsageError) in try context.json(.lines) }

    static let csv = SinkRegistration(
        name: "csv", help: "comma-separated values, a row for each event", place: .standardOutput,
        needs: Needs.ofCalls, options: [.raw, .contents, .queue]
    ) { (context) throws(UsageError) in
        var options = CSVOptions(clock: context.run.clock)
        options.raw = context.request.isOn(SinkOption.raw.name)
        options.summaryOnly = context.request.isSummary
        options.decoding = context.settings.text.decoding
        options.calls = context.settings.text.calls
        options.signals = context.settings.text.signals
        options.places = context.places
        return CSVSink(options, output: try context.records(), inspector: context.inspector)
    }
}

extension SinkRegistration {
    static let html = SinkRegistration(
        name: "html", help: "one page to look at: timeline, table, latencies, findings", place: .standardOutput,
        needs: { _ in [.decoding, .commands, .entries, .places] }, options: [.queue]
    ) { (context) throws(UsageError) in
        HTMLSink(
            context.run, context.settings.text.decoding, calls: context.settings.text.calls, output: try context.records(),
            inspector: context.inspector, places: context.places)
    }
}

extension SinkContext {
    fileprivate func json(_ layout: JSONOptions.Layout) throws(UsageError) -> any Sink {
        var options = JSONOptions(run: run)
        options.layout = layout
        options.raw = request.isOn(SinkOption.raw.name)
        options.summaryOnly = request.isSummary
        options.decoding = settings.text.decoding
        options.instructionPointer = settings.text.instructionPointer
        options.calls = settings.text.calls
        options.signals = settings.text.signals
        options.places = places
        return JSONSink(options, output: try records(), inspector: inspector)
    }
}
