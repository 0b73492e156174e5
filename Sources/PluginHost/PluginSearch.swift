import Glibc

/// Where plugins are looked for, and what was found there.
public struct PluginSearch {
    /// `--plugin FILE`, in order.
    public var files: [String]
    /// Folders: of `RENACER_PLUGIN_PATH`, then `lib/renacer/plugins` beside the program's `bin`.
    public var folders: [String]

    /// A file, and what it is or why it is none.
    public struct Found {
        public let path: String
        public let result: Result<PluginFile, PluginProblem>
    }

    public init(files: [String] = []) {
        self.files = files
        folders = []
        if let given = getenv("RENACER_PLUGIN_PATH") {
            folders += String(cString: given).split(separator: ":").map(String.init)
        }
        var program = [CChar](repeating: 0, count: 4096)
        let n = readlink("/proc/self/exe", &program, program.count - 1)
        if n > 0 {
            let path = String(decoding: program[..<n].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = path.split(separator: "/").dropLast(2)
            folders.append("/" + parts.map { $0 + "/" }.joined() + "lib/renacer/plugins")
        }
    }

    /// The component of that kind and name: the file that offers it, or nil.
    ///
    /// - Parameter failed: takes files that were looked at and are no plugins.
    public func component(_ name: String, _ kind: Component.Kind, failed: (Found) -> Void) -> (file: PluginFile, component: Component)? {
        var tried: Set<String> = []
        // A plugin is usually called as its component is: then no other is loaded.
        let likely = files + folders.map { "\($0)/\(name).so" }.filter { access($0, F_OK) == 0 }
        for path in likely + candidates where tried.insert(path).inserted {
            // What was not asked for is nothing to die of.
            let found = likely.contains(path) ? Self.load(path) : Self.tried(path)
            switch found.result {
            case .success(let file): if let component = file.component(name, kind) { return (file, component) }
            case .failure: failed(found)
            }
        }
        return nil
    }

    /// The same, with every file that is looked at in a process of its own.
    public func isolated(
        _ name: String, _ kind: Component.Kind, failed: (String, PluginProblem) -> Void
    ) -> (plugin: IsolatedPlugin, component: Component)? {
        var tried: Set<String> = []
        let likely = files + folders.map { "\($0)/\(name).so" }.filter { access($0, F_OK) == 0 }
        for path in likely + candidates where tried.insert(path).inserted {
            do throws(PluginProblem) {
                let plugin = try IsolatedPlugin(path)
                if let component = plugin.components.first(where: { $0.name == name && $0.kind == kind }) { return (plugin, component) }
            } catch { failed(path, error) }
        }
        return nil
    }

    /// Every file that is named, or lies in a folder and is called `.so`.
    ///
    /// Each was loaded in a process of its own before: who asks what there is wants to be told of one that crashes.
    public var all: [Found] {
        (files + candidates).map(Self.tried)
    }

    /// What all of them offer, and in which file; what cannot be loaded offers nothing.
    ///
    /// - Parameter isolated: each is asked in a process of its own.
    public func components(isolated: Bool) -> [(path: String, component: Component)] {
        (files + candidates).flatMap { path -> [(path: String, component: Component)] in
            let found = isolated ? (try? IsolatedPlugin(path))?.components : try? PluginFile(path).components
            return (found ?? []).map { (path, $0) }
        }
    }

    private var candidates: [String] {
        var paths: [String] = []
        for folder in folders {
            guard let directory = opendir(folder) else { continue }
            var names: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                if name.hasSuffix(".so"), !name.hasPrefix(".") { names.append(name) }
            }
            closedir(directory)
            paths += names.sorted().map { "\(folder)/\($0)" }
        }
        return paths
    }

    private static func tried(_ path: String) -> Found {
        do throws(PluginProblem) { return Found(path: path, result: .success(try PluginFile.tried(path))) } catch {
            return Found(path: path, result: .failure(error))
        }
    }

    private static func load(_ path: String) -> Found {
        do throws(PluginProblem) { return Found(path: path, result: .success(try PluginFile(path))) } catch {
            return Found(path: path, result: .failure(error))
        }
    }
}
