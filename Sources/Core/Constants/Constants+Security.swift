// Constants of capabilities(7), seccomp(2) and classic BPF, landlock(7), Linux security modules and key management.

extension ConstantTable {
    static let capabilities = ConstantTable("CAP_???", """
        CAP_CHOWN 0 CAP_DAC_OVERRIDE 1 CAP_DAC_READ_SEARCH 2 CAP_FOWNER 3 CAP_FSETID 4 CAP_KILL 5 CAP_SETGID 6
        CAP_SETUID 7 CAP_SETPCAP 8 CAP_LINUX_IMMUTABLE 9 CAP_NET_BIND_SERVICE 10 CAP_NET_BROADCAST 11 CAP_NET_ADMIN 12
        CAP_NET_RAW 13 CAP_IPC_LOCK 14 CAP_IPC_OWNER 15 CAP_SYS_MODULE 16 CAP_SYS_RAWIO 17 CAP_SYS_CHROOT 18
        CAP_SYS_PTRACE 19 CAP_SYS_PACCT 20 CAP_SYS_ADMIN 21 CAP_SYS_BOOT 22 CAP_SYS_NICE 23 CAP_SYS_RESOURCE 24
        CAP_SYS_TIME 25 CAP_SYS_TTY_CONFIG 26 CAP_MKNOD 27 CAP_LEASE 28 CAP_AUDIT_WRITE 29 CAP_AUDIT_CONTROL 30
        CAP_SETFCAP 31 CAP_MAC_OVERRIDE 32 CAP_MAC_ADMIN 33 CAP_SYSLOG 34 CAP_WAKE_ALARM 35 CAP_BLOCK_SUSPEND 36
        CAP_AUDIT_READ 37 CAP_PERFMON 38 CAP_BPF 39 CAP_CHECKPOINT_RESTORE 40
        """)

    // seccomp(2).
    static let seccompOperations = ConstantTable("SECCOMP_???", """
        SECCOMP_SET_MODE_STRICT 0 SECCOMP_SET_MODE_FILTER 1 SECCOMP_GET_ACTION_AVAIL 2 SECCOMP_GET_NOTIF_SIZES 3
        """)
    static let seccompModes = ConstantTable("SECCOMP_MODE_???", """
        SECCOMP_MODE_DISABLED 0 SECCOMP_MODE_STRICT 1 SECCOMP_MODE_FILTER 2
        """)
    static let seccompFilterFlags = ConstantTable("SECCOMP_FILTER_FLAG_???", """
        SECCOMP_FILTER_FLAG_TSYNC 1 SECCOMP_FILTER_FLAG_LOG 2 SECCOMP_FILTER_FLAG_SPEC_ALLOW 4
        SECCOMP_FILTER_FLAG_NEW_LISTENER 8 SECCOMP_FILTER_FLAG_TSYNC_ESRCH 0x10
        SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 0x20
        """)
    static let seccompActions = ConstantTable("SECCOMP_RET_???", """
        SECCOMP_RET_KILL_THREAD 0 SECCOMP_RET_TRAP 0x30000 SECCOMP_RET_ERRNO 0x50000 SECCOMP_RET_USER_NOTIF 0x7fc00000
        SECCOMP_RET_TRACE 0x7ff00000 SECCOMP_RET_LOG 0x7ffc0000 SECCOMP_RET_ALLOW 0x7fff0000
        SECCOMP_RET_KILL_PROCESS 0x80000000
        """)

    // Classic BPF instructions, the modes and operations of eBPF included.
    static let bpfClasses = ConstantTable("BPF_???", """
        BPF_LD 0 BPF_LDX 1 BPF_ST 2 BPF_STX 3 BPF_ALU 4 BPF_JMP 5 BPF_RET 6 BPF_MISC 7
        """)
    static let bpfSizes = ConstantTable("BPF_???", "BPF_W 0 BPF_H 8 BPF_B 0x10 BPF_DW 0x18")
    static let bpfModes = ConstantTable("BPF_???", """
        BPF_IMM 0 BPF_ABS 0x20 BPF_IND 0x40 BPF_MEM 0x60 BPF_LEN 0x80 BPF_MSH 0xa0 BPF_XADD 0xc0
        """)
    static let bpfSources = ConstantTable("BPF_???", "BPF_K 0 BPF_X 8")
    static let bpfReturnValues = ConstantTable("BPF_???", "BPF_K 0 BPF_X 8 BPF_A 0x10")
    static let bpfMiscOperations = ConstantTable("BPF_???", "BPF_TAX 0 BPF_TXA 0x80")
    static let bpfArithmetic = ConstantTable("BPF_???", """
        BPF_ADD 0 BPF_SUB 0x10 BPF_MUL 0x20 BPF_DIV 0x30 BPF_OR 0x40 BPF_AND 0x50 BPF_LSH 0x60 BPF_RSH 0x70 BPF_NEG 0x80
        BPF_MOD 0x90 BPF_XOR 0xa0 BPF_MOV 0xb0 BPF_ARSH 0xc0 BPF_END 0xd0
        """)
    static let bpfJumps = ConstantTable("BPF_???", """
        BPF_JA 0 BPF_JEQ 0x10 BPF_JGT 0x20 BPF_JGE 0x30 BPF_JSET 0x40 BPF_JNE 0x50 BPF_JSGT 0x60 BPF_JSGE 0x70
        BPF_CALL 0x80 BPF_EXIT 0x90 BPF_JLT 0xa0 BPF_JLE 0xb0 BPF_JSLT 0xc0 BPF_JSLE 0xd0 BPF_JCOND 0xe0
        """)
    static let socketFilterOffsets = ConstantTable("SKF_???_OFF", """
        SKF_LL_OFF 0xffe00000 SKF_NET_OFF 0xfff00000 SKF_AD_OFF 0xfffff000
        """)
    static let socketFilterAncillary = ConstantTable("SKF_AD_???", """
        SKF_AD_PROTOCOL 0 SKF_AD_PKTTYPE 4 SKF_AD_IFINDEX 8 SKF_AD_NLATTR 12 SKF_AD_NLATTR_NEST 16 SKF_AD_MARK 20
        SKF_AD_QUEUE 24 SKF_AD_HATYPE 28 SKF_AD_RXHASH 32 SKF_AD_CPU 36 SKF_AD_ALU_XOR_X 40 SKF_AD_VLAN_TAG 44
        SKF_AD_VLAN_TAG_PRESENT 48 SKF_AD_PAY_OFFSET 52 SKF_AD_RANDOM 56 SKF_AD_VLAN_TPID 60
        """)
}
