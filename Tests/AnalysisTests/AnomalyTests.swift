@testable import RenacerAnalysis
import RenacerCore
import Testing

@Suite struct AnomalyTests {
    /// Calls whose durations lie evenly around 100 us: median 100 us, deviation 5 us at the least.
    private func steady(_ name: String = "read", _ count: Int = 40) -> MadeUpTrace {
        var trace = MadeUpTrace()
        for i in 0..<count { trace.add(name, takes: UInt64(99_000 + i % 3 * 1000)) }
        return trace
    }

    private func detector(_ change: (inout AnomalyOptions) -> Void = { _ in }) -> AnomalyDetector {
        var options = AnomalyOptions()
        change(&options)
        return AnomalyDetector(options, calls: .all)
    }

    @Test func aSlowCallIsFoundWhenItEndsAndMeasuredByThoseBefore() throws {
        var trace = steady()
        trace.add("read", takes: 200_000, tid: 7)
        trace.add("read", takes: 100_000)
        let found = try trace.run(detector())
        let finding = try #require(found.anomalies.first)
        #expect(found.anomalies.count == 1)
        // The window's median is 100 us, its deviation 1.5 us and so the least that counts: 5 us. Hence 20 of them.
        #expect(finding.number("median before") == 100)
        #expect(finding.number("deviation before") == 5)
        #expect(finding.number("deviations above") == 20)
        #expect(finding.number("told before call") == 41)
        #expect(finding.tasks == [7])
        #expect(finding.title == "High anomaly: read took 200.0 us, 20.0 deviations above its median of 100.0 us")
        #expect(finding.detector == "anomaly" && finding.to - finding.from == 200_000)
    }

    @Test(arguments: [(115, .low), (129, .low), (130, .medium), (159, .medium), (160, .high)] as [(UInt64, Finding.Severity)])
    func severityIsByMultiplesOfTheThreshold(_ microseconds: UInt64, _ severity: Finding.Severity) throws {
        var trace = steady()
        trace.add("read", takes: microseconds * 1000)
        #expect(try trace.run(detector()).anomalies.map(\.severity) == [severity])
    }

    @Test func whatIsBelowTheThresholdIsNone() throws {
        var trace = steady()
        trace.add("read", takes: 114_999)
        let found = try trace.run(detector())
        #expect(found.anomalies.isEmpty)
        #expect(found.report?.title == "No anomaly among 31 calls")
        #expect(try trace.run(detector { $0.threshold = 2.9 }).anomalies.count == 1)
    }

    @Test func aNewLevelIsLearnedWithinTheWindow() throws {
        var trace = steady("read", 100)
        for _ in 0..<200 { trace.add("read", takes: 300_000) }
        // Until half of the window is of the new level it is an anomaly, then the median is there.
        let found = try trace.run(detector())
        #expect(found.report?.number("anomalies") == 51)
        #expect(found.report?.number("high") == 51)
        let short = try trace.run(detector { $0.window = 20 })
        #expect(short.report?.number("anomalies") == 11)
    }

    @Test func callsOfOneKindAreNotComparedWithOthers() throws {
        var trace = steady()
        // Too few to know, and each as long as ever.
        for _ in 0..<9 { trace.add("fsync", takes: 50_000_000) }
        trace.add("write", takes: 90_000_000)
        let found = try trace.run(detector())
        #expect(found.anomalies.isEmpty)
        #expect(found.report?.number("calls judged") == 30)
        #expect(found.report?.number("calls too few of their kind") == 20)
    }

    @Test func ofOneKindOneFindingASecondIsToldUnlessFarWorse() throws {
        var trace = steady()
        for us: UInt64 in [150, 150, 155, 150] { trace.add("read", takes: us * 1000) }
        let soon = try trace.run(detector())
        #expect(soon.anomalies.map { $0.number("deviations above") } == [10])
        #expect(soon.report?.number("anomalies") == 4)
        trace.clock += AnomalyOptions.interval
        trace.add("read", takes: 150_000)
        let later = try trace.run(detector()).anomalies
        #expect(later.map { $0.number("deviations above") } == [10, 11])
        #expect(later.last?.number("others since the last finding") == 3)
        trace.add("read", takes: 400_000)
        #expect(try trace.run(detector()).anomalies.last?.severity == .high)
    }

