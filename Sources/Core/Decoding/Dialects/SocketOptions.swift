// getsockopt(2), setsockopt(2)

extension Decoder {
    func getsockoptCall() -> Syscall.Progress { .complete }
    func setsockoptCall() -> Syscall.Progress { .complete }
}
