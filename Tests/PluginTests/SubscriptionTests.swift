import Foundation
import RenacerCore
import RenacerPluginHost
import Testing

/// What a detector subscribed to is captured, and nothing else.
@Suite struct SubscriptionTests {
    /// Reports how many events it was given that it did not subscribe to, and how many that it did.
    private static let source = """
        #include <renacer/plugin.h>
        #include <string.h>
        static const renacer_host *host;
        static uint32_t futex;
        static uint64_t entries, ends, others;
        static int instance;
        static renacer_status create(const renacer_host *h, void **out) {
            host = h;
            futex = host->call(host, (renacer_string)RENACER_TEXT("futex"));
            *out = &instance;
            return RENACER_OK;
        }
        static renacer_status consume(void *i, const renacer_event *e, size_t count) {
            for (; count--; e = renacer_next(e)) {
                if (e->kind == RENACER_CALL_ENTERED && e->call == futex) entries++;
                else if (e->kind == RENACER_CALL && e->call == futex) ends++;
                else others++;
            }
            return RENACER_OK;
        }
        static renacer_status finish(void *i, const renacer_account *a) {
            renacer_evidence e[3] = {
                { .size = sizeof *e, .is_number = 1, .name = RENACER_TEXT("Entries"), .number = (double)entries },
                { .size = sizeof *e, .is_number = 1, .name = RENACER_TEXT("Ends"), .number = (double)ends },
                { .size = sizeof *e, .is_number = 1, .name = RENACER_TEXT("Others"), .number = (double)others },
            };
            renacer_finding f = { .size = sizeof f, .rule = RENACER_TEXT("count"), .title = RENACER_TEXT("Counted"), .evidence = e, .evidence_count = 3 };
            return host->report(host, &f);
        }
        static void destroy(void *i) {}
        static const renacer_subscription subscriptions[] = {
            { sizeof(renacer_subscription), KINDS, RENACER_TEXT("futex"), NEEDS, 0 },
        };
        static const renacer_detector functions = { sizeof functions, 0, create, consume, finish, destroy, 0 };
        static const renacer_component component = {
            sizeof component, RENACER_DETECTOR, RENACER_TEXT("futexes"), RENACER_TEXT("counts"), 0, 0, subscriptions, 1, &functions
        };
        static const renacer_plugin plugin = {
            sizeof plugin, RENACER_ABI_MINOR, RENACER_EVENT_SCHEMA, 0, RENACER_TEXT("futexes"), RENACER_TEXT("1"), &component, 1
        };
        const renacer_plugin *renacer_plugin_v1(const renacer_host *h) { return &plugin; }
        """

    private func plugin(kinds: String, needs: String = "0") throws -> String {
        try Renacer.plugin("#define KINDS \(kinds)\n#define NEEDS \(needs)\n" + Self.source)
    }

    private func subscription(_ file: String) throws -> Subscription {
        try #require(try PluginFile(file).components.first).subscription
    }

    /// Memory of what may be a marker is captured only if one is asked for.
    @Test func aSubscriptionMayDependOnAnOption() throws {
        let component = try #require(try PluginFile(Renacer.detectors + "/idle-waiter.so").components.first)
        let openat = try #require(SyscallTable.all(.native).first { $0.syscall.name == "openat" }?.number)
        for (options, isWanted) in [([], false), ([("window", "1s-2s")], false), ([("window", "marker:x")], true)] as [([(String, String)], Bool)] {
            let narrowed = component.narrowed(by: options).subscription
            #expect(narrowed.memory.contains(openat, .native) == isWanted)
            #expect(narrowed.syscalls.contains(openat, .native))
        }
    }

    private let futexes: SyscallSet = {
        var set = SyscallSet.none
        for p in [Personality.native, .x32, .compat32] {
            for (number, call) in SyscallTable.all(p) where ["futex", "futex_time64"].contains(call.name.description) { set.insert(number, p) }
        }
        return set
    }()

    /// A plan of a trace that is not shown.
    private func plan(_ all: [Subscription]) -> CapturePlan {
        var plan = CapturePlan()
        plan.syscalls = .none
        plan.add(all)
        return plan
    }

    /// Whether every call of `set` is one of futex(2).
    private func isFutexOnly(_ set: SyscallSet) -> Bool {
        var all = set
        all.formUnion(futexes)
        return all == futexes && !set.isEmpty
    }

    @Test func endsOfACallBringNeitherEntriesNorMemory() throws {
        let made = plan([try subscription(try plugin(kinds: "RENACER_CALL"))])
        #expect(isFutexOnly(made.syscalls) && made.enteredCalls.isEmpty && made.memory.calls.isEmpty)
    }

    @Test func entriesAndMemoryAreThoseOfTheCallAlone() throws {
        let made = plan([try subscription(try plugin(kinds: "RENACER_CALL | RENACER_CALL_ENTERED", needs: "RENACER_NEEDS_MEMORY"))])
        #expect(made.entered && made.memory.isNeeded)
        #expect(isFutexOnly(made.syscalls) && isFutexOnly(made.enteredCalls) && isFutexOnly(made.memory.calls))
    }

    @Test func signalsAndTasksBringNoCalls() throws {
        let wanted = try subscription(try plugin(kinds: "RENACER_SIGNAL"))
        #expect(wanted.signals && wanted.syscalls.isEmpty && wanted.entered.isEmpty && wanted.memory.isEmpty)
    }

    /// On real processes, beside a trace that shows other calls with their memory.
    @Test func aDetectorIsGivenWhatItSubscribedTo() throws {
        let program = try Renacer.workload("futexes")
        for backend in Renacer.backends {
            for (kinds, hasEntries, hasEnds) in [("RENACER_CALL", false, true), ("RENACER_CALL_ENTERED", true, false)] {
                let file = try plugin(kinds: kinds), trace = Renacer.scratch()
                let outcome = try Renacer.run([
                    "--backend", backend, "-f", "--plugin", file, "-e", "trace=openat", "-o", trace, "--", program, "parked",
                ])
                #expect(outcome.status == 0)
                let lines = String(decoding: FileManager.default.contents(atPath: trace) ?? Data(), as: UTF8.self).split(separator: "\n")
                func number(_ name: String) -> Int? {
                    lines.first { $0.contains("\(name): ") }?.split(separator: " ").last.flatMap { Int($0) }
                }
                let entries = try #require(number("Entries"), "\(lines)"), ends = try #require(number("Ends"))
                #expect((entries > 0) == hasEntries && (ends > 0) == hasEnds && number("Others") == 0, "\(backend), \(kinds): \(lines)")
                // What is shown is what was asked for, whole.
                #expect(lines.contains { $0.contains("openat(AT_FDCWD, \"/") } && !lines.contains { $0.contains("futex(") })
            }
        }
    }
}
