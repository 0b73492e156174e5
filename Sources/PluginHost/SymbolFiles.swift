import Glibc

/// Names of functions and variables from the symbol tables of ELF files: elf(5).
///
/// Files are what tracees mapped, and may be anything: every offset is checked.
final class SymbolFiles {
    private struct Symbol {
        var address: UInt64, size: UInt64
        var name: String
    }

    private struct File {
        /// By address.
        var symbols: [Symbol]
        /// Program headers that are loaded: file offset, length in the file, address.
        var segments: [(offset: UInt64, size: UInt64, address: UInt64)]
    }

    private var files: [String: File?] = [:]
    private static let largest = 1 << 30

    /// - Parameter mapped: where the part of the file from `offset` on is in memory.
    func symbol(in path: String, name: String, address: UInt64, mapped: UInt64, offset: UInt64) -> (name: String, offset: UInt64)? {
        if files[name] == nil { files[name] = .some(Self.load(path)) }
        guard let file = files[name] ?? nil else { return nil }
        let page = offset & ~0xfff
        guard let segment = file.segments.first(where: { $0.offset & ~0xfff <= page && page < $0.offset &+ max($0.size, 1) }) else { return nil }
        // The address that the file itself gives to what is there.
        let own = address &- mapped &+ offset &- segment.offset &+ segment.address
        var low = 0, high = file.symbols.count
        while low < high {
            let middle = (low + high) / 2
            if file.symbols[middle].address <= own { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let found = file.symbols[low - 1]
        let distance = own - found.address
        return distance < max(found.size, 1) ? (found.name, distance) : nil
    }

    /// Where functions of those names begin in a file, in bytes from its start.
    func places(of names: Set<String>, in path: String) -> [String: UInt64] {
        guard let file = Self.load(path) else { return [:] }
        var places: [String: UInt64] = [:]
        for symbol in file.symbols where names.contains(symbol.name) {
            guard let s = file.segments.first(where: { $0.address <= symbol.address && symbol.address - $0.address < $0.size }) else { continue }
            places[symbol.name] = symbol.address - s.address + s.offset
        }
        return places
    }

    private static func load(_ path: String) -> File? {
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var info = stat()
        guard fstat(fd, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size > 64, info.st_size <= largest else { return nil }
        let size = Int(info.st_size)
        func part(_ offset: UInt64, _ count: UInt64) -> [UInt8]? {
            guard offset <= UInt64(size), count <= UInt64(size) - offset, count <= 256 << 20 else { return nil }
            var bytes = [UInt8](repeating: 0, count: Int(count))
            return pread(fd, &bytes, bytes.count, off_t(offset)) == bytes.count ? bytes : nil
        }
        guard let head = part(0, 64), head.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
        let header = head.withUnsafeBytes { $0.loadUnaligned(as: Elf64_Ehdr.self) }

        var file = File(symbols: [], segments: [])
        let programHeader = UInt64(MemoryLayout<Elf64_Phdr>.size)
        guard header.e_phentsize == programHeader, let headers = part(header.e_phoff, UInt64(header.e_phnum) * programHeader) else { return nil }
        headers.withUnsafeBytes { bytes in
            for i in 0..<Int(header.e_phnum) {
                let p = bytes.loadUnaligned(fromByteOffset: i * Int(programHeader), as: Elf64_Phdr.self)
                if p.p_type == 1 { file.segments.append((p.p_offset, p.p_filesz, p.p_vaddr)) }
            }
        }

        let sectionHeader = UInt64(MemoryLayout<Elf64_Shdr>.size)
        guard header.e_shentsize == sectionHeader, let table = part(header.e_shoff, UInt64(header.e_shnum) * sectionHeader) else { return file }
        let sections = table.withUnsafeBytes { bytes in
            (0..<Int(header.e_shnum)).map { bytes.loadUnaligned(fromByteOffset: $0 * Int(sectionHeader), as: Elf64_Shdr.self) }
        }
        // The full table if there is one, what the dynamic linker knows otherwise: SHT_SYMTAB, SHT_DYNSYM.
        guard let symbols = sections.first(where: { $0.sh_type == 2 }) ?? sections.first(where: { $0.sh_type == 11 }),
            Int(symbols.sh_link) < sections.count, let entries = part(symbols.sh_offset, symbols.sh_size),
            let names = part(sections[Int(symbols.sh_link)].sh_offset, sections[Int(symbols.sh_link)].sh_size)
        else { return file }
        entries.withUnsafeBytes { bytes in
            let stride = MemoryLayout<Elf64_Sym>.size
            for i in 0..<(bytes.count / stride) {
                let s = bytes.loadUnaligned(fromByteOffset: i * stride, as: Elf64_Sym.self)
                // STT_OBJECT and STT_FUNC that are defined.
                guard s.st_info & 15 == 1 || s.st_info & 15 == 2, s.st_shndx != 0, Int(s.st_name) < names.count else { continue }
                let end = names[Int(s.st_name)...].firstIndex(of: 0) ?? names.endIndex
                file.symbols.append(Symbol(address: s.st_value, size: s.st_size, name: String(decoding: names[Int(s.st_name)..<end], as: UTF8.self)))
            }
        }
        file.symbols.sort { $0.address < $1.address }
        return file
    }
}
