// System V ipc and POSIX message queues.

extension StructLayout {
    private typealias Body = @Sendable (Decoder, Bytes) -> Void

    /// `struct ipc64_perm`; what IPC_SET may change is its start.
    private static let permissions = StructLayout(size: 48, [
        .init("uid", 4, .id), .init("gid", 8, .id), .init("mode", 20, .permissions), .init("key", 0, .uint),
        .init("cuid", 12, .id), .init("cgid", 16, .id),
    ])
    private static let settablePermissions = StructLayout(size: 48, [
        .init("uid", 4, .id), .init("gid", 8, .id), .init("mode", 20, .permissions),
    ])

    static let sharedMemory = StructLayout(size: 112, [
        .init("shm_perm") { d, b in d.structure(b, permissions) },
        .init("shm_segsz", 48, .ulong), .init("shm_cpid", 80, .pid), .init("shm_lpid", 84, .pid),
        .init("shm_nattch", 88, .ulong), .init("shm_atime", 56, .ulong), .init("shm_dtime", 64, .ulong),
        .init("shm_ctime", 72, .ulong),
    ])
    static let sharedMemorySet = StructLayout(size: 112, [.init("shm_perm") { d, b in d.structure(b, settablePermissions) }])
    static let sharedMemoryLimits = StructLayout(size: 72, [
        .init("shmmax", 0, .ulong), .init("shmmin", 8, .ulong), .init("shmmni", 16, .ulong), .init("shmseg", 24, .ulong),
        .init("shmall", 32, .ulong),
    ])
    static let sharedMemoryUse = StructLayout(size: 48, [
        .init("used_ids", 0, .int), .init("shm_tot", 8, .ulong), .init("shm_rss", 16, .ulong), .init("shm_swp", 24, .ulong),
        .init("swap_attempts", 32, .ulong), .init("swap_successes", 40, .ulong),
    ])

    static let messageQueue = StructLayout(size: 120, [
        .init("msg_perm") { d, b in d.structure(b, permissions) },
        .init("msg_stime", 48, .ulong), .init("msg_rtime", 56, .ulong), .init("msg_ctime", 64, .ulong),
        .init("msg_qnum", 80, .ulong), .init("msg_qbytes", 88, .ulong), .init("msg_lspid", 96, .pid),
        .init("msg_lrpid", 100, .pid),
    ])
    static let messageQueueSet = StructLayout(size: 120, [
        .init("msg_perm") { d, b in d.structure(b, settablePermissions) }, .init("msg_qbytes", 88, .ulong),
    ])
    static let messageLimits = StructLayout(size: 32, [
        .init("msgpool", 0, .int), .init("msgmap", 4, .int), .init("msgmax", 8, .int), .init("msgmnb", 12, .int),
        .init("msgmni", 16, .int), .init("msgssz", 20, .int), .init("msgtql", 24, .int),
        .init("msgseg") { d, b in d.out.unsigned(UInt64(b.u16(28))) },
    ])

    static let semaphoreSet = StructLayout(size: 88, [.init("sem_perm") { d, b in d.structure(b, settablePermissions) }])
    #if arch(x86_64)
    private static let semaphoreWords = (size: 104, ctime: 64, count: 80)
    #else
    private static let semaphoreWords = (size: 88, ctime: 56, count: 64)
    #endif
    static let semaphores = StructLayout(size: semaphoreWords.size, [
        .init("sem_perm") { d, b in d.structure(b, permissions) },
        .init("sem_otime", 48, .ulong), .init("sem_ctime", semaphoreWords.ctime, .ulong),
        .init("sem_nsems", semaphoreWords.count, .ulong),
    ])
    static let semaphoreLimits = StructLayout(size: 40, [
        .init("semmap", 0, .int), .init("semmni", 4, .int), .init("semmns", 8, .int), .init("semmnu", 12, .int),
        .init("semmsl", 16, .int), .init("semopm", 20, .int), .init("semume", 24, .int), .init("semusz", 28, .int),
        .init("semvmx", 32, .int), .init("semaem", 36, .int),
    ])
    static let semaphoreOperation = StructLayout(size: 6, [
        .init("sem_num") { d, b in d.out.unsigned(UInt64(b.u16(0))) },
        .init("sem_op") { d, b in d.out.signed(Int64(b.i16(2))) },
        .init("sem_flg") { d, b in d.flags(UInt64(b.u16(4)), .semaphoreFlags) },
    ])

