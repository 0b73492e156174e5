// futex(2): which arguments there are depends on the operation.

extension StructLayout {
    /// `struct futex_waitv`
    static let futexWaiter = StructLayout(size: 24, [
        .init("val", 0, .hex), .init("uaddr", 8, .address),
        .init("flags") { d, b in d.futexFlags(UInt64(b.u32(16))) },
        .init("__reserved", 20, .hex32, .nonzero),
    ])
}

extension Decoder {
    func futexCall() -> Syscall.Progress {
        guard entering else { return .complete }
        let operation = call[1] & 0xffff_ffff
        argument("uaddr")
        out.address(call[0])
        argument("futex_op")
        futexOperation(operation)
        func value() {
            argument("val")
            uint(call[2])
        }
        func timeout() {
            argument("timeout")
            timespec(call[3])
        }
        func count() {
            argument("val2")
            uint(call[3])
        }
        func second() {
            argument("uaddr2")
            out.hex(call[4])
        }
        switch operation & 127 {
        case 0:
            value()
            timeout()
        case 1, 2: value()
        case 3:
            value()
            count()
            second()
        case 4, 12:
            value()
            count()
            second()
            argument("val3")
            uint(call[5])
        case 5:
            value()
            count()
            second()
            argument("val3")
            futexWakeOperation(call[5])
        case 6, 13: timeout()
        case 7, 8: break
        case 9:
            value()
            timeout()
            futexBits()
        case 10:
            value()
            futexBits()
        case 11:
            value()
            timeout()
            second()
        default:
            value()
            argument("timeout")
            out.address(call[3])
            second()
            argument("val3")
            out.hex(call[5] & 0xffff_ffff)
        }
        if operation & 127 == 2 { resultStyle = .fd }
        return .complete
    }

    private func futexOperation(_ v: UInt64) {
        let mark: UInt64 = 256
        // Only these take a clock.
        let takesClock = switch v & 127 {
        case 0, 9, 11: true
        default: false
        }
        guard v & mark != 0, takesClock, let name = ConstantTable.futexOperations.name(of: v & ~mark) else {
            enumerated(v, .futexOperations)
            return
        }
        if out.beginSymbolic(v, radix: .hex) {
            out.symbol(name)
            out.symbol("FUTEX_CLOCK_REALTIME")
            out.endSymbolic()
        }
    }

    private func futexBits() {
        argument("val3")
        enumerated(call[5] & 0xffff_ffff, .futexBitsets)
    }

    /// `FUTEX_OP_ADD<<28|0x1<<12|FUTEX_OP_CMP_EQ<<24|0x2`
    private func futexWakeOperation(_ v: UInt64) {
        let v = v & 0xffff_ffff
        if v >> 28 & 8 != 0 {
            enumerated(UInt64(8), .futexWakeShift)
            out.verbatim("<<28|")
        }
        shifted(v >> 28 & 7, .futexWakeOperations, "<<28")
        out.verbatim("|")
        out.hex(v >> 12 & 0xfff)
        out.verbatim("<<12|")
        shifted(v >> 24 & 0xf, .futexWakeComparisons, "<<24")
        out.verbatim("|")
        out.hex(v & 0xfff)
    }

    private func shifted(_ v: UInt64, _ table: ConstantTable, _ shift: Name) {
        if options.constants != .raw, table.name(of: v) != nil {
            enumerated(v, table)
            out.verbatim(shift)
        } else {
            out.hex(v)
            out.verbatim(shift)
            out.comment(table.unknown)
        }
    }

    /// FUTEX2 flags: a size and bits.
    func futexFlags(_ v: UInt64) {
        enumerated(v & 0xffff_ffff, mask: 3, .futexSizes, flags: .futexFlags)
    }

    /// An array of waiters, of which the kernel takes 128.
    func futexWaiters(_ address: UInt64, count: UInt64) {
        let most = 128
        var shown = 0
        array(address, count: Int(min(count & 0xffff_ffff, UInt64(most + 1))), stride: 24) { b in
            shown += 1
            if shown > most { out.verbatim("...") } else { structure(b, .futexWaiter) }
        }
    }
}
