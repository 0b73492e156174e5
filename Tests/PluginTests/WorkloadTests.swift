import Foundation
import Testing

/// Programs whose trouble is known, and innocent ones that look like them: the verdict on each is the right one.
@Suite(.serialized) struct WorkloadTests {
    /// A workload, the rules that are found in it, and those that may be found besides as information.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        /// What has to be found with severity low or more, or as information if that is all there is to say; `?`: inconclusive.
        let rules: [String]
        let remarks: [String]
        /// How the device behaves, of those that have one.
        let device: [String]
        init(_ name: String, _ rules: [String], remarks: [String] = [], device: [String] = []) {
            self.name = name
            self.rules = rules
            self.remarks = remarks
            self.device = device
        }
        var testDescription: String { name }
    }

    private func expect(_ row: Row, _ detector: String, _ backend: String, _ outcome: Renacer.Outcome) {
        let rules = outcome.findings.map { String($0.rule.dropFirst(detector.count + 1)) }
        let comment = Comment(rawValue: "\(row.name) on \(backend): \(outcome.errors)")
        #expect(outcome.status == 0, comment)
        for rule in row.rules { #expect(rules.contains(rule), comment) }
        for (rule, found) in zip(rules, outcome.findings) where !row.rules.contains(rule) {
            // Nothing else is more than information; that a thread got no CPU may be true at any time.
            #expect((row.remarks + ["starved"]).contains(rule) && found.severity == "information", comment)
        }
    }

    static let futexes = [
        Row("parked", ["idle-waiters"], remarks: ["idle-pool"]),
        Row("abandoned", ["idle-waiters"], remarks: ["idle-pool"]),
        Row("joined", ["idle-waiters"], remarks: ["idle-pool"]),
        Row("shared", ["idle-waiters"], remarks: ["idle-pool"]),
        Row("storm", ["contention"]),
        Row("convoy", ["convoy"]),
        Row("herd", ["herd"], remarks: ["idle-pool"]),
        Row("tickets", ["herd"], remarks: ["idle-pool"]),
        Row("timer", ["periodic-timer"]),
        Row("pool", ["idle-pool"]),
        Row("loop", []),
        Row("barrier", [], remarks: ["idle-pool"]),
        Row("pingpong", []),
    ]

    @Test(arguments: futexes) func waitsAreToldApart(_ row: Row) throws {
        for backend in Renacer.backends {
            for _ in 0..<Renacer.runs {
                let outcome = try Renacer.detect("idle-waiter", backend: backend, [try Renacer.workload("futexes"), row.name])
                expect(row, "idle-waiter", backend, outcome)
            }
        }
    }

    static let files = [
        Row("sequential", []),
        Row("cached", []),
        Row("prefetching", []),
        Row("random-once", []),
        Row("separate", []),
        Row("polling", []),
        Row("strided", ["strided"]),
        Row("thrashing", ["thrash"]),
        Row("thrashing-pread", ["thrash"]),
        Row("thrashing-shared", ["thrash"]),
        Row("thrashing-sent", ["thrash"]),
        Row("header", ["re-read"]),
        Row("rescan", ["re-read"]),
        Row("seeking", ["seek-heavy"]),
        Row("dead-seeks", ["seek-heavy"]),
    ]

    @Test(arguments: files) func readingIsJudgedByOpenFile(_ row: Row) throws {
        for backend in Renacer.backends {
            for _ in 0..<Renacer.runs {
                let outcome = try Renacer.detect("thrashing-seek", backend: backend, [try Renacer.workload("files"), row.name, Renacer.scratch()])
                expect(row, "thrashing-seek", backend, outcome)
            }
        }
    }

    static let devices = [
        Row("chatty", ["small-copy-bound"], device: ["4096", "10000"]),
        Row("few", ["too-few?"], device: ["4096", "2000"]),
        Row("batched", ["transfer-bound"], device: ["65536", "1000"]),
        Row("serial", ["serialised"], device: ["65536", "1000"]),
        Row("overlapped", [], remarks: ["not-pcie"], device: ["65536", "1000"]),
        Row("computing", ["not-pcie"], device: ["65536", "1000"]),
        Row("requests", ["cannot-judge?"], device: ["65536", "1000"]),
        Row("opened", [], device: ["65536", "1000"]),
        Row("disk", []),
    ]

    @Test(arguments: devices) func transfersAreJudgedByTheirDevice(_ row: Row) throws {
        let gpu = try Renacer.workload("gpu")
        for backend in Renacer.backends {
            for _ in 0..<Renacer.runs {
                let path = Renacer.scratch()
                var device: Process?
                if !row.device.isEmpty {
                    #expect(mkfifo(path, 0o600) == 0)
                    let p = Process()
                    p.executableURL = URL(fileURLWithPath: gpu)
                    p.arguments = ["device", path] + row.device
                    try p.run()
                    device = p
                }
                let nodes = row.device.isEmpty ? "/dev/nvidia*" : path
                let outcome = try Renacer.detect("pcie-bottleneck,devices=\(nodes),sysfs=/nonexistent", backend: backend, [gpu, row.name, path])
                device?.waitUntilExit()
                expect(row, "pcie-bottleneck", backend, outcome)
            }
        }
    }

    /// What goes through functions of a library, which are probed: rung A. What the other workloads show is rung B.
    static let libraries = [
        Row("cuda-chatty", ["small-copy-bound"]),
        Row("cuda-batched", ["transfer-bound"]),
        Row("cuda-serial", ["serialised"]),
        Row("cuda-overlapped", [], remarks: ["not-pcie"]),
        Row("cuda-computing", ["not-pcie"]),
    ]

    @Test(.enabled(if: Renacer.canProbe), arguments: libraries) func callsOfLibrariesAreJudged(_ row: Row) throws {
        let gpu = try Renacer.workload("gpu"), library = try Renacer.library("libcuda", as: "libcuda.so.1")
        for backend in Renacer.backends {
            for _ in 0..<Renacer.runs {
                let outcome = try Renacer.detect("pcie-bottleneck,libraries=\(library),sysfs=/nonexistent", backend: backend, [gpu, row.name, library])
                expect(row, "pcie-bottleneck", backend, outcome)
                if !row.rules.isEmpty { #expect(outcome.errors.contains("Evidence: A, calls of 6 functions of libcuda.so.1"), "\(outcome.errors)") }
            }
        }
    }

    /// Libraries of other vendors, as their headers have them: no such device was there to be tried.
    static let otherLibraries = [
        ("libamdhip64.so.6", "-DHIP", 4, Row("hip-chatty", ["small-copy-bound"])),
        ("libamdhip64.so.6", "-DHIP", 4, Row("hip-batched", ["transfer-bound"])),
        ("libamdhip64.so.6", "-DHIP", 4, Row("hip-computing", ["not-pcie"])),
        ("libze_loader.so.1", "-DLEVEL_ZERO", 4, Row("ze-computing", ["not-pcie"])),
    ]

    @Test(.enabled(if: Renacer.canProbe), arguments: otherLibraries)
    func callsOfOtherVendorsLibrariesAreJudged(_ file: String, _ flag: String, _ functions: Int, _ row: Row) throws {
        let gpu = try Renacer.workload("gpu"), library = try Renacer.library("libcuda", as: file, [flag])
        for backend in Renacer.backends {
            for _ in 0..<Renacer.runs {
                let outcome = try Renacer.detect("pcie-bottleneck,libraries=\(library),sysfs=/nonexistent", backend: backend, [gpu, row.name, library])
                expect(row, "pcie-bottleneck", backend, outcome)
                #expect(outcome.errors.contains("Evidence: A, calls of \(functions) functions of \(file)"), "\(outcome.errors)")
                if row.name == "hip-batched" {
                    #expect(outcome.errors.contains("Transfers: 40, median 1048576 bytes; 20971520 bytes to the device and 20971520 from it"), "\(outcome.errors)")
                }
            }
        }
    }

    /// Sizes and directions are those of the arguments; a library that lies elsewhere is probed when it is opened, and in a
    /// plugin's own process as well.
    @Test(.enabled(if: Renacer.canProbe), arguments: [[], ["--isolate-plugins"]]) func sizesAndDirectionsAreThoseOfTheArguments(_ flags: [String]) throws {
        let gpu = try Renacer.workload("gpu"), library = try Renacer.library("libcuda", as: "libcuda.so.1")
        let outcome = try Renacer.run(
            flags + ["-qq", "--backend", "ptrace", "-f", "--detector", "pcie-bottleneck,libraries=,sysfs=/nonexistent", "--", gpu, "cuda-batched", library],
            environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
        #expect(outcome.errors.contains("Transfers: 40, median 1048576 bytes; 20971520 bytes to the device and 20971520 from it"), "\(outcome.errors)")
        #expect(outcome.errors.contains("33554432 bytes allocated on the device"), "\(outcome.errors)")
    }

    @Test func aReplayHasNoFunctionsToProbe() throws {
        let recording = Renacer.scratch()
        #expect(try Renacer.run(["record", "-o", recording, "--", "/bin/true"]).status == 0)
        let library = try Renacer.library("libcuda", as: "libcuda.so.1")
        let outcome = try Renacer.run(
            ["replay", recording, "--detector", "pcie-bottleneck,libraries=\(library)"], environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.findings.isEmpty)
    }

    @Test func aLibraryOfThatNameWithoutItsFunctionsIsNone() throws {
        let folder = Renacer.scratch()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let source = folder + "/cuda.c", library = folder + "/libcuda.so.1"
        try Data("""
            int cuInit(void) { return 0; }
            """.utf8).write(to: URL(fileURLWithPath: source))
        #expect(try Renacer.run("/usr/bin/cc", ["-shared", "-fPIC", "-o", library, source]).status == 0)
        for backend in Renacer.backends {
            let outcome = try Renacer.detect("pcie-bottleneck", backend: backend, [try Renacer.workload("gpu"), "cuda-chatty", library])
            #expect(outcome.findings.isEmpty, "\(outcome.errors)")
        }
    }

    @Test func aSlowLinkIsToldBySysfs() throws {
        let sysfs = Renacer.scratch(), gpu = try Renacer.workload("gpu")
        let card = sysfs + "/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
        try FileManager.default.createDirectory(atPath: card, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: sysfs + "/bus/pci/devices", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: sysfs + "/bus/pci/devices/0000:01:00.0", withDestinationPath: card)
        let bridge = sysfs + "/devices/pci0000:00/0000:00:01.0"
        for (folder, width) in [(card, "16"), (bridge, "4")] {
            for (name, value) in [
                ("class", "0x030200"), ("current_link_speed", "16.0 GT/s PCIe"), ("max_link_speed", "16.0 GT/s PCIe"),
                ("current_link_width", width), ("max_link_width", "16"),
            ] { try Data("\(value)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        }
        for backend in Renacer.backends {
            let path = Renacer.scratch()
            #expect(mkfifo(path, 0o600) == 0)
            let device = Process()
            device.executableURL = URL(fileURLWithPath: gpu)
            device.arguments = ["device", path, "65536", "1000"]
            try device.run()
            let outcome = try Renacer.detect("pcie-bottleneck,devices=\(path),sysfs=\(sysfs)", backend: backend, [gpu, "batched", path])
            device.waitUntilExit()
            #expect(outcome.findings.map(\.rule) == ["pcie-bottleneck/degraded-link", "pcie-bottleneck/pageable-or-numa-bound"], "\(outcome.errors)")
            #expect(outcome.errors.contains("7.9 of 31.5 GB/s"))
        }
    }

    // MARK: The futex document's case

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
        let wrong = try Renacer.detect("idle-waiter,window=3", backend: "ptrace", parked)
        #expect(wrong.errors.contains("option 'window' is none of auto, FROM-TO"))
    }
}
