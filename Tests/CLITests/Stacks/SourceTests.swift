import Foundation
import Testing

/// `-s` and `--source`: the line of the program's own code that led to a call.
@Suite struct SourceTests {
    @Test(arguments: ["-O0", "-O2", "-O2 -static", "-O2 -gdwarf-4"]) func theLineIsThatOfTheInnermostOwnFunction(_ flags: String) throws {
        let program = try BuiltProgram()
        try program.shell("cc -g \(flags) -o program main.c")
        let line = try program.line("/* here */")
        let short = try program.trace(["-a0", "-s", "-e", "trace=getppid"])
        #expect(short.lines.first?.hasSuffix(" [main.c:\(line)]") == true, "\(short.errors)")
        let long = try program.trace(["-a0", "--source=long", "-T", "-e", "trace=getppid"])
        #expect(long.lines.first?.hasSuffix(">") == true)
        #expect(long.lines.dropFirst().first == "    at main.c:\(line)  # innermost()")
    }

    @Test func aLibraryOfTheProgramIsItsOwnCode() throws {
        let program = try BuiltProgram(["main.c": BuiltProgram.calls, "caller.c": "long outermost(void); int main(void) { return outermost() == 0; }"])
        try program.shell("cc -g -O2 -fPIC -shared -o lib.so main.c && cc -g -o program caller.c \"$PWD/lib.so\"")
        let outcome = try program.trace(["-s", "-e", "trace=getppid"])
        #expect(outcome.lines.first?.hasSuffix(" [main.c:\(try program.line("/* here */"))]") == true)
    }

    @Test func aProgramWithoutDebuggingInformationShowsItsSymbol() throws {
        let program = try BuiltProgram()
        try program.shell("cc -O2 -o program main.c")
        let outcome = try program.trace(["-s", "-e", "trace=getppid"])
        #expect(outcome.lines.first?.contains(" [program(middle+0x") == true, "\(outcome.errors)")
    }

    @Test func aDeletedProgramKeepsItsLines() throws {
        let program = try BuiltProgram(["main.c": """
            #include <unistd.h>
            int main(int count, char **arguments) {
                unlink(arguments[0]);
                getppid(); /* here */
            }
            """])
        try program.shell("cc -g -o program main.c")
        let outcome = try program.trace(["-s", "-e", "trace=getppid"])
        #expect(!FileManager.default.fileExists(atPath: program.path))
        #expect(outcome.lines.first?.hasSuffix(" [main.c:\(try program.line("/* here */"))]") == true, "\(outcome.errors)")
    }

    @Test func namesOfCxxAreDemangled() throws {
        let program = try BuiltProgram(["main.cc": """
            #include <unistd.h>
            namespace bundle { struct Reader { template<class T> __attribute__((noinline)) T open(T n) { return n + getppid(); } }; }
            int main() { return bundle::Reader().open<long>(1) == 0; }
            """])
        try program.shell("c++ -g -O0 -o program main.cc")
        let source = try program.trace(["--source=long", "-e", "trace=getppid"])
        #expect(source.lines.dropFirst().first == "    at main.cc:2  # long bundle::Reader::open<long>(long)")
        let stack = try program.trace(["-k", "-e", "trace=getppid"])
        #expect(ShownFrame.of(stack, after: "getppid(").contains { $0.function.hasPrefix("long bundle::Reader::open<long>(long)+0x") })
    }

    @Test func namesOfSwiftAreDemangled() throws {
        let program = try BuiltProgram(["main.swift": """
            import Glibc
            struct Pager {
                @inline(never) func load(_ offset: Int) -> Int {
                    Int(getppid()) + offset
                }
            }
            exit(Pager().load(CommandLine.arguments.count) == 0 ? 1 : 0)
            """])
        let compiler = try #require(ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/swiftc" }
            .first { FileManager.default.isExecutableFile(atPath: $0) })
        try program.shell("HOME=\"$PWD\" '\(compiler)' -g -Onone -o program main.swift")
        let outcome = try program.trace(["--source=long", "-e", "trace=getppid"])
        #expect(outcome.lines.dropFirst().first?.hasPrefix("    at main.swift:4  # program.Pager.load(Swift.Int) -> Swift.Int") == true, "\(outcome.errors)")
    }

    /// Debian's rustc is a third of a gigabyte: only where there is one.
    private static let rust: String? = ["/usr/bin/rustc", NSHomeDirectory() + "/.cargo/bin/rustc"].first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: rust != nil), arguments: ["legacy", "v0"]) func linesAndNamesOfRustAreTheProgramsOwn(_ mangling: String) throws {
        let program = try BuiltProgram(["main.rs": """
            mod bundle {
                pub struct Reader(pub std::fs::File);
                impl Reader {
                    #[inline(never)]
                    pub fn read_model(&mut self) -> usize {
                        use std::io::Read;
                        self.0.read(&mut [0u8; 77]).unwrap() // here
                    }
                }
            }
            fn main() { println!("{}", bundle::Reader(std::fs::File::open("/etc/hostname").unwrap()).read_model()); }
            """])
        let unstable = mangling == "legacy" ? "-Z unstable-options" : ""
        try program.shell("export HOME='\(NSHomeDirectory())' RUSTC_BOOTSTRAP=1; '\(try #require(Self.rust))' -g \(unstable) -C symbol-mangling-version=\(mangling) -o program main.rs")
        let outcome = try program.trace(["--source=long", "-e", "trace=read"])
        let lines = outcome.errors.components(separatedBy: "\n")
        let call = try #require(lines.firstIndex { $0.contains(", 77)") })
        #expect(lines[call + 1].hasPrefix("    at main.rs:7  # "))
        #expect(lines[call + 1].hasSuffix("::bundle::Reader>::read_model()") || lines[call + 1].hasSuffix("::bundle::Reader::read_model()"), "\(lines[call + 1])")
    }

    @Test func sinksThatShowNoPlacesRefuse() throws {
        let outcome = try Renacer.run(["--sink", "summary", "--source", "true"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("\(Renacer.path): --source has no effect with --sink summary; strace"), "\(outcome.errors)")
    }
}