    static let openQueueAttributes = queueAttributes(.hex)
    static let queueAttributes = queueAttributes(.flags64(.openFlags))
    private static func queueAttributes(_ flags: ValueKind) -> StructLayout {
        StructLayout(size: 64, [
            .init("mq_flags", 0, flags), .init("mq_maxmsg", 8, .long), .init("mq_msgsize", 16, .long),
            .init("mq_curmsgs", 24, .long),
        ])
    }
}

extension Decoder {
    /// Creation flags and permissions: `IPC_CREAT|0600`.
    func ipcFlags(_ v: UInt64, _ table: ConstantTable, hugePages: Bool = false) {
        let mode = v & 0o777
        var rest = v & 0xffff_ffff & ~0o777
        let huge = hugePages ? rest >> 26 : 0
        rest &= hugePages ? 0x03ff_ffff : .max
        if rest != 0 {
            if table.entries.contains(where: { $0.value & rest == $0.value }) {
                flags(rest, table)
            } else {
                out.hex(rest)
            }
            out.verbatim("|")
        }
        if huge != 0 {
            out.unsigned(huge)
            out.verbatim("<<")
            enumerated(UInt64(26), .hugePageShift, radix: .decimal)
            out.verbatim("|")
        }
        permissions(mode)
    }

    /// An operation, which old programs mark with IPC_64.
    func ipcOperation(_ v: UInt64, _ table: ConstantTable) {
        let mark: UInt64 = 0x100
        if v & mark != 0 {
            enumerated(mark, .ipcVersions)
            out.verbatim("|")
        }
        enumerated(v & 0xffff_ffff & ~mark, table)
    }

    /// shmctl(2), msgctl(2) and semctl(2): what the last argument points to depends on
    /// the operation, `set` being read and the others written.
    private func controlCall(
        _ operations: ConstantTable, _ names: [Name], set: StructLayout, answer: (UInt64) -> StructLayout?
    ) -> Syscall.Progress {
        let last = names.count - 1
        let operation = call[last - 1] & 0xffff_ffff & ~0x100
        if entering {
            for i in 0..<last - 1 {
                argument(names[i])
                int(call[i])
            }
            argument(names[last - 1])
            ipcOperation(call[last - 1], operations)
            if answer(operation) != nil { return .nextAtExit }
            argument(names[last])
            if operation == 1 { structure(call[last], set) } else { out.address(call[last]) }
            return .complete
        }
        argument(names[last])
        if let layout = answer(operation) { structure(call[last], layout) }
        return .complete
    }

    func sharedMemoryControl() -> Syscall.Progress {
        controlCall(.sharedMemoryOperations, ["shmid", "op", "buf"], set: .sharedMemorySet) {
            switch $0 {
            case 2, 13, 15: .sharedMemory
            case 3: .sharedMemoryLimits
            case 14: .sharedMemoryUse
            default: nil
            }
        }
    }

    func messageControl() -> Syscall.Progress {
        controlCall(.messageOperations, ["msqid", "op", "buf"], set: .messageQueueSet) {
            switch $0 {
            case 2, 11, 13: .messageQueue
            case 3, 12: .messageLimits
            default: nil
            }
        }
    }

    func semaphoreControl() -> Syscall.Progress {
        controlCall(.semaphoreOperations, ["semid", "semnum", "op", "arg"], set: .semaphoreSet) {
            switch $0 {
            case 2, 18, 20: .semaphores
            case 3, 19: .semaphoreLimits
            default: nil
            }
        }
    }

    func semaphoreOperations(_ address: UInt64, count: UInt64) {
        array(address, count: Int(count & 0xffff_ffff), stride: 6) { structure($0, .semaphoreOperation) }
    }

    /// `{mtype=1, mtext="…"}`: a message of `size` bytes.
    func message(_ address: UInt64, size: UInt64) {
        object(address, 8, evenOnError: entering) { b in
            structure {
                field("mtype")
                long(b.u64(0))
                field("mtext")
                buffer(address &+ 8, size)
            }
        }
    }
}
