import Foundation
import Testing

/// Whatever is wrong with a plugin is said in one line with its name, and the trace goes on.
@Suite struct BrokenPluginTests {
    /// `broken.c`, broken in one way.
    private func broken(_ how: String, entry: String = "renacer_plugin_v1", language: String = "c") throws -> String {
        let source = Renacer.repository.appendingPathComponent("Tests/PluginTests/Broken/broken.c").path
        return try Renacer.plugin("#define BREAK \"\(how)\"\n#define ENTRY \(entry)\n#include \"\(source)\"\n", language: language)
    }

    private func trace(_ plugin: String, _ options: [String] = []) throws -> Renacer.Outcome {
        try Renacer.run(["--plugin", plugin] + options + ["--", "echo", "traced"])
    }

    @Test func aWholePluginReports() throws {
        let outcome = try trace(try broken("nothing"))
        #expect(outcome.status == 0)
        #expect(outcome.findings.map(\.rule) == ["broken/seen"])
    }

    /// Structures that end where those of the first minor version did.
    @Test(arguments: [[], ["--isolate-plugins"]]) func aPluginOfAnEarlierMinorVersionReports(_ options: [String]) throws {
        let outcome = try trace(try broken("older"), options)
        #expect(outcome.status == 0)
        #expect(outcome.findings.map(\.rule) == ["broken/seen"], "\(outcome.errors)")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let how: String
        let line: String
        var language = "c"
        var entry = "renacer_plugin_v1"
        var testDescription: String { how }
    }

    /// Files that are refused when they are loaded, and why.
    static let refused = [
        Case(how: "no-plugin", line: "does not describe itself"),
        Case(how: "refuses", line: "needs a GPU"),
        Case(how: "wrong-schema", line: "was written for schema 99 of events; renacer gives 1 to 1"),
        Case(how: "nothing", line: "is for version 2 of the plugin ABI; this renacer has version 1", entry: "renacer_plugin_v2"),
        Case(how: "nothing", line: "is no plugin of renacer: it does not export renacer_plugin_v1", entry: "something_else"),
        Case(how: "null-name", line: "does not say its name and version"),
        Case(how: "null-components", line: "its table of components cannot be read"),
        Case(how: "empty", line: "has no components"),
        Case(how: "null-functions", line: "component 'broken': it has no table of functions"),
        Case(how: "tiny-table", line: "component 'broken': it has no table of functions, or one of an impossible size"),
        Case(how: "huge-table", line: "component 'broken': it has no table of functions, or one of an impossible size"),
        Case(how: "null-consume", line: "component 'broken': it is half implemented: 'consume' is a null pointer"),
        Case(how: "null-destroy", line: "component 'broken': it is half implemented: 'destroy' is a null pointer"),
        Case(how: "null-subscriptions", line: "component 'broken': its subscriptions cannot be read"),
        Case(how: "zero-size", line: "component 'broken': its subscriptions cannot be read"),
        Case(how: "many", line: "component 'broken': its subscriptions cannot be read"),
        Case(how: "wrong-calls", line: "component 'broken': 'no_such_call' is no set of calls"),
        Case(how: "wrong-given", line: "component 'broken': a subscription counts with 'colour=red', which is no option and the start of its value"),
        Case(how: "vague-given", line: "component 'broken': a subscription counts with 'limit', which is no option and the start of its value"),
        Case(how: "wrong-option", line: "component 'broken': option 'limit' has the unknown type 99"),
        Case(how: "wrong-default", line: "component 'broken': the default of option 'limit' is not valid"),
        Case(how: "wrong-name", line: "a component has no name of lower-case letters, digits and hyphens"),
        Case(how: "throws-entry", line: "threw an exception when it was asked what it is: thrown in throws-entry", language: "cpp"),
    ]

    @Test(arguments: refused) func aFileThatIsNoWholePluginIsRefusedByName(_ c: Case) throws {
        let file = try broken(c.how, entry: c.entry, language: c.language)
        let check = try Renacer.run(["plugin", "check", file])
        #expect(check.status == 1)
        #expect(check.output.hasPrefix("\(file): ") && check.output.contains(c.line), "\(check.output)")
        let outcome = try trace(file)
        #expect(outcome.status == 0)
        #expect(outcome.output == "traced\n")
        #expect(outcome.errors.contains("plugin \(file): ") && outcome.errors.contains(c.line), "\(outcome.errors)")
        #expect(outcome.errors.contains("it is disabled, the trace goes on"))
    }

