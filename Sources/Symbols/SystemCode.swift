import RenacerCore

/// Tells a program's own code from that of the system and of its language.
enum SystemCode {
    /// Where distributions and toolchains keep shared objects.
    private static let folders = ["/lib/", "/lib64/", "/lib32/", "/libx32/", "/usr/lib/", "/usr/lib64/", "/usr/lib32/", "/usr/libx32/", "/usr/local/lib/", "/nix/store/", "[vdso]"]

    static func isSystemFile(_ path: String) -> Bool {
        // A Swift toolchain may be installed anywhere.
        folders.contains { path.hasPrefix($0) } || path.utf8.contains("/usr/lib/swift/")
    }

    /// Sources of languages' own libraries, which are linked or inlined into programs: Rust's as its compiler and as
    /// rustup name them, Go's, C++'s, and packages that Cargo fetched.
    private static let sources = ["/rustc/", "/rust/deps/", "/lib/rustlib/src/", "/.cargo/registry/src/", "/usr/include/", "/usr/lib/gcc/", "/usr/local/go/src/", "/usr/lib/go-", "/go/pkg/mod/"]

    static func isSystemSource(_ line: SourceLine) -> Bool {
        sources.contains { line.path.utf8.contains($0) }
    }
}

extension String.UTF8View {
    func contains(_ part: String) -> Bool {
        let wanted = Array(part.utf8)
        guard let first = wanted.first else { return true }
        var at = startIndex
        while let next = self[at...].firstIndex(of: first) {
            if self[next...].starts(with: wanted) { return true }
            at = index(after: next)
        }
        return false
    }
}
