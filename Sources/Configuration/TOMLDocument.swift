import Glibc

/// A TOML 1.0 document (toml.io) as a tree of values that know where they stand.
public struct TOMLDocument: Sendable {
    /// As messages name it.
    public let file: String
    public let root: TOMLTable

    /// The largest document that is read, bytes.
    public static let sizeLimit = 16 << 20

    public init(file: String, root: TOMLTable) {
        self.file = file
        self.root = root
    }

    /// Reads a document.
    ///
    /// - Throws: all that is wrong with its notation, up to a number that nobody reads to its end.
    public init(file: String, bytes: [UInt8]) throws(ConfigurationProblems) {
        self.file = file
        guard bytes.count <= Self.sizeLimit else {
            throw ConfigurationProblems(file, at: nil, "it has \(bytes.count) bytes; no more than \(Self.sizeLimit >> 20) MiB are read")
        }
        var problems = ConfigurationProblems(file)
        var parser = TOMLParser(bytes)
        root = parser.document(&problems)
        if !problems.isEmpty { throw problems }
    }
}

extension TOMLDocument {
    /// Reads the file at `path`.
    public init(path: String) throws(ConfigurationProblems) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ConfigurationProblems(path, at: nil, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= Self.sizeLimit {
            var failure: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                let n = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if n < 0 { failure = errno }
                count = max(n, 0)
            }
            if failure == EINTR { continue }
            if failure != 0 { throw ConfigurationProblems(path, at: nil, String(cString: strerror(failure))) }
            if part.isEmpty { break }
            bytes += part
        }
        try self.init(file: path, bytes: bytes)
    }
}
