import CPluginGuard
import CRenacerPlugin
import Glibc
import RenacerCore

/// A plugin's file, loaded and checked. Never unloaded: it may have left threads or functions behind.
public final class PluginFile {
    public let path: String
    public let name: String
    public let version: String
    /// Minor number of the ABI and schema of events that it was compiled for.
    public let abiMinor: UInt32
    public let schema: UInt32
    public let components: [Component]

    /// Loads a file.
    ///
    /// - Throws: precisely what is wrong with it.
    public init(_ path: String) throws(PluginProblem) {
        self.path = path
        try Self.checkOwnership(path)
        try Self.checkObject(path)
        // A name without a slash would be looked for elsewhere.
        guard let handle = dlopen(path.contains("/") ? path : "./" + path, RTLD_NOW | RTLD_LOCAL) else {
            throw PluginProblem("cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "no reason given")")
        }
        guard let symbol = dlsym(handle, RENACER_PLUGIN_SYMBOL) else {
            throw PluginProblem(Self.otherABI(handle) ?? "is no plugin of renacer: it does not export \(RENACER_PLUGIN_SYMBOL)")
        }
        guard cplugin_is_function(symbol) else { throw PluginProblem("exports \(RENACER_PLUGIN_SYMBOL), which is no function") }
        let entry = unsafeBitCast(symbol, to: renacer_plugin_function.self)
        let host = HostTable(name: "")
        var described: UnsafePointer<renacer_plugin>?
        let status = cplugin_describe(entry, host.table, &described)
        if status == CPLUGIN_THREW { throw PluginProblem("threw an exception when it was asked what it is: \(String(cString: cplugin_thrown()))") }
        guard status == RENACER_OK, let plugin = structure(described, as: renacer_plugin.self, required: MemoryLayout<renacer_plugin>.size)
        else {
            throw PluginProblem(host.reason ?? "does not describe itself: \(RENACER_PLUGIN_SYMBOL) returns nothing that can be read")
        }
        guard plugin.schema >= HostTable.oldestSchema, plugin.schema <= UInt32(RENACER_EVENT_SCHEMA) else {
            throw PluginProblem(
                "was written for schema \(plugin.schema) of events; renacer gives \(HostTable.oldestSchema) to \(RENACER_EVENT_SCHEMA)")
        }
        guard let name = plugin.name.checked, !name.isEmpty, let version = plugin.version.checked else {
            throw PluginProblem("does not say its name and version")
        }
        guard plugin.component_count > 0 else { throw PluginProblem("has no components") }
        guard
            let all = structures(
                plugin.components, count: plugin.component_count, as: renacer_component.self, required: Component.first)
        else { throw PluginProblem("its table of components cannot be read") }
        self.name = name
        self.version = version
        abiMinor = plugin.abi_minor
        schema = plugin.schema
        var components: [Component] = []
        for one in all {
            let component = try Component(one)
            if components.contains(where: { $0.name == component.name }) {
                throw PluginProblem("two components are called '\(component.name)'")
            }
            components.append(component)
        }
        self.components = components
    }

    /// Loads a file that may do anything when it is loaded: a process of its own has survived it before.
    public static func tried(_ path: String) throws(PluginProblem) -> PluginFile {
        _ = try IsolatedPlugin(path)
        return try PluginFile(path)
    }

    public func component(_ name: String, _ kind: Component.Kind) -> Component? { components.first { $0.name == name && $0.kind == kind } }

    /// A plugin for another major version exports another symbol.
    private static func otherABI(_ handle: UnsafeMutableRawPointer) -> String? {
        for major in 0...9 where dlsym(handle, "renacer_plugin_v\(major)") != nil {
            return "is for version \(major) of the plugin ABI; this renacer has version \(RENACER_ABI_MAJOR)"
        }
        return nil
    }

    // MARK: Before it is loaded

    /// What a privileged process loads must be nobody else's to write.
    private static func checkOwnership(_ path: String) throws(PluginProblem) {
        var info = stat()
        guard stat(path, &info) == 0 else { throw PluginProblem(String(cString: strerror(errno))) }
        guard info.st_mode & S_IFMT == S_IFREG else { throw PluginProblem("is no regular file") }
        guard cplugin_is_privileged() else { return }
        try checkOwnership(info, "")
        var folder = stat()
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard stat(parent, &folder) == 0 else { throw PluginProblem(String(cString: strerror(errno))) }
        // In a folder such as /tmp others can write, but not replace what is not theirs.
        if folder.st_mode & S_ISVTX == 0 { try checkOwnership(folder, "its folder ") }
    }

    private static func checkOwnership(_ info: stat, _ what: String) throws(PluginProblem) {
        if info.st_uid != 0 && info.st_uid != geteuid() {
            throw PluginProblem("\(what)belongs to user \(info.st_uid), and renacer is privileged: chown root it")
        }
        if info.st_mode & (S_IWGRP | S_IWOTH) != 0 {
            throw PluginProblem("\(what)can be written by others, and renacer is privileged: chmod go-w it")
        }
    }

    /// Looks at the ELF header: the loader itself dies of a file that is shorter than its segments.
    private static func checkObject(_ path: String) throws(PluginProblem) {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw PluginProblem(String(cString: strerror(errno))) }
        defer { close(fd) }
        var info = stat()
        var header = Elf64_Ehdr()
        guard fstat(fd, &info) == 0, pread(fd, &header, MemoryLayout<Elf64_Ehdr>.size, 0) == MemoryLayout<Elf64_Ehdr>.size else {
            throw PluginProblem("is no shared object: it is too short")
        }
        let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
        let isELF = withUnsafeBytes(of: header.e_ident) { $0.prefix(4).elementsEqual(magic) && $0[4] == 2 && $0[5] == 1 }
        guard isELF, header.e_type == ET_DYN else { throw PluginProblem("is no 64-bit shared object") }
        guard header.e_machine == machine else { throw PluginProblem("is for another kind of machine") }
        let size = UInt64(info.st_size)
        guard header.e_phentsize == MemoryLayout<Elf64_Phdr>.size else { throw PluginProblem("has program headers of an unknown form") }
        for i in 0..<Int(header.e_phnum) {
            var segment = Elf64_Phdr()
            let at = header.e_phoff &+ UInt64(i * MemoryLayout<Elf64_Phdr>.size)
            guard at < size, pread(fd, &segment, MemoryLayout<Elf64_Phdr>.size, off_t(at)) == MemoryLayout<Elf64_Phdr>.size else {
                throw PluginProblem("is cut short: its program headers lie outside")
            }
            let (end, overflows) = segment.p_offset.addingReportingOverflow(segment.p_filesz)
            if overflows || end > size { throw PluginProblem("is cut short: a segment ends at byte \(end) of \(size)") }
        }
    }

    private static var machine: UInt16 {
        #if arch(x86_64)
        62
        #else
        183
        #endif
    }
}
