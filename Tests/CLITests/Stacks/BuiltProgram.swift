import Foundation
import Testing

/// Programs that tests of stacks build and trace.
struct BuiltProgram {
    let folder: URL
    let path: String

    /// A folder of its own with these sources.
    init(_ sources: [String: String] = ["main.c": BuiltProgram.calls]) throws {
        folder = URL(fileURLWithPath: Renacer.scratch()).resolvingSymlinksInPath()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in sources { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        path = folder.appendingPathComponent("program").path
    }

    /// Runs a shell command in the folder, which has to succeed.
    @discardableResult func shell(_ command: String) throws -> String {
        let outcome = try Renacer.run(["-c", "cd '\(folder.path)' && \(command)"], named: "/bin/sh")
        try #require(outcome.status == 0, "\(command): \(outcome.errors)")
        return outcome.output
    }

    /// The number of the line of a source with `mark` in it.
    func line(_ mark: String, in source: String = "main.c") throws -> Int {
        let lines = try String(contentsOf: folder.appendingPathComponent(source), encoding: .utf8).components(separatedBy: "\n")
        return try #require(lines.firstIndex { $0.contains(mark) }) + 1
    }

    func trace(_ options: [String], _ arguments: [String] = [], named: String = Renacer.path) throws -> Renacer.Outcome {
        try Renacer.run(options + ["--", path] + arguments, named: named)
    }

    /// getppid three calls deep, the innermost function inlined where the compiler optimises.
    static let calls = """
        #include <unistd.h>
        static inline __attribute__((always_inline)) long innermost(void) {
            return getppid() + 1; /* here */
        }
        __attribute__((noinline)) long middle(void) {
            long result = innermost(); /* inlined here */
            __asm__ volatile("" : "+r"(result));
            return result;
        }
        __attribute__((noinline)) long outermost(void) {
            long result = middle(); /* middle is called here */
            __asm__ volatile("" : "+r"(result));
            return result;
        }
        int main(void) {
            return outermost() == 0;
        }
        """
}

/// A frame of `-kk`: ` > FILE(FUNCTION) [ADDRESS] SOURCE:LINE`.
struct ShownFrame {
    var module: String
    var function: String
    var address: String
    var source: String
    var isInlined: Bool { function.hasSuffix(" inlined") }

    init?(_ line: Substring) {
        guard line.hasPrefix(" > "), let bracket = line.range(of: ") [", options: .backwards),
            let open = line[..<bracket.lowerBound].firstIndex(of: "("), let close = line[bracket.upperBound...].firstIndex(of: "]")
        else { return nil }
        module = String(line[line.index(line.startIndex, offsetBy: 3)..<open])
        function = String(line[line.index(after: open)..<bracket.lowerBound])
        address = String(line[bracket.upperBound..<close])
        source = line[line.index(after: close)...].trimmingCharacters(in: .whitespaces)
    }

    static func of(_ outcome: Renacer.Outcome, after call: String) -> [ShownFrame] {
        let lines = outcome.errors.components(separatedBy: "\n").map { Substring($0) }
        guard let at = lines.firstIndex(where: { $0.hasPrefix(call) }) else { return [] }
        return lines[(at + 1)...].prefix { $0.hasPrefix(" > ") }.compactMap { ShownFrame($0) }
    }
}
