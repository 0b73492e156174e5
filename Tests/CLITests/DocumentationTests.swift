import Foundation
import Testing

/// What the README and the pages of `Docs` tell a user to type works as they say, in a folder with the programs they speak of.
@Suite struct DocumentationTests {
    /// What a page names: programs of the user's, a file for `make`, a plugin.
    private final class Playground {
        let folder: String

        init(for page: DocumentationPage) throws {
            let program = try BuiltProgram(["main.c": DocumentationTests.program, "Makefile": "all:\n\t@./program\n"])
            folder = program.folder.path
            try program.shell("""
                cc -g -O1 -o program main.c
                mkdir bin home
                ln -s '\(Renacer.path)' bin/renacer
                for name in loader pager service server busy bin/PROGRAM bin/PROG bin/server; do cp program $name; done
                cc -shared -fPIC -I '\(Renacer.repository.path)/Sources/PluginKit/C/include' -o call-lines-c.so \
                    '\(Renacer.repository.path)/Examples/call-lines-c/call-lines-c.c'
                cc -shared -fPIC -I '\(Renacer.repository.path)/Sources/PluginKit/C/include' -o mine.so \
                    '\(Renacer.repository.path)/Examples/small-writes-c/small-writes-c.c'
                """)
            try (page.files.first ?? DocumentationTests.budgets).write(toFile: folder + "/renacer.toml", atomically: false, encoding: .utf8)
        }

        func run(_ command: String) throws -> Renacer.Outcome {
            try Renacer.run(["-c", "cd '\(folder)' && \(command)"], named: "/bin/sh", environment: [
                "PATH": folder + "/bin:/usr/bin:/bin", "HOME": folder + "/home", "RENACER_PLUGIN_PATH": DocumentationTests.plugins,
            ])
        }
    }

    private static let plugins: String = {
        let path = Renacer.scratch()
        _ = try? Renacer.run([Renacer.repository.appendingPathComponent("Tools/build-plugins.sh").path, path], named: "/bin/sh")
        return path
    }()