    /// Plugins that fail when they run.
    static let failing = [
        Case(how: "fails-create", line: "detector broken: create failed: no instance for you: it is disabled, the trace goes on"),
        Case(how: "fails-consume", line: "detector broken: consume failed: the events are no good: it is disabled, the trace goes on"),
        Case(how: "fails-silently", line: "detector broken: consume failed: it gives no reason"),
        Case(how: "fails-finish", line: "detector broken: finish failed: at the very end: it is disabled, the trace goes on"),
        Case(how: "no-evidence", line: "detector broken: 1 of its findings were refused: a finding has a rule that the component names, a title and evidence"),
        Case(how: "throws-create", line: "detector broken: create threw an exception: thrown in throws-create", language: "cpp"),
        Case(how: "throws-consume", line: "detector broken: consume threw an exception: thrown in throws-consume", language: "cpp"),
        Case(how: "throws-int", line: "detector broken: consume threw an exception: something that is no std::exception", language: "cpp"),
        Case(how: "throws-finish", line: "detector broken: finish threw an exception: thrown in throws-finish", language: "cpp"),
    ]

    @Test(arguments: failing) func aPluginThatFailsIsDisabledByName(_ c: Case) throws {
        let outcome = try trace(try broken(c.how, language: c.language), ["-e", "trace=write"])
        #expect(outcome.status == 0)
        #expect(outcome.output == "traced\n")
        #expect(outcome.errors.contains(c.line), "\(outcome.errors)")
        // The trace is whole.
        #expect(outcome.errors.contains("write(1, \"traced\\n\", 7)"))
        #expect(outcome.errors.contains("+++ exited with 0 +++"))
        #expect(outcome.errors.components(separatedBy: "detector broken: ").count == 2)
    }

