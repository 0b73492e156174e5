import Glibc
@testable import RenacerCore

/// Pseudo-random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func below(_ n: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % n }
}

/// A tracee's memory of two pages that ends abruptly, full of what a decoder would rather
/// not meet: pointers into itself and past its end, extreme counts, random bytes.
final class HostileMemory: TraceeMemory {
    static let base: UInt64 = 0x7000_0000
    static let size = 8192
    /// Its pages recur at every address, so that nothing ends where memory does.
    var isEndless = false
    /// Reads and bytes read so far: the work of a decoder, on whatever machine.
    private(set) var reads = 0
    private(set) var bytesRead = 0
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: HostileMemory.size, alignment: 16)

    deinit { bytes.deallocate() }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let n = copy(address, into: buffer)
        reads += 1
        bytesRead += n
        return n
    }

    private func copy(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if isEndless {
            guard let from = bytes.baseAddress, let to = buffer.baseAddress else { return 0 }
            var done = 0
            while done < buffer.count {
                let offset = Int(truncatingIfNeeded: address &+ UInt64(done)) & (Self.size - 1)
                let n = min(Self.size - offset, buffer.count - done)
                (to + done).copyMemory(from: from + offset, byteCount: n)
                done += n
            }
            return done
        }
        let offset = Int(truncatingIfNeeded: address &- Self.base)
        guard offset >= 0, offset < Self.size, let from = bytes.baseAddress, let to = buffer.baseAddress else { return 0 }
        let n = min(Self.size - offset, buffer.count)
        to.copyMemory(from: from + offset, byteCount: n)
        return n
    }

    func fill(_ random: inout SeededGenerator) {
        let style = random.below(4)
        for i in stride(from: 0, to: Self.size, by: 8) {
            let word: UInt64 = switch style {
            case 0: random.next()
            case 1: Self.word(&random)
            // Two narrow values, the common shape of structures.
            case 2: (Self.word(&random) & 0xffff_ffff) | Self.word(&random) << 32
            default: random.below(3) == 0 ? Self.pointer(&random) : UInt64(random.below(64)) | UInt64(random.below(32)) << 32
            }
            bytes.storeBytes(of: word, toByteOffset: i, as: UInt64.self)
        }
    }

    /// Overwrites a part.
    func put(_ values: [UInt8], at offset: Int) {
        for (i, b) in values.enumerated() { bytes[offset + i] = b }
    }

    /// An address inside, mostly aligned, or a few bytes before the end.
    static func pointer(_ random: inout SeededGenerator) -> UInt64 {
        switch random.below(6) {
        case 0: base + UInt64(random.below(size))
        case 1: base + UInt64(size - 1 - random.below(40))
        default: base + UInt64(random.below(size / 8) * 8)
        }
    }

    /// A number that is likely to hurt.
    static func word(_ random: inout SeededGenerator) -> UInt64 {
        switch random.below(14) {
        case 0: 0
        case 1, 2: UInt64(random.below(20))
        case 3: UInt64(random.below(4097))
        case 4: .max
        case 5: UInt64(bitPattern: Int64(-random.below(200)))
        case 6: [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, 1 << 63, 1 << 32, 0x7fff_fff0][random.below(7)]
        case 7: 1 << UInt64(random.below(64))
        case 8: random.next()
        case 9: random.next() & 0xffff
        case 10: UInt64(random.next() & 0xff) << 56 | UInt64(random.below(256))
        default: pointer(&random)
        }
    }
}

/// Answers every question about a task, whatever it is.
final class EagerInspector: TaskInspector {
    /// The netlink family that every socket speaks; none if negative.
    var netlinkFamily: Int32 = -1

    func describe(fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer) -> DescriptorName {
        text.append("/dev/snd")
        text.decimal(Int64(fd))
        return fd & 1 == 0 ? .known : .deleted
    }
    func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName {
        text.append("/tmp")
        return .known
    }
    func command(of tid: Int32, into text: TextBuffer) -> Bool {
        text.append("name")
        return true
    }
    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? { id & 1 == 0 ? nil : id &+ 1 }
    func process(pidfd: Int32, of tid: Int32) -> Int32? { pidfd }
    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? {
        netlinkFamily < 0 ? nil : (16, netlinkFamily)
    }
    func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool {
        text.append("eth0")
        return index & 1 == 0
    }
    func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool {
        text.append(number & 1 == 0 ? "nlctrl" : "other")
        return number & 2 == 0
    }
}

/// Decodes calls with hostile arguments in every style, and notes what read or
/// wrote too much. What it is really after is a trap, which ends the test process.
final class Fuzzer {
    var random: SeededGenerator
    let memory = HostileMemory()
    let inspector = EagerInspector()
    /// Calls decoded.
    private(set) var count = 0
    /// What broke a limit.
    private(set) var excesses: [String] = []

