import Foundation
import Testing

/// `--function-time` and `--flamegraph`: the figures are what the program did.
@Suite struct FunctionTimeTests {
    /// 100 blocks are sought and read, 20 ms are slept, one read waits for as good as 0.3 s, and a function calls itself.
    static let pager = """
        #include <fcntl.h>
        #include <unistd.h>
        static char block[4096];
        __attribute__((noinline)) long read_block(int f, long n) { lseek(f, n * 4096, SEEK_SET); return read(f, block, sizeof block); }
        __attribute__((noinline)) long load_bundle(const char *path) {
            int f = open(path, O_RDONLY);
            long sum = 0;
            for (int i = 0; i < 100; i++) sum += read_block(f, i % 5);
            close(f);
            return sum;
        }
        __attribute__((noinline)) void idle(void) { usleep(20000); }
        __attribute__((noinline)) long wait_for_data(void) {
            int ends[2];
            if (pipe(ends)) return 0;
            if (fork() == 0) { usleep(300000); write(ends[1], block, 1); _exit(0); }
            return read(ends[0], block, 1);
        }
        __attribute__((noinline)) long again(int n) { return n ? again(n - 1) + (getppid() == 1) : getuid(); }
        int main(int n, char **v) { return load_bundle(v[0]) + wait_for_data() + again(6) == (idle(), 0); }
        """

    private func built() throws -> BuiltProgram {
        let program = try BuiltProgram(["main.c": Self.pager])
        try program.shell("cc -g -O1 -o program main.c")
        return program
    }

    /// Words of the row that ends with `name`.
    private func row(_ name: String, _ outcome: Renacer.Outcome) throws -> [Substring] {
        let line = try #require(outcome.lines.first { $0.hasSuffix(" \(name)") || $0.hasSuffix(" \(name)  <- slow I/O") }, "\(name): \(outcome.errors)")
        return line.split(separator: " ")
    }

    @Test func functionsHaveTheirOwnCallsAndInheritThoseBelow() throws {
        let outcome = try built().trace(["--function-time"])
        let blocks = try row("read_block (main.c)", outcome), bundle = try row("load_bundle (main.c)", outcome)
        // share, own, inherited, calls, per call, I/O
        #expect(blocks[3] == "200" && blocks[5] == "200")
        #expect(bundle[3] == "2" && bundle[5] == "2")
        let seconds = { (s: Substring) in Double(s) ?? -1 }
        #expect(abs(seconds(bundle[2]) - seconds(bundle[1]) - seconds(blocks[2])) < 0.000003)
        let idle = try row("idle (main.c)", outcome)
        #expect(idle[3] == "1" && seconds(idle[1]) >= 0.02 && idle[5] == "0")
        let again = try row("again (main.c)", outcome)
        #expect(again[3] == "7" && again[1] == again[2], "a call counts once however often its path leads through a function")
        let waited = try #require(outcome.lines.first { $0.contains(" wait_for_data (main.c)") })
        #expect(waited.hasSuffix("<- slow I/O") && seconds(waited.split(separator: " ")[1]) >= 0.1, "\(waited)")
        let main = try row("main (main.c)", outcome), total = try row("total", outcome), alone = try row("(libraries alone)", outcome)
        #expect(main[1] == "0.000000")
        #expect(abs(seconds(main[2]) + seconds(alone[1]) - seconds(total[1])) < 0.000003)
        #expect(outcome.lines.contains { $0.contains(" 100 calls  main > load_bundle > read_block > lseek") })
        #expect(outcome.lines.contains { $0.hasSuffix("─ idle") })
    }

    @Test func linesStandBehindTheTableOfCalls() throws {
        let program = try built()
        let outcome = try program.trace(["-c", "--source", "-e", "trace=lseek,read,clock_nanosleep"])
        #expect(outcome.lines.first == "% time     seconds  usecs/call     calls    errors syscall")
        let line = try program.line("long read_block"), sleeps = try program.line("void idle")
        #expect(try row("main.c:\(line) (read_block)", outcome)[3] == "200")
        #expect(try row("main.c:\(sleeps) (idle)", outcome)[3] == "1")
        #expect(!outcome.errors.contains("no effect"))
    }

    @Test func foldedStacksAddUpToTheTimeInCalls() throws {
        let program = try built(), file = Renacer.scratch()
        _ = try program.trace(["--flamegraph", file + ".folded", "--sink", "json:\(file),of=summary"])
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(file).utf8)) as? [String: Any]
        let total = try #require((document?["summary"] as? [String: Any])?["total_time_us"] as? Int)
        let lines = Renacer.text(file + ".folded").split(separator: "\n")
        let sum = lines.reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
        #expect(abs(sum - total) <= lines.count + 1, "\(sum) \(total)")
        #expect(lines.contains { $0.contains(";main;load_bundle;read_block;") && $0.contains(";lseek_[k] ") })
        #expect(lines.allSatisfy { $0.hasPrefix("program;") || $0.hasPrefix("renacer;") || $0.hasPrefix("?;") }, "\(lines)")
        #expect(Set(lines.map { $0.prefix { $0 != " " } }).count == lines.count)
    }

    @Test func theyAreNotRecorded() throws {
        let file = Renacer.scratch()
        _ = try Renacer.run(["record", "-o", file, "--", "true"])
        for flags in [["--function-time"], ["--flamegraph", file + ".svg"]] {
            let outcome = try Renacer.run(["replay", file] + flags)
            #expect(outcome.status == 1)
            #expect(outcome.errors == "\(Renacer.path): \(flags[0]): it was not recorded; 'renacer record -k' does\n")
        }
    }

    @Test(.enabled(if: Browser.isInstalled, "`sh Tools/setup.sh test` installs chromium")) func aFlameGraphAnswersInABrowser() throws {
        let program = try built(), file = Renacer.scratch() + ".svg"
        _ = try program.trace(["--flamegraph", file])
        let text = Renacer.text(file)
        for outside in ["https://", "src=", "@import", "url("] { #expect(!text.contains(outside), "\(outside)") }
        let page = try Browser.open(file, end: "</svg>", script: """
            const by=n=>frames.find(f=>f.N===n&&f.D>3),note=(k,v)=>svg.dataset[k]=v;
            by("load_bundle").dispatchEvent(new MouseEvent("mouseover",{bubbles:true}));note("tells",$("details").textContent);
            by("load_bundle").dispatchEvent(new MouseEvent("click",{bubbles:true}));
            note("wide",Math.round(by("load_bundle").R.getAttribute("width")));note("gone",by("idle").style.display);
            $("reset").dispatchEvent(new MouseEvent("click",{bubbles:true}));note("back",by("idle").style.display===""?"yes":"no");
            $("find").value="^read_block$";$("find").dispatchEvent(new Event("input"));
            note("found",document.querySelectorAll(".match").length);note("part",$("matched").textContent);
            """)
        #expect(page.console == [])
        let frames = text.components(separatedBy: "<g class=\"f ").count - 1
        for wanted in ["data-ready=\"\(frames)\"", "data-wide=\"1180\"", "data-gone=\"none\"", "data-back=\"yes\"", "data-found=\"1\"", "data-part=\"matched: "] {
            #expect(page.document.contains(wanted), "\(wanted)")
        }
        #expect(page.document.firstRange(of: /data-tells="load_bundle \([\d.]+ (µs|ms|s), [\d.]+ %\)"/) != nil)
        #expect(page.picture > 10_000)
    }
}
