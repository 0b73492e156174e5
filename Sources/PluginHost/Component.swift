import CRenacerPlugin
import RenacerCore

/// What a plugin says of one of its components, checked and copied.
public struct Component: Sendable {
    public enum Kind: UInt32, Sendable { case detector = 1, sink, backend }

    /// nil: a kind that a later renacer knows.
    public var kind: Kind?
    public var name: String
    public var description: String
    public var options: [ComponentOption]
    public var subscriptions: [Interest]
    /// All rules that its findings may name; empty if it does not say.
    public var rules: [String]
    /// The functions of a detector or a sink: a structure of the plugin's, checked.
    nonisolated(unsafe) let functions: UnsafeRawPointer?
    /// A sink opens what it writes to itself.
    public internal(set) var opensItsOutput = false

    /// What messages call it.
    var noun: String { kind == .sink ? "sink" : "detector" }
    /// The flag that chooses it.
    var flag: String { kind == .sink ? "--sink \(name)" : "--detector \(name)" }

    /// Events that it wants, as it says so.
    public struct Interest: Sendable {
        public var kinds: UInt32
        /// A trace expression.
        public var calls: String
        public var needs: UInt32
        /// `calls`, compiled.
        public var syscalls: SyscallSet
        /// An option and what its value has to begin with, `window=marker:`; empty: it always counts.
        public var given = ""
    }

    /// The same with those subscriptions alone that count with these options.
    public func narrowed(by options: [(String, String)]) -> Component {
        var result = self
        result.subscriptions.removeAll { interest in
            guard let equals = interest.given.firstIndex(of: "="), !interest.given.isEmpty else { return false }
            let name = interest.given[..<equals], start = interest.given[interest.given.index(after: equals)...]
            let value = options.last { $0.0 == name }?.1 ?? self.options.first { $0.name == name }?.defaultValue ?? ""
            return !value.hasPrefix(start)
        }
        return result
    }

    /// Everything that it wants.
    public var subscription: Subscription {
        var all = Subscription()
        for s in subscriptions {
            if s.kinds & UInt32(RENACER_CALL | RENACER_CALL_ENTERED) != 0 { all.syscalls.formUnion(s.syscalls) }
            if s.kinds & UInt32(RENACER_CALL_ENTERED) != 0 { all.entered.formUnion(s.syscalls) }
            if s.kinds & UInt32(RENACER_SIGNAL) != 0 { all.signals = true }
            if s.needs & UInt32(RENACER_NEEDS_MEMORY) != 0 { all.memory.formUnion(s.syscalls) }
            if s.needs & UInt32(RENACER_NEEDS_STACKS) != 0, kind == .detector { all.stacks = true }
        }
        return all
    }

    /// What it needs of a backend: little that it could not do without, since it is told what could not be seen.
    var requirements: [Requirement] {
        let wanted = subscription
        var needs: [Requirement] = []
        if !wanted.memory.isEmpty { needs.append(Requirement(.memory, origin: flag, .wanted)) }
        // A task's stack cannot be told of later: without it what was asked for is not there.
        if wanted.stacks { needs.append(Requirement(.stacks, origin: flag)) }
        if !wanted.entered.isEmpty { needs.append(Requirement(.enteredEvents, origin: flag, .wanted)) }
        needs.append(Requirement(.order, origin: flag, .wanted))
        return needs
    }

    /// Values of all its options: those given, and defaults for the others.
    ///
    /// - Throws: why they are not valid.
    func values(of given: [(String, String)]) throws(PluginProblem) -> [String: ComponentOption.Value] {
        var values: [String: ComponentOption.Value] = [:]
        for option in options { values[option.name] = try option.read(option.defaultValue) }
        for (name, text) in given {
            guard let option = options.first(where: { $0.name == name }) else {
                let known = options.map(\.name).joined(separator: ", ")
                throw PluginProblem("no option '\(name)'; there \(options.count == 1 ? "is" : "are") \(known.isEmpty ? "none" : known)")
            }
            do throws(PluginProblem) { values[name] = try option.read(text) } catch {
                throw PluginProblem("option '\(name)': \(error)")
            }
        }
        return values
    }

    /// One that is described by another process, which has its functions.
    init(kind: Kind?, name: String, description: String) {
        self.kind = kind
        self.name = name
        self.description = description
        options = []
        subscriptions = []
        rules = []
        functions = nil
    }