    /// Reads of memory by one call, and the bytes they ask for.
    private static let mostReads = 1 << 15
    private static let mostBytes = 16 << 20
    /// Bytes written by one call.
    private static let mostText = 1 << 20

    private struct Style {
        let decoder: Decoder
        let text: (buffer: TextBuffer, writer: TextWriter)?
        let tree: TreeWriter?
    }
    private var styles: [Style] = []

    /// - Parameter seed: which numbers; `FUZZ_SEED` in the environment makes them others,
    ///   to search further than the suite does.
    /// - Parameter endless: memory is; structures are then shortened, or nothing would be.
    init(seed: UInt64, endless: Bool = false) {
        let other = getenv("FUZZ_SEED").map { strtoull($0, nil, 0) } ?? 0
        random = SeededGenerator(seed: seed &+ other &* 1_000_003)
        memory.fill(&random)
        memory.isEndless = endless
        for constants in [ConstantStyle.raw, .abbrev, .verbose] {
            for verbose in endless ? [false] : [false, true] {
                for limit in endless ? [0, 32] : [0, 32, (1 << 30) - 1] {
                    for explained in [false, true] { add(constants, verbose, limit, explained) }
                }
            }
        }
    }

    private func add(_ constants: ConstantStyle, _ verbose: Bool, _ limit: Int, _ explained: Bool) {
        var options = DecodingOptions()
        options.constants = constants
        options.abbreviated = verbose ? .none : .all
        options.stringLimit = limit
        options.descriptors = explained ? .all : []
        options.commands = explained
        options.pidNamespaces = explained
        let inspector: any TaskInspector = self.inspector
        if constants == .verbose && explained {
            let tree = TreeWriter()
            styles.append(Style(decoder: Decoder(tree, options, inspector: inspector), text: nil, tree: tree))
        } else {
            let buffer = TextBuffer()
            let writer = TextWriter(buffer, constants: constants, argumentNames: explained)
            styles.append(Style(decoder: Decoder(writer, options, inspector: inspector), text: (buffer, writer), tree: nil))
        }
    }

    func word() -> UInt64 { HostileMemory.word(&random) }
    func pointer() -> UInt64 { HostileMemory.pointer(&random) }

    /// Calls `number` with `fixed` arguments, hostile ones where those are nil.
    func call(_ number: Int, _ personality: Personality = .native, _ fixed: [UInt64?] = [], refill: Bool = true) {
        if refill && random.below(6) == 0 { memory.fill(&random) }
        func argument(_ i: Int) -> UInt64 {
            if i < fixed.count, let v = fixed[i] { return v }
            return word()
        }
        var call = Call(
            number: number, personality: personality,
            arguments: (argument(0), argument(1), argument(2), argument(3), argument(4), argument(5)), memory: memory)
        let style = styles[random.below(styles.count)]
        count += 1

        style.text?.buffer.truncate(to: 0)
        style.text?.writer.begin(afterFirst: false)
        style.tree?.begin()
        let before = (reads: memory.reads, bytes: memory.bytesRead)
        let progress = style.decoder.enter(call, tid: 7)
        if refill && random.below(12) == 0 { memory.fill(&random) }
        call.outcome = switch random.below(8) {
        case 0: .failed(14)
        case 1: .failed(Int32(random.below(600)))
        case 2: .unfinished
        case 3: .returned(0)
        case 4: .returned(Int64(random.below(300)))
        default: .returned(Int64(bitPattern: word()))
        }
        style.decoder.exit(call, tid: 7, from: progress)
        style.tree?.end()
        let reads = memory.reads - before.reads, bytes = memory.bytesRead - before.bytes
        let written = (style.text?.buffer.count ?? 0) + (style.text?.writer.noteText.count ?? 0)
        if reads > Self.mostReads || bytes > Self.mostBytes || written > Self.mostText {
            let name = call.syscall?.name.description ?? "?"
            excesses.append("\(name)\(call.arguments) \(call.outcome): \(reads) reads of \(bytes) bytes, \(written) written")
        }
    }
    /// A `siginfo_t` of hostile words.
    func signalInformation() {
        memory.fill(&random)
        var bytes = [UInt8](repeating: 0, count: 128)
        bytes.withUnsafeMutableBytes { b in
            _ = memory.read(pointer() & ~0xfff, into: b)
            // Signals and codes that mean something are few.
            b.storeBytes(of: Int32(random.below(70)), toByteOffset: 0, as: Int32.self)
            b.storeBytes(of: Int32(random.below(24) - 10), toByteOffset: 8, as: Int32.self)
            guard let base = b.baseAddress else { return }
            for style in styles {
                style.text?.buffer.truncate(to: 0)
                style.text?.writer.begin(afterFirst: false)
                style.tree?.begin()
                style.decoder.siginfo(Bytes(base: base, count: 128))
            }
        }
        count += styles.count
    }
}
