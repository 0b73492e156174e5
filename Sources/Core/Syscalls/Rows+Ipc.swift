extension SyscallTable {
    /// What semctl(2), shmctl(2) and msgctl(2) read to set, and by operation what they answer.
    private static func control(_ operation: Int, set: Int, _ answers: [([UInt64], StructLayout)]) -> Capture {
        // Old programs mark operations with IPC_64.
        let mask: UInt64 = 0xffff_feff
        return .all([.atEntry(.when(argument: operation, mask: mask, is: 1, .bytes(set)))] + answers.map {
            .atExit(.when(argument: operation, mask: mask, in: $0.0, .like(.structure($0.1))))
        })
    }
    /// Type and text.
    private static let message = Capture.all([.bytes(8), .at(8, .like(.bytes(.argument(2))))])

    static let ipc: [Syscall.Row] = [
        .init("shmget", x86_64: 29, aarch64: 194, [.ipc],
            [.enumerated("key", .ipcKeys), .size("size"),
             .custom("shmflg", capture: .nothing) { d, v in d.ipcFlags(v, .sharedMemoryFlags, hugePages: true) }]),
        .init("shmat", x86_64: 30, aarch64: 196, [.ipc, .memory, .changesMappings],
            [.int("shmid"), .address("shmaddr"), .flags("shmflg", .attachFlags)], returns: .hex),
        .init("shmdt", x86_64: 67, aarch64: 197, [.ipc, .memory, .changesMappings], [.address("shmaddr")]),
        .init("shmctl", x86_64: 31, aarch64: 195, [.ipc],
            [.int("shmid"), .enumerated("op", .sharedMemoryOperations), .init("buf", .address, capture: control(1, set: 112, [
                ([2, 13, 15], .sharedMemory), ([3], .sharedMemoryLimits), ([14], .sharedMemoryUse),
             ]))],
            dialect: { $0.sharedMemoryControl() }),
        .init("semget", x86_64: 64, aarch64: 190, [.ipc],
            [.enumerated("key", .ipcKeys), .int("nsems"), .custom("semflg", capture: .nothing) { d, v in d.ipcFlags(v, .ipcFlags) }]),
        .init("semop", x86_64: 65, aarch64: 193, [.ipc],
            [.int("semid"), .custom("sops", capture: .elements(6, .argument(2))) { d, v in d.semaphoreOperations(v, count: d[2]) }, .uint("nsops")]),
        .init("semtimedop", x86_64: 220, aarch64: 192, [.ipc],
            [.int("semid"), .custom("sops", capture: .elements(6, .argument(2))) { d, v in d.semaphoreOperations(v, count: d[2]) }, .uint("nsops"),
             .structure("timeout", .timespec)]),
        .init("semctl", x86_64: 66, aarch64: 191, [.ipc],
            [.int("semid"), .int("semnum"), .enumerated("op", .semaphoreOperations), .address("arg", capture: control(2, set: 88, [
                ([2, 18, 20], .semaphores), ([3, 19], .semaphoreLimits),
             ]))],
            dialect: { $0.semaphoreControl() }),
        .init("msgget", x86_64: 68, aarch64: 186, [.ipc],
            [.enumerated("key", .ipcKeys), .custom("msgflg", capture: .nothing) { d, v in d.ipcFlags(v, .ipcFlags) }]),
        .init("msgsnd", x86_64: 69, aarch64: 189, [.ipc],
            [.int("msqid"), .custom("msgp", capture: message) { d, v in d.message(v, size: d[2]) }, .size("msgsz"),
             .flags("msgflg", .queueMessageFlags)]),
        .init("msgrcv", x86_64: 70, aarch64: 188, [.ipc],
            [.int("msqid"), .custom("msgp", .out, capture: message) { d, v in d.message(v, size: d[2]) }, .size("msgsz"),
             .long("msgtyp"), .flags("msgflg", .queueMessageFlags)]),
        .init("msgctl", x86_64: 71, aarch64: 187, [.ipc],
            [.int("msqid"), .enumerated("op", .messageOperations), .init("buf", .address, capture: control(1, set: 120, [
                ([2, 11, 13], .messageQueue), ([3, 12], .messageLimits),
             ]))],
            dialect: { $0.messageControl() }),

        .init("mq_open", x86_64: 240, aarch64: 180, [.desc],
            [.path("name"), .openFlags("flags"), .permissions("mode", when: { $0[1] & 0o100 != 0 }),
             .init("attr", .structure(.openQueueAttributes), when: { $0[1] & 0o100 != 0 })], returns: .fd),
        .init("mq_unlink", x86_64: 241, aarch64: 181, [], [.path("path")]),
        .init("mq_timedsend", x86_64: 242, aarch64: 182, [.desc],
            [.fd("mqdes"), .bytes("msg_ptr", length: .argument(2)), .size("msg_len"), .uint("msg_prio"),
             .structure("abs_timeout", .timespec)]),
        .init("mq_timedreceive", x86_64: 243, aarch64: 183, [.desc],
            [.fd("mqdes"), .bytes("msg_ptr", .out, length: .result), .size("msg_len"),
             .pointee("msg_prio", .uint, .out), .structure("abs_timeout", .timespec)]),
        .init("mq_notify", x86_64: 244, aarch64: 184, [.desc], [.fd("mqdes"), .structure("sevp", .signalEvent)]),
        .init("mq_getsetattr", x86_64: 245, aarch64: 185, [.desc],
            [.fd("mqdes"), .structure("newattr", .queueAttributes), .structure("oldattr", .queueAttributes, .out)]),

        .init("futex", x86_64: 202, aarch64: 98, [],
            [.address("uaddr", capture: .nothing), .enumerated("futex_op", .futexOperations), .uint("val"),
             // 9 and 11 differ in that bit.
             .init("timeout", .structure(.timespec), capture: .all([
                .when(argument: 1, mask: 125, is: 9, .bytes(16)), .when(argument: 1, mask: 127, in: [0, 6, 13], .bytes(16)),
             ])),
             .address("uaddr2", capture: .nothing), .hex32("val3")],
            returns: .dialect, dialect: { $0.futexCall() }),
        .init("futex_waitv", x86_64: 449, aarch64: 449, [],
            [.custom("waiters", capture: .elements(24, .argument(1))) { d, v in d.futexWaiters(v, count: d[1]) }, .uint("nr_futexes"), .hex32("flags"),
             .structure("timeout", .timespec), .enumerated("clockid", .clockIDs)]),
        .init("futex_wake", x86_64: 454, aarch64: 454, [],
            [.address("uaddr"), .enumerated64("mask", .futexBitsets), .int("nr"), .custom("flags", capture: .nothing) { d, v in d.futexFlags(v) }]),
        .init("futex_wait", x86_64: 455, aarch64: 455, [],
            [.address("uaddr"), .ulong("val"), .enumerated64("mask", .futexBitsets), .custom("flags", capture: .nothing) { d, v in d.futexFlags(v) },
             .structure("timeout", .timespec), .enumerated("clockid", .clockIDs)]),
        .init("futex_requeue", x86_64: 456, aarch64: 456, [],
            [.custom("waiters", capture: .bytes(48)) { d, v in d.futexWaiters(v, count: 2) }, .hex32("flags"), .int("nr_wake"),
             .int("nr_requeue")]),
        .init("set_robust_list", x86_64: 273, aarch64: 99, [], [.address("addr"), .size("length")]),
        .init("get_robust_list", x86_64: 274, aarch64: 100, [],
            [.tid("pid"), .pointee("head_ptr", .address, .out), .pointee("len_ptr", .ulong, .out)]),
    ]
}
