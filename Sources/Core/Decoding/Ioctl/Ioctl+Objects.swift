// Descriptors of the kernel's own objects: epoll, inotify, pidfds, namespaces, userfaultfd,
// udmabuf, counters.

extension IoctlRequest {
    static let objects: [IoctlRequest] = [
        .init("EPIOCSPARAMS", 0x40088a01, .read(.structure(.epollParameters))),
        .init("EPIOCGPARAMS", 0x80088a02, .written(.structure(.epollParameters))),
        .init("INOTIFY_IOC_SETNEXTWD", 0x40044900, .value(.int)),
        .init("COUNTER_ADD_WATCH_IOCTL", 0x40063e00, .read(.structure(.counterWatch))),
        .init("COUNTER_ENABLE_EVENTS_IOCTL", 0x3e01, .none),
        .init("COUNTER_DISABLE_EVENTS_IOCTL", 0x3e02, .none),
        .init("UDMABUF_CREATE", 0x40187542, .read(.structure(.udmabufCreate)), returns: .fd),
        .init("UDMABUF_CREATE_LIST", 0x40087543, .read(.custom { $0.udmabufList($1) }), returns: .fd,
            capture: .all([.memory(.field(4), scale: 24, plus: 8, most: 1 << 15), .at(8, .descriptors(.field(4), stride: 24))])),
        .init("NS_GET_USERNS", 0xb701, .none, returns: .fd),
        .init("NS_GET_PARENT", 0xb702, .none, returns: .fd),
        .init("NS_GET_NSTYPE", 0xb703, .noted { $0.enumerated(UInt64(bitPattern: $0.result), .namespaceTypes) }),
        .init("NS_GET_OWNER_UID", 0xb704, .written(.pointee(.id))),
        .init("NS_GET_MNTNS_ID", 0x8008b705, .written(.pointee(.hex))),
        .init("NS_GET_PID_FROM_PIDNS", 0x8004b706, .value(.int), returns: .tid),
        .init("NS_GET_TGID_FROM_PIDNS", 0x8004b707, .value(.int), returns: .pid),
        .init("NS_GET_PID_IN_PIDNS", 0x8004b708, .value(.tid)),
        .init("NS_GET_TGID_IN_PIDNS", 0x8004b709, .value(.pid)),
    ]

    /// Requests whose structure has grown: older and newer programs know other sizes of it.
    static func objects(_ code: Code) -> IoctlRequest? {
        switch (code.type, code.number) {
        case (0xff, 0x0b) where code.direction == 3 && code.size >= 64:
            IoctlRequest("PIDFD_GET_INFO", code.value, .dialect { $0.pidfdInfo(code.size) })
        case (0xb7, 0x0a...0x0c) where code.direction == Code.read && code.size >= StructLayout.mountNamespaceInfo.size:
            IoctlRequest(
                "NS_MNT_GET_*", code.value, .written(.structure(.mountNamespaceInfo)),
                returns: code.number == 0x0a ? .decimal : .fd)
        default:
            nil
        }
    }
}

extension StructLayout {
    static let counterComponent = StructLayout(size: 4, [
        .init("type", 0, .enumerated(.counterComponents), width: 1),
        .init("scope", 1, .enumerated(.counterScopes), width: 1), .init("parent", 2, .uint, width: 1),
        .init("id", 3, .uint, width: 1),
    ])
    static let counterWatch = StructLayout(size: 6, [
        .init("component") { d, b in d.structure(b.slice(0, 4), .counterComponent) },
        .init("event", 4, .enumerated(.counterEvents), width: 1), .init("channel", 5, .uint, width: 1),
    ])
    static let mountNamespaceInfo = StructLayout(size: 16, [
        .init("size", 0, .uint), .init("nr_mounts", 4, .uint), .init("mnt_ns_id", 8, .hex),
    ])
    static let udmabufCreate = StructLayout(size: 24, [
        .init("memfd", 0, .fd), .init("flags", 4, .flags(.udmabufFlags)), .init("offset", 8, .ulong),
        .init("size", 16, .ulong),
    ])
    static let udmabufItem = StructLayout(size: 24, [
        .init("memfd", 0, .fd), .init("offset", 8, .ulong), .init("size", 16, .ulong),
    ])
    static let epollParameters = StructLayout(size: 8, [
        .init("busy_poll_usecs") { d, b in
            d.out.unsigned(UInt64(b.u32(0)))
            d.secondsComment(Int64(b.u32(0)), digits: 6)
        },
        .init("busy_poll_budget", 4, .uint, width: 2),
        .init("prefer_busy_poll", 6, .hex32, width: 1), .init("__pad", 7, .hex32, width: 1, .nonzero),
    ])
}

extension Decoder {
    /// `{flags=…, count=2, list=[{…}, {…}]}`
    fileprivate func udmabufList(_ address: UInt64) {
        let header = 8
        object(address, header) { b in
            structure {
                field("flags")
                flags(b.u32(0), .udmabufFlags)
                field("count")
                out.unsigned(UInt64(b.u32(4)))
                field("list")
                array(
                    address &+ UInt64(header), count: Int(b.u32(4)), stride: StructLayout.udmabufItem.size, evenOnError: true
                ) { structure($0, .udmabufItem) }
            }
        }
    }

    /// `{mask=asked => told, pid=…}`: the mask says which fields there are, the request how
    /// many of them the program knows.
    fileprivate func pidfdInfo(_ size: Int) -> Syscall.Progress {
        extended(call[2], min(size, 88)) { b in
            if entering {
                kept = b.u64(0)
                field("mask")
                flags64(b.u64(0))
                return
            }
            guard !failed else { return }
            let mask = b.u64(0)
            if mask != kept {
                out.changed()
                flags64(mask)
            }
            func has(_ bit: UInt64, _ end: Int) -> Bool { mask & bit != 0 && end <= b.count }
            func number(_ name: Name, _ offset: Int, _ kind: ValueKind) {
                field(name)
                value(kind, UInt64(b.u32(offset)), out: false)
            }
            if has(4, 16) {
                field("cgroupid")
                out.unsigned(b.u64(8))
            }
            if has(1, 28) {
                number("pid", 16, .tid)
                number("tgid", 20, .pid)
                number("ppid", 24, .pid)
            }
            if has(2, 60) {
                let names: [Name] = ["ruid", "rgid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid"]
                for (i, name) in names.enumerated() { number(name, 28 + 4 * i, .id) }
            }
            if has(8, 64) {
                field("exit_code")
                out.beginArray()
                out.element()
                waitStatus(b.u32(60))
                out.endArray()
            }
            if has(0x10, 68) { number("coredump_mask", 64, .flags(.pidfdCoredumpMask)) }
            if has(0x40, 72) { number("coredump_signal", 68, .signal) }
            if has(0x80, 80) { number("coredump_code", 72, .uint) }
            if has(0x20, 88) {
                field("supported_mask")
                flags64(b.u64(80))
            }
        }
    }

    private func flags64(_ mask: UInt64) { flags(mask, .pidfdInfoMask) }
}
