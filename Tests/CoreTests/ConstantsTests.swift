import Foundation
import RenacerCore
import Testing

/// The constants of the tables are those of the kernel's and the C library's headers.
///
/// `UAPI_INCLUDE` in the environment names a folder of headers that go before the
/// installed ones, such as those of a newer kernel.
@Suite struct ConstantsTests {
    /// Headers that compile together. Those of one list conflict with those of the next.
    private static let translationUnits: [String] = [
        """
        asm/mman.h asm/prctl.h asm/ptrace-abi.h asm/signal.h asm/termbits.h linux/aio_abi.h linux/audit.h linux/ax25.h linux/bfs_fs.h
        linux/blkpg.h linux/blkzoned.h linux/bpf.h linux/bpf_common.h linux/bsg.h linux/btrfs.h linux/caif/caif_socket.h
        linux/can.h linux/can/raw.h linux/capability.h linux/cgroupstats.h linux/close_range.h linux/counter.h linux/cryptouser.h
        linux/dcbnl.h linux/dccp.h linux/devlink.h linux/dm-ioctl.h linux/dqblk_xfs.h linux/errno.h linux/ethtool_netlink.h
        linux/eventpoll.h linux/fadvise.h linux/falloc.h linux/fanotify.h linux/fcntl.h linux/fib_rules.h
        linux/fiemap.h linux/filter.h linux/fs.h linux/fsmap.h linux/futex.h linux/gen_stats.h linux/genetlink.h
        linux/gfs2_ondisk.h linux/gpio.h linux/hw_breakpoint.h linux/if_addr.h linux/if_addrlabel.h linux/if_alg.h linux/if_bridge.h
        linux/if_ether.h linux/if_link.h linux/if_packet.h linux/if_pppol2tp.h linux/if_tun.h linux/if_xdp.h
        linux/in.h linux/in6.h linux/inet_diag.h linux/inotify.h linux/input-event-codes.h linux/io_uring.h
        linux/ioam6_genl.h linux/ioprio.h linux/ip.h linux/ipc.h linux/ipv6.h linux/kcm.h linux/kcmp.h linux/kd.h linux/kexec.h
        linux/keyctl.h linux/landlock.h linux/lirc.h linux/loop.h linux/lsm.h linux/lwtunnel.h linux/magic.h
        linux/membarrier.h linux/memfd.h linux/mempolicy.h linux/mman.h linux/module.h linux/mount.h linux/mpls.h
        linux/mroute.h linux/mroute6.h linux/msg.h linux/nbd.h linux/neighbour.h linux/net_namespace.h
        linux/netconf.h linux/netdev.h linux/netfilter/ipset/ip_set.h linux/netfilter/nf_tables.h linux/netfilter/nf_tables_compat.h linux/netfilter/nfnetlink.h
        linux/netfilter/nfnetlink_acct.h linux/netfilter/nfnetlink_conntrack.h
        linux/netfilter/nfnetlink_cthelper.h linux/netfilter/nfnetlink_cttimeout.h
        linux/netfilter/nfnetlink_hook.h linux/netfilter/nfnetlink_log.h linux/netfilter/nfnetlink_osf.h
        linux/netfilter/nfnetlink_queue.h linux/netlink.h linux/netlink_diag.h linux/nexthop.h linux/nfc.h
        linux/nl80211.h linux/nsfs.h linux/openat2.h linux/packet_diag.h linux/perf_event.h linux/personality.h
        linux/pidfd.h linux/pkt_cls.h linux/pkt_sched.h linux/prctl.h linux/ptp_clock.h linux/ptrace.h linux/qrtr.h
        linux/quota.h linux/random.h linux/rds.h linux/reboot.h linux/resource.h linux/romfs_fs.h linux/rseq.h linux/rtc.h
        linux/rtnetlink.h linux/rxrpc.h linux/sched.h linux/seccomp.h linux/securebits.h linux/seg6_genl.h
        linux/selinux_netlink.h linux/sem.h linux/serial.h linux/shm.h linux/signal.h linux/signalfd.h
        linux/smc_diag.h linux/snmp.h linux/sock_diag.h linux/socket.h linux/stat.h linux/taskstats.h linux/tcp.h
        linux/tcp_metrics.h linux/tee.h linux/thermal.h linux/time.h linux/timerfd.h linux/timex.h linux/tipc.h
        linux/tls.h linux/tty.h linux/udmabuf.h linux/udp.h linux/unix_diag.h linux/userfaultfd.h linux/v4l2-controls.h
        linux/wait.h linux/watchdog.h linux/xattr.h linux/xfrm.h mtd/mtd-abi.h mtd/ubi-user.h scsi/sg.h
        """,
        """
        linux/icmp.h linux/icmpv6.h linux/if.h linux/if_arp.h linux/if_bonding.h linux/if_pppox.h linux/input.h
        linux/llc.h linux/mctp.h linux/netfilter_arp/arp_tables.h linux/netfilter_ipv4/ip_tables.h
        linux/netfilter_ipv6/ip6_tables.h linux/phonet.h linux/sctp.h linux/videodev2.h linux/vm_sockets.h
        dirent.h elf.h errno.h fcntl.h netatalk/at.h netax25/ax25.h netinet/tcp.h netinet/udp.h netipx/ipx.h
        netiucv/iucv.h netrom/netrom.h netrose/rose.h poll.h sched.h signal.h sys/epoll.h sys/eventfd.h sys/file.h
        sys/inotify.h sys/ipc.h sys/mman.h sys/mount.h sys/msg.h sys/personality.h sys/prctl.h sys/ptrace.h
        sys/random.h sys/resource.h sys/sem.h sys/shm.h sys/socket.h sys/stat.h sys/statvfs.h sys/swap.h sys/time.h sys/timerfd.h
        sys/timex.h sys/wait.h sys/xattr.h unistd.h
        """,
        """
        sys/types.h sys/socket.h netinet/in.h net/if.h linux/mptcp.h linux/netfilter_bridge/ebtables.h net/if_arp.h
        netinet/ip.h netinet/ip_icmp.h netpacket/packet.h
        """,
    ]

