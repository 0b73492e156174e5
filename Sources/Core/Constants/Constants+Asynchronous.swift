// Constants of waiting for many things: poll(2), epoll(7), eventfd(2), signalfd(2), timerfd_create(2), aio.

extension ConstantTable {
    static let pollEvents = ConstantTable("POLL???", """
        POLLIN 1 POLLPRI 2 POLLOUT 4 POLLERR 8 POLLHUP 0x10 POLLNVAL 0x20 POLLRDNORM 0x40 POLLRDBAND 0x80
        POLLWRNORM 0x100 POLLWRBAND 0x200 POLLMSG 0x400 POLLREMOVE 0x1000 POLLRDHUP 0x2000 POLL_BUSY_LOOP 0x8000
        """)
    static let epollEvents = ConstantTable("EPOLL???", """
        EPOLLIN 1 EPOLLPRI 2 EPOLLOUT 4 EPOLLERR 8 EPOLLHUP 0x10 EPOLLNVAL 0x20 EPOLLRDNORM 0x40 EPOLLRDBAND 0x80
        EPOLLWRNORM 0x100 EPOLLWRBAND 0x200 EPOLLMSG 0x400 EPOLLRDHUP 0x2000 EPOLLEXCLUSIVE 0x10000000
        EPOLLWAKEUP 0x20000000 EPOLLONESHOT 0x40000000 EPOLLET 0x80000000
        """)
    static let epollOperations = ConstantTable("EPOLL_CTL_???", """
        EPOLL_CTL_ADD 1 EPOLL_CTL_DEL 2 EPOLL_CTL_MOD 3
        """)
    static let epollFlags = ConstantTable("EPOLL_???", "EPOLL_CLOEXEC 02000000")
    static let eventfdFlags = ConstantTable("EFD_???", "EFD_SEMAPHORE 1 EFD_CLOEXEC 02000000 EFD_NONBLOCK 04000")
    static let signalfdFlags = ConstantTable("SFD_???", "SFD_CLOEXEC 02000000 SFD_NONBLOCK 04000")
    static let timerfdFlags = ConstantTable("TFD_???", """
        TFD_TIMER_ABSTIME 1 TFD_TIMER_CANCEL_ON_SET 2 TFD_CLOEXEC 02000000 TFD_NONBLOCK 04000
        """)
}

// Asynchronous I/O of the kernel: io_submit(2).
extension ConstantTable {
    static let aioCommands = ConstantTable("IOCB_CMD_???", """
        IOCB_CMD_PREAD 0 IOCB_CMD_PWRITE 1 IOCB_CMD_FSYNC 2 IOCB_CMD_FDSYNC 3 IOCB_CMD_PREADX 4 IOCB_CMD_POLL 5
        IOCB_CMD_NOOP 6 IOCB_CMD_PREADV 7 IOCB_CMD_PWRITEV 8
        """)
    static let aioFlags = ConstantTable("IOCB_FLAG_???", "IOCB_FLAG_RESFD 1 IOCB_FLAG_IOPRIO 2")
}
