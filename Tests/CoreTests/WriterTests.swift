import RenacerCore
import Testing

/// The two writers render the same description.
@Suite struct WriterTests {
    private func tree(_ name: String, _ arguments: [UInt64], _ outcome: Call.Outcome, _ memory: SegmentedMemory) throws
        -> [Value.Field]
    {
        let a = arguments + Array(repeating: 0, count: 6)
        let number = try #require(SyscallTable.all(.native).first { $0.syscall.name.description == name }).number
        var call = Call(number: number, arguments: (a[0], a[1], a[2], a[3], a[4], a[5]), memory: memory)
        let writer = TreeWriter()
        writer.begin()
        let decoder = Decoder(writer, DecodingOptions(), inspector: NoInspector())
        let progress = decoder.enter(call, tid: 1)
        call.outcome = outcome
        decoder.exit(call, tid: 1, from: progress)
        writer.end()
        return writer.arguments
    }

    @Test func theTreeHasNamesAndValues() throws {
        let memory = SegmentedMemory([(0x1000, Array("hello".utf8))])
        #expect(
            try tree("read", [3, 0x1000, 5], .returned(5), memory) == [
                .init("fd", .signed(3)), .init("buf", .string(Array("hello".utf8), truncated: false)),
                .init("count", .unsigned(5)),
            ])
    }

    @Test func theTreeKeepsAddressesOfWhatCannotBeRead() throws {
        #expect(
            try tree("write", [1, 0x1000, 5], .failed(14), SegmentedMemory()) == [
                .init("fd", .signed(1)), .init("buf", .address(0x1000)), .init("count", .unsigned(5)),
            ])
    }

    @Test(arguments: [
        (UInt64(0), "0"), (9, "9"), (10, "10"), (1_000_000, "1000000"), (UInt64.max, "18446744073709551615"),
    ])
    func decimalsAreExact(_ v: UInt64, _ text: String) {
        let b = TextBuffer()
        b.decimal(v)
        #expect(String(decoding: b.bytes, as: UTF8.self) == text)
    }

    @Test func constantsAreFoundByValueAndByName() {
        #expect(ConstantTable.signals.name(of: 9) == "SIGKILL")
        #expect(ConstantTable.signals.value(of: "SIGTERM") == 15)
        #expect(ConstantTable.signals.name(of: 99) == nil)
    }

    /// Every count of digits, with zeros within and at their ends, and padded.
    @Test func numbersAreWrittenInDecimal() {
        var power: UInt64 = 1
        for _ in 0..<20 {
            for v in [power, power &- 1, power &+ 1, power &* 9, power &* 12_345, power / 3 &* 2, .max - power] {
                let b = TextBuffer()
                b.decimal(v)
                #expect(String(decoding: b.bytes, as: UTF8.self) == String(v))
                b.truncate(to: 0)
                b.decimal(v, width: 9)
                #expect(String(decoding: b.bytes, as: UTF8.self) == String(repeating: "0", count: max(9 - String(v).count, 0)) + String(v))
            }
            power &*= 10
        }
        for v in UInt64(0)..<10_000 {
            let b = TextBuffer()
            b.decimal(v)
            if String(decoding: b.bytes, as: UTF8.self) != String(v) { Issue.record("\(v)") }
        }
    }
}