    // MARK: Time that was asked for

    @Test func ofASleepOnlyWhatExceedsItCounts() throws {
        var trace = MadeUpTrace()
        for i in 0..<30 {
            // From 1 ms to 30 ms, each 100 us late.
            let address = UInt64(0x1000 + i * 16)
            trace.place(address, 0, Int64(i + 1) * 1_000_000)
            trace.add("nanosleep", address, takes: UInt64(i + 1) * 1_000_000 + 100_000)
        }
        #expect(try trace.run(detector()).anomalies.isEmpty)
        trace.place(0x9000, 2, 0)
        trace.add("nanosleep", 0x9000, takes: 2_000_100_000)
        #expect(try trace.run(detector()).anomalies.isEmpty)
        trace.add("nanosleep", 0x9000, takes: 2_001_100_000)
        let found = try trace.run(detector()).anomalies
        #expect(found.map { $0.number("in excess") } == [1100])
        #expect(found.first?.number("time asked for") == 2_000_000)
        #expect(found.first?.title.contains("nanosleep took 1.1 ms longer than it was asked to") == true)
    }

    /// Calls that wait for 50 ms at most, as they are asked to.
    private static let waits: [(String, [UInt64])] = [
        ("poll", [0, 0, 50]), ("epoll_wait", [3, 0, 1, 50]), ("epoll_pwait", [3, 0, 1, 50]), ("ppoll", [0, 0, 0x1000]),
        ("select", [0, 0, 0, 0, 0x2000]), ("pselect6", [0, 0, 0, 0, 0x1000]), ("epoll_pwait2", [3, 0, 1, 0x1000]),
        ("futex", [0x5000, 0, 1, 0x1000]), ("rt_sigtimedwait", [0, 0, 0x1000]), ("semtimedop", [1, 0, 1, 0x1000]),
        ("recvmmsg", [3, 0, 1, 0, 0x1000]), ("io_getevents", [0, 1, 1, 0, 0x1000]), ("clock_nanosleep", [1, 0, 0x1000]),
        ("clock_nanosleep", [7, 0, 0x1000]),
    ]

    @Test(arguments: waits.indices) func timeoutsAreRecognised(_ index: Int) throws {
        let (name, a) = Self.waits[index]
        var trace = MadeUpTrace()
        trace.place(0x1000, 0, 50_000_000)
        trace.place(0x2000, 0, 50_000)
        func add(_ ns: UInt64) {
            let a = a + [0, 0, 0, 0, 0, 0]
            trace.add(name, a[0], a[1], a[2], a[3], a[4], a[5], takes: ns)
        }
        // Something comes at once, after a while, or never.
        for i in 0..<30 { add([10_000, 30_000_000, 50_060_000][i % 3]) }
        let quiet = try trace.run(detector())
        #expect(quiet.anomalies.isEmpty, "\(quiet.anomalies)")
        #expect(quiet.report?.number("of them with a time that was asked for") == 30)
        add(58_000_000)
        #expect(try trace.run(detector()).anomalies.first?.number("in excess") == 8000)
    }

