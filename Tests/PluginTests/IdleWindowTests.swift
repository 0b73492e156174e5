import Foundation
import Testing

/// The case of the document about idle waiters, and windows that are looked at.
@Suite(.serialized) struct IdleWindowTests {
    @Test func theDocumentsCaseIsReproducedToTheLine() throws {
        for backend in Renacer.backends {
            let outcome = try Renacer.detect("idle-waiter", backend: backend, [try Renacer.workload("futexes"), "parked"])
            let lines = outcome.errors.split(separator: "\n").map(String.init)
            let worker = try #require(lines.first { $0.contains("(worker): on CPU ") }, "\(outcome.errors)")
            let tid = try #require(worker.split(separator: " ").compactMap { Int32($0) }.first)
            #expect(lines.contains("⚠️ 3 idle waiters, not contention: parked until thread \(tid) (worker) was done (confidence: 95%)"))
            // As in the document: the futex, the operation, how long, in how many calls, and where it lies.
            let waits = try lines.filter { $0.contains("(waiter)") }.map { line in
                try #require(
                    line.firstMatch(of: /^   wait\[0x[0-9a-f]+, FUTEX_WAIT_BITSET_PRIVATE\]: ([0-9.]+) ms \([0-9]+ calls\), thread [0-9]+ \(waiter\), .*\/futexes, condition\+0x[0-9a-f]+$/),
                    "\(line)")
            }
            #expect(waits.count == 3)
            for wait in waits { #expect(try #require(Double(wait.output.1)) > 140) }
        }
    }

    @Test func aWindowOfMarkersOrTimesIsAllThatIsLookedAt() throws {
        let parked = [try Renacer.workload("futexes"), "parked"]
        let far = try Renacer.detect("idle-waiter,window=10s-11s", backend: "ptrace", parked)
        #expect(far.findings.isEmpty)
        #expect(far.errors.contains("Nothing found (idle-waiter"))
        let unseen = try Renacer.detect("idle-waiter,window=marker:never", backend: "ptrace", parked)
        #expect(unseen.findings.isEmpty)
        #expect(unseen.errors.contains("the marker of 'window' was not seen"))
        // The program's first open until its last file: nobody waits there yet.
        for backend in Renacer.backends {
            let marked = try Renacer.detect("idle-waiter,window=marker:ld.so.cache..libc.so", backend: backend, parked)
            #expect(marked.findings.isEmpty && marked.errors.contains("Nothing found") && !marked.errors.contains("was not seen"), "\(marked.errors)")
            let whole = try Renacer.detect("idle-waiter,window=marker:ld.so.cache..never", backend: backend, parked)
            #expect(whole.findings.map(\.rule).contains("idle-waiter/idle-waiters"), "\(whole.errors)")
        }
    }

    /// A window that is none is refused before the program starts.
    @Test(arguments: ["3", "1s", "2s-1s", "marker:", "marker:a..", "1s-2s3", "-1s-2s"], [[], ["--isolate-plugins"]])
    func aWindowThatIsNoneIsRefused(_ window: String, _ flags: [String]) throws {
        let made = Renacer.scratch()
        let wrong = try Renacer.run(
            flags + ["--backend", "ptrace", "--detector", "idle-waiter,window=\(window)", "--", "touch", made], environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
        #expect(wrong.status == 1 && !FileManager.default.fileExists(atPath: made), "\(wrong.errors)")
        #expect(wrong.errors.hasSuffix(": --detector idle-waiter: option 'window' is none of auto, FROM-TO (such as 1s-2500ms) and marker:TEXT[..TEXT]\n"), "\(wrong.errors)")
    }
}
