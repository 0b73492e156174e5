import Foundation
import Testing

/// The pager of the document about memory paging, in the languages that have a compiler here: lines, functions and stacks are the program's.
@Suite struct LanguageTests {
    enum Language: String, CaseIterable, Sendable {
        case c, swift, rust, go

        /// Debian's compilers of Rust and Go are too large to have them installed everywhere.
        var compiler: String? {
            let home = NSHomeDirectory(), path = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
            let places = switch self {
            case .c: ["/usr/bin/cc"]
            case .swift: path.map { "\($0)/swiftc" }
            case .rust: ["/usr/bin/rustc", "\(home)/.cargo/bin/rustc"]
            case .go: ["/usr/bin/go", "/usr/local/go/bin/go"]
            }
            return places.first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        var file: String { "pager.\(self == .rust ? "rs" : rawValue)" }
        /// As names are shown.
        var reads: String {
            switch self {
            case .c: "readModel"
            case .swift: "program.readModel(Swift.Int32, Swift.Int) -> Swift.Int"
            case .rust: "pager::read_model"
            case .go: "main.readModel"
            }
        }
        var loads: String {
            switch self {
            case .c: "loadBundle"
            case .swift: "program.loadBundle(Swift.String) -> Swift.Int"
            case .rust: "pager::load_bundle"
            case .go: "main.loadBundle"
            }
        }

        func build(_ program: BuiltProgram, _ compiler: String) throws {
            let command = switch self {
            case .c: "'\(compiler)' -g -O1 -o program pager.c"
            case .swift: "HOME=\"$PWD\" '\(compiler)' -g -O -module-name program -o program pager.swift"
            case .rust: "HOME='\(NSHomeDirectory())' '\(compiler)' -g -O -o program pager.rs"
            case .go: "HOME=\"$PWD\" GOCACHE=\"$PWD/cache\" GOFLAGS=-p=1 '\(compiler)' build -o program pager.go"
            }
            try program.shell(command)
        }
    }

    /// 20 models of 500 bytes are sought and read.
    private static let sources: [Language: String] = [
        .c: """
            #include <fcntl.h>
            #include <unistd.h>
            __attribute__((noinline)) int readModel(int f, long at) {
                char block[500];
                lseek(f, at, SEEK_SET); /* seek */
                int n = read(f, block, sizeof block); /* load */
                __asm__ volatile("" : : "r"(block) : "memory");
                return n;
            }
            __attribute__((noinline)) int loadBundle(const char *path) {
                int f = open(path, O_RDONLY), sum = 0;
                for (int i = 0; i < 20; i++) sum += readModel(f, i % 4 * 500);
                return sum + close(f);
            }
            int main(int n, char **v) { return loadBundle(v[0]) != 10000; }
            """,
        .swift: """
            import Glibc
            @inline(never) func readModel(_ f: Int32, _ at: Int) -> Int {
                var block = [UInt8](repeating: 0, count: 500)
                lseek(f, at, SEEK_SET) // seek
                return read(f, &block, 500) // load
            }
            @inline(never) func loadBundle(_ path: String) -> Int {
                let f = open(path, O_RDONLY)
                defer { close(f) }
                var sum = 0
                for i in 0..<20 { sum += readModel(f, i % 4 * 500) }
                return sum
            }
            exit(loadBundle(CommandLine.arguments[0]) == 10000 ? 0 : 1)
            """,
        .rust: """
            use std::fs::File;
            use std::io::{Read, Seek, SeekFrom};
            #[inline(never)]
            fn read_model(f: &mut File, at: u64) -> usize {
                let mut block = [0u8; 500];
                f.seek(SeekFrom::Start(at)).unwrap(); // seek
                f.read(&mut block).unwrap() // load
            }
            #[inline(never)]
            fn load_bundle(path: &str) -> usize {
                let mut f = File::open(path).unwrap();
                let mut sum = 0;
                for i in 0..20 { sum += read_model(&mut f, i % 4 * 500); }
                sum
            }
            fn main() { std::process::exit((load_bundle(&std::env::args().next().unwrap()) != 10000) as i32); }
            """,
        .go: """
            package main

            import (
            	"io"
            	"os"
            )

            //go:noinline
            func readModel(f *os.File, at int64) int {
            	block := make([]byte, 500)
            	f.Seek(at, io.SeekStart) // seek
            	n, _ := f.Read(block) // load
            	return n
            }

            //go:noinline
            func loadBundle(path string) int {
            	f, _ := os.Open(path)
            	defer f.Close()
            	sum := 0
            	for i := 0; i < 20; i++ {
            		sum += readModel(f, int64(i%4)*500)
            	}
            	return sum
            }

            func main() {
            	if loadBundle(os.Args[0]) != 10000 {
            		os.Exit(1)
            	}
            }
            """,
    ]

