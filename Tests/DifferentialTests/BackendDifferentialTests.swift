import Foundation
import Testing

/// What a program's trace says does not depend on the backend, but for the deviations that have a name.
@Suite(.timeLimit(.minutes(20)), .enabled(if: Tracers.refusalOfBPF == nil, "\(Tracers.refusalOfBPF ?? "")"))
struct BackendDifferentialTests {
    @Test(arguments: StraceDifferentialTests.corpus)
    func corpusProgramsPrintTheSameLines(_ program: String) throws {
        try compare(program, [Tracers.corpus, program])
    }

    @Test(arguments: StraceDifferentialTests.commands)
    func commandsPrintTheSameLines(_ command: String) throws {
        try compare(command, ["/bin/sh", "-c", "exec " + command])
    }

    @Test(arguments: StraceDifferentialTests.corpus)
    func countsOfTheSummaryAgree(_ program: String) throws {
        try Comparison.expectEqualCounts {
            try (counts("ptrace", program), counts("bpf", program))
        }
    }

    /// Tasks that run side by side share a file: their lines are in order of time, and a call that others
    /// interrupt is taken up again by name.
    @Test(arguments: [
        // Not the shell's `wait`: a test's threads block signals, and it would wait for SIGCHLD for ever.
        ["sh", "-c", "sleep 0.05; sleep 0.05"], ["sh", "-c", "(sleep 0.02; sleep 0.02) | (sleep 0.01; sleep 0.04)"],
        [
            "/usr/bin/python3", "-S", "-c",
            "import threading, time\nfor _ in range(4): threading.Thread(target=time.sleep, args=(0.02,)).start()",
        ],
    ])
    func linesOfOneFileAreInOrderOfTime(_ command: [String]) throws {
        let file = Tracers.folder.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        _ = try Tracers.run([Tracers.asStrace, "--backend", "bpf", "-f", "-ttt", "-o", file.path] + command)
        let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
        var last = 0.0
        var open: [Substring: String] = [:]
        var resumed = 0
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 2)
            let (tid, time, text) = (words[0], try #require(Double(words[1])), words[2])
            #expect(time >= last, "\(line)")
            last = time
            if text.hasPrefix("<... ") {
                let name = String(text.dropFirst(5).prefix { $0 != " " })
                #expect(open.removeValue(forKey: tid) == name, "\(line)")
                resumed += 1
            } else if text.hasSuffix(" <unfinished ...>") {
                open[tid] = String(text.prefix { $0 != "(" })
            }
        }
        #expect(open.isEmpty)
        #expect(resumed > 0)
    }

    private func compare(_ program: String, _ command: [String]) throws {
        try Comparison.expectEqual { try (side("ptrace", program, command), side("bpf", program, command)) }
    }

    private func side(_ backend: String, _ program: String, _ command: [String]) throws -> Comparison.Side {
        var side = Comparison.Side(backend, try Tracers.trace(Tracers.asStrace, ["--backend", backend], command))
        side.tasks = Deviation.settle(side.tasks, program)
        return side
    }

    private func counts(_ backend: String, _ program: String) throws -> [String: [Int]] {
        try Tracers.counts(Tracers.asStrace, ["--backend", backend, "-w"], program)
    }
}
