extension Decoder {
    /// membarrier(2): the answer to a query is a set of commands.
    func membarrierCall() -> Syscall.Progress {
        if exiting {
            if call[0] & 0xffff_ffff == 0, call.result > 0 {
                resultStyle = .hex
                out.beginNote()
                flags(UInt64(bitPattern: call.result), .membarrierCommands)
                out.endNote()
            }
            return .complete
        }
        rowArguments()
        return .sameAtExit
    }
}
