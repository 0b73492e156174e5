import RenacerCore
import RenacerFunctions

// Sinks that are made of the stacks of calls.

extension SinkRegistration {
    static let functions = SinkRegistration(
        name: "functions", help: "time in calls by the program's own functions (--function-time)", place: .text,
        needs: { _ in [.entries, .commands, .stacks] },
        options: [
            .init("by", .choice(FunctionTimeSink.Grouping.allCases.map(\.rawValue)), "what a row is: a function, or a line of source"),
            .init("slow", .duration, "input and output that takes as long is slow (1ms)"),
            .init("details", .flag, "hot paths and the call graph too (true)"),
        ]
    ) { (context) throws(UsageError) in
        var options = FunctionTimeSink.Options()
        if let by = context.request["by"].flatMap(FunctionTimeSink.Grouping.init) { options.grouping = by }
        if let slow = context.request.number("slow") { options.slow = slow }
        options.details = context.request["details"] != "false"
        return FunctionTimeSink(
            options, places: try context.stackFinder(), calls: context.settings.text.calls, inspector: context.inspector,
            output: try context.shared(), samples: context.samples, followsForks: context.tracesAll)
    }

    static let flamegraph = SinkRegistration(
        name: "flamegraph", help: "the stacks of calls as a picture, weighted by time (--flamegraph)", place: .standardOutput,
        needs: { _ in [.entries, .commands, .stacks] },
        options: [
            .init("format", .choice(FlameGraphSink.Format.allCases.map(\.rawValue)), "a picture, or a line for each stack; by the file's name: .folded, else svg"),
        ]
    ) { (context) throws(UsageError) in
        let byName: FlameGraphSink.Format = context.request.destination?.hasSuffix(".folded") == true ? .folded : .svg
        let command = context.run.command
        return FlameGraphSink(
            context.request["format"].flatMap(FlameGraphSink.Format.init) ?? byName,
            title: command.isEmpty ? "renacer" : command.joined(separator: " "), places: try context.stackFinder(),
            calls: context.settings.text.calls, inspector: context.inspector, output: try context.shared(),
            samples: context.samples, followsForks: context.tracesAll)
    }
}

extension SinkContext {
    /// Children of traced tasks are traced, and everybody's: who is sampled is traced.
    fileprivate var tracesAll: Bool { settings.pipeline.plan.followForks || settings.pipeline.plan.target.scope == .all }

    /// Finds the stacks that a sink is made of.
    fileprivate func stackFinder() throws(UsageError) -> PlaceFinder {
        guard let stacks else { throw UsageError("\(request.origin): no stacks") }
        var options = PlaceFinder.Options()
        options.stack = true
        options.frameLimit = settings.places.frameLimit
        return PlaceFinder(stacks, options)
    }
}
