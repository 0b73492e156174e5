/// A name that rustc made by its newer scheme (RFC 2603): a path through crates, modules, types and generic arguments,
/// in which what was written before is referred to by its place.
struct RustV0Name {
    private let text: [UInt8]
    private var at = 0
    private var depth = 0
    /// Names come from files: one that refers to itself over and over would grow without end.
    private var budget = 2048
    /// Lifetimes that `for<…>` around this place names.
    private var lifetimes: UInt64 = 0
    private var out = ""

    private struct Malformed: Error {}

    /// The name as it was written; nil if it is none of this scheme.
    static func demangled(_ name: String) -> String? {
        var text = Array(name.utf8.dropFirst(2))
        // What the linker or LLVM added.
        if let dot = text.firstIndex(where: { $0 == 0x2e || $0 == 0x24 }) { text.removeSubrange(dot...) }
        var parser = RustV0Name(text)
        do throws(Malformed) { try parser.path(isValue: true) } catch { return nil }
        return parser.out
    }

    private init(_ text: [UInt8]) { self.text = text }

    // MARK: Characters and numbers

    private var next: UInt8? { at < text.count ? text[at] : nil }

    private mutating func take() throws(Malformed) -> UInt8 {
        guard let c = next else { throw Malformed() }
        at += 1
        return c
    }

    private mutating func skip(_ c: Character) -> Bool {
        guard next == c.asciiValue else { return false }
        at += 1
        return true
    }

    private mutating func write(_ s: String) throws(Malformed) {
        budget -= s.utf8.count
        guard budget > 0 else { throw Malformed() }
        out += s
    }

    /// Digits of base 62 up to `_`: 0 without any, else one more than they say.
    private mutating func base62() throws(Malformed) -> UInt64 {
        if skip("_") { return 0 }
        var value: UInt64 = 0
        while true {
            let c = try take()
            let digit: UInt8
            switch c {
            case 0x30...0x39: digit = c - 0x30
            case 0x61...0x7a: digit = c - 0x61 + 10
            case 0x41...0x5a: digit = c - 0x41 + 36
            case 0x5f: return value &+ 1
            default: throw Malformed()
            }
            let (product, overflows) = value.multipliedReportingOverflow(by: 62)
            if overflows || product > .max - 62 { throw Malformed() }
            value = product + UInt64(digit)
        }
    }

    /// `s` and a number, which tells namesakes apart.
    private mutating func disambiguator() throws(Malformed) -> UInt64 {
        guard skip("s") else { return 0 }
        return try base62() &+ 1
    }

    private mutating func identifier() throws(Malformed) -> String {
        let isPunycode = skip("u")
        guard let first = next, (0x30...0x39).contains(first) else { throw Malformed() }
        var length = 0
        while let c = next, (0x30...0x39).contains(c), length < 4096 {
            length = length * 10 + Int(c - 0x30)
            at += 1
            // No number but 0 begins with 0.
            if length == 0 { break }
        }
        _ = skip("_")
        guard length <= text.count - at else { throw Malformed() }
        defer { at += length }
        let name = String(decoding: text[at..<at + length], as: UTF8.self)
        return isPunycode ? "punycode{\(name)}" : name
    }

    /// Reads what was written at an earlier place as if it stood here.
    private mutating func reference(_ read: (inout Self) throws(Malformed) -> Void) throws(Malformed) {
        let start = at - 1
        let target = try base62()
        guard target < UInt64(start) else { throw Malformed() }
        let back = at
        at = Int(target)
        try nested(read)
        at = back
    }

    private mutating func nested(_ read: (inout Self) throws(Malformed) -> Void) throws(Malformed) {
        depth += 1
        budget -= 1
        guard depth < 128, budget > 0 else { throw Malformed() }
        try read(&self)
        depth -= 1
    }

    // MARK: Paths

    /// - Parameter isValue: generic arguments are written `::<…>`, not `<…>` as those of a type.
    private mutating func path(isValue: Bool) throws(Malformed) {
        try nested { (p: inout Self) throws(Malformed) in try p.pathParts(isValue) }
    }

