import Foundation
import Testing

/// What shells offer behind a command line, each asked itself.
@Suite struct CompletionTests {
    enum Shell: String, CaseIterable {
        case bash, zsh, fish

        var path: String? {
            ["/bin/", "/usr/bin/", "/usr/local/bin/"].map { $0 + rawValue }.first { FileManager.default.isExecutableFile(atPath: $0) }
        }
    }

    /// Shells that are there; of others `aShellThatIsNotHereIsSaid` tells.
    static let shells = Shell.allCases.filter { $0.path != nil }

    private static let completions = Renacer.repository.appendingPathComponent("Completions").path

    /// - Parameter line: up to where the tabulator key is pressed.
    private func offers(_ shell: Shell, _ line: String) throws -> Set<String> {
        let path = try #require(shell.path)
        let outcome = switch shell {
        case .bash: try bash(path, line)
        case .zsh: try zsh(path, line)
        case .fish:
            try Renacer.run(["--no-config", "-c", "source '\(Self.completions)/renacer.fish'; complete -C '\(line)' | string split -f 1 \\t"], named: path)
        }
        return Set(outcome.output.split(separator: "\n").map(String.init))
    }

    /// The same without the `=` that some put behind an option.
    private func options(_ shell: Shell, _ line: String) throws -> Set<String> {
        Set(try offers(shell, line).map { $0.hasSuffix("=") ? String($0.dropLast()) : $0 })
    }

    private func bash(_ path: String, _ line: String) throws -> Renacer.Outcome {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map { "'\($0)'" }
        return try Renacer.run(
            [
                "-c",
                ". '\(Self.completions)/renacer.bash'; COMP_WORDS=(\(words.joined(separator: " "))) COMP_CWORD=\(words.count - 1); _renacer; printf '%s\\n' \"${COMPREPLY[@]}\"",
            ], named: path)
    }

    /// zsh completes only what somebody types: it is given a terminal, and tells what it adds to its list.
    private func zsh(_ path: String, _ line: String) throws -> Renacer.Outcome {
        let folder = try BuiltProgram()
        try Self.settings.write(to: folder.folder.appendingPathComponent(".zshrc"), atomically: true, encoding: .utf8)
        return try Renacer.run(["-f", "-c", Self.session, "session", folder.folder.path, Self.completions, line], named: path)
    }

    private static let settings = """
        PS1= PS2= RPS1=
        autoload -Uz compinit; compinit -u -D
        compadd() {
            local -a hits
            # What only fills an array offers nothing.
            [[ ${argv[(r)-[OAD]*]} == -[OAD]* ]] && { builtin compadd "$@"; return }
            builtin compadd -A hits "$@"
            print -rl -- "offered "$^hits
            builtin compadd "$@"
        }
        offer() { print; _main_complete; print -r -- "end of offers" }
        zle -C offer complete-word offer
        bindkey '^T' offer
        ready() { print -r -- "ready for a line" }
        zle -N zle-line-init ready
        """

    private static let session = """
        zmodload zsh/zpty
        zpty session "TERM=dumb ZDOTDIR=${(q)1} FPATH=${(q)2}:${(q)FPATH} zsh -i"
        zpty -r session text '*ready for a line*'
        zpty -w -n session "$3"$'\\x14'
        zpty -r session text '*end of offers*'
        print -r -- $text | tr -d '\\r' | sed -n 's/^offered //p'
        zpty -d session
        """

    @Test(arguments: shells) func commandsAndTheirOptionsAreKnown(_ shell: Shell) throws {
        #expect(try offers(shell, "renacer gol").contains("golden"))
        #expect(try offers(shell, "renacer golden ").isSuperset(of: ["record", "check", "diff"]))
        #expect(try options(shell, "renacer golden check --to") == ["--tolerance"])
        #expect(try options(shell, "renacer golden check x --run") == ["--runs"])
        #expect(try offers(shell, "renacer golden check --format ") == ["text", "json", "github"])
        // What it refuses is not offered.
        #expect(try options(shell, "renacer golden record --stats").isDisjoint(with: ["--stats-extended"]))
        #expect(try options(shell, "renacer --stats") == ["--stats-extended"])
    }

    @Test(arguments: shells) func valuesAreKnown(_ shell: Shell) throws {
        #expect(try offers(shell, "renacer --backend ") == ["auto", "ptrace", "bpf", "perf_event"])
        #expect(try offers(shell, "renacer -f --placement ") == ["auto", "off", "pin"])
        #expect(try offers(shell, "renacer -S av").contains("avg-time"))
    }

    /// A program's words are its own; bash leaves them to its own completions, which are not loaded here.
    @Test(arguments: shells.filter { $0 != .bash }) func aProgramIsNoOption(_ shell: Shell) throws {
        #expect(try offers(shell, "renacer -- tru").contains("true"))
        #expect(try offers(shell, "renacer -f -- tru").contains("true"))
        #expect(try options(shell, "renacer -o out true --back").isDisjoint(with: ["--backend"]))
    }

    @Test(arguments: Shell.allCases.filter { $0.path == nil }) func aShellThatIsNotHereIsSaid(_ shell: Shell) {
        print("\(shell.rawValue) is not installed: its completions were not tried")
    }
}
