// struct msghdr and the calls that carry one: sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2).

extension Decoder {
    private static let headerSize = 56
    /// `struct mmsghdr`: a header, the length of its message, padding.
    private static let multipleSize = 64
    /// The most messages the kernel takes at once (`UIO_MAXIOV`).
    private static let mostMessages: UInt64 = 1024
    /// Set in `kept` when there was something to keep.
    private static let hasKept: UInt64 = 1 << 32
    /// Set in `kept` when the first four of `keptWords` are a timeout.
    private static let hasTimeout: UInt64 = 1 << 33

    /// A message header whose contents the kernel reads.
    func messageHeader(_ address: UInt64) {
        object(address, Self.headerSize, evenOnError: true) { messageHeader($0, received: nil, nameRoom: nil) }
    }

    /// - Parameters:
    ///   - received: bytes received into the buffers; nil if the message is to be sent.
    ///   - nameRoom: `msg_namelen` as it was before the call, if the call may change it.
    private func messageHeader(_ b: Bytes, received: UInt64?, nameRoom: UInt32?) {
        let nameLength = Int32(bitPattern: b.u32(8))
        structure {
            field("msg_name")
            let room = nameRoom.map { Int32(bitPattern: $0) } ?? nameLength
            socketAddress(b.u64(0), length: Int(min(room, nameLength)))
            field("msg_namelen")
            if room != nameLength {
                out.signed(Int64(room))
                out.changed()
            }
            out.signed(Int64(nameLength))
            field("msg_iov")
            iovecs(b.u64(16), count: b.u64(24), limit: received) { $0.payload($1, $2) }
            field("msg_iovlen")
            out.unsigned(b.u64(24))
            let controlLength = b.u64(40)
            if controlLength > 0 {
                field("msg_control")
                controlMessages(b.u64(32), controlLength)
            }
            field("msg_controllen")
            out.unsigned(controlLength)
            field("msg_flags")
            flags(b.u32(48), .messageFlags)
        }
    }

    /// What a socket carries: netlink messages where it speaks netlink, a string otherwise.
    func payload(_ address: UInt64, _ count: UInt64, evenOnError: Bool = true) {
        if failed && !evenOnError {
            out.address(address)
            return
        }
        if count > 0, let socket = inspector.socketProtocol(fd: Int32(truncatingIfNeeded: self[0]), of: tid, call.memory),
            socket.family == 16
        {
            netlinkMessages(address, count, protocol: UInt64(UInt32(bitPattern: socket.protocol)))
        } else {
            buffer(address, count, evenOnError: true)
        }
    }

    /// recvmsg(2): the length of the name is what the tracee offers, then what there is.
    func recvmsgCall() -> Syscall.Progress {
        if entering {
            argument("sockfd")
            fd(self[0])
            if let length = readU32(self[1] &+ 8), read(self[1], Self.headerSize) != nil {
                kept = Self.hasKept | UInt64(length)
            }
            return .nextAtExit
        }
        let room = UInt32(truncatingIfNeeded: kept)
        argument("msg")
        if kept == 0 || !dereferencing {
            out.address(self[1])
        } else if failed {
            structure {
                field("msg_namelen")
                out.signed(Int64(Int32(bitPattern: room)))
            }
        } else {
            object(self[1], Self.headerSize) {
                messageHeader($0, received: UInt64(bitPattern: result), nameRoom: room)
            }
        }
        argument("flags")
        flags(self[2] & 0xffff_ffff, .messageFlags)
        return .complete
    }

    /// sendmmsg(2): how much of each message went is known at the end.
    func sendmmsgCall() -> Syscall.Progress {
        if entering {
            argument("sockfd")
            fd(self[0])
            return .nextAtExit
        }
        argument("msgvec")
        messages(count: self[2] & 0xffff_ffff, sent: failed ? 0 : Int(clamping: result))
        argument("vlen")
        uint(self[2])
        argument("flags")
        flags(self[3] & 0xffff_ffff, .messageFlags)
        return .complete
    }

    /// recvmmsg(2)
    func recvmmsgCall() -> Syscall.Progress {
        if entering {
            argument("sockfd")
            fd(self[0])
            keepReceiving()
            return .nextAtExit
        }
        argument("msgvec")
        if failed || kept == 0 {
            out.address(self[1])
        } else {
            messages(count: UInt64(bitPattern: result), sent: nil)
        }
        argument("vlen")
        uint(self[2])
        argument("flags")
        flags(self[3] & 0xffff_ffff, .messageFlags)
        argument("timeout")
        let hasTimeout = kept & Self.hasTimeout != 0
        if hasTimeout {
            // The kernel has replaced it by the time that is left.
            keptWords.withUnsafeBytes { raw in
                if let base = raw.baseAddress { structure(Bytes(base: base, count: 16), .timespec) }
            }
        } else {
            out.address(self[4])
        }
        if !failed, result > 0, hasTimeout, let left = read(self[4], 16) {
            out.beginNote()
            out.verbatim("left ")
            structure(left, .timespec)
            out.endNote()
        }
        return .complete
    }

    /// Keeps the timeout (four words, if there is one) and the names' lengths.
    private func keepReceiving() {
        var words: [UInt32] = []
        kept = Self.hasKept
        if self[4] != 0, dereferencing, let timeout = read(self[4], 16) {
            for i in 0..<4 { words.append(timeout.u32(i * 4)) }
            kept |= Self.hasTimeout
        }
        let count = min(self[2] & 0xffff_ffff, Self.mostMessages)
        let limit = abbreviating ? UInt64(clamping: options.stringLimit) : count
        for i in 0..<min(count, limit) {
            guard let length = readU32(self[1] &+ i &* UInt64(Self.multipleSize) &+ 8) else { break }
            words.append(length)
        }
        keptWords = words
    }

    /// - Parameter sent: how many messages were sent; nil if they were received.
    private func messages(count: UInt64, sent: Int?) {
        let names = kept & Self.hasTimeout != 0 ? 4 : 0
        var i = 0
        array(
            self[1], count: Int(clamping: count), stride: Self.multipleSize, evenOnError: sent != nil,
            limit: Int(Self.mostMessages)
        ) { b in
            let length = b.u32(56)
            structure {
                field("msg_hdr")
                let room = sent == nil && names + i < keptWords.count ? keptWords[names + i] : nil
                messageHeader(b, received: sent == nil ? UInt64(length) : nil, nameRoom: room)
                if sent.map({ i < $0 }) ?? true {
                    field("msg_len")
                    out.unsigned(UInt64(length))
                }
            }
            i += 1
        }
    }
}
