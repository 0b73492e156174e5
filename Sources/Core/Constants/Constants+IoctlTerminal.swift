// Terminals: <asm/termbits.h>, <asm/termios.h>, <linux/tty.h>.

extension ConstantTable {
    static let terminalInputFlags = ConstantTable("", """
        IGNBRK 1 BRKINT 2 IGNPAR 4 PARMRK 8 INPCK 16 ISTRIP 32 INLCR 64 IGNCR 128 ICRNL 256 IUCLC 512 IXON 1024
        IXANY 2048 IXOFF 4096 IMAXBEL 8192 IUTF8 16384
        """)
    static let terminalOutputFlags = ConstantTable("", """
        OPOST 1 OLCUC 2 ONLCR 4 OCRNL 8 ONOCR 16 ONLRET 32 OFILL 64 OFDEL 128
        """)
    static let terminalNewlineDelays = ConstantTable("NL???", "NL0 0x0 NL1 0x100")
    static let terminalReturnDelays = ConstantTable("CR???", "CR0 0x0 CR1 0x200 CR2 0x400 CR3 0x600")
    static let terminalTabDelays = ConstantTable("TAB???", "TAB0 0x0 TAB1 0x800 TAB2 0x1000 XTABS 0x1800")
    static let terminalBackspaceDelays = ConstantTable("BS???", "BS0 0x0 BS1 0x2000")
    static let terminalVerticalTabDelays = ConstantTable("VT???", "VT0 0x0 VT1 0x4000")
    static let terminalFormFeedDelays = ConstantTable("FF???", "FF0 0x0 FF1 0x8000")
    static let terminalControlFlags = ConstantTable("", """
        CSTOPB 0x40 CREAD 0x80 PARENB 0x100 PARODD 0x200 HUPCL 0x400 CLOCAL 0x800 CMSPAR 0x40000000
        CRTSCTS 0x80000000
        """)
    static let terminalCharacterSizes = ConstantTable("CS???", "CS5 0x0 CS6 0x10 CS7 0x20 CS8 0x30")
    static let terminalSpeeds = ConstantTable("B???", """
        B57600 0x1001 B115200 0x1002 B230400 0x1003 B460800 0x1004 B500000 0x1005 B576000 0x1006 B921600 0x1007
        B1000000 0x1008 B1152000 0x1009 B1500000 0x100a B2000000 0x100b B2500000 0x100c B3000000 0x100d
        B3500000 0x100e B4000000 0x100f B0 0x0 B50 0x1 B75 0x2 B110 0x3 B134 0x4 B150 0x5 B200 0x6 B300 0x7 B600 0x8
        B1200 0x9 B1800 0xa B2400 0xb B4800 0xc B9600 0xd B19200 0xe B38400 0xf BOTHER 0x1000
        """)
    static let inputSpeedShift = ConstantTable("", "IBSHIFT 16")
    static let terminalLocalFlags = ConstantTable("", """
        ISIG 0x1 ICANON 0x2 XCASE 0x4 ECHO 0x8 ECHOE 0x10 ECHOK 0x20 ECHONL 0x40 NOFLSH 0x80 IEXTEN 0x8000
        ECHOCTL 0x200 ECHOPRT 0x400 ECHOKE 0x800 FLUSHO 0x1000 PENDIN 0x4000 TOSTOP 0x100 EXTPROC 0x10000
        """)
    static let terminalLineDisciplines = ConstantTable("N_???", """
        N_TTY 0x0 N_SLIP 0x1 N_MOUSE 0x2 N_PPP 0x3 N_STRIP 0x4 N_AX25 0x5 N_X25 0x6 N_6PACK 0x7 N_MASC 0x8
        N_R3964 0x9 N_PROFIBUS_FDL 0xa N_IRDA 0xb N_SMSBLOCK 0xc N_HDLC 0xd N_SYNC_PPP 0xe N_HCI 0xf
        N_GIGASET_M101 0x10 N_SLCAN 0x11 N_PPS 0x12 N_V253 0x13 N_CAIF 0x14 N_GSM0710 0x15 N_TI_WL 0x16
        N_TRACESINK 0x17 N_TRACEROUTER 0x18 N_NCI 0x19 N_SPEAKUP 0x1a N_NULL 0x1b N_MCTP 0x1c N_DEVELOPMENT 0x1d
        N_CAN327 0x1e
        """)
    static let terminalControlCharacters = ConstantTable("", """
        VINTR 0 VQUIT 1 VERASE 2 VKILL 3 VEOF 4 VTIME 5 VMIN 6 VSWTC 7 VSTART 8 VSTOP 9 VSUSP 10 VEOL 11 VREPRINT 12
        VDISCARD 13 VWERASE 14 VLNEXT 15 VEOL2 16 17 17 18 18
        """)
    static let modemLines = ConstantTable("TIOCM_???", """
        TIOCM_LE 0x1 TIOCM_DTR 0x2 TIOCM_RTS 0x4 TIOCM_ST 0x8 TIOCM_SR 0x10 TIOCM_CTS 0x20 TIOCM_CAR 0x40
        TIOCM_RNG 0x80 TIOCM_DSR 0x100 TIOCM_OUT1 0x2000 TIOCM_OUT2 0x4000 TIOCM_LOOP 0x8000
        """)
    static let terminalFlowActions = ConstantTable("TC???", "TCOOFF 0x0 TCOON 0x1 TCIOFF 0x2 TCION 0x3")
    static let terminalFlushQueues = ConstantTable("TC???", "TCIFLUSH 0x0 TCOFLUSH 0x1 TCIOFLUSH 0x2")
}
