import Glibc
import RenacerAssertions
import RenacerConfiguration
import RenacerCore
import RenacerPluginHost

/// `--assert`, `--assert-report`, and the assertions of a pipeline: what has to hold, and where it is told.
struct AssertionChoice {
    var assertions: [Assertion] = []
    /// Where reports go, in their order; a text on standard error is there in any case.
    var reports: [SinkRequest] = []

    var isAny: Bool { !assertions.isEmpty }

    /// Reads a file's assertions.
    ///
    /// - Parameter program: what messages start with.
    mutating func add(file: String, _ program: String) throws(UsageError) {
        let bytes = try WholeFile.read(file, atMost: TOMLDocument.sizeLimit)
        do throws(ConfigurationProblems) {
            assertions += try Assertion.all(in: TOMLDocument(file: file, bytes: bytes))
        } catch { throw UsageError(error.sorted.map(\.description).joined(separator: "\n\(program): ")) }
    }

    /// `text`, `json:FILE`, `junit:FILE`
    mutating func add(report text: String, origin: String) throws(UsageError) {
        let name = text.prefix { $0 != ":" }
        guard let format = AssertionSink.Format(rawValue: String(name)) else {
            throw UsageError("invalid \(origin) argument: '\(text)': text, json or junit is wanted, and :FILE may follow")
        }
        var request = SinkRequest(.assertions, origin: "\(origin) \(name)")
        try request.set("as=\(format.rawValue)")
        if name.count < text.count {
            let destination = String(text.dropFirst(name.count + 1))
            if destination.isEmpty { throw UsageError("\(origin) \(name): nothing stands behind ':'; \(name):FILE writes to a file, \(name):- to standard output") }
            request.destination = destination
        } else if format != .text {
            request.destination = "-"
        }
        reports.append(request)
    }

    /// The sinks that write reports.
    var sinks: [SinkRequest] {
        guard isAny else { return [] }
        let isTold = reports.contains { $0["as"] == "text" }
        return (isTold ? [] : [SinkRequest(.assertions, origin: "--assert")]) + reports
    }
}

extension SinkRegistration {
    /// Reports of assertions: `--assert` makes it.
    static let assertions = SinkRegistration(
        name: "assertions", help: "what came of assertions", place: .text, needs: { _ in [.places] },
        options: [.init("as", .choice(AssertionSink.Format.allCases.map(\.rawValue)), "how it looks")]
    ) { (context) throws(UsageError) in
        guard let monitor = context.settings.monitor else { throw UsageError("\(context.request.origin): there are no assertions; --assert FILE has some") }
        let isFirst = context.settings.sinks.first { $0.kind.name == "assertions" }?.origin == context.request.origin
        return AssertionSink(
            monitor, context.request["as"].flatMap(AssertionSink.Format.init) ?? .text, collects: isFirst, output: try context.shared())
    }
}

/// What `/proc` says of a process's memory.
enum ProcessMemory {
    /// The most that was in memory at once, bytes.
    static func peak(of pid: Int32) -> UInt64? {
        let fd = open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let n = read(fd, &bytes, bytes.count)
        guard n > 0 else { return nil }
        let line = String(decoding: bytes[..<n], as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let digits = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        return digits.flatMap { UInt64($0) }.map { $0 * 1024 }
    }
}
