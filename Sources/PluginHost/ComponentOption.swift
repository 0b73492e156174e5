import CRenacerPlugin
import RenacerCore

/// An option that a component declares, and the reading of its values.
public struct ComponentOption: Sendable {
    public enum Kind: UInt32, Sendable { case text, integer, number, boolean, duration, bytes, choice }

    public var name: String
    public var kind: Kind
    public var defaultValue: String
    public var help: String
    public var minimum: Double
    public var maximum: Double
    public var choices: [String]

    init(
        name: String, kind: Kind, defaultValue: String, help: String, minimum: Double, maximum: Double, choices: [String]
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.help = help
        self.minimum = minimum
        self.maximum = maximum
        self.choices = choices
    }

    /// A value that was read.
    public enum Value: Sendable, Equatable {
        case text(String)
        case unsigned(UInt64)
        case number(Double)
        case boolean(Bool)
    }

    init(_ o: renacer_option) throws(PluginProblem) {
        guard let name = o.name.checked, !name.isEmpty, let help = o.help.checked, let text = o.default_value.checked,
            let choices = o.choices.checked
        else { throw PluginProblem("an option lacks its name or a text is a null pointer") }
        guard let kind = Kind(rawValue: o.type) else { throw PluginProblem("option '\(name)' has the unknown type \(o.type)") }
        self.name = name
        self.kind = kind
        self.help = help
        defaultValue = text
        minimum = o.minimum
        maximum = o.maximum
        self.choices = choices.split(separator: "|").map(String.init)
        do throws(PluginProblem) { _ = try read(text) } catch {
            throw PluginProblem("the default of option '\(name)' is not valid: \(error)")
        }
    }

    /// - Throws: what would be a valid value.
    public func read(_ text: String) throws(PluginProblem) -> Value {
        switch kind {
        case .text: return .text(text)
        case .boolean:
            if ["yes", "true", "on", "1"].contains(text) { return .boolean(true) }
            if ["no", "false", "off", "0"].contains(text) { return .boolean(false) }
            throw PluginProblem("'\(text)' is neither yes nor no")
        case .choice:
            guard choices.contains(text) else { throw PluginProblem("'\(text)' is none of \(choices.joined(separator: ", "))") }
            return .text(text)
        case .number:
            guard let n = Double(text), n.isFinite else { throw PluginProblem("'\(text)' is no number") }
            try check(n, text)
            return .number(n)
        case .integer: return .unsigned(try whole(text, text, 1))
        case .duration:
            let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9)]
            guard let (suffix, scale) = units.first(where: { text.hasSuffix($0.0) }) else {
                throw PluginProblem("'\(text)' is no time such as 150ms")
            }
            return .unsigned(try whole(String(text.dropLast(suffix.count)), text, scale))
        case .bytes:
            let units: [(String, Double)] = [("K", 1024), ("M", 1_048_576), ("G", 1_073_741_824)]
            guard let (suffix, scale) = units.first(where: { text.hasSuffix($0.0) }) else { return .unsigned(try whole(text, text, 1)) }
            return .unsigned(try whole(String(text.dropLast(suffix.count)), text, scale))
        }
    }

    private func whole(_ digits: String, _ text: String, _ scale: Double) throws(PluginProblem) -> UInt64 {
        guard let n = Double(digits), n.isFinite, n >= 0, n * scale < 9e18, scale != 1 || n == n.rounded() else {
            throw PluginProblem("'\(text)' is no \(kind == .duration ? "time such as 150ms" : "whole number")")
        }
        try check(n * scale, text)
        return UInt64(n * scale)
    }

    private func check(_ n: Double, _ text: String) throws(PluginProblem) {
        if minimum == 0 && maximum == 0 || (minimum...max(minimum, maximum)).contains(n) { return }
        throw PluginProblem("'\(text)' is not between \(Self.short(minimum)) and \(Self.short(maximum))")
    }

    private static func short(_ n: Double) -> String { n == n.rounded() && n.magnitude < 1e15 ? "\(Int64(n))" : "\(n)" }
}
