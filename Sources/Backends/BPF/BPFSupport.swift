import CBPF

/// What of BPF this kernel and this process' privileges allow: for `renacer doctor`.
public enum BPFSupport {
    public enum Answer: Sendable { case yes, no, unknown }

    /// `CAP_BPF` and `CAP_PERFMON`, or `CAP_SYS_ADMIN`.
    public static var isPrivileged: Bool { cbpf_may_load() != 0 }
    /// Maps through which records come (Linux 5.8).
    public static var ringBuffer: Answer { answer(cbpf_probe_ring()) }
    /// Maps of values that belong to tasks (Linux 5.11).
    public static var taskStorage: Answer { answer(cbpf_probe_task_storage()) }

    /// Without privileges the kernel says no to every question.
    private static func answer(_ r: Int32) -> Answer { r > 0 ? .yes : r < 0 || !isPrivileged ? .unknown : .no }
}
