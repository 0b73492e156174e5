import Foundation
import RenacerCore
import RenacerPluginHost
import Testing

/// Of what was lost a detector knows nothing: from 1 % on what it says is no verdict.
@Suite struct LossTests {
    private static let memory = NoMemory()

    private final class Collected {
        var findings: [Finding] = []
    }

    /// What a detector says of these events, of which so many more were lost.
    private func findings(_ name: String, _ events: [Event], lost: UInt64, isTold: Bool) throws -> [Finding] {
        let component = try #require(try PluginFile("\(Renacer.detectors)/\(name).so").components.first)
        let detector = try PluginDetector(component, options: [], patience: .max) { _ in }
        let collected = Collected()
        try detector.start { collected.findings.append($0) }
        for event in events { try detector.consume(event) }
        var account = Account()
        account.delivered = UInt64(events.count)
        if lost > 0 {
            if isTold {
                let loss = Loss(backend: "bpf", cause: .ringFull, count: lost, from: 1, to: 2)
                try detector.consume(Event(time: 2, tid: 0, pid: 0, .loss(loss)))
            } else {
                // Counted, and of no known time.
                account.lost[.ringFull] = lost
            }
        }
        try detector.finish(account)
        return collected.findings
    }

    private func call(_ name: String, _ arguments: Call.Arguments, at time: UInt64, for ns: UInt64, _ outcome: Call.Outcome) throws -> Event {
        let row = try #require(SyscallTable.all(.native).first { $0.syscall.name.description == name })
        var call = Call(number: row.number, arguments: arguments, enterTime: time, memory: Self.memory)
        call.exitTime = time + ns
        call.outcome = outcome
        return Event(time: time + ns, tid: getpid(), pid: getpid(), .syscall(call))
    }

    /// 200 reads of the same range of a file that this process has open.
    private func reads() throws -> (events: [Event], file: FileHandle) {
        let path = Renacer.scratch()
        try Data(count: 8192).write(to: URL(fileURLWithPath: path))
        let file = try #require(FileHandle(forReadingAtPath: path))
        let events = try (0..<200).map { i in
            try call("pread64", (UInt64(file.fileDescriptor), 0, 4096, 0, 0, 0), at: UInt64(i) * 1000 + 1, for: 500, .returned(4096))
        }
        return (events, file)
    }

    @Test(arguments: [true, false]) func fromOneInAHundredOnThereIsNoVerdict(_ isTold: Bool) throws {
        let (events, file) = try reads()
        defer { try? file.close() }
        for (lost, isInconclusive) in [(0, false), (2, false), (3, true), (10_000, true)] as [(UInt64, Bool)] {
            let found = try findings("thrashing-seek", events, lost: lost, isTold: isTold)
            #expect(found.map(\.rule) == ["re-read"])
            let finding = try #require(found.first)
            #expect(finding.isInconclusive == isInconclusive, "\(lost) lost")
            // Nobody is to act on it.
            #expect((finding.severity == .information) == isInconclusive && (finding.confidence <= 0.3) == isInconclusive)
            #expect(finding.evidence.contains { $0.name == "Lost" } == isInconclusive)
        }
    }

    @Test func ofFutexesNeither() throws {
        // A thread that polls every 10 ms, 40 times.
        let events = try (0..<40).map { i in
            try call("futex", (0x1000, 128, 0, 0, 0, 0), at: UInt64(i) * 10_000_000 + 1, for: 9_900_000, .failed(110))
        }
        for (lost, isInconclusive) in [(0, false), (4, true)] as [(UInt64, Bool)] {
            let found = try findings("idle-waiter", events, lost: lost, isTold: true)
            #expect(!found.isEmpty && found.allSatisfy { $0.isInconclusive == isInconclusive }, "\(found)")
        }
    }

    @Test func norOfDevices() throws {
        let path = Renacer.scratch()
        try Data().write(to: URL(fileURLWithPath: path))
        let component = try #require(try PluginFile("\(Renacer.detectors)/pcie-bottleneck.so").components.first)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        defer { try? file.close() }
        let events = try (0..<100).map { i in
            try call("write", (UInt64(file.fileDescriptor), 0, 4096, 0, 0, 0), at: UInt64(i) * 1000 + 1, for: 990, .returned(4096))
        }
        for (lost, isInconclusive) in [(0, false), (2, true)] as [(UInt64, Bool)] {
            let detector = try PluginDetector(component, options: [("devices", path), ("sysfs", "/nonexistent"), ("libraries", "")], patience: .max) { _ in }
            let collected = Collected()
            try detector.start { collected.findings.append($0) }
            for event in events { try detector.consume(event) }
            var account = Account()
            account.lost[.ringFull] = lost
            try detector.finish(account)
            #expect(collected.findings.map(\.rule) == ["small-copy-bound"] && collected.findings.allSatisfy { $0.isInconclusive == isInconclusive }, "\(collected.findings)")
        }
    }
}
