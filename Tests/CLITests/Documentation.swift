import Foundation
import Testing

/// Code blocks of a page: the indented ones and those between fences.
struct DocumentationPage: CustomTestStringConvertible, Sendable {
    /// From the root of the repository.
    let name: String
    let blocks: [[String]]

    var testDescription: String { name }

    init(_ name: String) {
        self.name = name
        var blocks: [[String]] = [], block: [String] = [], isFenced = false
        for line in Renacer.text(Renacer.repository.appendingPathComponent(name).path).components(separatedBy: "\n") {
            let isFence = line.hasPrefix("```"), isCode = !isFence && (isFenced || line.hasPrefix("    "))
            if isFence { isFenced.toggle() }
            if isCode { block.append(isFenced ? line : String(line.dropFirst(4))) }
            // What a blank line parts is one block, as in a file that is shown.
            if !isCode, !isFence, line.isEmpty, !block.isEmpty { block.append("") }
            if !isCode, isFence || !line.isEmpty, !block.isEmpty {
                blocks.append(block)
                block = []
            }
        }
        if !block.isEmpty { blocks.append(block) }
        self.blocks = blocks
    }

    /// README and every page of `Docs` that shows commands.
    static let all: [DocumentationPage] = {
        let docs = (try? FileManager.default.contentsOfDirectory(atPath: Renacer.repository.appendingPathComponent("Docs").path)) ?? []
        return (["README.md"] + docs.filter { $0.hasSuffix(".md") }.sorted().map { "Docs/" + $0 })
            .map(DocumentationPage.init).filter { !$0.commands.isEmpty }
    }()

    /// A command, and the lines that are shown as what it prints.
    struct Command: Sendable {
        var text: String
        var shown: [String] = []
    }

    /// What a user is told to type, in its order.
    var commands: [Command] {
        blocks.flatMap { block in
            var commands: [Command] = [], isShown = false
            for line in block {
                let isPrompt = line.hasPrefix("$ "), text = isPrompt ? String(line.dropFirst(2)) : line
                if isPrompt || Self.isCommand(text) {
                    commands.append(Command(text: text))
                    isShown = isPrompt
                } else if line.isEmpty {
                    isShown = false
                } else if isShown, !commands.isEmpty {
                    commands[commands.count - 1].shown.append(line)
                }
            }
            return commands
        }
    }

    /// Whether a line without a prompt is one to type: it starts with a program of ours, behind what it sets in the environment.
    private static func isCommand(_ line: String) -> Bool {
        let words = line.split(separator: " ").drop { $0.contains("=") && $0.first?.isUppercase == true }
        return words.count > 1 && (words.first == "renacer" || words.first == "jq")
    }

    /// A file of TOML that is shown: from a table's name on.
    var files: [String] {
        blocks.filter { $0.first?.hasPrefix("[") == true }.map { $0.joined(separator: "\n") + "\n" }
    }
}
