import Foundation

/// Debian's Python with the packages of `Tests/requirements.txt`.
enum Python {
    static let path = Renacer.repository.appendingPathComponent(".build-python/bin/python").path
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
    static let absence = "`sh Tools/setup.sh test` installs .build-python"

    /// Runs a script of `Tests/Python`; what it printed, or how it failed.
    static func run(_ script: String, _ arguments: [String]) throws -> String {
        let file = Renacer.repository.appendingPathComponent("Tests/Python/\(script)").path
        let outcome = try Renacer.run([file] + arguments, named: path)
        return outcome.status == 0
            ? outcome.output.trimmingCharacters(in: .whitespacesAndNewlines) : "\(script): \(outcome.output)\(outcome.errors.suffix(2000))"
    }

    static let schema = Renacer.repository.appendingPathComponent("Docs/schema/renacer-json-v2.schema.json").path
}
