import RenacerCore
import Testing

/// Which backend is taken, what is refused and what is announced: from declarations alone.
@Suite struct PlannerTests {
    private static let quick = Cost(start: 1, call: 100), thrifty = Cost(start: 1000, call: 1)

    private func candidate(
        _ name: String, _ features: KeyValuePairs<Feature, Capability>, _ cost: Cost = quick, obstacle: String? = nil
    ) -> Planner.Candidate {
        .init(name: name, capabilities: Capabilities(features, cost: cost)) { Conditions(obstacle: obstacle) }
    }

    private func order(_ candidates: [Planner.Candidate], _ requirements: [Requirement] = [], calls: UInt64 = 1000) -> [String] {
        var candidates = candidates
        return Planner.order(&candidates, requirements, calls: calls).map { candidates[$0].name }
    }

    @Test func ofTwoThatDoTheSameTheCheaperIsTaken() {
        let both = [candidate("quick", [:]), candidate("thrifty", [:], Self.thrifty)]
        #expect(order(both, calls: 5) == ["quick", "thrifty"])
        #expect(order(both, calls: 1000) == ["thrifty", "quick"])
        #expect(order([candidate("unknown", [:], .unknown), both[0]]) == ["quick", "unknown"])
        #expect(order([candidate("first", [:]), candidate("second", [:])]) == ["first", "second"])
    }

    @Test func whatIsExactGoesBeforeWhatIsCheap() {
        let exact = candidate("exact", [.lossless: .exact, .attach: .exact])
        let cheap = candidate("cheap", [.lossless: .bestEffort("loses"), .attach: .exact], Self.thrifty)
        #expect(order([cheap, exact]) == ["cheap", "exact"])
        #expect(order([cheap, exact], [.init(.attach, origin: "-p")]) == ["cheap", "exact"])
        #expect(order([cheap, exact], [.init(.lossless, origin: "the trace", .wanted)]) == ["exact", "cheap"])
        #expect(order([cheap, exact], [.init(.lossless, origin: "--exact")]) == ["exact", "cheap"])
    }

    @Test func whatWasAskedForGoesBeforeWhatIsWantedBesides() {
        let asked = candidate("asked", [.callTimes: .exact, .lossless: .bestEffort("loses")])
        let wanted = candidate("wanted", [.callTimes: .bestEffort("adds"), .lossless: .exact])
        let needs = [Requirement(.callTimes, origin: "--min-duration"), Requirement(.lossless, origin: "the trace", .wanted)]
        #expect(order([wanted, asked], needs) == ["asked", "wanted"])
    }

    @Test func whatCannotBeDoneIsNoChoice() {
        let without = candidate("without", [.injection: .unavailable("it can't")])
        let with = candidate("with", [.injection: .exact], Self.thrifty)
        #expect(order([without, with], [.init(.injection, origin: "--inject")], calls: 0) == ["with"])
        #expect(order([without], [.init(.injection, origin: "--inject")]) == [])
        // What nobody asked for is no reason to refuse.
        #expect(order([without], [.init(.injection, origin: "", .wanted)]) == ["without"])
    }

    @Test func aBackendThatDoesNotWorkHereIsNoChoice() {
        let broken = candidate("broken", [:], Cost(start: 0, call: 0), obstacle: "no root")
        #expect(order([broken, candidate("quick", [:])]) == ["quick"])
        #expect(order([broken]) == [])
    }

    @Test func theMachineIsLookedAtForTheFirstOnly() {
        var looks: [String] = []
        var both = ["a", "b"].map { name in
            Planner.Candidate(name: name, capabilities: Capabilities([:], cost: Self.quick)) {
                looks.append(name)
                return Conditions()
            }
        }
        #expect(Planner.order(&both, [], calls: 1) == [0, 1])
        #expect(looks == ["a"])
    }

    @Test func anAlternativeMeetsANeed() {
        let counts = candidate("counts", [.lossless: .bestEffort("loses"), .kernelAggregation: .exact], Self.thrifty)
        let exact = candidate("exact", [.lossless: .exact])
        #expect(order([exact, counts], [.init(.lossless, origin: "", .wanted, or: .kernelAggregation)]) == ["counts", "exact"])
        #expect(order([exact, counts], [.init(.lossless, origin: "", .wanted)]) == ["exact", "counts"])
    }

    @Test func reasonsNameWhatIsMissing() {
        var candidates = [
            candidate("taken", [.lossless: .exact, .injection: .exact]),
            candidate("loses", [.lossless: .bestEffort("a ring fills"), .injection: .exact], Self.thrifty),
            candidate("rigid", [.injection: .unavailable("it can't")]), candidate("broken", [.injection: .exact], obstacle: "no root"),
        ]
        let needs = [Requirement(.lossless, origin: "the trace", .wanted), Requirement(.injection, origin: "--inject")]
        let order = Planner.order(&candidates, needs, calls: 1000)
        for i in candidates.indices { candidates[i].examine() }
        #expect(Planner.reasons(candidates, order, needs, calls: 1000) == [
            "--backend auto takes taken: everything is exact, about 0 ms for 1000 calls",
            "not loses: about 0 ms for 1000 calls, not exact: lossless (a ring fills)",
            "not broken: no root",
            "not rigid: --inject: it can't",
        ])
    }

    @Test func aRefusalNamesTheBackendThatCan() {
        func refusal(_ backend: Planner.Candidate, _ others: [Planner.Candidate], _ more: [Requirement] = []) -> String? {
            var all = [backend] + others
            for i in all.indices { all[i].examine() }
            return Planner.refusal(of: all[0], [Requirement(.injection, origin: "--inject")] + more, others: Array(all.dropFirst()))?.description
        }
        let rigid = candidate("rigid", [.injection: .unavailable("it can't change a call"), .systemWide: .exact])
        let able = candidate("able", [.injection: .exact])
        #expect(refusal(able, [rigid]) == nil)
        #expect(refusal(rigid, []) == "--inject: it can't change a call")
        #expect(refusal(rigid, [able]) == "--inject needs able: it can't change a call (use --backend able)")
        #expect(refusal(rigid, [candidate("able", [.injection: .exact], obstacle: "needs root")])
            == "--inject needs able: it can't change a call; able does not work here: needs root")
        #expect(refusal(rigid, [able], [.init(.systemWide, origin: "--all")])
            == "--inject needs able: it can't change a call; no backend does that together with --all")
    }

    @Test func bestEffortIsAnnouncedOnceAndOnlyIfAskedFor() {
        let backend = candidate("b", [.commands: .bestEffort("some are unknown"), .lossless: .bestEffort("loses"), .attach: .exact])
        let needs = [
            Requirement(.commands, origin: "-Y"), Requirement(.commands, origin: "-Y"), Requirement(.attach, origin: "-p"),
            Requirement(.lossless, origin: "the trace", .wanted), Requirement(.lossless, origin: "--every"),
        ]
        #expect(Planner.announcements(of: backend, needs) == ["-Y: best effort with the b backend: some are unknown"])
    }

    @Test func estimatesDoNotOverflow() {
        #expect(Cost(start: 1, call: .max).estimate(calls: 2) == .max)
        #expect(Cost(start: .max, call: 1).estimate(calls: 1) == .max)
        #expect(Cost(start: 3, call: 2).estimate(calls: 10) == 23)
    }

    @Test func everyFeatureIsSaidInASentence() {
        #expect(Set(Feature.allCases.map(\.about)).count == Feature.allCases.count)
        for feature in Feature.allCases { #expect(!feature.about.isEmpty && feature.about.count <= 90) }
    }
}
