import CLinux
import Glibc
import RenacerCore

/// Traces with ptrace(2): exact, live memory, one stop at each end of a call.
public final class PtraceBackend: Backend {
    public let name: Name = "ptrace"
    public let inspector: any TaskInspector
    public internal(set) var account = Account()

    var plan = CapturePlan()
    let tasks = TaskTable()
    let batch = Batch()
    /// Stopped tasks, and how each goes on once the batch has been consumed.
    var resumptions: [Resumption] = []
    /// The launched program's process id, 0 if none.
    var launched: Int32 = 0
    var launchedEnd: TraceeEnd?
    /// Sinks were given events since they last had the chance to flush.
    var owesIdle = false
    /// The launched program has got beyond its exec.
    var hasExecuted = false
    var isStopped = false
    var options: UInt = 0
    /// `siginfo_t` of the signal being delivered; borrowed by its event.
    let signalInfo = UnsafeMutableRawBufferPointer.allocate(byteCount: 128, alignment: 8)

    /// - Parameter inspector: answers sinks' questions about tasks.
    public init(inspector: any TaskInspector = NoInspector()) {
        self.inspector = inspector
    }

    deinit {
        signalInfo.deallocate()
        usage.deallocate()
    }

    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        self.plan = plan
        options = UInt(clinux_option_sysgood | clinux_option_exec)
        if plan.ptrace.killOnExit { options |= UInt(clinux_option_exitkill) }
    }

    public func start() throws(TraceError) {
        if let launch = plan.target.launch { try self.launch(launch) }
    }

    public func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery {
        if owesIdle {
            owesIdle = false
            return .nothing
        }
        for r in resumptions { resume(r) }
        resumptions.removeAll(keepingCapacity: true)
        batch.events.removeAll(keepingCapacity: true)
        while !tasks.isEmpty {
            guard let tid = try wait() else { return .nothing }
            handle(tid)
            if !batch.events.isEmpty {
                owesIdle = true
                account.delivered += UInt64(batch.events.count)
                return .events(batch)
            }
            for r in resumptions { resume(r) }
            resumptions.removeAll(keepingCapacity: true)
        }
        return .end(launchedEnd)
    }

    public func stop() {
        guard !isStopped else { return }
        isStopped = true
    }

    /// The last wait's answer.
    var status: Int32 = 0
    let usage = UnsafeMutablePointer<rusage>.allocate(capacity: 1)

    /// Waits for any task; nil if a signal to renacer came instead.
    private func wait() throws(TraceError) -> Int32? {
        let tid = clinux_wait(&status, plan.systemTime ? usage : nil)
        if tid > 0 { return tid }
        if tid == -EINTR { return nil }
        if tid == -ECHILD {
            tasks.removeAll()
            return nil
        }
        throw TraceError("renacer: wait4: \(String(cString: strerror(-tid)))")
    }
}
