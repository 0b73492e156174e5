// Constants of calls on descriptors: fcntl(2), lseek(2), splice(2), …

extension ConstantTable {
    public static let fcntlOperations = ConstantTable("F_???", """
        F_DUPFD 0 F_GETFD 1 F_SETFD 2 F_GETFL 3 F_SETFL 4 F_GETLK 5 F_SETLK 6 F_SETLKW 7 F_SETOWN 8
        F_GETOWN 9 F_SETSIG 10 F_GETSIG 11 F_GETLK64 12 F_SETLK64 13 F_SETLKW64 14 F_SETOWN_EX 15
        F_GETOWN_EX 16 F_GETOWNER_UIDS 17 F_OFD_GETLK 36 F_OFD_SETLK 37 F_OFD_SETLKW 38
        F_SETLEASE 1024 F_GETLEASE 1025 F_NOTIFY 1026 F_DUPFD_QUERY 1027 F_CREATED_QUERY 1028 F_CANCELLK 1029
        F_DUPFD_CLOEXEC 1030 F_SETPIPE_SZ 1031 F_GETPIPE_SZ 1032 F_ADD_SEALS 1033 F_GET_SEALS 1034
        F_GET_RW_HINT 1035 F_SET_RW_HINT 1036 F_GET_FILE_RW_HINT 1037 F_SET_FILE_RW_HINT 1038
        F_GETDELEG 1039 F_SETDELEG 1040
        """)
    static let descriptorFlags = ConstantTable("FD_???", "FD_CLOEXEC 1")
    static let lockTypes = ConstantTable("F_???", "F_RDLCK 0 F_WRLCK 1 F_UNLCK 2 F_EXLCK 4 F_SHLCK 8")
    static let ownerTypes = ConstantTable("F_OWNER_???", "F_OWNER_TID 0 F_OWNER_PID 1 F_OWNER_PGRP 2")
    static let directoryNotifications = ConstantTable("DN_???", """
        DN_ACCESS 0x1 DN_MODIFY 0x2 DN_CREATE 0x4 DN_DELETE 0x8 DN_RENAME 0x10 DN_ATTRIB 0x20 DN_MULTISHOT 0x80000000
        """)
    static let seals = ConstantTable("F_SEAL_???", """
        F_SEAL_SEAL 0x1 F_SEAL_SHRINK 0x2 F_SEAL_GROW 0x4 F_SEAL_WRITE 0x8 F_SEAL_FUTURE_WRITE 0x10 F_SEAL_EXEC 0x20
        """)
    static let writeLifeHints = ConstantTable("RWH_WRITE_LIFE_???", """
        RWH_WRITE_LIFE_NOT_SET 0 RWH_WRITE_LIFE_NONE 1 RWH_WRITE_LIFE_SHORT 2 RWH_WRITE_LIFE_MEDIUM 3
        RWH_WRITE_LIFE_LONG 4 RWH_WRITE_LIFE_EXTREME 5
        """)
    static let flockOperations = ConstantTable("LOCK_???", """
        LOCK_SH 1 LOCK_EX 2 LOCK_NB 4 LOCK_UN 8 LOCK_MAND 32 LOCK_RW 192 LOCK_READ 64 LOCK_WRITE 128
        """)
    public static let whence = ConstantTable("SEEK_???", "SEEK_SET 0 SEEK_CUR 1 SEEK_END 2 SEEK_DATA 3 SEEK_HOLE 4")
    static let fileAdvice = ConstantTable("POSIX_FADV_???", """
        POSIX_FADV_NORMAL 0 POSIX_FADV_RANDOM 1 POSIX_FADV_SEQUENTIAL 2 POSIX_FADV_WILLNEED 3
        POSIX_FADV_DONTNEED 4 POSIX_FADV_NOREUSE 5
        """)
    static let allocationFlags = ConstantTable("FALLOC_FL_???", """
        FALLOC_FL_KEEP_SIZE 0x1 FALLOC_FL_PUNCH_HOLE 0x2 FALLOC_FL_NO_HIDE_STALE 0x4
        FALLOC_FL_COLLAPSE_RANGE 0x8 FALLOC_FL_ZERO_RANGE 0x10 FALLOC_FL_INSERT_RANGE 0x20
        FALLOC_FL_UNSHARE_RANGE 0x40 FALLOC_FL_WRITE_ZEROES 0x80
        """)
    static let syncRangeFlags = ConstantTable("SYNC_FILE_RANGE_???", """
        SYNC_FILE_RANGE_WAIT_BEFORE 0x1 SYNC_FILE_RANGE_WRITE 0x2 SYNC_FILE_RANGE_WAIT_AFTER 0x4
        """)
    static let spliceFlags = ConstantTable("SPLICE_F_???", """
        SPLICE_F_MOVE 0x1 SPLICE_F_NONBLOCK 0x2 SPLICE_F_MORE 0x4 SPLICE_F_GIFT 0x8
        """)
    /// preadv2(2), pwritev2(2) and asynchronous I/O.
    public static let readWriteFlags = ConstantTable("RWF_???", """
        RWF_HIPRI 0x1 RWF_DSYNC 0x2 RWF_SYNC 0x4 RWF_NOWAIT 0x8 RWF_APPEND 0x10 RWF_NOAPPEND 0x20
        RWF_ATOMIC 0x40 RWF_DONTCACHE 0x80 RWF_NOSIGNAL 0x100
        """)
    static let closeRangeFlags = ConstantTable("CLOSE_RANGE_???", "CLOSE_RANGE_UNSHARE 0x2 CLOSE_RANGE_CLOEXEC 0x4")
    static let directoryEntryTypes = ConstantTable("DT_???", """
        DT_UNKNOWN 0 DT_FIFO 1 DT_CHR 2 DT_DIR 4 DT_BLK 6 DT_REG 8 DT_LNK 10 DT_SOCK 12 DT_WHT 14
        """)
}
