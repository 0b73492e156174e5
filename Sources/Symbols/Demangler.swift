import Glibc

/// Names as their authors wrote them: of C++ (Itanium ABI), Rust and Swift.
enum Demangler {
    static func demangled(_ name: UnsafePointer<CChar>) -> String {
        let text = String(cString: name)
        let bytes = text.utf8
        if bytes.starts(with: "_ZN".utf8) || bytes.starts(with: "_Z".utf8) {
            guard let plain = itanium(name) else { return text }
            return RustName.legacy(plain) ?? plain
        }
        if bytes.starts(with: "_R".utf8) { return RustV0Name.demangled(text) ?? text }
        if bytes.starts(with: "$s".utf8) || bytes.starts(with: "$S".utf8) || bytes.starts(with: "_$s".utf8) || bytes.starts(with: "_T0".utf8) {
            return swift(name) ?? text
        }
        return text
    }

    private static func itanium(_ name: UnsafePointer<CChar>) -> String? {
        var status: Int32 = 0
        guard let plain = cxaDemangle(name, nil, nil, &status) else { return nil }
        defer { free(plain) }
        return status == 0 ? String(cString: plain) : nil
    }

    private static func swift(_ name: UnsafePointer<CChar>) -> String? {
        guard let plain = swiftDemangle(name, strlen(name), nil, nil, 0) else { return nil }
        defer { free(plain) }
        return String(cString: plain)
    }
}

// Of the C++ and Swift runtimes, which are linked in anyway.

@_silgen_name("__cxa_demangle")
private func cxaDemangle(
    _ name: UnsafePointer<CChar>, _ buffer: UnsafeMutablePointer<CChar>?, _ length: UnsafeMutablePointer<Int>?,
    _ status: UnsafeMutablePointer<Int32>?
) -> UnsafeMutablePointer<CChar>?

@_silgen_name("swift_demangle")
private func swiftDemangle(
    _ name: UnsafePointer<CChar>, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>?, _ size: UnsafeMutablePointer<Int>?,
    _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
