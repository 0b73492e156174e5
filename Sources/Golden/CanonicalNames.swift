/// Names of files as they are in every run: without process ids, names of temporary files and the place of the
/// working directory.
struct CanonicalNames {
    /// Where the program was started.
    var directory: String { didSet { if directory == "/" { directory = "" } } }
    private let temporary: [String]
    /// Ids of tasks of this run, as they are spelled.
    private var ids: Set<Substring> = []
    /// Files that the run made where temporary files are made.
    private var made: Set<String> = []
    private static let mostMade = 65536

    /// - Parameter directory: the working directory; empty if it is not known.
    /// - Parameter temporary: directories for temporary files, besides the usual ones.
    init(directory: String, temporary: [String]) {
        self.directory = directory == "/" ? "" : directory
        self.temporary = (temporary + ["/tmp", "/var/tmp", "/dev/shm", "/run"]).map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    /// Takes note of a task.
    mutating func add(id: Int32) { ids.insert(Substring(String(id))) }

    func isTask(_ id: Int64) -> Bool { ids.contains(Substring(String(id))) }

    /// Takes note of a file that was made where no file of that name was.
    mutating func add(made path: String) {
        guard made.count < Self.mostMade, let slash = path.lastIndex(of: "/"), temporary.contains(String(path[..<slash])) else { return }
        // Below the working directory a program makes files that somebody knows.
        if !directory.isEmpty, path.hasPrefix(directory + "/") { return }
        made.insert(path)
    }

    /// A path in canonical form.
    func path(_ path: String) -> String {
        if let bracket = path.firstIndex(of: "["), path.last == "]", ["pipe:", "socket:"].contains(String(path[..<bracket])) {
            return String(path[..<path.index(before: bracket)])
        }
        return ids(in: below(withoutTemporary(path)))
    }

    /// The name that a run gave a temporary file is another one in the next run.
    private func withoutTemporary(_ path: String) -> String {
        if made.isEmpty { return path }
        for directory in temporary where path.hasPrefix(directory + "/") {
            let rest = path.dropFirst(directory.count + 1)
            let name = rest.prefix { $0 != "/" }
            if made.contains("\(directory)/\(name)") { return "\(directory)/TEMP\(rest.dropFirst(name.count))" }
        }
        return path
    }

    private func below(_ path: String) -> String {
        guard !directory.isEmpty, path.hasPrefix(directory) else { return path }
        let rest = path.dropFirst(directory.count)
        return rest.isEmpty ? "." : rest.first == "/" ? "." + rest : path
    }

    /// Digits that are a task's id become `PID`.
    private func ids(in path: String) -> String {
        guard path.utf8.contains(where: { $0 >= 0x30 && $0 <= 0x39 }) else { return path }
        var out = "", digits = Substring()
        var at = path.startIndex
        while at < path.endIndex {
            let end = path[at...].firstIndex { !("0"..."9" ~= $0) } ?? path.endIndex
            digits = path[at..<end]
            // Numbers of one or two digits are more often something else.
            out += digits.count > 2 && ids.contains(digits) || out.hasSuffix("/proc/") && !digits.isEmpty ? "PID" : digits
            guard end < path.endIndex else { break }
            out.append(path[end])
            at = path.index(after: end)
        }
        return out
    }
}