    /// Those that have a compiler; the others are named in the test's output.
    static let present: [Language] = Language.allCases.filter { language in
        if language.compiler == nil { print("LanguageTests: no compiler of \(language.rawValue) is installed: its pager is not traced") }
        return language.compiler != nil
    }

    private static let programs: [Language: Result<BuiltProgram, any Error>] = Dictionary(uniqueKeysWithValues: present.map { language in
        (language, Result {
            let program = try BuiltProgram([language.file: sources[language] ?? ""])
            try language.build(program, language.compiler ?? "")
            return program
        })
    })

    private func program(_ language: Language) throws -> BuiltProgram { try #require(Self.programs[language]).get() }

    private static let backends = ["ptrace", "bpf"].filter { FlagTests.working.contains($0) }

    @Test(arguments: present, backends) func callsLeadToTheirLines(_ language: Language, _ backend: String) throws {
        let program = try program(language)
        let seek = try program.line(" seek", in: language.file), load = try program.line(" load", in: language.file)
        let outcome = try program.trace(["-f", "-s", "-a0", "--backend", backend, "-e", "trace=lseek,read", "-e", "signal=none"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        func count(_ call: String, _ line: Int) -> Int {
            outcome.lines.filter { $0.contains("\(call)(3, ") && $0.hasSuffix("\(language.file):\(line)]") }.count
        }
        #expect(count("lseek", seek) == 20 && count("read", load) == 20, "\(outcome.errors)")
    }

    /// As addr2line has it, for the address that `-kk` shows.
    @Test(arguments: present) func linesAreThoseOfAddr2line(_ language: Language) throws {
        let program = try program(language)
        let outcome = try program.trace(["-f", "-kk", "--backend", "ptrace", "-e", "trace=lseek", "-e", "signal=none"])
        let own = outcome.errors.components(separatedBy: "\n").compactMap { ShownFrame(Substring($0)) }
            .filter { $0.module == program.path && !$0.isInlined && $0.source.contains("/\(language.file):") }
        #expect(own.count >= 40, "\(outcome.errors)")
        for frame in Set(own.map { [$0.address, $0.source] }) {
            // With -i the last line is that of the function that nothing is inlined into.
            let wanted = try program.shell("addr2line -i -e program \(frame[0])").split(separator: "\n").last.map { $0.components(separatedBy: " (discriminator")[0] }
            #expect(wanted == frame[1], "\(frame)")
        }
    }

    @Test(arguments: present, backends) func functionsHaveTheirOwnCalls(_ language: Language, _ backend: String) throws {
        let outcome = try program(language).trace(["-f", "--function-time", "--backend", backend])
        #expect(outcome.status == 0, "\(outcome.errors)")
        func row(_ function: String) throws -> [Substring] {
            try #require(outcome.lines.first { $0.contains(" \(function) (") && $0.contains("\(language.file))") }, "\(outcome.errors)").split(separator: " ")
        }
        // share, own, inherited, calls, per call, I/O
        let reads = try row(language.reads), loads = try row(language.loads)
        #expect(reads[3] == "40" && reads[5] == "40", "\(reads)")
        #expect(try #require(Int(loads[3])) >= 1 && (Double(loads[2]) ?? 0) >= (Double(reads[2]) ?? 1), "\(loads)")
        // What a language's own library does is not the program's.
        #expect(!outcome.errors.contains("std::rt::") && !outcome.errors.contains("std::fs::") && !outcome.errors.contains(" runtime."), "\(outcome.errors)")
    }

    @Test(arguments: present, backends) func aFlameGraphHasTheProgramsFunctions(_ language: Language, _ backend: String) throws {
        let file = Renacer.scratch() + ".folded"
        let outcome = try program(language).trace(["-f", "--flamegraph", file, "--backend", backend])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = Renacer.text(file).split(separator: "\n")
        for call in ["lseek_[k]", "read_[k]"] {
            #expect(lines.contains { $0.contains(";\(language.loads);\(language.reads);") && $0.contains(";\(call) ") }, "\(lines)")
        }
    }
}
