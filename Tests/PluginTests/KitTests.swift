import Foundation
import Testing

/// What strangers build plugins from is what `make install-kit` installs, and nothing else.
@Suite(.serialized) struct KitTests {
    /// Where the kit was installed.
    private static let prefix: String = {
        let path = Renacer.scratch()
        _ = try? Renacer.run("/usr/bin/make", ["install-kit", "PREFIX=\(path)"], folder: Renacer.repository.path)
        return path
    }()

    private func build(_ folder: String) throws -> Renacer.Outcome {
        try Renacer.run("/usr/bin/make", ["test", "PREFIX=\(Self.prefix)", "RENACER=\(Renacer.path)"], folder: folder)
    }

    private func write(_ language: String, _ kind: String, _ name: String) throws -> String {
        let folder = Renacer.scratch()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = try Renacer.run(Renacer.path, ["plugin", "new", "--lang", language, "--kind", kind, name], folder: folder)
        #expect(made.status == 0, "\(made.errors)")
        return folder + "/" + name
    }

    /// Files of a folder by their paths in it, what was built left out.
    private func files(_ folder: String) throws -> [String: String] {
        var all: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) where !path.contains(".build") && !path.hasSuffix(".so") {
            if let data = FileManager.default.contents(atPath: folder + "/" + path) { all[path] = String(decoding: data, as: UTF8.self) }
        }
        return all
    }

    @Test(arguments: [
        ("c", "detector", "small-writes-c"), ("swift", "detector", "small-writes-swift"), ("c", "sink", "call-lines-c"), ("swift", "sink", "call-lines-swift"),
    ])
    func aNewProjectIsTheExampleAndPassesItsTest(_ language: String, _ kind: String, _ name: String) throws {
        let folder = try write(language, kind, name)
        let example = Renacer.repository.appendingPathComponent("Examples/\(name)").path
        #expect(try files(folder) == files(example))
        let outcome = try build(folder)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains(kind == "sink" ? "call=openat" : "\(name)/small-writes"))
    }

    /// A stranger who knows nothing but that renacer is installed: its header by pkg-config, into its folder of plugins.
    @Test func aPluginIsBuiltWithPkgConfigAndFoundWhereItIsInstalled() throws {
        let folder = Renacer.scratch(), kit = Renacer.scratch()
        #expect(try Renacer.run("/usr/bin/make", ["install-kit", "PREFIX=\(kit)"], folder: Renacer.repository.path).status == 0)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: Renacer.repository.appendingPathComponent("Examples/call-lines-c/call-lines-c.c"), to: URL(fileURLWithPath: folder + "/own.c"))
        try FileManager.default.createDirectory(atPath: kit + "/bin", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Renacer.path, toPath: kit + "/bin/renacer")
        let script = """
            set -eu
            PKG_CONFIG_PATH=\(kit)/lib/pkgconfig; export PKG_CONFIG_PATH
            cc -shared -fPIC $(pkg-config --cflags renacer-plugin) -o own.so own.c
            install own.so "$(pkg-config --variable=plugindir renacer-plugin)"
            pkg-config --modversion renacer-plugin
            \(kit)/bin/renacer --version | head -1
            \(kit)/bin/renacer --sink call-lines-c:shown -- true
            tail -1 shown
            """
        let outcome = try Renacer.run("-c", [script], through: "/bin/sh", folder: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].contains(lines[0]) && lines[2].hasSuffix("lost=0"), "\(outcome.output)")
    }

    @Test func namesThatAreNoneAndFoldersThatAreThereAreRefused() throws {
        let folder = Renacer.scratch()
        try FileManager.default.createDirectory(atPath: folder + "/there", withIntermediateDirectories: true)
        for (arguments, message) in [
            (["plugin", "new", "Not/A/Name"], "'Not/A/Name' is no name"), (["plugin", "new", "there"], "there: File exists"),
            (["plugin", "new", "--lang", "cobol", "x"], "invalid --lang argument: 'cobol'"),
            (["plugin", "new", "--kind", "backend", "x"], "invalid --kind argument: 'backend': detector or sink is wanted"), (["plugin", "new"], "a NAME is wanted"),
            (["plugin"], "plugin takes 'check FILE' or 'new"),
        ] {
            let outcome = try Renacer.run(Renacer.path, arguments, folder: folder)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
        }
    }

    @Test func thePluginsThatAreThereAreListed() throws {
        let path = ["RENACER_PLUGIN_PATH": Self.prefix + "/lib/renacer/plugins"]
        let text = try Renacer.run(["plugins"], environment: path).output
        for name in ["idle-waiter", "pcie-bottleneck", "thrashing-seek"] {
            #expect(text.contains("\(Self.prefix)/lib/renacer/plugins/\(name).so"))
            #expect(text.contains("detector \(name): "))
        }
        #expect(text.contains("threshold=0.7 (number): "))
        let json = try Renacer.run(["plugins", "--format", "json"], environment: path).output
        let all = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let plugins = try #require(all["plugins"] as? [[String: Any]])
        // Those that were built beside the binary are listed too.
        let found = plugins.filter { ($0["path"] as? String)?.hasPrefix(Self.prefix) == true }
        #expect(Set(found.compactMap { $0["name"] as? String }) == ["idle-waiter", "pcie-bottleneck", "thrashing-seek"])
        #expect(plugins.allSatisfy { $0["usable"] as? Bool == true })
    }

    @Test func optionsAreValidatedBeforeTheProgramStarts() throws {
        for (option, message) in [
            ("idle-waiter,share=2", "option 'share': '2' is not between 0 and 1"), ("idle-waiter,min-wait=soon", "'soon' is no time such as 150ms"),
            ("idle-waiter,colour=red", "no option 'colour'; there are window, min-wait"), ("thrashing-seek,min-calls=x", "'x' is no whole number"),
            ("no-such", "no plugin has such a detector; 'renacer plugins' lists what there is"), ("idle-waiter,x", "'x': KEY=VALUE is wanted"),
        ] {
            let outcome = try Renacer.run(
                ["--detector", option, "--", "echo", "started"], environment: ["RENACER_PLUGIN_PATH": Self.prefix + "/lib/renacer/plugins"])
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
        }
    }

    /// Nobody looked: "nothing found" would be a lie.
    @Test func aProgramThatCannotBeStartedIsNotSaidToBeInnocent() throws {
        let file = Renacer.scratch()
        #expect(FileManager.default.createFile(atPath: file, contents: Data("no program".utf8), attributes: [.posixPermissions: 0o755]))
        for backend in Renacer.backends {
            let outcome = try Renacer.run(
                ["--backend", backend, "--detector", "idle-waiter", "--", file],
                environment: ["RENACER_PLUGIN_PATH": Self.prefix + "/lib/renacer/plugins"])
            #expect(outcome.status == 126)
            #expect(outcome.errors.contains("Exec format error") && !outcome.errors.contains("Nothing found"), "\(outcome.errors)")
        }
    }

    @Test func durationEndsTheTraceAndNotTheProgram() throws {
        for backend in Renacer.backends {
            let program = Process()
            program.executableURL = URL(fileURLWithPath: "/bin/cat")
            let pipe = Pipe()
            program.standardInput = pipe
            program.standardOutput = FileHandle.nullDevice
            try program.run()
            let outcome = try Renacer.run(
                ["--backend", backend, "-f", "--duration", "200ms", "--detector", "idle-waiter", "-p", "\(program.processIdentifier)"],
                environment: ["RENACER_PLUGIN_PATH": Self.prefix + "/lib/renacer/plugins"])
            #expect(outcome.status == 0)
            #expect(outcome.errors.contains("Nothing found (idle-waiter"), "\(outcome.errors)")
            // It lives, and ends by itself.
            #expect(program.isRunning)
            try pipe.fileHandleForWriting.close()
            program.waitUntilExit()
            #expect(program.terminationReason == .exit && program.terminationStatus == 0)
        }
    }
}
