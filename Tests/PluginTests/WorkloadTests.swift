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
        /// The link that sysfs tells of: the card's speed and width, and those of the bridge above it.
        let link: Link?
        /// What the row is called, if several rows have the same program.
        let label: String
        init(_ name: String, _ rules: [String], remarks: [String] = [], device: [String] = [], link: Link? = nil, label: String? = nil) {
            self.link = link
            self.label = label ?? name
            self.name = name
            self.rules = rules
            self.remarks = remarks
            self.device = device
        }
        var testDescription: String { label }
    }

    private func expect(_ row: Row, _ detector: String, _ backend: String, _ outcome: Renacer.Outcome) {
        let rules = outcome.findings.map { String($0.rule.dropFirst(detector.count + 1)) }
        let isRight = row.rules.allSatisfy(rules.contains) && zip(rules, outcome.findings).allSatisfy { rule, found in
            row.rules.contains(rule) || (row.remarks + ["starved"]).contains(rule) && found.severity == "information"
        }
        Renacer.note("\(detector)\t\(row.label)\t\(backend)\t\(isRight ? "right" : "wrong")\t\(rules.filter { !row.remarks.contains($0) || row.rules.contains($0) }.joined(separator: ","))")
        let comment = Comment(rawValue: "\(row.label) on \(backend): \(outcome.errors)")
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
        Row("timed", ["timed-waits"]),
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
        // 65 MB/s over a link of 32 GB/s: what slows it down is not the link. With 16 of them idle the slot is at fault.
        Row("batched", ["pageable-or-numa-bound"], device: ["65536", "1000"], link: Link("16.0", 16, "16.0", 16), label: "batched, wide link"),
        Row("batched", ["degraded-link", "pageable-or-numa-bound"], device: ["65536", "1000"], link: Link("16.0", 16, "16.0", 4, best: 16), label: "batched, narrow slot"),
        Row("batched", ["degraded-link", "pageable-or-numa-bound"], device: ["65536", "1000"], link: Link("2.5", 16, "16.0", 16, best: 16), label: "batched, slow link"),
        Row("computing", ["not-pcie"], device: ["65536", "1000"], link: Link("16.0", 16, "16.0", 16), label: "computing, wide link"),
        Row("disk", [], link: Link("16.0", 16, "16.0", 16), label: "disk, wide link"),
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
                let sysfs = try row.link?.folder() ?? "/nonexistent"
                let outcome = try Renacer.detect("pcie-bottleneck,devices=\(nodes),sysfs=\(sysfs)", backend: backend, [gpu, row.name, path])
                device?.waitUntilExit()
                expect(row, "pcie-bottleneck", backend, outcome)
                if let link = row.link, !row.rules.isEmpty { #expect(outcome.errors.contains(link.text), "\(outcome.errors)") }
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
        // Copies of 16 MiB at 2.6 GB/s: all that 1 GB/s carries and more, even from a machine that is busy; of 63 GB/s next to nothing.
        Row("cuda-streaming", ["link-saturated"], link: Link("2.5", 4, "2.5", 4), label: "cuda-streaming, full link"),
        Row("cuda-streaming", ["pageable-or-numa-bound"], link: Link("32.0", 16, "32.0", 16), label: "cuda-streaming, wide link"),
        Row("cuda-chatty", ["small-copy-bound"], link: Link("32.0", 16, "32.0", 16), label: "cuda-chatty, wide link"),
        Row("cuda-serial", ["serialised"], link: Link("2.5", 4, "2.5", 4), label: "cuda-serial, full link"),
        Row("cuda-overlapped", [], remarks: ["not-pcie"], link: Link("2.5", 4, "2.5", 4), label: "cuda-overlapped, full link"),
    ]

    @Test(.enabled(if: Renacer.canProbe), arguments: libraries) func callsOfLibrariesAreJudged(_ row: Row) throws {
        let gpu = try Renacer.workload("gpu"), library = try Renacer.library("libcuda", as: "libcuda.so.1")
        for backend in Renacer.backends {
            for _ in 0..<Renacer.runs {
                let sysfs = try row.link?.folder() ?? "/nonexistent"
                let outcome = try Renacer.detect("pcie-bottleneck,libraries=\(library),sysfs=\(sysfs)", backend: backend, [gpu, row.name, library])
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

    /// Whether both ends of a call were recorded apart (ptrace) or together (bpf): detectors see the memory of both.
    @Test(arguments: Renacer.backends) func aReplayIsJudgedAsTheTraceWas(_ backend: String) throws {
        let program = try Renacer.workload("files"), recording = Renacer.scratch()
        // With the memory that the detector asks for.
        let live = try Renacer.run(
            ["--backend", backend, "-f", "--detector", "thrashing-seek", "--sink", "recording:\(recording)", "--", program, "thrashing", Renacer.scratch()],
            environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
        #expect(live.status == 0, "\(live.errors)")
        let replayed = try Renacer.run(["replay", recording, "--detector", "thrashing-seek"], environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
        #expect(replayed.findings.map(\.rule) == ["thrashing-seek/thrash"], "\(replayed.errors)")
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
}
