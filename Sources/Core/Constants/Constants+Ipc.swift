// System V ipc, POSIX message queues and futexes.

extension ConstantTable {
    static let ipcKeys = ConstantTable("", "IPC_PRIVATE 0")
    static let ipcFlags = ConstantTable("", "IPC_CREAT 01000 IPC_EXCL 02000 IPC_NOWAIT 04000")
    static let sharedMemoryFlags = ConstantTable("", "IPC_CREAT 01000 IPC_EXCL 02000 SHM_HUGETLB 04000 SHM_NORESERVE 010000")
    static let ipcVersions = ConstantTable("", "IPC_64 0x100")
    static let hugePageShift = ConstantTable("", "SHM_HUGE_SHIFT 26")
    static let attachFlags = ConstantTable("SHM_???", "SHM_RDONLY 010000 SHM_RND 020000 SHM_REMAP 040000 SHM_EXEC 0100000")
    static let sharedMemoryOperations = ConstantTable("SHM_???", """
        IPC_RMID 0 IPC_SET 1 IPC_STAT 2 IPC_INFO 3 SHM_LOCK 11 SHM_UNLOCK 12 SHM_STAT 13 SHM_INFO 14 SHM_STAT_ANY 15
        """)
    static let messageOperations = ConstantTable(
        "MSG_???", "IPC_RMID 0 IPC_SET 1 IPC_STAT 2 IPC_INFO 3 MSG_STAT 11 MSG_INFO 12 MSG_STAT_ANY 13")
    static let semaphoreOperations = ConstantTable("SEM_???", """
        IPC_RMID 0 IPC_SET 1 IPC_STAT 2 IPC_INFO 3 GETPID 11 GETVAL 12 GETALL 13 GETNCNT 14 GETZCNT 15 SETVAL 16
        SETALL 17 SEM_STAT 18 SEM_INFO 19 SEM_STAT_ANY 20
        """)
    static let queueMessageFlags = ConstantTable(
        "MSG_???", "MSG_NOERROR 010000 MSG_EXCEPT 020000 MSG_COPY 040000 IPC_NOWAIT 04000")
    static let semaphoreFlags = ConstantTable("SEM_???", "SEM_UNDO 0x1000 IPC_NOWAIT 04000")

    static let futexOperations = ConstantTable("FUTEX_???", """
        FUTEX_WAIT 0 FUTEX_WAKE 1 FUTEX_FD 2 FUTEX_REQUEUE 3 FUTEX_CMP_REQUEUE 4 FUTEX_WAKE_OP 5 FUTEX_LOCK_PI 6
        FUTEX_UNLOCK_PI 7 FUTEX_TRYLOCK_PI 8 FUTEX_WAIT_BITSET 9 FUTEX_WAKE_BITSET 10 FUTEX_WAIT_REQUEUE_PI 11
        FUTEX_CMP_REQUEUE_PI 12 FUTEX_LOCK_PI2 13
        FUTEX_WAIT_PRIVATE 128 FUTEX_WAKE_PRIVATE 129 FUTEX_FD_PRIVATE 130 FUTEX_REQUEUE_PRIVATE 131
        FUTEX_CMP_REQUEUE_PRIVATE 132 FUTEX_WAKE_OP_PRIVATE 133 FUTEX_LOCK_PI_PRIVATE 134
        FUTEX_UNLOCK_PI_PRIVATE 135 FUTEX_TRYLOCK_PI_PRIVATE 136 FUTEX_WAIT_BITSET_PRIVATE 137
        FUTEX_WAKE_BITSET_PRIVATE 138 FUTEX_WAIT_REQUEUE_PI_PRIVATE 139 FUTEX_CMP_REQUEUE_PI_PRIVATE 140
        FUTEX_LOCK_PI2_PRIVATE 141
        """)
    static let futexOperationFlags = ConstantTable("", "FUTEX_CLOCK_REALTIME 256")
    static let futexWakeOperations = ConstantTable(
        "FUTEX_OP_???", "FUTEX_OP_SET 0 FUTEX_OP_ADD 1 FUTEX_OP_OR 2 FUTEX_OP_ANDN 3 FUTEX_OP_XOR 4")
    static let futexWakeShift = ConstantTable("", "FUTEX_OP_OPARG_SHIFT 8")
    static let futexWakeComparisons = ConstantTable("FUTEX_OP_CMP_???", """
        FUTEX_OP_CMP_EQ 0 FUTEX_OP_CMP_NE 1 FUTEX_OP_CMP_LT 2 FUTEX_OP_CMP_LE 3 FUTEX_OP_CMP_GT 4 FUTEX_OP_CMP_GE 5
        """)
    static let futexBitsets = ConstantTable("", "FUTEX_BITSET_MATCH_ANY 0xffffffff")
    static let futexSizes = ConstantTable(
        "FUTEX2_???", "FUTEX2_SIZE_U8 0 FUTEX2_SIZE_U16 1 FUTEX2_SIZE_U32 2 FUTEX2_SIZE_U64 3")
    static let futexFlags = ConstantTable("", "FUTEX2_NUMA 4 FUTEX2_MPOL 8 FUTEX2_PRIVATE 128")
}
