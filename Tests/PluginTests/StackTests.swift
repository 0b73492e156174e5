import Foundation
import Testing

/// Detectors are told where calls were made from, if one of them asks for it.
@Suite(.serialized) struct StackTests {
    /// Reports the frames of the first call of `nanosleep`'s kind, and what services answered.
    private static let source = """
        #include <renacer/plugin.h>
        #include <stdio.h>
        #include <string.h>
        static const renacer_host *host;
        static char text[4096];
        static uint64_t seen, agreed;
        static renacer_status answer = 1;
        static int instance;
        static renacer_status create(const renacer_host *h, void **out) {
            host = h;
            *out = &instance;
            return RENACER_OK;
        }
        static renacer_status consume(void *i, const renacer_event *e, size_t count) {
            for (; count--; e = renacer_next(e)) {
                renacer_frame frames[32];
                uint64_t addresses[32];
                size_t n = 32, m = 32;
                // As a plugin that knows less of the structure, or nothing at all, would have it.
                frames[0].size = SIZE;
                answer = host->frames(host, e, frames, &n);
                if (answer != RENACER_OK) continue;
                seen++;
                if (!text[0])
                    for (size_t k = 0; k < n; k++) {
                        const renacer_frame *f = (const renacer_frame *)(const void *)((const char *)frames + k * frames[0].size);
                        if (f->size == sizeof *f) snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s;", (int)f->symbol.length, f->symbol.data);
                    }
                if (host->stack(host, e, addresses, &m) != RENACER_OK || m != n || addresses[0] != frames[0].address) continue;
                n = 1;
                if (host->frames(host, e, frames, &n) == RENACER_OK && n == 1) agreed++;
            }
            return RENACER_OK;
        }
        static renacer_status finish(void *i, const renacer_account *a) {
            renacer_evidence e[4] = {
                { .size = sizeof *e, .is_number = 1, .name = RENACER_TEXT("Answer"), .number = (double)answer },
                { .size = sizeof *e, .is_number = 1, .name = RENACER_TEXT("Seen"), .number = (double)seen },
                { .size = sizeof *e, .is_number = 1, .name = RENACER_TEXT("Agreed"), .number = (double)agreed },
                { .size = sizeof *e, .name = RENACER_TEXT("Stack"), .text = { text, strlen(text) } },
            };
            renacer_finding f = { .size = sizeof f, .rule = RENACER_TEXT("stack"), .title = RENACER_TEXT("Stacks"), .evidence = e, .evidence_count = 4 };
            return host->report(host, &f);
        }
        static void destroy(void *i) {}
        static const renacer_subscription subscriptions[] = {
            { sizeof(renacer_subscription), KINDS, RENACER_TEXT("nanosleep,clock_nanosleep,execve"), NEEDS, 0 },
        };
        static const renacer_detector functions = { sizeof functions, 0, create, consume, finish, destroy, 0 };
        static const renacer_component component = {
            sizeof component, RENACER_DETECTOR, RENACER_TEXT("stacks"), RENACER_TEXT("shows stacks"), 0, 0, subscriptions, 1, &functions
        };
        static const renacer_plugin plugin = {
            sizeof plugin, RENACER_ABI_MINOR, RENACER_EVENT_SCHEMA, 0, RENACER_TEXT("stacks"), RENACER_TEXT("1"), &component, 1
        };
        const renacer_plugin *renacer_plugin_v1(const renacer_host *h) { return &plugin; }
        """

    private func plugin(kinds: String = "RENACER_CALL", needs: String = "RENACER_NEEDS_STACKS", size: String = "sizeof *frames") throws -> String {
        try Renacer.plugin("#define KINDS \(kinds)\n#define NEEDS \(needs)\n#define SIZE \(size)\n" + Self.source)
    }

    private func evidence(_ name: String, _ outcome: Renacer.Outcome) -> String? {
        outcome.errors.split(separator: "\n").first { $0.hasPrefix("   \(name): ") }.map { String($0.dropFirst(name.count + 5)) }
    }

    /// A program whose `main` sleeps by way of `outer` and `inner`.
    private func sleeper() throws -> String {
        let path = Renacer.scratch()
        try Data("""
            #include <time.h>
            __attribute__((noinline)) int inner(void) { struct timespec t = { 0, 1000 }; return nanosleep(&t, 0) + 1; }
            __attribute__((noinline)) int outer(void) { return inner() + 1; }
            int main(void) { return outer() + outer() - 4; }
            """.utf8).write(to: URL(fileURLWithPath: path + ".c"))
        let made = try Renacer.run("/usr/bin/cc", ["-O1", "-g", "-fno-optimize-sibling-calls", "-o", path, path + ".c"])
        guard made.status == 0 else { throw Renacer.Failure(made.errors) }
        return path
    }