    /// Reads, writes, seeks and syncs a file, computes, waits for a thread and for a child.
    private static let program = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <pthread.h>
        #include <stdlib.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static volatile unsigned long result;
        static void *rest(void *nothing) { usleep(1000); return nothing; }
        __attribute__((noinline)) static void compute(void) { for (long i = 0; i < 3000000; i++) result += i * i; }
        int main(void) {
            char name[] = "/tmp/renacer-docs-XXXXXX", buffer[512] = "";
            int fd = mkstemp(name);
            for (int i = 0; i < 20; i++)
                if (write(fd, buffer, sizeof buffer) < 0 || pread(fd, buffer, 16, i * 16) < 0) return 1;
            fsync(fd);
            lseek(fd, 0, SEEK_SET);
            close(fd);
            unlink(name);
            compute();
            pthread_t thread;
            if (pthread_create(&thread, NULL, rest, NULL) || pthread_join(thread, NULL)) return 1;
            if (fork() == 0) _exit(0);
            wait(NULL);
            return 0;
        }
        """

    private static let budgets = "[[assertion]]\nname = \"calls\"\ntype = \"span_count\"\nmax_spans = 100000\n"

    /// Files that a page supposes to be there.
    private static let preparations = [
        "Docs/assertions.md": "renacer record -o trace.rnt -- ./program",
        "Docs/golden.md": """
            renacer golden record --runs 3 -o old.golden -- ./loader && cp old.golden new.golden &&
            for n in 2 3; do renacer record -f -y -o run$n.rnt -- ./loader || exit; done
            """,
    ]

    /// What needs somebody at the other end, a process that runs, or a value in place of a word: it is read as far as the start.
    private static func isOnlyRead(_ command: String) -> Bool {
        ["http", " PID", "KIND"].contains { command.contains($0) }
    }

    /// Statuses other than 0 that say something about the program.
    private static func admits(_ status: Int32, of command: String) -> Bool {
        // A budget of time does not hold on every machine, and a delay that is injected is found.
        status == 0 || status == 1 && (command.contains("--assert") || command.contains("--inject"))
    }

    @Test(arguments: DocumentationPage.all) func whatIsToldToTypeWorks(_ page: DocumentationPage) throws {
        let ground = try Playground(for: page)
        if let first = Self.preparations[page.name] { #expect(try ground.run(first).status == 0) }
        if page.name == "Docs/pipelines.md" {
            // Whether this backend can be had is the machine's matter.
            #expect(try ground.run("sed -i '/^backend/d' renacer.toml").status == 0)
        }
        for command in page.commands where !Self.refusals.keys.contains(command.text) {
            guard !command.text.contains("--profile") || ProfileTests.backends.contains("ptrace") else { continue }
            guard !command.text.contains("--kernel-stack") || geteuid() == 0 else { continue }
            let text = Self.isOnlyRead(command.text) ? Self.read(command.text) : command.text
            let outcome = try ground.run(text)
            #expect(Self.admits(outcome.status, of: text), "\(page.name): \(text): \(outcome.status): \(outcome.errors.suffix(2000))")
        }
    }

    /// The same words for `renacer config show`, which refuses what a run would refuse.
    private static func read(_ command: String) -> String {
        // How a page writes what a destination looks like.
        let form = command.replacingOccurrences(of: "KIND[:DEST][,KEY=VALUE...]", with: "jsonl:calls.jsonl,raw=true")
            .replacingOccurrences(of: "--format KIND", with: "--format jsonl")
        if form != command { return form.contains(" -- ") ? form : form.replacingOccurrences(of: "    #", with: " -- PROG  #") }
        return command.replacingOccurrences(of: "renacer ", with: "renacer config show ").replacingOccurrences(of: "PID", with: "\(getpid())")
    }

    // MARK: What is shown

    /// Commands whose lines are compared: what they print does not depend on who is faster.
    private static let transcripts = [
        "renacer -e trace=openat,read,write -T -- cat /etc/hostname",
        "renacer -c -- ls -lR /usr/share/doc",
        "renacer --format json -- ls / | jq '.summary.total_syscalls'",
        "renacer --format json -- echo hello > t.json",
        "renacer -c --format csv -e trace=openat,read,close -o t.csv -- cat /etc/hostname; cat t.csv",
        "renacer -c --stats-extended -e trace=getdents64,write -- ls -lR /usr/share/doc >/dev/null",
    ]

    /// A line without its values, which are other ones on every machine; a column may be empty there.
    private static func shape(_ line: String) -> String {
        var line = line
        for (pattern, mark) in [("\"[^\"]*\"", "S"), ("0x[0-9a-f]+", "X"), ("[0-9]+([.][0-9]+)?", "N"), (" +", " "), ("N( N)+", "N")] {
            line = line.replacingOccurrences(of: pattern, with: mark, options: .regularExpression)
        }
        return line.trimmingCharacters(in: .whitespaces)
    }

    @Test(arguments: transcripts) func whatIsShownIsWhatIsPrinted(_ command: String) throws {
        let page = try #require(DocumentationPage.all.first { $0.commands.contains { $0.text == command } }, "no page shows \(command)")
        let shown = try #require(page.commands.first { $0.text == command && !$0.shown.isEmpty }).shown
        // To a pipe, as a terminal would be written to: cat(1) copies to a file by other calls.
        let outcome = try Playground(for: page).run("{ \(command); } | cat")
        let text = (outcome.errors + "\n" + outcome.output).replacingOccurrences(of: "\r\n", with: "\n")
        let printed = Set(text.components(separatedBy: "\n").map(Self.shape))
        let missing = shown.filter { $0 != "..." && !printed.contains(Self.shape($0)) }
        #expect(missing.isEmpty, "\(page.name): \(text.suffix(3000))")
    }

    /// Commands that are shown with a file that is wrong, and that file.
    private static let refusals = [
        "renacer config check renacer.toml": """
            [source]
            command = ["./server"]
            folow = true
            trace = "opent"
            format = "json"
            [output]
            string-limit = 64
            [[sink]]
            kind = "jsn"

            """,
    ]

    @Test(arguments: refusals) func whatIsShownOfAFaultyFileIsPrinted(_ command: String, _ file: String) throws {
        let page = try #require(DocumentationPage.all.first { $0.commands.contains { $0.text == command } }, "no page shows \(command)")
        let ground = try Playground(for: page)
        try file.write(toFile: ground.folder + "/renacer.toml", atomically: false, encoding: .utf8)
        let outcome = try ground.run(command)
        #expect(outcome.status == 1)
        #expect(outcome.lines.map(String.init) == page.commands.first { $0.text == command && !$0.shown.isEmpty }?.shown, "\(outcome.errors)")
    }

    /// Every file that a page shows is one that is accepted.
    @Test(arguments: DocumentationPage.all.filter { !$0.files.isEmpty }) func filesThatAreShownAreAccepted(_ page: DocumentationPage) throws {
        let ground = try Playground(for: page)
        for file in page.files {
            try file.write(toFile: ground.folder + "/shown.toml", atomically: false, encoding: .utf8)
            let outcome = try ground.run("renacer config check shown.toml")
            #expect(outcome.status == 0, "\(page.name): \(file): \(outcome.errors)")
        }
    }
}
