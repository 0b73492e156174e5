import CSampler
import Glibc
import RenacerCore
import RenacerHost

/// Samples traced tasks by a clock of the kernel's, whatever backend traces them. perf_event_open(2),
/// `PERF_COUNT_SW_CPU_CLOCK`.
///
/// Life: `open` before the backend starts, since a launched program inherits its clock from the thread that launches it;
/// `start` behind that. If only a task's own code is sampled that takes no privileges beyond those that tracing by ptrace takes where
/// `kernel.perf_event_paranoid` is 2 or less, and time in calls is known anyway; what it does in the kernel takes one of 1.
public final class CPUSampler: SampleSource {
    /// Per second of a task's time. A prime, so that it does not keep step with what a program does regularly.
    public static let rate: UInt64 = 997
    private static let period = 1_000_000_000 / rate
    /// ns after which somebody should look for samples, so that their ring does not fill.
    public static let patience: UInt64 = 100_000_000

    private var sampler: OpaquePointer?
    private var subscribers: [(CPUSample) -> Void] = []
    private let memory = SampleMemory()
    private var excluded: Set<Int32> = []
    public private(set) var lost: UInt64 = 0
    /// What was handed over.
    public private(set) var taken: UInt64 = 0

    /// Sample what tasks do in the kernel, too, with the stack there.
    private let kernel: Bool

    public init(kernel: Bool = false) { self.kernel = kernel }

    deinit { close() }

    public func subscribe(_ body: @escaping (CPUSample) -> Void) { subscribers.append(body) }

    /// Makes clocks for the tasks that a plan is about. None is touched.
    ///
    /// - Throws: the kernel refuses them.
    public func open(_ plan: CapturePlan) throws(TraceError) {
        close()
        let target = plan.target, isNamed = target.scope == .named
        excluded = Set(target.excluded).union([getpid()])
        var status: Int32 = 0
        guard let sampler = csampler_open(Self.period, kernel ? 1 : 0, isNamed && target.launch != nil ? 1 : 0, &status) else { throw refusal(status) }
        self.sampler = sampler
        guard isNamed else {
            status = csampler_add(sampler, -1, 0)
            if status < 0 { throw refusal(status) }
            return
        }
        for pid in target.attach {
            for tid in plan.followForks ? TaskIdentity.threads(of: pid) : [pid] {
                status = csampler_add(sampler, tid, plan.followForks ? 1 : 0)
                // A thread may have ended; a process that is not there is the backend's matter.
                if status < 0, status != -ESRCH { throw refusal(status) }
            }
        }
    }

    /// Begins, behind the start of the backend.
    public func start() throws(TraceError) {
        guard let sampler else { return }
        excluded.insert(getpid())
        let status = csampler_start(sampler)
        if status < 0 { throw refusal(status) }
    }

    public func advance(to time: UInt64) {
        guard let sampler else { return }
        var raw = csampler_sample()
        while csampler_next(sampler, time, &raw) != 0 {
            guard !excluded.contains(raw.pid) else { continue }
            taken += 1
            memory.take(raw)
            var place = Call(
                number: Call.unknownNumber, personality: raw.is_foreign == 0 ? .native : .compat32, arguments: (0, 0, 0, 0, 0, 0),
                enterTime: raw.time, memory: memory)
            place.instructionPointer = raw.instruction_pointer
            place.stackPointer = raw.stack_pointer
            let sample = CPUSample(tid: raw.tid, pid: raw.pid, weight: Self.period, place: place)
            for subscriber in subscribers { subscriber(sample) }
        }
        lost = csampler_lost(sampler)
    }

    private func close() {
        guard let sampler else { return }
        self.sampler = nil
        csampler_close(sampler)
    }

    private func refusal(_ status: Int32) -> TraceError {
        let why = String(cString: strerror(-status))
        switch -status {
        case EACCES where kernel, EPERM where kernel:
            return TraceError("--kernel-stack: samples of the kernel are not allowed (\(why)): run it with sudo, or lower kernel.perf_event_paranoid to 1 and raise kernel.perf_event_mlock_kb")
        case EACCES, EPERM:
            return TraceError("--profile: CPU samples are not allowed (\(why)): run it with sudo, or lower kernel.perf_event_paranoid to 2 and raise kernel.perf_event_mlock_kb")
        default: return TraceError("--profile: the kernel takes no CPU samples: perf_event_open: \(why)")
        }
    }
}

/// The registers and the part of a stack that came with a sample.
final class SampleMemory: TraceeMemory {
    private var sample = csampler_sample()

    func take(_ sample: csampler_sample) { self.sample = sample }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let stack = sample.stack, let base = buffer.baseAddress, address >= sample.stack_pointer else { return 0 }
        let offset = address - sample.stack_pointer
        guard offset < UInt64(sample.stack_size) else { return 0 }
        let count = min(buffer.count, sample.stack_size - Int(offset))
        base.copyMemory(from: stack + Int(offset), byteCount: count)
        return count
    }

    func register(_ number: Int) -> UInt64? {
        guard number >= 0, number < Self.known else { return nil }
        return withUnsafeBytes(of: sample.registers) { $0.loadUnaligned(fromByteOffset: number * 8, as: UInt64.self) }
    }

    var kernelStack: UnsafeBufferPointer<UInt64> { .init(start: sample.kernel, count: sample.kernel_size) }

    #if arch(x86_64)
    private static let known = 16
    #else
    private static let known = 32
    #endif
}