    /// glibc gives these 64-bit programs the numbers of the calls without `64`.
    private static let renumbered: Set<String> = ["F_GETLK64", "F_SETLK64", "F_SETLKW64"]

    @Test func everyConstantHasTheValueOfTheHeaders() throws {
        let ours = try constants()
        var theirs: [String: Set<UInt64>] = [:]
        for headers in Self.translationUnits {
            for (name, value) in try values(of: Set(ours.keys), in: headers) { theirs[name, default: []].insert(value) }
        }
        var wrong: [String] = []
        for (name, values) in theirs.sorted(by: { $0.key < $1.key }) where !Self.renumbered.contains(name) {
            guard let expected = ours[name] else { continue }
            let agree = expected.contains { a in values.contains { b in a == b || Self.agree(a, b) } }
            if !agree { wrong.append("\(name) \(expected.map(hex)) is \(values.map(hex))") }
        }
        #expect(wrong == [])
        #expect(theirs.count > 5000)
    }

    /// Equal as 32-bit values, where one of them is that narrow.
    private static func agree(_ a: UInt64, _ b: UInt64) -> Bool {
        UInt32(truncatingIfNeeded: a) == UInt32(truncatingIfNeeded: b) && (a >> 32 == 0 || b >> 32 == 0)
    }

    private func hex(_ v: UInt64) -> String { "0x" + String(v, radix: 16) }

