import Foundation
import Testing

/// Flags that lay out strace's lines, where no sink writes any.
@Suite struct LayoutFlagTests {
    @Test(arguments: [
        (["-a20"], "-a/--columns"), (["-t"], "-t/--absolute-timestamps"), (["-r"], "-r/--relative-timestamps"), (["-x"], "-x/--strings-in-hex"),
        (["-N"], "-N/--arg-names"), (["-e", "read=0"], "-e read"), (["-e", "write=1"], "-e write"), (["--color=always"], "--color=always"),
    ]) func areRefusedByName(_ flag: [String], _ name: String) throws {
        let file = Renacer.scratch()
        for sinks in [["--format", "json", "-o", file], ["--sink", "csv:\(file)"], ["--sink", "html:\(file)", "--sink", "jsonl:\(file).l"], ["-C", "--sink", "json:\(file)"]] {
            let run = try Renacer.run(flag + sinks + ["--", "echo", "started"])
            #expect(run.status == 1 && run.output == "" && run.lines.count == 1)
            #expect(run.errors.contains("\(name) has no effect with ") && run.errors.contains("add --sink strace"), "\(run.errors)")
        }
        let both = try Renacer.run(flag + ["--sink", "strace", "--sink", "json:\(file)", "--", "true"])
        #expect(both.status == 0 && both.errors.contains("exit_group"), "\(both.errors)")
        let configured = try Renacer.run(["config", "show"] + flag + ["--sink", "json:\(file)"])
        #expect(configured.status == 1 && configured.errors.contains("\(name) has no effect with "), "\(configured.errors)")
    }

    /// What every call of a document has may be asked for.
    @Test(arguments: ["json", "jsonl", "csv"]) func whatIsThereAnywayIsNot(_ kind: String) throws {
        let file = Renacer.scratch()
        let run = try Renacer.run(["-T", "-n", "--always-show-pid", "--sink", "\(kind):\(file)", "--", "true"])
        #expect(run.status == 0 && run.errors == "")
        #expect(Renacer.text(file).contains("duration_ns") && Renacer.text(file).contains("nr") && Renacer.text(file).contains("pid"))
    }

    @Test func constantsLookAsAskedForInDocuments() throws {
        let file = Renacer.scratch()
        for kind in ["json", "csv", "html"] {
            _ = try Renacer.run(["-X", "raw", "-e", "trace=openat", "--sink", "\(kind):\(file)", "--", "true"])
            #expect(Renacer.text(file).contains("-100") && !Renacer.text(file).contains("AT_FDCWD"), "\(kind)")
        }
        let refused = try Renacer.run(["-X", "raw", "--sink", "perfetto:\(file)", "--", "true"])
        #expect(refused.errors.contains("-X/--const-print-style has no effect with --sink perfetto"))
    }

    /// The instruction pointer is in the sinks that have a place for it.
    @Test func theInstructionPointerIsInJSONOnly() throws {
        let file = Renacer.scratch()
        _ = try Renacer.run(["-i", "--sink", "json:\(file)", "--", "true"])
        #expect(Renacer.text(file).contains("\"instruction_pointer\":\"0x"))
        let refused = try Renacer.run(["-i", "--sink", "csv:\(file)", "--", "true"])
        #expect(refused.status == 1 && refused.errors.contains("-i/--instruction-pointer has no effect with --sink csv"))
    }
}
