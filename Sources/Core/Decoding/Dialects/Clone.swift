// clone(2) and clone3(2).

private let childCleared: UInt64 = 0x0020_0000
private let childSet: UInt64 = 0x0100_0000
private let parentSet: UInt64 = 0x0010_0000
private let descriptor: UInt64 = 0x1000
private let threadStorage: UInt64 = 0x0008_0000
private let intoControlGroup: UInt64 = 1 << 33
/// The `struct clone_args` known here.
private let known: UInt64 = 88

extension Decoder {
    /// clone(2): arguments are told by name, and only those that the flags ask for.
    func cloneCall() -> Syscall.Progress {
        #if arch(x86_64)
        let tls = 4, child = 3
        #else
        let tls = 3, child = 4
        #endif
        let flags = call[0]
        let told = descriptor | parentSet | childSet | childCleared | threadStorage
        if entering {
            named("child_stack=")
            out.address(call[1])
            named("flags=")
            cloneFlags(flags & 0xffff_ffff)
            return flags & told == 0 ? .complete : .nextAtExit
        }
        if flags & (parentSet | descriptor) != 0 {
            named("parent_tid=")
            pointee(call[2], 4) { b in
                if flags & parentSet != 0 { pid(UInt64(b.u32(0)), .tid) } else { fd(UInt64(b.u32(0))) }
            }
        }
        if flags & threadStorage != 0 {
            named("tls=")
            out.hex(call[tls])
        }
        if flags & (childSet | childCleared) != 0 {
            named("child_tidptr=")
            out.address(call[child])
        }
        return .complete
    }

    /// An argument that carries its name with and without `-N`.
    private func named(_ name: Name) {
        argument("")
        out.verbatim(name)
    }

    /// `CLONE_VM|SIGCHLD`: the low byte is the signal that the child's end sends.
    private func cloneFlags(_ v: UInt64) {
        let signal = v & 0xff
        if v & ~0xff != 0 {
            flags(v & ~0xff, .cloneFlags)
            if signal == 0 { return }
            out.verbatim("|")
        }
        self.signal(signal)
    }

    /// clone3(2): `struct clone_args`, and what the kernel stored through it.
    func clone3Call() -> Syscall.Progress {
        let size = min(call[1], 4096)
        guard entering else {
            cloneResults(size)
            argument("size")
            out.unsigned(call[1])
            return .complete
        }
        argument("cl_args")
        guard size >= 64, follows(call[0]), let b = read(call[0], Int(min(size, known))) else {
            out.address(call[0])
            argument("size")
            out.unsigned(call[1])
            return .complete
        }
        cloneArguments(b, size)
        return .sameAtExit
    }

    private func cloneArguments(_ b: Bytes, _ size: UInt64) {
        let flags = b.u64(0)
        structure {
            field("flags")
            self.flags(flags, .clone3Flags)
            if flags & descriptor != 0 { pointerField("pidfd", b.u64(8)) }
            if flags & (childSet | childCleared) != 0 { pointerField("child_tid", b.u64(16)) }
            if flags & parentSet != 0 { pointerField("parent_tid", b.u64(24)) }
            field("exit_signal")
            let number = b.u64(32)
            if number < 0x8000_0000 { signal(number) } else { out.unsigned(number) }
            pointerField("stack", b.u64(40))
            field("stack_size")
            out.hex(b.u64(48))
            if flags & threadStorage != 0 { pointerField("tls", b.u64(56)) }
            if b.u64(64) != 0 || b.u64(72) != 0 {
                field("set_tid")
                let count = b.u64(72)
                // MAX_PID_NS_LEVEL
                if count == 0 || count > 32 {
                    out.address(b.u64(64))
                } else {
                    array(b.u64(64), count: Int(count), stride: 4) { pid(UInt64($0.u32(0)), .tid) }
                }
                field("set_tid_size")
                out.unsigned(count)
            }
            if b.count >= 88, flags & intoControlGroup != 0 || b.u64(80) != 0 {
                field("cgroup")
                if flags & intoControlGroup != 0 { fd(b.u64(80)) } else { out.unsigned(b.u64(80)) }
            }
            trailingBytes(call[0], size: size, known: Int(known))
        }
    }

    /// ` => {pidfd=[3]}`, and bytes that only a newer kernel knows.
    private func cloneResults(_ size: UInt64) {
        guard !failed, let b = read(call[0], Int(min(size, known))) else { return }
        let flags = b.u64(0)
        guard flags & (descriptor | parentSet) != 0 || hasTrailingBytes(call[0], size: size, known: Int(known)) else { return }
        out.changed()
        structure {
            if flags & descriptor != 0 {
                field("pidfd")
                pointee(b.u64(8), 4) { fd(UInt64($0.u32(0))) }
            }
            if flags & parentSet != 0 {
                field("parent_tid")
                pointee(b.u64(24), 4) { pid(UInt64($0.u32(0)), .tid) }
            }
            trailingBytes(call[0], size: size, known: Int(known))
        }
    }

    private func pointerField(_ name: Name, _ v: UInt64) {
        field(name)
        out.address(v)
    }
}
