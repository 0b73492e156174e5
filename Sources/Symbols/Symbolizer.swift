import CDW
import CLinux
import RenacerCore

/// Answers questions about stacks of stopped tasks: unwinds by the tables of the files that are mapped into them, and
/// knows those files' symbols and lines through elfutils' libdw.
///
/// What a file says about an address is kept for as long as the trace, over all processes that map it: a task's memory
/// and registers are all that is read for a stack seen before. What is mapped where is kept per process until it changes.
public final class Symbolizer: StackInspector {
    private let inspector: any TaskInspector
    private let files = FileCatalog()
    private var spaces: [Int32: AddressSpace] = [:] { didSet { last = nil } }
    /// The space of the question before: most questions are about the same one.
    private var last: AddressSpace?
    private let unwinder = Unwinder()
    private let memory = StoppedMemory()
    private let log: MappingLog?
    private lazy var kernel = KernelSymbols()
    /// Processes that have ended, the oldest first: calls of theirs may yet come.
    private var ended: [Int32] = []

    /// - Parameter inspector: knows the registers of stopped tasks.
    /// - Parameter log: what processes map, if nobody calls `mappingsChanged`.
    /// - Throws: libdw is not installed.
    public init(_ inspector: any TaskInspector, log: MappingLog? = nil) throws(TraceError) {
        self.log = log
        if let reason = cdw_load() { throw TraceError(String(cString: reason)) }
        self.inspector = inspector
    }

    public func stack(of tid: Int32, _ pid: Int32, at call: Call?, limit: Int) -> CallStack {
        var result = CallStack()
        if let inKernel = call?.memory.kernelStack, !inKernel.isEmpty { result.frames = inKernel.prefix(limit).map { kernel.point(at: $0) } }
        walk(tid, pid, call) { point in
            guard result.frames.count < limit else {
                result.isCut = true
                return false
            }
            result.frames.append(point)
            result.addresses.append(unwinder.instructionPointer)
            return true
        }
        return result
    }

    /// Why functions of the kernel cannot be named here; nil if they can.
    public static var kernelObstacle: String? { KernelSymbols.obstacle }

    public func source(of tid: Int32, _ pid: Int32, at call: Call?) -> CodePlace? {
        var place: CodePlace?
        var depth = 0
        unwinder.isAfterInstruction = true
        defer { unwinder.isAfterInstruction = false }
        walk(tid, pid, call) { point in
            depth += 1
            guard let point else { return false }
            if let line = point.ownLines.first {
                place = .line(line)
                return false
            }
            if place == nil, point.isOwn { place = .symbol(point) }
            return depth < Self.sourceDepth
        }
        return place
    }

    /// How far from the call the program's own code is looked for, frames.
    private static let sourceDepth = 256

    public func mappingsChanged(of pid: Int32, at address: UInt64, count: UInt64) {
        guard let space = spaces[pid], space.overlaps(address, count) else { return }
        spaces[pid] = nil
    }

    public func forget(_ pid: Int32) { if spaces[pid] != nil { spaces[pid] = nil } }

    // MARK: Mappings

    private func catchUp(_ time: UInt64) {
        guard let log else { return }
        let isWhole = log.advance(to: time) { pid, change in
            switch change {
            case .mapped(let line): spaces[pid]?.map(line)
            case .executed: spaces[pid] = AddressSpace(executed: pid, files)
            case .forked(let child): spaces[child] = spaces[pid].map { AddressSpace(child: child, of: $0) }
            case .exited: bury(pid)
            }
        }
        // What a process has now is the best that is left; of one that is gone it is what was known.
        if !isWhole { spaces = spaces.filter { MapsFile.lines(of: $0.key).isEmpty } }
    }

    private func bury(_ pid: Int32) {
        guard spaces[pid] != nil else { return }
        ended.append(pid)
        guard ended.count > Self.mostEnded else { return }
        spaces[ended.removeFirst()] = nil
    }

    private static let mostEnded = 1024

    // MARK: Walking

    private func walk(_ tid: Int32, _ pid: Int32, _ call: Call?, _ visit: (CodePoint?) -> Bool) {
        if let call {
            // Unknown, or the program is not there yet; i386 programs have other registers.
            guard call.stackPointer != 0, call.personality != .compat32 else { return }
            catchUp(call.enterTime)
            unwinder.begin(
                tid, call.instructionPointer, call.stackPointer, call.memory, inspector)
        } else {
            memory.tid = tid
            guard unwinder.begin(tid, memory, inspector) else { return }
        }
        unwinder.walk(space(of: pid, unwinder.memory), visit)
    }

    private func space(of pid: Int32, _ memory: any TraceeMemory) -> AddressSpace {
        if let last, last.pid == pid { return last }
        let space: AddressSpace
        if let known = spaces[pid] {
            space = known
        } else {
            space = AddressSpace(pid, files, memory, isLogged: log != nil)
            spaces[pid] = space
        }
        last = space
        return space
    }
}

/// The memory of a task that is not in a call.
private final class StoppedMemory: TraceeMemory {
    var tid: Int32 = 0
    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        return max(clinux_read_memory(tid, address, base, buffer.count), 0)
    }
}
