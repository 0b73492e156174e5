import Foundation

/// A collector of Tests/Receivers/otlp.py, and what it was sent.
final class Receiver {
    let port: Int
    private let process = Process()
    private let output = Pipe()
    private var rest = Data()

    /// The Python of the tests, with packages of Tests/requirements.txt; nil where they are not installed.
    static let python: String? = {
        let path = Renacer.repository.appendingPathComponent(".build-python/bin/python").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    /// Starts it: it listens when this returns.
    init(arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: Self.python ?? "/nonexistent")
        process.arguments = [Renacer.repository.appendingPathComponent("Tests/Receivers/otlp.py").path] + arguments
        process.standardOutput = output
        try process.run()
        guard let port = Int(try Self.line(of: output)) else { throw POSIXError(.ECONNREFUSED) }
        self.port = port
    }

    private static func line(of pipe: Pipe) throws -> String {
        var line = Data()
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 0x0a { line += byte }
        return String(decoding: line, as: UTF8.self)
    }

    /// Waits until it has taken a request that nobody waited for yet.
    func request() throws -> String { try Self.line(of: output) }

    /// Ends it.
    func finish() throws -> Received {
        process.terminate()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        // Behind the lines that tell of requests.
        let document = data.split(separator: 0x0a).last ?? Data()
        return try JSONDecoder().decode(Received.self, from: document)
    }
}

struct Received: Decodable {
    var spans: [Span]
    var logs: [Record]
    var metrics: [Point]
    var resources: [[String: Value]]
    var requests: [Request]

    struct Span: Decodable {
        var trace, id, parent, name, state: String
        var start, end: UInt64
        var attributes: [String: Value]
        var status: Int
        var message: String
        var events: [Event]
    }

    struct Event: Decodable {
        var name: String
        var time: UInt64
        var attributes: [String: Value]
    }

    struct Record: Decodable {
        var trace, span: String
        var time: UInt64
        var body: Value
        var severity: Int
        var event: String
        var attributes: [String: Value]
    }

    struct Point: Decodable {
        var name: String
        var attributes: [String: Value]
        var count: String?
        var value: Int?
    }

    struct Request: Decodable {
        var signal: String
        var path: String?
        var headers: [String: String]
        var size, plain: Int?
    }

    indirect enum Value: Decodable, Equatable {
        case null, bool(Bool), int(Int64), double(Double), string(String), list([Value]), record([String: Value])

        init(from decoder: any Decoder) throws {
            let c = try decoder.singleValueContainer()
            if c.decodeNil() { self = .null }
            else if let v = try? c.decode(Bool.self) { self = .bool(v) }
            else if let v = try? c.decode(Int64.self) { self = .int(v) }
            else if let v = try? c.decode(Double.self) { self = .double(v) }
            else if let v = try? c.decode(String.self) { self = .string(v) }
            else if let v = try? c.decode([Value].self) { self = .list(v) }
            else { self = .record(try c.decode([String: Value].self)) }
        }

        var text: String? { if case .string(let s) = self { s } else { nil } }
        var number: Int64? { if case .int(let n) = self { n } else { nil } }
    }

    /// Calls: what is neither a task nor the command.
    var calls: [Span] { spans.filter { $0.attributes["syscall.number"] != nil } }
    var threads: [Span] { spans.filter { $0.attributes["thread.id"] != nil } }
    var processes: [Span] { spans.filter { $0.attributes["process.pid"] != nil && $0.attributes["thread.id"] == nil } }
    var roots: [Span] { spans.filter { $0.attributes["process.command_args"] != nil } }
}