    /// Every constant of the tables by name, with the values that tables give it: those of
    /// an enumeration that differs by architecture are several.
    private func constants() throws -> [String: Set<UInt64>] {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Core").standardizedFileURL
        var result: [String: Set<UInt64>] = [:]
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" && file.lastPathComponent != "CompatTables.swift" {
            let pieces = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "ConstantTable(\"").dropFirst()
            for piece in pieces {
                // `O_???", """ … """)` or `O_???", "…")`
                let parts = piece.components(separatedBy: "\"")
                let text = parts.count > 4 && parts[2].isEmpty && parts[3].isEmpty ? parts[4] : parts.count > 2 ? parts[2] : ""
                let words = text.split(whereSeparator: \.isWhitespace)
                for i in stride(from: 0, to: words.count - 1, by: 2) {
                    let value = try #require(Self.number(words[i + 1]), "\(words[i]) \(words[i + 1])")
                    result[String(words[i]), default: []].insert(value)
                }
            }
        }
        return result.filter { $0.key.utf8.first.map { $0 == 0x5f || $0 >= 0x41 && $0 <= 0x5a } ?? false }
    }

    private static func number(_ t: Substring) -> UInt64? {
        if t.hasPrefix("0x") { return UInt64(t.dropFirst(2), radix: 16) }
        if t.hasPrefix("1<<") { return UInt64(t.dropFirst(3)).map { 1 << $0 } }
        if t.hasPrefix("-") { return Int64(t).map { UInt64(bitPattern: $0) } }
        return UInt64(t, radix: t.hasPrefix("0") && t.count > 1 ? 8 : 10)
    }

    // MARK: The headers

    /// The values that headers give to those of the names that they define.
    private func values(of names: Set<String>, in headers: String) throws -> [(String, UInt64)] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "constants-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let includes = (["stdio.h", "stddef.h", "stdint.h"] + headers.split(whereSeparator: \.isWhitespace).map(String.init))
            .map { "#if __has_include(<\($0)>)\n#include <\($0)>\n#endif\n" }.joined()
        let source = folder.appending(path: "constants.c")
        let program = folder.appending(path: "constants")
        try includes.write(to: source, atomically: true, encoding: .utf8)
        let known = Self.definitions(in: try run("cc", ["-E", "-dD", "-P"] + Self.flags + [source.path])).intersection(names)
        let lines = known.sorted().map { "P(\($0));\n" }.joined()
        try (includes + "#define P(n) printf(\"%s %llu\\n\", #n, (unsigned long long)(n))\nint main(void) {\n\(lines)}\n")
            .write(to: source, atomically: true, encoding: .utf8)
        _ = try run("cc", Self.flags + ["-o", program.path, source.path])
        return try run(program.path, []).split(separator: 0x0a).compactMap { line in
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            return words.count == 2 ? UInt64(words[1]).map { (String(words[0]), $0) } : nil
        }
    }

    private static let flags: [String] = {
        let newer = ProcessInfo.processInfo.environment["UAPI_INCLUDE"].map { ["-I", $0] } ?? []
        return newer + ["-D_GNU_SOURCE", "-w", "-O0"]
    }()

    /// Names of macros without parameters and of enumerators in a preprocessed file.
    private static func definitions(in text: Data) -> Set<String> {
        var result: Set<String> = []
        /// After `enum`: in its head, then in its body where a name comes next, then in a value.
        enum State { case outside, head, name, value }
        var state = State.outside
        for line in text.split(separator: 0x0a) {
            if line.first == 0x23 {
                let words = line.split(separator: 0x20, maxSplits: 2)
                if words.count == 3, words[0].elementsEqual("#define".utf8) { result.insert(String(decoding: words[1], as: UTF8.self)) }
                continue
            }
            var word: [UInt8] = []
            for c in line + [0x20] {
                if c == 0x5f || c >= 0x30 && c <= 0x39 || c >= 0x41 && c <= 0x5a || c >= 0x61 && c <= 0x7a {
                    word.append(c)
                    continue
                }
                if !word.isEmpty {
                    if state == .name {
                        result.insert(String(decoding: word, as: UTF8.self))
                        state = .value
                    } else if state == .outside && word.elementsEqual("enum".utf8) {
                        state = .head
                    }
                    word.removeAll(keepingCapacity: true)
                }
                switch (state, c) {
                case (.head, 0x7b), (.value, 0x2c): state = .name
                case (.head, 0x3b), (.head, 0x28), (.head, 0x29), (.head, 0x2c), (.name, 0x7d), (.value, 0x7d): state = .outside
                default: break
                }
            }
        }
        return result
    }

    private func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) \(arguments)")
        return data
    }
}
