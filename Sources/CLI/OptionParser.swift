import CLinux
import Glibc

/// One option as it was given.
struct GivenOption {
    let option: Option
    /// As the user knows it: `-a` or `--columns`.
    let spelling: String
    let isLong: Bool
    let value: String?
}

/// A command line that cannot be followed: one line for the user.
struct UsageError: Error {
    let message: String
    /// Whether `Try '… -h'` follows.
    let suggestsHelp: Bool
    let status: Int32

    init(_ message: String, help suggestsHelp: Bool = false, status: Int32 = 1) {
        self.message = message
        self.suggestsHelp = suggestsHelp
        self.status = status
    }

    /// getopt has said what is wrong already.
    static let reportedByGetopt = UsageError("", help: true)
}

/// Splits the command line by getopt_long's rules: options end at the command.
///
/// Its tables are plain memory that is never freed: every type of array that a start makes
/// costs 20 µs.
struct OptionParser {
    private let shorts: UnsafeMutablePointer<CChar>?
    /// The long options; `val` is `longBase` and the row.
    private let longs: UnsafeMutablePointer<CLinux.option>
    private let wholeNumberAfterS: Bool
    /// Options of a command, besides those that all have.
    private let own: [Option]

    /// Values of `getopt_long` for long options, above all characters.
    private static let longBase: Int32 = 1000

    /// - Parameter asStrace: `-s` needs its number; otherwise it may stand alone.
    /// - Parameter own: long options of a command, besides those that all have.
    init(asStrace: Bool, own: [Option] = []) {
        wholeNumberAfterS = !asStrace
        self.own = own
        var shorts = "+"
        longs = .allocate(capacity: own.count + Option.all.reduce(1) { $0 + $1.long.count })
        var next = longs
        for (row, option) in Option.all.enumerated() {
            let hasValue: Int32 = switch option.value {
            case .none: 0
            case .required: 1
            case .optional: 2
            }
            if let c = option.short {
                shorts.append(c)
                if hasValue == 1 { shorts += !asStrace && c == "s" ? "::" : ":" }
            }
            for name in option.long {
                next.initialize(to: .init(name: strdup(name), has_arg: hasValue, flag: nil, val: Self.longBase + Int32(row)))
                next += 1
            }
        }
        for (row, option) in own.enumerated() {
            let hasValue: Int32 = if case .required = option.value { 1 } else { 0 }
            next.initialize(to: .init(name: strdup(option.long[0]), has_arg: hasValue, flag: nil, val: Self.longBase + Int32(Option.all.count + row)))
            next += 1
        }
        next.initialize(to: .init())
        self.shorts = strdup(shorts)
    }

    /// - Parameter handle: called for each option in order.
    /// - Returns: the command and its arguments.
    func parse(_ arguments: [String], _ handle: (GivenOption) throws(UsageError) -> Void) throws(UsageError) -> [String] {
        let count = arguments.count
        let argv = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count + 1)
        for (i, argument) in arguments.enumerated() { (argv + i).initialize(to: strdup(argument)) }
        (argv + count).initialize(to: nil)
        defer {
            for i in 0..<count { free(argv[i]) }
            argv.deallocate()
        }

        clinux_set_option_index(0)
        while true {
            var index: Int32 = -1
            // getopt permutes nothing with '+', so that argv stays what was copied.
            let c = clinux_getopt(Int32(count), argv, shorts, longs, &index)
            if c == -1 { break }
            if c == 0x3f { throw .reportedByGetopt }
            var value = clinux_option_value().map { String(cString: $0) }
            if c >= Self.longBase {
                let name = index >= 0 ? String(cString: longs[Int(index)].name) : ""
                let row = Int(c - Self.longBase)
                try handle(.init(option: row < Option.all.count ? Option.all[row] : own[row - Option.all.count], spelling: "--" + name, isLong: true, value: value))
                continue
            }
            let letter = Character(UnicodeScalar(UInt8(truncatingIfNeeded: c)))
            guard let option = Option.all.first(where: { $0.short == letter }) else { throw .reportedByGetopt }
            if letter == "s", wholeNumberAfterS, value == nil {
                let next = Int(clinux_option_index())
                if next < count, !arguments[next].isEmpty, arguments[next].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                    value = arguments[next]
                    clinux_set_option_index(Int32(next) + 1)
                }
            }
            try handle(.init(option: option, spelling: "-\(letter)", isLong: false, value: value))
        }
        return Array(arguments.dropFirst(max(Int(clinux_option_index()), 1)))
    }
}
