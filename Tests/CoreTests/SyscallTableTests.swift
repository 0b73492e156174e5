import Foundation
@testable import RenacerCore
import Testing

/// What every row of the table must be, whatever it says.
@Suite struct SyscallTableTests {
    private static let rows = SyscallTable.groups.joined().map(Syscall.init)

    @Test func noCallHasMoreThanSixArguments() {
        for row in Self.rows {
            // Rows may offer several readings of a register, each under a condition.
            let registers = Set(row.arguments.enumerated().map { $0.element.register ?? $0.offset })
            #expect(registers.allSatisfy { (0..<6).contains($0) }, "\(row.name)")
        }
    }

    @Test func argumentsAreNamedAndNamedOnce() {
        for row in Self.rows {
            #expect(row.arguments.allSatisfy { !$0.name.isEmpty }, "\(row.name)")
            let unconditional = row.arguments.filter { $0.condition == nil }.map(\.name)
            #expect(Set(unconditional).count == unconditional.count, "\(row.name)")
        }
    }

    @Test func numbersAndNamesAreUnique() {
        let calls = Self.rows.map(\.name)
        #expect(Set(calls).count == calls.count)
        for numbers in [Self.rows.compactMap(\.x86_64), Self.rows.compactMap(\.aarch64)] {
            #expect(Set(numbers).count == numbers.count)
            #expect(numbers.allSatisfy { (0..<1024).contains($0) })
        }
    }

