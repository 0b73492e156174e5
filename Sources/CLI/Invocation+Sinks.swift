import RenacerCore

// Which sinks a command line asks for, and where each writes.

extension Invocation {
    /// Finds sinks that plugins have.
    mutating func resolveSinks() throws(UsageError) {
        for i in sinks.indices { try sinks[i].resolve(settings.plugins) }
        if let name = format?.name, format?.isUnresolved == true {
            format = try SinkRegistration.known(name, "--format", settings.plugins)
        }
    }

    /// Sinks that are named stand in place of the text, and so does `--format`; `-c` puts the table in its place.
    mutating func chooseSinks(_ command: [String]) throws(UsageError) {
        if purpose == .golden {
            settings.sinks = [SinkRequest(.golden, destination: "memory", origin: "golden")]
            return
        }
        try resolveSinks()
        var chosen: [SinkRequest] = []
        let format = format.flatMap { $0.name == "strace" ? nil : $0 }
        if let format {
            let isTable = format.name == "summary"
            var request = SinkRequest(format, origin: "--format \(format.name)")
            if summaryOnly, !isTable {
                guard format.options.contains(where: { $0.name == SinkOption.contents.name }) else {
                    throw UsageError("-c/--summary-only has no \(request.origin): \(format.name) shows single calls; use -C, or json or csv")
                }
                try request.set("\(SinkOption.contents.name)=summary")
            }
            if separately { throw UsageError("\(request.origin) and -ff/--output-separately are mutually exclusive", help: true) }
            chosen.append(request)
        } else if summaryOnly {
            chosen.append(try table("-c"))
            if settings.text.source != .none { chosen.append(try lines()) }
        } else if settings.plugins.isAny || settings.analysis.isAny, sinks.isEmpty, !asksForTrace, !summaryToo, self.format == nil {
            chosen.append(SinkRequest(.findings, origin: settings.analysis.origin ?? "--detector"))
        } else if settings.assertions.isAny, sinks.isEmpty, !asksForTrace, !summaryToo, self.format == nil {
            // The report stands in place of the trace.
        } else if sinks.isEmpty || self.format != nil {
            chosen.append(SinkRequest(.strace, origin: "strace text"))
        }
        if summaryToo { chosen.append(try table("-C")) }
        let isFirstFormat = format != nil
        if !settings.assertions.isAny, let report = settings.assertions.reports.first {
            throw UsageError("\(report.origin) must be given with --assert", help: true)
        }
        chosen += sinks + settings.assertions.sinks

        var takesOutput = false
        for i in chosen.indices {
            let isFormat = isFirstFormat && i == 0
            try place(&chosen[i], isFormat: isFormat, textHasOutput: !isFirstFormat, &takesOutput)
        }
        if let output, !takesOutput {
            throw UsageError("-o \(output): no sink writes there; say --sink \(sinks.first?.kind.name ?? "json"):\(output)")
        }
        try configureTelemetry(&chosen)
        try checkPlaces(chosen)
        try settings.analysis.check(chosen)
        settings.sinks = chosen
    }

    /// The table of `-c` and what else was asked of it.
    private func table(_ origin: String) throws(UsageError) -> SinkRequest {
        var request = SinkRequest(.summary, origin: origin)
        if statsExtended { try request.set("extended=true") }
        if let groupBy { try request.set("group-by=\(groupBy)") }
        return request
    }

    /// `-c --source`: the table by lines of the program behind that by calls.
    private func lines() throws(UsageError) -> SinkRequest {
        var request = SinkRequest(.functions, origin: "--source")
        try request.set("by=line")
        try request.set("details=false")
        return request
    }

    /// Where a sink writes.
    private func place(
        _ request: inout SinkRequest, isFormat: Bool, textHasOutput: Bool, _ takesOutput: inout Bool
    ) throws(UsageError) {
        var output = PipelineConfiguration.Output()
        switch (request.kind.place, request.destination) {
        case (.own(let what), let destination):
            if destination == nil {
                throw UsageError("\(request.origin): say where: --sink \(request.kind.name):\(what)")
            }
            return
        case (.service, _), (.any, _): return
        case (_, "-"?): output.destination = .standardOutput
        case (_, let text?):
            output.destination = text.first == "|" || text.first == "!" ? .command(String(text.dropFirst())) : .file(text)
        // Reports are for a person, whatever file the trace goes to.
        case (.text, nil) where request.kind.name == "assertions": break
        case (.text, nil):
            if textHasOutput || isFormat {
                output = settings.pipeline.output
                takesOutput = true
            }
        case (.standardOutput, nil):
            output.destination = .standardOutput
            if isFormat, self.output != nil {
                output = settings.pipeline.output
                takesOutput = true
            }
        }
        request.output = output
    }

    /// Two sinks write to one place only if both write lines of text there.
    private func checkPlaces(_ chosen: [SinkRequest]) throws(UsageError) {
        for (i, a) in chosen.enumerated() {
            for b in chosen[..<i] {
                guard let place = a.output?.destination, place == b.output?.destination, place != .file("/dev/null") else { continue }
                if a.kind.place == .text, b.kind.place == .text, a.kind.name != b.kind.name { continue }
                throw UsageError("\(b.origin) and \(a.origin) write to one place; say --sink \(a.kind.name):FILE")
            }
        }
    }
}