    /// bpf tells of the entries of a lone task's calls when they have ended.
    @Test(arguments: Renacer.backends.map { ($0, "RENACER_CALL") } + [("ptrace", "RENACER_CALL_ENTERED")])
    func aDetectorThatAsksIsToldTheStack(_ backend: String, _ kinds: String) throws {
        let program = try sleeper(), file = try plugin(kinds: kinds)
        for flags in [[], ["--isolate-plugins"]] {
            let outcome = try Renacer.run(flags + ["-qq", "--backend", backend, "--plugin", file, "--trace=none", "--", program])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let stack = try #require(evidence("Stack", outcome), "\(outcome.errors)")
            #expect(stack.contains("nanosleep") && stack.contains("inner;outer;main;"), "\(backend) \(flags): \(outcome.errors)")
            // A program's first exec has none, and of its end it is not asked: what it returned to is another program.
            #expect(evidence("Seen", outcome) == "2" && evidence("Agreed", outcome) == "2", "\(outcome.errors)")
        }
    }

    @Test func whoDoesNotAskIsToldThatThereIsNone() throws {
        let program = try sleeper(), file = try plugin(needs: "0")
        for flags in [[], ["--isolate-plugins"]] {
            let without = try Renacer.run(flags + ["-qq", "--backend", "ptrace", "--plugin", file, "--trace=none", "--", program])
            #expect(evidence("Answer", without) == "-1" && evidence("Seen", without) == "0", "\(without.errors)")
            // Somebody else did.
            let with = try Renacer.run(flags + ["-qq", "--backend", "ptrace", "--plugin", file, "-k", "-e", "trace=nanosleep", "--", program])
            #expect(evidence("Seen", with) == "2" && evidence("Stack", with)?.contains("inner;outer;main;") == true, "\(with.errors)")
        }
    }

    /// A structure of another size has what fits; of an impossible size nothing is written.
    @Test(arguments: [("24", "2", "0"), ("4", "0", "0"), ("4096 * 2", "0", "0"), ("sizeof *frames + 64", "2", "2")])
    func framesOfAnotherSizeAreFilledAsFarAsTheyGo(_ size: String, _ seen: String, _ agreed: String) throws {
        let outcome = try Renacer.run([
            "-qq", "--backend", "ptrace", "--plugin", try plugin(size: size), "--trace=none", "--", try sleeper(),
        ])
        #expect(outcome.status == 0)
        #expect(evidence("Seen", outcome) == seen, "\(outcome.errors)")
    }

    @Test(arguments: Renacer.backends) func idleWaitersAreToldFromWhereTheyWaitAndWereWoken(_ backend: String) throws {
        let program = [try Renacer.workload("futexes"), "parked"]
        let outcome = try Renacer.detect("idle-waiter,stacks=yes", backend: backend, program)
        let lines = outcome.errors.split(separator: "\n").map(String.init)
        let place = try #require(lines.first { $0.hasPrefix("   3 wait at: ") && $0.contains("await") }, "\(outcome.errors)")
        #expect(place.contains("pthread_cond_wait < await") && place.contains(" < parked"))
        let release = try #require(lines.last { $0.hasPrefix("   It woke them at: ") }, "\(outcome.errors)")
        #expect(release.contains("pthread_cond_signal < ") || release.contains("pthread_mutex_unlock < "), "\(release)")
        #expect(release.contains(" < parked"), "\(release)")
        // What it did is named by its calls.
        #expect(lines.contains { $0.contains("(worker): on CPU ") && $0.contains(", write ") }, "\(outcome.errors)")
        let without = try Renacer.detect("idle-waiter", backend: backend, program)
        #expect(!without.errors.contains("wait at: ") && !without.errors.contains("It woke them at: "))
        let wrong = try Renacer.detect("idle-waiter,stacks=perhaps", backend: backend, program)
        #expect(wrong.status == 1 && wrong.errors.contains("option 'stacks'"), "\(wrong.errors)")
    }

    @Test func aReplayTellsTheStacksThatWereRecorded() throws {
        let recording = Renacer.scratch(), bare = Renacer.scratch(), program = [try Renacer.workload("futexes"), "parked"]
        let environment = ["RENACER_PLUGIN_PATH": Renacer.detectors]
        #expect(try Renacer.run(["record", "-k", "-f", "-o", recording, "--"] + program).status == 0)
        let outcome = try Renacer.run(["replay", "-f", "--detector", "idle-waiter,stacks=yes", recording], environment: environment)
        #expect(outcome.errors.contains("pthread_cond_wait < await < parked"), "\(outcome.errors)")
        #expect(try Renacer.run(["record", "-o", bare, "--", "/bin/true"]).status == 0)
        let refused = try Renacer.run(["replay", "--detector", "idle-waiter,stacks=yes", bare], environment: environment)
        #expect(refused.status == 1 && refused.errors.contains("--detector idle-waiter: "), "\(refused.errors)")
    }
}