    @Test func aSlowPluginIsDisabled() throws {
        let file = try broken("slow")
        let outcome = try trace(file, ["--plugin-time=10ms"])
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("more than the 10 ms of --plugin-time: it is disabled"), "\(outcome.errors)")
        #expect(outcome.findings.isEmpty)
    }

    @Test(arguments: ["asks-nonsense", "reports-late", "throws-destroy"]) func nonsenseIsAnsweredByNothing(_ how: String) throws {
        let outcome = try trace(try broken(how, language: how == "throws-destroy" ? "cpp" : "c"))
        #expect(outcome.status == 0)
        #expect(outcome.findings.map(\.rule) == (how == "asks-nonsense" ? ["broken/seen"] : ["broken/seen"]), "\(outcome.errors)")
    }

    @Test(arguments: [[], ["--isolate-plugins"]]) func findingsWithoutEndAreCutOff(_ options: [String]) throws {
        let outcome = try trace(try broken("leaks"), options)
        #expect(outcome.status == 0)
        #expect(outcome.output == "traced\n")
        #expect(outcome.findings.count == 1000)
        #expect(outcome.errors.contains("detector broken: reported more than 1000 findings: it is disabled"), "\(outcome.errors.suffix(400))")
    }

    // MARK: Isolation

    @Test(arguments: ["crashes", "exits"]) func aCrashCostsOnlyThatPlugin(_ how: String) throws {
        let file = try broken(how), whole = try broken("nothing")
        let outcome = try trace(file, ["--isolate-plugins", "-e", "trace=write", "--plugin", whole])
        #expect(outcome.status == 0)
        #expect(outcome.output == "traced\n")
        #expect(outcome.errors.contains("detector broken: its process is gone: it crashed in consume: it is disabled, the trace goes on"), "\(outcome.errors)")
        #expect(outcome.errors.contains("write(1, \"traced\\n\", 7)"))
        // The other one goes on.
        #expect(outcome.findings.map(\.rule) == ["broken/seen"])
    }

    @Test func withoutIsolationACrashIsRenacers() throws {
        let outcome = try trace(try broken("crashes"))
        #expect(outcome.status == 128 + SIGSEGV)
    }

    @Test(arguments: ["loops", "asks-for-ever"]) func anEndlessLoopIsEnded(_ how: String) throws {
        let outcome = try trace(try broken(how), ["--isolate-plugins", "--plugin-time=200ms", "-e", "trace=write"])
        #expect(outcome.status == 0)
        #expect(outcome.output == "traced\n")
        #expect(outcome.errors.contains("detector broken: consume took more than the 200 ms of --plugin-time: it is disabled"), "\(outcome.errors)")
        #expect(outcome.errors.contains("+++ exited with 0 +++"))
    }

    @Test(arguments: failing) func inAProcessOfItsOwnItFailsInTheSameWords(_ c: Case) throws {
        let outcome = try trace(try broken(c.how, language: c.language), ["--isolate-plugins", "-e", "trace=write"])
        #expect(outcome.status == 0)
        #expect(outcome.output == "traced\n")
        #expect(outcome.errors.contains(c.line), "\(outcome.errors)")
        #expect(outcome.errors.contains("+++ exited with 0 +++"))
    }

    @Test func inAProcessOfItsOwnItIsRefusedInTheSameWords() throws {
        for how in ["null-consume", "wrong-schema", "refuses"] {
            let file = try broken(how)
            let inside = try trace(file).errors.split(separator: "\n").first, outside = try trace(file, ["--isolate-plugins"]).errors.split(separator: "\n").first
            #expect(inside == outside)
            #expect(inside?.contains("it is disabled, the trace goes on") == true)
        }
    }

    @Test(arguments: Renacer.backends) func detectorsFindTheSameFromAProcessOfTheirOwn(_ backend: String) throws {
        let files = try Renacer.workload("files"), data = Renacer.scratch()
        for options in [[], ["--isolate-plugins"]] {
            let outcome = try Renacer.run(
                ["-qq", "--backend", backend, "--detector", "thrashing-seek"] + options + ["--", files, "thrashing", data],
                environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
            #expect(outcome.findings.map(\.rule) == ["thrashing-seek/thrash"], "\(outcome.errors)")
            #expect(outcome.errors.contains("File: \(data)"))
            #expect(outcome.errors.contains("Offset 124: 20000 bytes read 40 times"))
        }
    }

    // MARK: Files

    /// Who asks what is wrong with a file, or what there is, is answered whatever the file does when it is loaded.
    @Test func aFileThatCrashesWhenItIsLoadedIsToldOf() throws {
        let folder = Renacer.scratch()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let environment = ["RENACER_PLUGIN_PATH": folder]
        for (text, problem) in [
            ("__attribute__((constructor)) static void c(void) { *(volatile int *)8 = 1; }\nvoid *renacer_plugin_v1(void) { return 0; }", "crashed when it was loaded"),
            ("__attribute__((constructor)) static void c(void) { __builtin_trap(); }", "crashed when it was loaded"),
            ("void *renacer_plugin_v1(void) { return (void *)8; }", "crashed when it was loaded"),
            ("int renacer_plugin_v1 = 5;", "exports renacer_plugin_v1, which is no function"),
        ] {
            let file = try Renacer.plugin(text), kept = folder + "/broken.so"
            let check = try Renacer.run(["plugin", "check", file])
            #expect(check.status == 1 && check.output == "\(file): \(problem)\n" && check.errors.isEmpty, "\(check)")
            try? FileManager.default.removeItem(atPath: kept)
            try FileManager.default.copyItem(atPath: file, toPath: kept)
            let list = try Renacer.run(["plugins"], environment: environment)
            #expect(list.status == 0 && list.output.contains("\(kept)\n  not usable: \(problem)\n"), "\(list)")
            // It lies in the way of another that is looked for.
            let outcome = try Renacer.run(["--detector", "elsewhere", "--", "echo", "traced"], environment: environment)
            #expect(outcome.errors.contains("plugin \(kept): \(problem): it is disabled, the trace goes on"), "\(outcome)")
            #expect(outcome.status == 0 && outcome.output == "traced\n")
        }
    }

    @Test func garbageIsToldFromPlugins() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: try broken("nothing")))
        var random = SystemRandomNumberGenerator()
        var pieces: [(String, Data)] = [
            ("empty", Data()), ("text", Data("#!/bin/sh\necho\n".utf8)), ("noise", Data((0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) })),
        ]
        // The file cut short anywhere: the loader itself would die of some.
        for n in stride(from: 1, to: whole.count, by: max(whole.count / 60, 1)) { pieces.append(("the first \(n) bytes", whole.prefix(n))) }
        for (name, data) in pieces {
            let file = Renacer.scratch() + ".so"
            try data.write(to: URL(fileURLWithPath: file))
            let check = try Renacer.run(["plugin", "check", file])
            // What was cut off at the end may be what nobody loads.
            #expect(check.status == 1 || check.output.contains("can be used"), "\(name): \(check.status) \(check.output)")
            #expect(check.errors.isEmpty)
        }
        let missing = try trace("/nonexistent/plugin.so")
        #expect(missing.status == 0)
        #expect(missing.errors.contains("plugin /nonexistent/plugin.so: No such file or directory: it is disabled, the trace goes on"))
        #expect(try Renacer.run(["plugin", "check", "/dev/null"]).output == "/dev/null: is no regular file\n")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func whatOthersCanWriteIsNotLoadedByRoot() throws {
        let file = try broken("nothing")
        chmod(file, 0o777)
        #expect(try Renacer.run(["plugin", "check", file]).output == "\(file): can be written by others, and renacer is privileged: chmod go-w it\n")
        chmod(file, 0o755)
        chown(file, 1000, 1000)
        #expect(try Renacer.run(["plugin", "check", file]).output == "\(file): belongs to user 1000, and renacer is privileged: chown root it\n")
        chown(file, 0, 0)
        #expect(try Renacer.run(["plugin", "check", file]).status == 0)
        let folder = Renacer.scratch()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file, toPath: folder + "/p.so")
        chmod(folder, 0o777)
        #expect(try Renacer.run(["plugin", "check", folder + "/p.so"]).output.contains("its folder can be written by others"))
        chmod(folder, 0o1777)
        #expect(try Renacer.run(["plugin", "check", folder + "/p.so"]).status == 0)
    }
}
