/// What `renacer NAME` does other than trace a program; one of that name is traced with `renacer -- NAME`.
struct Subcommand: Sendable {
    let name: String
    /// - Parameters: what messages start with, and the words behind the name.
    /// - Returns: the exit status.
    let run: @Sendable (String, [String]) throws(UsageError) -> Int32

    static let all: [Subcommand] = [
        .init(name: "doctor") { (_, words) throws(UsageError) in try Doctor.run(words) },
        .init(name: "flags") { (_, words) throws(UsageError) in try FlagMatrix.run(words) },
        .init(name: "backends") { (_, words) throws(UsageError) in try BackendMatrix.run(words) },
        .init(name: "record") { (program, words) throws(UsageError) in try Renacer.trace(program, [program] + words, .record) },
        .init(name: "replay") { (program, words) throws(UsageError) in try Renacer.trace(program, [program] + words, .replay) },
        .init(name: "golden") { (program, words) throws(UsageError) in try Golden.run(program, words) },
        .init(name: "sinks") { (_, words) throws(UsageError) in try SinkListing.run(words) },
        .init(name: "config") { (program, words) throws(UsageError) in try ConfigurationCommands.run(program, words) },
        .init(name: "plugins") { (_, words) throws(UsageError) in try PluginCommands.list(words) },
        .init(name: "plugin") { (program, words) throws(UsageError) in try PluginCommands.plugin(program, words) },
    ]

    static func named(_ name: String) -> Subcommand? { all.first { $0.name == name } }
}