    /// - Throws: what is wrong with it.
    init(_ c: renacer_component) throws(PluginProblem) {
        guard let name = c.name.checked, Self.isName(name) else {
            throw PluginProblem("a component has no name of lower-case letters, digits and hyphens")
        }
        func wrong(_ what: String) -> PluginProblem { PluginProblem("component '\(name)': \(what)") }
        kind = Kind(rawValue: c.kind)
        self.name = name
        guard let description = c.description.checked else { throw wrong("its description is a null pointer") }
        self.description = description

        guard let options = structures(c.options, count: c.option_count, as: renacer_option.self, required: MemoryLayout<renacer_option>.size)
        else { throw wrong("its options cannot be read") }
        self.options = []
        for o in options {
            do throws(PluginProblem) { self.options.append(try ComponentOption(o)) } catch { throw wrong(error.description) }
        }

        guard
            let wanted = structures(
                c.subscriptions, count: c.subscription_count, as: renacer_subscription.self,
                required: Self.firstSubscription)
        else { throw wrong("its subscriptions cannot be read") }
        subscriptions = []
        for s in wanted {
            guard let calls = s.calls.checked else { throw wrong("the calls of a subscription are a null pointer") }
            var set = SyscallSet.none
            if !calls.isEmpty {
                do throws(TraceExpression.Failure) { set = try TraceExpression.compile(calls) } catch {
                    throw wrong("'\(calls)' is no set of calls (\(error))")
                }
            }
            guard let given = s.given.checked else { throw wrong("what a subscription is given for is a null pointer") }
            if let name = given.split(separator: "=", omittingEmptySubsequences: false).first, !given.isEmpty,
                !given.contains("=") || !self.options.contains(where: { $0.name == name })
            {
                throw wrong("a subscription counts with '\(given)', which is no option and the start of its value")
            }
            subscriptions.append(Interest(kinds: s.kinds, calls: calls, needs: s.needs, syscalls: set, given: given))
        }

        guard let rules = Self.texts(c.rules, count: c.rule_count) else { throw wrong("its rules cannot be read") }
        if let none = rules.first(where: { !Self.isName($0) }) { throw wrong("'\(none)' is no rule's name of lower-case letters, digits and hyphens") }
        self.rules = rules

        functions = c.functions
        guard kind == .detector || kind == .sink else { return }
        // A sink's table begins as a detector's does.
        guard let table = structure(c.functions, as: renacer_detector.self, required: Self.firstDetector) else {
            throw wrong("it has no table of functions, or one of an impossible size")
        }
        let functions = [
            ("create", table.create != nil), ("consume", table.consume != nil), ("finish", table.finish != nil),
            ("destroy", table.destroy != nil),
        ]
        if let missing = functions.first(where: { !$0.1 }) { throw wrong("it is half implemented: '\(missing.0)' is a null pointer") }
        if subscriptions.isEmpty { throw wrong("it subscribes to no events") }
        guard kind == .sink else { return }
        guard table.reserved <= UInt32(RENACER_OUTPUT_OWN) else { throw wrong("its output is of the unknown kind \(table.reserved)") }
        opensItsOutput = table.reserved == UInt32(RENACER_OUTPUT_OWN)
    }

    /// Bytes of a subscription in the first version.
    private static let firstSubscription = MemoryLayout<renacer_subscription>.offset(of: \.given) ?? 0

    /// Bytes of a component as of ABI 1.0.
    static let first = (MemoryLayout<renacer_component>.offset(of: \.functions) ?? 0) + 8

    private static func texts(_ first: UnsafePointer<renacer_string>?, count: Int) -> [String]? {
        if count == 0 { return [] }
        guard let first, count > 0, count <= 4096 else { return nil }
        var all: [String] = []
        for one in UnsafeBufferPointer(start: first, count: count) {
            guard let text = one.checked else { return nil }
            all.append(text)
        }
        return all
    }

    /// Bytes of a detector's table up to `destroy`; `idle` may be absent.
    private static let firstDetector = (MemoryLayout<renacer_detector>.offset(of: \.destroy) ?? 0) + 8

    private static func isName(_ s: String) -> Bool {
        !s.isEmpty && s.utf8.count <= 64 && s.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
    }
}

/// What is wrong with a plugin: one line without its name.
public struct PluginProblem: Error, CustomStringConvertible, Equatable {
    public let description: String
    init(_ description: String) { self.description = description }
}