    @Test func momentsUntilWhichACallWaitsAreTurnedIntoTimes() throws {
        // FUTEX_WAIT_BITSET by the monotonic clock and by the time of day, clock_nanosleep with TIMER_ABSTIME.
        let offset: Int64 = 1_700_000_000_000_000_000
        for (name, a, isRealtime) in [
            ("futex", [0x5000, 9, 1, 0], false), ("futex", [0x5000, 9 | 256, 1, 0], true), ("clock_nanosleep", [1, 1, 0], false),
            ("clock_nanosleep", [0, 1, 0], true), ("futex_waitv", [0, 1, 0, 0, 1], false), ("futex_wait", [0, 0, 0, 0, 0, 0], true),
            ("mq_timedreceive", [3, 0, 0, 0, 0], true), ("futex", [0x5000, 6, 0, 0], true), ("futex", [0x5000, 13, 0, 0], false),
        ] as [(String, [UInt64], Bool)] {
            var trace = MadeUpTrace()
            func add(_ asked: Int64, _ ns: UInt64) {
                let address = UInt64(0x10_0000 + trace.events.count * 16), end = Int64(trace.clock) + asked + (isRealtime ? offset : 0)
                trace.place(address, end / 1_000_000_000, end % 1_000_000_000)
                var a = a + Array(repeating: 0, count: 6 - a.count)
                a[name == "futex" || name == "futex_waitv" ? 3 : name == "clock_nanosleep" ? 2 : 4] = address
                trace.add(name, a[0], a[1], a[2], a[3], a[4], a[5], takes: ns)
            }
            for i in 1...20 { add(Int64(i) * 1_000_000, UInt64(i) * 1_000_000 + 60_000) }
            add(5_000_000, 9_060_000)
            let detector = detector()
            detector.realtimeOffset = offset
            let found = try trace.run(detector).anomalies
            #expect(found.map { $0.number("in excess") } == [4060], "\(name) \(a)")
        }
    }

    @Test func aTimeoutThatTheKernelOverwritesIsThatOfTheEntry() throws {
        var trace = MadeUpTrace()
        trace.place(0x2000, 0, 50_000)
        for _ in 0..<20 { trace.add("select", 0, 0, 0, 0, 0x2000, takes: 50_010_000, entered: true) }
        var late = trace
        #expect(try late.run(detector()).anomalies.isEmpty)
        late.add("select", 0, 0, 0, 0, 0x2000, takes: 60_010_000, entered: true)
        #expect(try late.run(detector()).anomalies.first?.number("in excess") == 10010)
    }

    @Test func waitsWithoutEndAreNotJudgedButLocksAre() throws {
        var trace = MadeUpTrace()
        for i in 0..<40 {
            let ns = i == 39 ? 900_000_000 : UInt64(1000)
            trace.add("poll", 0, 1, UInt64(UInt32.max), takes: ns)
            trace.add("epoll_wait", 3, 0, 1, UInt64.max, takes: ns)
            trace.add("pause", takes: ns)
            trace.add("ppoll", 0, 1, 0, takes: ns)
            // What cannot be read may be anything.
            trace.add("nanosleep", 0xdead, takes: ns)
            trace.add("futex", 0x5000, 1, 1, takes: 500)
        }
        let idle = try trace.run(detector())
        #expect(idle.anomalies.isEmpty)
        #expect(idle.report?.number("waits without end, not judged") == 200)
        for i in 0..<20 { trace.add("futex", 0x5000, 128, 1, 0, takes: i == 19 ? 80_000_000 : 20_000) }
        #expect(try trace.run(detector()).anomalies.map { $0.title.contains("futex (waiting) took 80.0 ms") } == [true])
    }

    @Test func whatHasNoTimesIsNoSample() throws {
        var trace = steady()
        var lost = MadeUpTrace()
        lost.add("read", takes: 900_000_000, outcome: .unfinished)
        var unseen = lost.events[0]
        if case .syscall(var call) = unseen.body {
            call.outcome = .returned(0)
            call.enterTime = 0
            unseen.body = .syscall(call)
        }
        trace.add("read", takes: 900_000_000, outcome: .detached)
        let report = try trace.run(detector()).report
        #expect(report?.number("anomalies") == 0)
        let alone = detector()
        try alone.consume(lost.events[0])
        try alone.consume(unseen)
        #expect(alone.table.count == 0)
    }

    @Test func callsThatWereNotAskedForAreNotLookedAt() throws {
        var trace = steady()
        trace.add("read", takes: 900_000)
        var only = SyscallSet.none
        only.insert(1, .native)
        #expect(try trace.run(AnomalyDetector(AnomalyOptions(), calls: only)).report?.number("calls judged") == 0)
    }
}