    private mutating func pathParts(_ isValue: Bool) throws(Malformed) {
        switch try take() {
        case UInt8(ascii: "C"):
            _ = try disambiguator()
            try write(try identifier())
        case UInt8(ascii: "M"):
            try silently { (p: inout Self) throws(Malformed) in
                _ = try p.disambiguator()
                try p.path(isValue: false)
            }
            try write("<")
            try type()
            try write(">")
        case UInt8(ascii: "X"):
            try silently { (p: inout Self) throws(Malformed) in
                _ = try p.disambiguator()
                try p.path(isValue: false)
            }
            try implementation()
        case UInt8(ascii: "Y"): try implementation()
        case UInt8(ascii: "N"):
            let namespace = try take()
            try path(isValue: isValue)
            let number = try disambiguator()
            let name = try identifier()
            if (0x41...0x5a).contains(namespace) {
                let kind = namespace == UInt8(ascii: "C") ? "closure" : namespace == UInt8(ascii: "S") ? "shim" : String(Character(UnicodeScalar(namespace)))
                try write("::{\(kind)\(name.isEmpty ? "" : ":\(name)")#\(number)}")
            } else if !name.isEmpty {
                try write("::\(name)")
            }
        case UInt8(ascii: "I"):
            try path(isValue: isValue)
            try write(isValue ? "::<" : "<")
            try list { (p: inout Self) throws(Malformed) in try p.argument() }
            try write(">")
        case UInt8(ascii: "B"): try reference { (p: inout Self) throws(Malformed) in try p.path(isValue: isValue) }
        default: throw Malformed()
        }
    }

    /// `<TYPE as TRAIT>`.
    private mutating func implementation() throws(Malformed) {
        try write("<")
        try type()
        try write(" as ")
        try path(isValue: false)
        try write(">")
    }

    /// What is not part of the name: where an implementation stands.
    private mutating func silently(_ read: (inout Self) throws(Malformed) -> Void) throws(Malformed) {
        let before = out
        try read(&self)
        out = before
    }

    /// Things up to `E`, with commas between them: their number.
    @discardableResult
    private mutating func list(_ read: (inout Self) throws(Malformed) -> Void) throws(Malformed) -> Int {
        var count = 0
        while !skip("E") {
            if count > 0 { try write(", ") }
            try read(&self)
            count += 1
        }
        return count
    }

    private mutating func argument() throws(Malformed) {
        if skip("L") { return try lifetime(try base62()) }
        if skip("K") { return try constant() }
        try type()
    }

    /// - Parameter index: from the innermost `for` outwards, from 1; 0 is erased.
    private mutating func lifetime(_ index: UInt64) throws(Malformed) {
        if index == 0 { return try write("'_") }
        guard index <= lifetimes else { throw Malformed() }
        let n = lifetimes - index
        try write(n < 26 ? "'\(Character(UnicodeScalar(UInt8(0x61 + n))))" : "'_\(n)")
    }

    /// `for<'a, 'b> ` if there are any, around `read`.
    private mutating func binder(_ read: (inout Self) throws(Malformed) -> Void) throws(Malformed) {
        let before = lifetimes
        if skip("G") {
            let count = try base62() &+ 1
            guard count <= 64 else { throw Malformed() }
            try write("for<")
            for i in 0..<count {
                if i > 0 { try write(", ") }
                lifetimes += 1
                try lifetime(1)
            }
            try write("> ")
        }
        try read(&self)
        lifetimes = before
    }

    // MARK: Types

    private static let basic: [UInt8: String] = [
        0x61: "i8", 0x62: "bool", 0x63: "char", 0x64: "f64", 0x65: "str", 0x66: "f32", 0x68: "u8", 0x69: "isize", 0x6a: "usize",
        0x6c: "i32", 0x6d: "u32", 0x6e: "i128", 0x6f: "u128", 0x70: "_", 0x73: "i16", 0x74: "u16", 0x75: "()", 0x76: "...",
        0x78: "i64", 0x79: "u64", 0x7a: "!",
    ]

