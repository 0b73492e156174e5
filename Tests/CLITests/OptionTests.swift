import Foundation
import Testing

/// getopt_long's rules, and where renacer's own meaning differs from strace's.
@Suite struct OptionTests {
    @Test(arguments: [
        ["-e", "trace=close", "-a20", "true"],
        ["-e", "trace=close", "-a", "20", "true"],
        ["-e", "trace=close", "--columns=20", "true"],
        ["-e", "trace=close", "--columns", "20", "true"],
        ["-eclose", "--colu=20", "--", "true"],
        ["-qa20", "-et=close", "true"],
        ["--trace=close", "-a", "20", "true"],
    ])
    func spellingsOfOneCommandLine(_ arguments: [String]) throws {
        let outcome = try Renacer.run(arguments)
        #expect(outcome.lines.contains("close(3)            = 0"))
    }

    @Test func optionsEndAtTheCommand() throws {
        let outcome = try Renacer.run(["-qq", "-e", "none", "echo", "-c", "-f"])
        #expect(outcome.output == "-c -f\n")
        #expect(outcome.errors.isEmpty)
    }

    @Test func aNumberAfterSIsTheStringLimit() throws {
        let command = ["-qq", "-e", "trace=write", "-a0"]
        for option in [["-s", "3"], ["-s3"], ["--string-limit=3"]] {
            let outcome = try Renacer.run(command + option + ["echo", "hello"])
            #expect(outcome.errors == "write(1, \"hel\"..., 6) = 6\n")
        }
    }

    @Test func sAloneIsSourceExceptForStrace() throws {
        let own = try Renacer.run(["-s", "true"])
        #expect(own.errors.contains("\nexit_group(0)                           = ? [true("))
        #expect(own.status == 0)
        let strace = try Renacer.run(["-s", "true"], named: Renacer.asStrace)
        #expect(strace.lines.first == "\(Renacer.asStrace): invalid -s argument: 'true'")
    }

    @Test func theBareClassFileIsWidenedExceptForStrace() throws {
        let own = try Renacer.run(["-e", "trace=file", "true"])
        let strict = try Renacer.run(["-e", "trace=%file", "true"])
        let strace = try Renacer.run(["-e", "trace=file", "true"], named: Renacer.asStrace)
        #expect(own.errors.contains("close(3)"))
        #expect(!strict.errors.contains("close(3)"))
        #expect(!strace.errors.contains("close(3)"))
        for outcome in [own, strict, strace] { #expect(outcome.errors.contains("openat(")) }
    }

    @Test func cCountsWallClockTimeExceptForStrace() throws {
        let command = ["-c", "-e", "trace=clock_nanosleep", "sleep", "0.2"]
        #expect(try total(Renacer.run(command)) > 0.19)
        #expect(try total(Renacer.run(command, named: Renacer.asStrace)) < 0.1)
    }

    /// The seconds in the last line of a table.
    private func total(_ outcome: Renacer.Outcome) -> Double {
        guard let fields = outcome.lines.last?.split(separator: " "), fields.count > 1 else { return 0 }
        return Double(fields[1]) ?? 0
    }

    @Test func laterTraceExpressionsReplaceEarlierOnes() throws {
        let outcome = try Renacer.run(["-qq", "-e", "trace=close", "-e", "trace=brk", "true"])
        #expect(outcome.errors.contains("brk("))
        #expect(!outcome.errors.contains("close("))
    }

    @Test func helpFitsATerminalAndNamesEveryOption() throws {
        let outcome = try Renacer.run(["--help"])
        #expect(outcome.status == 0)
        for line in outcome.output.split(separator: "\n") where !line.contains(Renacer.path) { #expect(line.count <= 80) }
        for name in ["-p, --attach=", "--placement=", "-c, --summary-only", "-e ", "--inject=", "--no-seccomp-bpf"] {
            #expect(outcome.output.contains(name))
        }
    }

    @Test func theManualPageNamesEveryOption() throws {
        let page = Renacer.text(Renacer.repository.appendingPathComponent("Docs/renacer.1").path)
        let help = try Renacer.run(["--help"]).output
        for word in help.split(whereSeparator: { " \n,".contains($0) }) where word.hasPrefix("--") && word.dropFirst(2).first?.isLowercase == true {
            let name = word.dropFirst(2).prefix { $0 != "=" && $0 != "[" && $0 != "." }
            #expect(page.contains("Fl -\(name)"), "--\(name)")
        }
    }

    @Test(arguments: [("bash", "renacer.bash"), ("zsh", "_renacer"), ("fish", "renacer.fish")])
    func completionsInTheRepositoryAreThoseOfTheTable(_ shell: String, _ file: String) throws {
        let made = try Renacer.run(["--completions", shell])
        #expect(made.output == Renacer.text(Renacer.repository.appendingPathComponent("Completions/\(file)").path))
    }
}
