import Glibc
import RenacerCore

// From a command to a program to start: PATH, environment, identity.

extension Invocation {
    func launch(_ command: [String]) throws(UsageError) -> CapturePlan.Launch {
        let user = try self.user.map { (name) throws(UsageError) in try Self.user(name) }
        let file = try Self.executable(command[0], asStrace: asStrace)
        var arguments = command
        if let argv0 { arguments[0] = argv0 }
        var launch = CapturePlan.Launch(file: file, arguments: arguments, environment: changedEnvironment())
        launch.user = user
        launch.daemonize = .init(rawValue: daemonizeLong ? daemonizeLevel : daemonize) ?? .no
        return launch
    }

    /// Finds a command in `PATH`, as execvp(3) does.
    private static func executable(_ name: String, asStrace: Bool) throws(UsageError) -> String {
        if name.utf8.contains(0x2f) {
            var info = stat()
            if stat(name, &info) == 0 || errno == ENAMETOOLONG { return name }
            let error = errno, reason = String(cString: strerror(error))
            if asStrace { throw UsageError("Cannot stat '\(name)': \(reason)") }
            throw UsageError("\(name): \(reason)", status: error == ENOENT ? 127 : 126)
        }
        // A name too long for a directory entry is left to execve, which says so.
        if name.utf8.count > 255 { return name }
        for directory in (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":", omittingEmptySubsequences: false) {
            let path = directory.isEmpty ? name : "\(directory)/\(name)"
            var info = stat()
            guard !name.isEmpty, stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_mode & 0o111 != 0 else { continue }
            return path
        }
        if asStrace { throw UsageError("Cannot find executable '\(name)'") }
        throw UsageError("\(name): command not found", status: 127)
    }

    /// The environment with what `-E` adds and removes.
    private func changedEnvironment() -> [String] {
        var variables: [String] = []
        var p = environ
        while let variable = p.pointee {
            variables.append(String(cString: variable))
            p += 1
        }
        for change in environment {
            let name = change.prefix { $0 != "=" }
            let at = variables.firstIndex { $0.prefix { $0 != "=" } == name }
            if name.count == change.count {
                if let at { variables.remove(at: at) }
            } else if let at {
                variables[at] = change
            } else {
                variables.append(change)
            }
        }
        return variables
    }

    /// `-u`: a user's name, or `UID:GID`.
    private static func user(_ text: String) throws(UsageError) -> CapturePlan.Launch.User {
        guard getuid() == 0 else { throw UsageError("You must be root to use the -u/--username option") }
        if let colon = text.firstIndex(of: ":") {
            guard let uid = decimal(text[..<colon], upTo: UInt64(UInt32.max) - 1),
                let gid = decimal(text[text.index(after: colon)...], upTo: UInt64(UInt32.max) - 1)
            else { throw UsageError("Invalid UID:GID pair '\(text)'") }
            return .init(name: "", uid: UInt32(uid), gid: UInt32(gid))
        }
        guard let entry = getpwnam(text) else { throw UsageError("Cannot find user '\(text)'") }
        return .init(name: text, uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
    }
}