    /// Lengths of what the kernel wrote are not there before it has.
    @Test func onlyWhatTheKernelWritesHasTheResultAsLength() {
        func usesResult(_ kind: ValueKind) -> Bool {
            switch kind {
            case .bytes(.result), .structures(_, .result), .sockaddr(.result), .array(_, .result), .vectors(.result, _),
                .vectors(_, filled: .result?): true
            case .sized(let k, _), .pointee(let k), .array(let k, _): usesResult(k)
            default: false
            }
        }
        for row in Self.rows {
            for a in row.arguments where usesResult(a.kind) { #expect(a.direction == .out, "\(row.name): \(a.name)") }
        }
    }

    /// What backends capture in the kernel is no guess: a row states what its code reads.
    @Test func whatCodeReadsIsStatedBesideIt() {
        for row in Self.rows {
            for a in row.arguments where a.capture == nil {
                switch a.kind {
                case .custom: Issue.record("\(row.name): \(a.name)")
                // Of an operation that no row knows, only the address is known.
                case .address where row.dialect != nil && row.variants == nil: Issue.record("\(row.name): \(a.name)")
                default: break
                }
            }
        }
    }

    @Test func lengthsAreFoundInArgumentsThatTheCallHas() {
        func lengths(_ kind: ValueKind) -> [ValueKind.Length] {
            switch kind {
            case .bytes(let n), .structures(_, let n), .sockaddr(let n): [n]
            case .vectors(let n, let filled): [n] + (filled.map { [$0] } ?? [])
            case .array(let k, let n): [n] + lengths(k)
            case .sized(let k, _), .pointee(let k): lengths(k)
            default: []
            }
        }
        for row in Self.rows {
            for a in row.arguments {
                for case .argument(let i) in lengths(a.kind) { #expect(i < row.arguments.count, "\(row.name): \(a.name)") }
                for case .pointee(let i) in lengths(a.kind) { #expect(i < row.arguments.count, "\(row.name): \(a.name)") }
            }
        }
    }

    #if arch(x86_64)
    @Test func everyCallOfTheInstalledHeaderHasARowOfItsName() throws {
        let header = try String(contentsOfFile: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding: .utf8)
        var seen = 0
        for line in header.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "#define", words[1].hasPrefix("__NR_"), let n = Int(words[2]) else { continue }
            #expect(SyscallTable.lookup(n)?.name.description == String(words[1].dropFirst(5)))
            seen += 1
        }
        #expect(seen > 350)
    }
    #endif

    @Test func theTableLacksNoCallOfEitherArchitecture() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Tools/check-syscalls.py").standardizedFileURL
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: said, as: UTF8.self) == "")
        #expect(process.terminationStatus == 0)
    }

    // MARK: Structures

    /// Every layout that rows, ioctl requests and layouts lead to.
    private static let layouts: [(path: String, layout: StructLayout)] = {
        var seen: Set<ObjectIdentifier> = []
        var result: [(String, StructLayout)] = []
        func visit(_ layout: StructLayout, _ path: String) {
            guard seen.insert(ObjectIdentifier(layout)).inserted else { return }
            result.append((path, layout))
            for f in layout.fields { visit(f.kind, "\(path).\(f.name)") }
        }
        func visit(_ kind: ValueKind, _ path: String) {
            switch kind {
            case .structure(let l), .structures(let l, _): visit(l, path)
            case .sized(let k, _), .pointee(let k), .array(let k, _): visit(k, path)
            default: break
            }
        }
        for row in rows { for a in row.arguments { visit(a.kind, "\(row.name)(\(a.name))") } }
        for request in IoctlTable.groups.joined() {
            switch request.argument {
            case .value(let k), .read(let k), .written(let k), .changed(let k): visit(k, "\(request.name)")
            case .extended(let a, let b), .answered(let a, let b):
                visit(a, "\(request.name)")
                visit(b, "\(request.name) =>")
            default: break
            }
        }
        return result
    }()

    @Test func fieldsLieInsideTheirStructure() {
        #expect(Self.layouts.count > 100)
        for (path, layout) in Self.layouts {
            for f in layout.fields where f.width > 0 {
                #expect(f.offset >= 0 && f.offset + f.width <= layout.size, "\(path).\(f.name) of \(layout.size) bytes")
                #expect([1, 2, 4, 8].contains(f.width), "\(path).\(f.name)")
            }
        }
    }

    /// Fields that are always there share no bytes; those of unions depend on others.
    @Test func fieldsOverlapOnlyInUnions() {
        for (path, layout) in Self.layouts {
            var end = 0
            var last: Name = ""
            let plain = layout.fields.filter { f in
                if case .when = f.visibility { return false }
                if case .verboseWhen = f.visibility { return false }
                if case .verboseOr = f.visibility { return false }
                return f.condition == nil && f.width > 0
            }
            for f in plain.sorted(by: { $0.offset < $1.offset }) {
                #expect(f.offset >= end, "\(path).\(f.name) overlaps \(last)")
                end = f.offset + f.width
                last = f.name
            }
        }
    }

    @Test func ioctlRequestsHaveTheNamesOfTheirCodes() {
        for request in IoctlTable.groups.joined() where !request.name.isEmpty {
            let names = IoctlNames.names(of: request.code)?.description.split(separator: "|").map(String.init) ?? []
            #expect(names.contains(request.name.description), "\(request.name) 0x\(String(request.code, radix: 16)) \(names)")
        }
    }

    /// Requests whose code is wrong about the size, and those whose buffers follow a head.
    private static let misleading: Set<Name> = [
        "BLKBSZGET", "BLKBSZSET", "FS_IOC_GETFLAGS", "FS_IOC_SETFLAGS", "UBI_IOCEBCH",
        "BTRFS_IOC_TREE_SEARCH", "BTRFS_IOC_INO_LOOKUP",
    ]

    /// A request's code says how large what its pointer leads to is.
    @Test func ioctlStructuresHaveTheSizeInTheirCode() {
        var checked = 0
        for request in IoctlTable.groups.joined() where !Self.misleading.contains(request.name) {
            let code = IoctlRequest.Code(request.code)
            guard code.direction != 0, code.size > 0 else { continue }
            func check(_ size: Int) {
                checked += 1
                #expect(size == code.size, "\(request.name) 0x\(String(request.code, radix: 16))")
            }
            switch request.argument {
            case .read(let k), .written(let k), .changed(let k): if k.pointeeSize > 1 { check(k.pointeeSize) }
            case .extended(let a, _), .answered(let a, _): check(a.size)
            default: break
            }
        }
        #expect(checked > 100)
    }
}