    private mutating func type() throws(Malformed) {
        try nested { (p: inout Self) throws(Malformed) in try p.typeParts() }
    }

    private mutating func typeParts() throws(Malformed) {
        guard let c = next else { throw Malformed() }
        if let name = Self.basic[c] {
            at += 1
            return try write(name)
        }
        at += 1
        switch c {
        case UInt8(ascii: "A"), UInt8(ascii: "S"):
            try write("[")
            try type()
            if c == UInt8(ascii: "A") {
                try write("; ")
                try constant()
            }
            try write("]")
        case UInt8(ascii: "T"):
            try write("(")
            if try list({ (p: inout Self) throws(Malformed) in try p.type() }) == 1 { try write(",") }
            try write(")")
        case UInt8(ascii: "R"), UInt8(ascii: "Q"):
            try write("&")
            if skip("L") {
                let index = try base62()
                if index != 0 {
                    try lifetime(index)
                    try write(" ")
                }
            }
            if c == UInt8(ascii: "Q") { try write("mut ") }
            try type()
        case UInt8(ascii: "P"), UInt8(ascii: "O"):
            try write(c == UInt8(ascii: "P") ? "*const " : "*mut ")
            try type()
        case UInt8(ascii: "F"): try binder { (p: inout Self) throws(Malformed) in try p.function() }
        case UInt8(ascii: "D"):
            try write("dyn ")
            try binder { (p: inout Self) throws(Malformed) in try p.bounds() }
            guard skip("L") else { throw Malformed() }
            let index = try base62()
            if index != 0 {
                try write(" + ")
                try lifetime(index)
            }
        case UInt8(ascii: "B"): try reference { (p: inout Self) throws(Malformed) in try p.type() }
        default:
            at -= 1
            try path(isValue: false)
        }
    }

    private mutating func function() throws(Malformed) {
        if skip("U") { try write("unsafe ") }
        if skip("K") {
            let abi = skip("C") ? "C" : try identifier()
            try write("extern \"\(abi.split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-"))\" ")
        }
        try write("fn(")
        try list { (p: inout Self) throws(Malformed) in try p.type() }
        try write(")")
        if skip("u") { return }
        try write(" -> ")
        try type()
    }

    /// Traits of a `dyn`, each with the types it is bound to.
    private mutating func bounds() throws(Malformed) {
        var isFirst = true
        while !skip("E") {
            if !isFirst { try write(" + ") }
            isFirst = false
            try path(isValue: false)
            while skip("p") {
                // They belong into the brackets of generic arguments, where there are any.
                if out.last == ">" {
                    out.removeLast()
                    try write(", ")
                } else {
                    try write("<")
                }
                try write(try identifier() + " = ")
                try type()
                try write(">")
            }
        }
    }

    // MARK: Constants

    private mutating func constant() throws(Malformed) {
        if skip("B") { return try reference { (p: inout Self) throws(Malformed) in try p.constant() } }
        let kind = try take()
        if kind == UInt8(ascii: "p") { return try write("_") }
        let isNegative = skip("n")
        var digits = ""
        while !skip("_") {
            let c = try take()
            guard (0x30...0x39).contains(c) || (0x61...0x66).contains(c) else { throw Malformed() }
            digits.append(Character(UnicodeScalar(c)))
        }
        let value = digits.isEmpty ? 0 : UInt64(digits, radix: 16)
        switch (kind, value) {
        case (UInt8(ascii: "b"), let v?): try write(v == 0 ? "false" : "true")
        case (UInt8(ascii: "c"), let v?):
            guard let scalar = UInt32(exactly: v).flatMap(Unicode.Scalar.init) else { throw Malformed() }
            try write("'\(scalar.escaped(asASCII: false))'")
        default:
            guard Self.basic[kind] != nil else { throw Malformed() }
            try write((isNegative ? "-" : "") + (value.map { String($0) } ?? "0x\(digits)"))
        }
    }
}
