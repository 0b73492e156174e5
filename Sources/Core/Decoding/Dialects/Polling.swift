// poll(2), select(2) and kin: what became ready is told behind the result.

extension Decoder {
    /// poll(2) and ppoll(2).
    func pollCall() -> Syscall.Progress {
        guard exiting else {
            rowArguments()
            return .sameAtExit
        }
        guard !failed, !timedOut() else { return .complete }
        let remaining = call.syscall?.name == "ppoll" ? call[2] : 0
        let count = min(call[1] & 0xffff_ffff, 1 << 20)
        guard call[0] != 0, call[0] &+ count &* 8 >= call[0] else { return .complete }
        var noted = false
        var shown = 0
        for i in 0..<count {
            let address = call[0] &+ i &* 8
            let b = read(address, 8)
            if let b, b.u16(6) == 0 { continue }
            if !noted {
                out.beginNote()
                out.element()
                out.beginArray()
                noted = true
            }
            guard !abbreviating || shown < options.stringLimit else {
                out.more()
                break
            }
            out.element()
            guard let b else {
                out.address(address)
                break
            }
            structure {
                field("fd")
                int(b.i32(0))
                field("revents")
                flags(UInt64(b.u16(6)), .pollEvents)
            }
            shown += 1
        }
        if noted { out.endArray() }
        if remaining != 0 {
            if !noted { out.beginNote() }
            noted = true
            left { timespec(remaining) }
        }
        if noted { out.endNote() }
        return .complete
    }

    /// select(2) and pselect6(2).
    func selectCall() -> Syscall.Progress {
        guard exiting else {
            rowArguments()
            return .sameAtExit
        }
        guard !failed, !timedOut() else { return .complete }
        out.beginNote()
        out.emptyNote()
        var ready = call.result
        for (i, name) in [(1, "in " as Name), (2, "out "), (3, "except ")] where ready > 0 {
            guard let set = descriptorSet(call[i]) else { continue }
            var opened = false
            set.forEach { fd in
                guard ready > 0 else { return }
                if !opened {
                    out.element()
                    out.verbatim(name)
                    out.beginArray()
                    opened = true
                }
                out.member()
                int(fd)
                ready -= 1
            }
            if opened { out.endArray() }
        }
        if call[4] != 0 {
            left { if call.syscall?.name == "select" { timeval(call[4]) } else { timespec(call[4]) } }
        }
        out.endNote()
        return .complete
    }

    /// Says that nothing happened in time, if so.
    private func timedOut() -> Bool {
        guard call.result == 0 else { return false }
        out.beginNote()
        out.element()
        out.verbatim("Timeout")
        out.endNote()
        return true
    }

    private func left(_ time: () -> Void) {
        out.element()
        out.verbatim("left ")
        time()
    }

    /// A pollfd as it is asked: events are of no interest where the descriptor is negative.
    func pollDescriptor(_ b: Bytes) {
        structure {
            field("fd")
            fd(UInt64(b.u32(0)))
            if b.i32(0) >= 0 {
                field("events")
                flags(UInt64(b.u16(4)), .pollEvents)
            }
        }
    }

    /// `[3 4]`: a set of descriptors, of which the call's first argument tells the size.
    func descriptors(_ address: UInt64) {
        guard dereferencing, let set = descriptorSet(address) else {
            out.address(address)
            return
        }
        out.beginArray()
        set.forEach { n in
            out.member()
            fd(UInt64(UInt32(bitPattern: n)))
        }
        out.endArray()
    }

    private func descriptorSet(_ address: UInt64) -> DescriptorBits? {
        let limit = Int(Int32(truncatingIfNeeded: call[0]))
        guard address != 0, limit > 0 else { return nil }
        let count = min(limit, DescriptorBits.largest)
        return read(address, (count + 63) / 64 * 8).map { DescriptorBits(bits: $0, count: count) }
    }

    /// The two words that pselect6(2) and io_pgetevents(2) take for a signal set.
    func sizedSignalSet(_ address: UInt64) {
        object(address, 16, evenOnError: true) { b in
            structure {
                field("sigmask")
                signalMask(b.u64(0), size: b.u64(8))
                field("sigsetsize")
                out.unsigned(b.u64(8))
            }
        }
    }
}

/// The bits of an `fd_set`.
private struct DescriptorBits {
    /// More descriptors than `fs.nr_open` usually allows.
    static let largest = 1 << 20

    let bits: Bytes
    let count: Int

    func forEach(_ body: (Int32) -> Void) {
        for word in 0..<(count + 63) / 64 {
            var rest = bits.u64(word * 8)
            while rest != 0 {
                let n = word * 64 + rest.trailingZeroBitCount
                guard n < count else { return }
                body(Int32(n))
                rest &= rest - 1
            }
        }
    }
}
