import CBPF
import RenacerCore
import Testing
@testable import RenacerBPF

/// Rows of the table become programs for the kernel: what the decoder will read, and nothing else.
@Suite struct CaptureCompilerTests {
    private func needs(_ change: (inout MemoryNeeds) -> Void = { _ in }) -> MemoryNeeds {
        var needs = MemoryNeeds()
        change(&needs)
        return needs
    }

    private func number(of name: String) throws -> Int {
        try #require((0..<Int(CAPTURE_CALLS)).first { n in SyscallTable.lookup(n).map { String(describing: $0.name) } == name })
    }

    /// Operations before a call and after it.
    private func compile(_ name: String, _ compiler: inout CaptureCompiler) throws -> (entry: [capture_operation], exit: [capture_operation]) {
        let n = try number(of: name)
        let p = compiler.program(for: try #require(SyscallTable.lookup(n)), n, .native)
        let first = Int(p.first), middle = first + Int(p.entry)
        return (Array(compiler.operations[first..<middle]), Array(compiler.operations[middle..<(middle + Int(p.exit))]))
    }

    private func compile(_ name: String, _ change: (inout MemoryNeeds) -> Void = { _ in }) throws -> (entry: [capture_operation], exit: [capture_operation]) {
        var compiler = CaptureCompiler(needs(change))
        return try compile(name, &compiler)
    }

    private func has(_ operations: [capture_operation], _ code: capture_code, _ register: UInt8) -> Bool {
        operations.contains { $0.code == UInt8(code.rawValue) && $0.source == register }
    }

    @Test func aPathIsAStringBeforeTheCall() throws {
        let (entry, exit) = try compile("openat")
        #expect(has(entry, CAPTURE_STRING, 1))
        #expect(!has(entry, CAPTURE_STRING, 0) && !has(entry, CAPTURE_STRING, 2))
        #expect(!exit.contains { $0.code == UInt8(CAPTURE_DESCRIPTOR.rawValue) })
    }

    @Test func whatIsReadIsThereAfterTheCall() throws {
        let read = try compile("read")
        #expect(has(read.exit, CAPTURE_BYTES, 1))
        let write = try compile("write")
        #expect(has(write.entry, CAPTURE_BYTES, 1))
        #expect(write.entry.first { $0.source == 1 }?.length == 2)
    }

    @Test func theStringLimitBoundsWhatIsCopied() throws {
        func limit(_ n: Int) throws -> UInt32 {
            try #require(try compile("write") { $0.stringLimit = n }.entry.first { $0.code == UInt8(CAPTURE_BYTES.rawValue) }).limit
        }
        #expect(try limit(3) < limit(300))
        #expect(try limit(300) >= 300)
        #expect(try limit(3) < 32)
    }

    @Test func whatLeadsNowhereCapturesNothing() throws {
        for name in ["getpid", "close", "brk", "exit_group"] {
            let (entry, exit) = try compile(name)
            #expect(entry.isEmpty && exit.isEmpty, "\(name)")
        }
    }

    @Test func descriptorsAreLookedAtOnlyIfTheyAreShown() throws {
        #expect(try compile("close").entry.isEmpty)
        let close = try compile("close") { $0.descriptors = .path }
        #expect(has(close.entry, CAPTURE_DESCRIPTOR, 0))
        let openat = try compile("openat") { $0.descriptors = .path }
        #expect(has(openat.exit, CAPTURE_DESCRIPTOR, UInt8(CAPTURE_RESULT)))
    }

    @Test func equalProgramsAreStoredOnce() throws {
        var compiler = CaptureCompiler(needs())
        _ = try compile("mkdir", &compiler)
        let before = compiler.operations.count
        _ = try compile("rmdir", &compiler)
        _ = try compile("unlink", &compiler)
        _ = try compile("mkdir", &compiler)
        #expect(compiler.operations.count <= before + 1)
    }

    @Test func everyRowFitsWhateverIsAsked() {
        for change: (inout MemoryNeeds) -> Void in [{ _ in }, { $0.verbose = .all }, { $0.stringLimit = 1 << 29; $0.wholeBuffers = true; $0.descriptors = .all }] {
            var compiler = CaptureCompiler(needs(change))
            for n in 0..<Int(CAPTURE_CALLS) {
                guard let syscall = SyscallTable.lookup(n) else { continue }
                let p = compiler.program(for: syscall, n, .native)
                #expect(Int(p.first) + Int(p.entry) + Int(p.exit) <= compiler.operations.count)
            }
            #expect(compiler.operations.count < Int(CAPTURE_OPERATIONS))
            #expect(!compiler.choices.isEmpty)
        }
    }
}
