import Glibc
import RenacerCore

/// Functions of the running kernel and its modules, by address: proc(5), `/proc/kallsyms`.
///
/// A line is `ADDRESS TYPE NAME`, behind that a tab and `[MODULE]`. To those who may not know addresses the kernel shows
/// zeros (`kernel.kptr_restrict`).
final class KernelSymbols {
    /// Where functions begin, ascending, and where their names stand in `text`.
    private var starts: [UInt64] = []
    private var names: [(at: Int32, count: Int32, module: Int32)] = []
    private var text: [UInt8] = []
    /// `[kernel]` and the modules, as the file has them.
    private var modules = ["[kernel]"]
    private var points: [UInt64: KernelPoint] = [:]

    static let path = "/proc/kallsyms"

    init(_ bytes: [UInt8]) {
        text = bytes
        parse()
    }

    convenience init() { self.init(Self.read(limit: 256 << 20)) }

    /// Why functions of the kernel cannot be named; nil if they can.
    static var obstacle: String? {
        // Where any address is shown all are.
        KernelSymbols(read(limit: 64 << 10)).starts.isEmpty ? "\(path) shows no addresses (kernel.kptr_restrict): run it with sudo, or set kernel.kptr_restrict to 1 or 0" : nil
    }

    private static func read(limit: Int) -> [UInt8] {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return [] }
        defer { close(fd) }
        var bytes: [UInt8] = []
        let step = 64 << 10
        while bytes.count < limit {
            let before = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: step))
            let n = bytes.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress.map { $0 + before }, step) }
            bytes.removeLast(step - max(n, 0))
            if n <= 0 { break }
        }
        return bytes
    }

    // MARK: Look-up

    /// The same object for the same address.
    func point(at address: UInt64) -> KernelPoint {
        if let known = points[address] { return known }
        let new: KernelPoint
        if let i = index(of: address) {
            let name = names[i]
            new = KernelPoint(
                module: modules[Int(name.module)], symbol: String(decoding: text[Int(name.at)..<Int(name.at + name.count)], as: UTF8.self),
                offset: address - starts[i], address: address)
        } else {
            new = KernelPoint(module: modules[0], symbol: nil, offset: 0, address: address)
        }
        points[address] = new
        return new
    }

    /// The last function that begins at an address or before.
    private func index(of address: UInt64) -> Int? {
        var low = 0, high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    // MARK: Lines

    private func parse() {
        guard text.count < Int(Int32.max) else { return }
        var found: [(start: UInt64, at: Int32, count: Int32, module: Int32)] = []
        var known: [String: Int32] = [:]
        text.withUnsafeBufferPointer { text in
            var at = 0
            while at < text.count {
                let end = text[at...].firstIndex(of: 0x0a) ?? text.count
                defer { at = end + 1 }
                let fields = text[at..<end].split(maxSplits: 2, whereSeparator: { $0 == 0x20 })
                guard fields.count == 3, fields[1].count == 1, let type = fields[1].first, Self.isCode(type), let start = Self.number(fields[0]), start != 0 else {
                    continue
                }
                let name = fields[2].prefix { $0 != 0x09 }
                var module: Int32 = 0
                if name.endIndex < end {
                    let word = String(decoding: text[(name.endIndex + 1)..<end], as: UTF8.self)
                    if let index = known[word] {
                        module = index
                    } else {
                        module = Int32(modules.count)
                        modules.append(word)
                        known[word] = module
                    }
                }
                found.append((start, Int32(name.startIndex), Int32(name.count), module))
            }
        }
        // Of names for one address the first stands for it: the kernel's own come before modules'.
        found.sort { ($0.start, $1.at) < ($1.start, $0.at) }
        starts = found.map(\.start)
        names = found.map { ($0.at, $0.count, $0.module) }
    }

    private static func isCode(_ type: UInt8) -> Bool { [0x74, 0x54, 0x77, 0x57].contains(type) }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 16 else { return nil }
        var value: UInt64 = 0
        for d in digits {
            switch d {
            case 0x30...0x39: value = value << 4 | UInt64(d - 0x30)
            case 0x61...0x66: value = value << 4 | UInt64(d - 0x57)
            default: return nil
            }
        }
        return value
    }
}

/// A place in the kernel.
final class KernelPoint: CodeLocation {
    /// `[kernel]`, or a module's name in brackets.
    let module: String
    let symbol: String?
    let offset: UInt64
    /// Where it is now, not in a file.
    let address: UInt64
    var lines: [SourceLine] { [] }
    var ownLines: [SourceLine] { [] }
    var isOwnFile: Bool { false }
    var isKernel: Bool { true }

    init(module: String, symbol: String?, offset: UInt64, address: UInt64) {
        self.module = module
        self.symbol = symbol
        self.offset = offset
        self.address = address
    }
}
