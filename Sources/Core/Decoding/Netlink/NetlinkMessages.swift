// netlink(7)

extension Decoder {
    /// The messages of a netlink socket's buffer.
    func netlinkMessages(_ address: UInt64, _ count: UInt64, protocol: UInt64) {
        buffer(address, count, evenOnError: true)
    }
}
