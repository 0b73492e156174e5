/// Tells what tasks did on a CPU, beside a backend that tells of their calls.
public protocol SampleSource: AnyObject {
    /// Hands every sample from now on to `body`, in order of time.
    func subscribe(_ body: @escaping (CPUSample) -> Void)
    /// Hands over those that were taken up to a time (`CLOCK_MONOTONIC`, ns), once.
    func advance(to time: UInt64)
    /// Samples that nobody will see, so far.
    var lost: UInt64 { get }
}

/// A moment in which a task ran on a CPU: its own code, or the kernel's if its memory has a `kernelStack`.
public struct CPUSample {
    public var tid: Int32
    public var pid: Int32
    /// The time on a CPU that it stands for, ns.
    public var weight: UInt64
    /// Where it was: a call that was never made, with the task's time, registers and stack; `stackPointer` is 0 if they are
    /// not known. Borrowed for as long as the sample is consumed.
    public var place: Call

    public init(tid: Int32, pid: Int32, weight: UInt64, place: Call) {
        self.tid = tid
        self.pid = pid
        self.weight = weight
        self.place = place
    }
}
