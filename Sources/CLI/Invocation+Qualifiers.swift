import RenacerCore
import RenacerStraceText

// `-e QUALIFIER=SET` and the long options of the same names.

extension Invocation {
    /// `-e`: a qualifier before `=`, `trace` without one.
    mutating func expression(_ text: String) throws(UsageError) {
        if let equals = text.firstIndex(of: "=") {
            let name = String(text[..<equals])
            if let q = Qualifier.allCases.first(where: { $0.spellings.contains(name) }) {
                return try qualify(q, String(text[text.index(after: equals)...]))
            }
        }
        if text == Qualifier.secontext.rawValue { return try qualify(.secontext, "") }
        try qualify(.trace, text)
    }

    mutating func qualify(_ q: Qualifier, _ value: String) throws(UsageError) {
        switch q {
        case .trace:
            asksForTrace = true
            settings.pipeline.plan.syscalls = try syscalls(value)
            // Calls that no table names cannot be asked for: strace shows them always.
            settings.pipeline.plan.syscalls.includesUnknown = true
        case .abbrev: settings.text.decoding.abbreviated = try syscalls(value)
        case .verbose: settings.text.decoding.dereferenced = try syscalls(value)
        case .raw: settings.text.decoding.raw = try syscalls(value)
        case .signal: settings.text.signals = try signalSet(value)
        case .status: settings.pipeline.plan.selection.outcomes = try namedSet(value, "status", Self.statuses, all: .all)
        case .read: settings.text.dumped.reads = try descriptorSet(value)
        case .write: settings.text.dumped.writes = try descriptorSet(value)
        case .traceFds: settings.pipeline.access.descriptors = try descriptorSet(value)
        case .quiet:
            quietLong = true
            settings.text.quiet = try namedSet(value, "quiet", Self.messages, all: Self.everyMessage)
        case .decodeFds:
            descriptorsLong = true
            settings.text.decoding.descriptors = try namedSet(value, "decode-fds", Self.descriptorDetails, all: .all)
        case .decodePids:
            let set = try namedSet(value, "decode-pids", Self.pidDetails, all: [.comm, .pidns])
            settings.text.decoding.commands = set.contains(.comm)
            settings.text.commands = set.contains(.comm)
            settings.text.decoding.pidNamespaces = set.contains(.pidns)
        case .inject, .fault:
            let rule = try TamperExpression.parse(value, fault: q == .fault) { (s) throws(UsageError) in try syscalls(s) }
            settings.pipeline.plan.tampering.append(rule)
        case .kvm:
            guard value == "vcpu" || value == "vcpu+" else { throw UsageError("invalid -e kvm= argument: '\(value)'") }
            guard value == "vcpu" else { throw UsageError("-e kvm=\(value) is not available yet") }
            settings.text.decoding.virtualCPUs = true
        case .namespace:
            guard value == "new" else { throw UsageError("invalid -e namespace= argument: '\(value)'") }
            settings.text.decoding.enteredNamespaces = true
        case .secontext:
            let builder = asStrace ? "strace" : "renacer"
            throw UsageError("SELinux context printing (--secontext option) is not supported by this build of \(builder)")
        }
    }

    /// A set of calls, with the words for what is wrong with it.
    func syscalls(_ text: String) throws(UsageError) -> SyscallSet {
        do throws(TraceExpression.Failure) {
            return try TraceExpression.compile(text, widenedFile: !asStrace)
        } catch {
            switch error {
            case .invalid(let part): throw UsageError("invalid system call '\(part)'")
            case .personality(let designator, let qualification):
                throw UsageError(
                    "incorrect personality designator '\(designator)' in qualification '\(qualification)'", help: true)
            case .regularExpression(let pattern, let reason): throw UsageError("regcomp: \(pattern): \(reason)")
            }
        }
    }

    private static let statuses: [(String, CallSelection.Outcomes)] = [
        ("successful", .successful), ("failed", .failed), ("unfinished", .unfinished), ("unavailable", .unavailable),
        ("detached", .detached),
    ]

    private static let messages: [(String, TextOptions.Quiet)] = [
        ("attach", .attach), ("exit", .exit), ("exits", .exit), ("path-resolution", .pathResolution),
        ("personality", .personality), ("thread-execve", .threadExecve), ("superseded", .threadExecve),
    ]
    static let everyMessage: TextOptions.Quiet = [.attach, .exit, .pathResolution, .personality, .threadExecve]

    private static let descriptorDetails: [(String, DescriptorDetail)] = [
        ("path", .path), ("socket", .socket), ("dev", .device), ("eventfd", .eventfd), ("pidfd", .pidfd), ("signalfd", .signalfd),
    ]

    private struct PidDetail: OptionSet {
        let rawValue: UInt8
        static let comm = PidDetail(rawValue: 1)
        static let pidns = PidDetail(rawValue: 2)
    }
    private static let pidDetails: [(String, PidDetail)] = [("comm", .comm), ("pidns", .pidns)]
}
