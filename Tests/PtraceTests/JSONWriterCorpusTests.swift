import Glibc
import RenacerCore
import RenacerPtrace
import TestSupport
import Testing

/// Takes each event twice: as a tree of values and as JSON.
private final class BothWriters: Sink {
    private let tree = TreeWriter(), json = JSONWriter()
    private let trees: CallAssembler, texts: CallAssembler
    private(set) var calls = 0

    init(_ options: DecodingOptions, _ inspector: any TaskInspector) {
        trees = CallAssembler(tree, options, inspector: inspector)
        texts = CallAssembler(json, options, inspector: inspector)
    }

    func consume(_ event: borrowing Event) throws(TraceError) {
        let call = trees.consume(event), same = texts.consume(event)
        #expect((call == nil) == (same == nil))
        guard let call else { return }
        calls += 1
        #expect(String(decoding: json.arguments, as: UTF8.self) == JSONReference.elements(tree.arguments), "\(call.call.number)")
        let note = tree.note.map(JSONReference.text).joined(separator: ",")
        #expect(String(decoding: json.note, as: UTF8.self) == note, "\(call.call.number)")
    }

    func finish(_ account: Account) throws(TraceError) {}
}

extension PtraceTests {
    /// JSON says what the tree says, of real programs' calls.
    @Suite struct JSONWriterCorpus {
        private static func corpus() throws -> Program {
            let path = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Corpus/corpus.c"
            let file = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let n = read(file, &bytes, bytes.count)
            return try Program(String(decoding: bytes.prefix(max(n, 0)), as: UTF8.self))
        }

        /// The names that the corpus prints.
        private static func names(_ corpus: Program) -> [String] {
            var ends: [Int32] = [-1, -1]
            closingPipe(&ends)
            let pid = spawn(corpus.path, [], output: ends[1])
            close(ends[1])
            var bytes = [UInt8](), part = [UInt8](repeating: 0, count: 4096)
            while case let n = read(ends[0], &part, part.count), n > 0 { bytes += part.prefix(n) }
            close(ends[0])
            waitpid(pid, nil, 0)
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        @Test(arguments: [false, true]) func theCorpusIsTheSameInBothWriters(_ isVerbose: Bool) throws {
            var options = DecodingOptions()
            if isVerbose {
                options.abbreviated = .none
                options.descriptors = .all
            }
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            let corpus = try Self.corpus(), names = Self.names(corpus)
            #expect(names.count >= 40)
            let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
            defer { close(null) }
            for name in names {
                let backend = PtraceBackend()
                let sink = BothWriters(options, backend.inspector)
                var plan = plan(corpus.path, [name])
                plan.followForks = true
                plan.target.launch?.standardOutput = null
                let pipeline = Pipeline(backend, sinks: [sink], report: { Issue.record("\($0)") })
                try pipeline.start(plan)
                _ = try pipeline.run()
                #expect(sink.calls > 10, "\(name)")
            }
        }
    }
}
