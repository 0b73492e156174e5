import Foundation
@testable import RenacerCore
import TestSupport
import Testing

/// JSON says what the tree says: every argument of every call, in the same values.
@Suite struct JSONWriterTests {
    /// What both writers made of one call, and whether that agrees.
    private static func expectSame(_ tree: TreeWriter, _ json: JSONWriter, _ name: String) {
        let wanted = JSONReference.elements(tree.arguments), note = tree.note.map(JSONReference.text).joined(separator: ",")
        let got = String(decoding: json.arguments, as: UTF8.self), gotNote = String(decoding: json.note, as: UTF8.self)
        #expect(got == wanted, "\(name)")
        #expect(gotNote == note, "\(name): note")
        for text in [got, gotNote] {
            #expect((try? JSONSerialization.jsonObject(with: Data("[\(text)]".utf8))) != nil, "\(name): \(text)")
        }
    }

    @Test(arguments: [UInt64(11), 12, 13]) func hostileArgumentsAreTheSameInBothWriters(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = HostileMemory(), inspector = EagerInspector()
        var options = DecodingOptions()
        options.descriptors = seed == 12 ? .all : []
        options.commands = seed == 12
        if seed == 13 {
            options.abbreviated = .none
            options.stringLimit = 4096
        }
        let tree = TreeWriter(), json = JSONWriter()
        let first = Decoder(tree, options, inspector: inspector), second = Decoder(json, options, inspector: inspector)
        for (number, row) in SyscallTable.all(.native) {
            for round in 0..<10 {
                memory.fill(&random)
                let scalars = round % 4
                let a = (0..<6).map { $0 < scalars ? UInt64(random.below(24)) : HostileMemory.word(&random) }
                var call = Call(number: number, arguments: (a[0], a[1], a[2], a[3], a[4], a[5]), memory: memory)
                tree.begin()
                json.begin()
                let progress = (first.enter(call, tid: 7), second.enter(call, tid: 7))
                if round % 3 == 0 {
                    // Another task's call comes between.
                    let state = (tree.suspend(), json.suspend())
                    tree.begin()
                    json.begin()
                    json.signed(1)
                    tree.resume(state.0)
                    json.resume(state.1)
                }
                call.outcome = round % 5 == 0 ? .failed(14) : .returned(Int64(random.below(300)))
                first.exit(call, tid: 7, from: progress.0)
                second.exit(call, tid: 7, from: progress.1)
                tree.end()
                json.end()
                Self.expectSame(tree, json, row.name.description)
            }
        }
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("a\"b\\c\n\u{1}", "\"a\\\"b\\\\c\\n\\u0001\""), ("żółć", "\"żółć\""), ("", "\"\""),
    ])
    func textIsAString(_ text: String, _ wanted: String) {
        #expect(Self.string(Array(text.utf8), truncated: false) == wanted)
    }

    @Test(arguments: [
        ([0xff, 0x00, 0x41], "{\"base64\":\"/wBB\"}"), ([0xc3], "{\"base64\":\"ww==\"}"), ([0xed, 0xa0, 0x80], "{\"base64\":\"7aCA\"}"),
        ([0xc0, 0xaf], "{\"base64\":\"wK8=\"}"), ([0xf4, 0x90, 0x80, 0x80], "{\"base64\":\"9JCAgA==\"}"),
    ] as [([UInt8], String)])
    func bytesThatAreNotTextAreBase64(_ bytes: [UInt8], _ wanted: String) {
        #expect(Self.string(bytes, truncated: false) == wanted)
    }

    @Test(arguments: [
        ([0x61, 0xc3], "{\"string\":\"a\",\"truncated\":true}"), ([0x61, 0xe2, 0x82], "{\"string\":\"a\",\"truncated\":true}"),
        ([0x61, 0xff], "{\"base64\":\"Yf8=\",\"truncated\":true}"), ([0x61], "{\"string\":\"a\",\"truncated\":true}"),
    ] as [([UInt8], String)])
    func aStringThatWasCutSaysSo(_ bytes: [UInt8], _ wanted: String) {
        #expect(Self.string(bytes, truncated: true) == wanted)
    }

    private static func string(_ bytes: [UInt8], truncated: Bool) -> String {
        let writer = JSONWriter()
        writer.begin()
        bytes.withUnsafeBytes { writer.string($0, truncated: truncated) }
        writer.end()
        return String(decoding: writer.arguments, as: UTF8.self)
    }
}
