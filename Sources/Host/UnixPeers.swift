/// Who the other ends of unix(7) sockets were: the kernel forgets it when an end closes, and strace shows it still.
public struct UnixPeers {
    private var peers: [UInt64: UInt64] = [:]
    /// As many are remembered at most; then all are learnt anew.
    private static let limit = 4096

    public init() {}

    /// The peer that a socket has, or had last, all by their inodes; 0: none that is known.
    public mutating func last(_ peer: UInt64, of inode: UInt64) -> UInt64 {
        guard peer != 0 else { return peers[inode] ?? 0 }
        if peers.count >= Self.limit { peers.removeAll() }
        peers[inode] = peer
        return peer
    }
}
