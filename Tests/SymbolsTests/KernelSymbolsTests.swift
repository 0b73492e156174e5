import RenacerCore
import Testing

@testable import RenacerSymbols

/// `/proc/kallsyms`, whatever it holds.
@Suite struct KernelSymbolsTests {
    private func symbols(_ text: String) -> KernelSymbols { KernelSymbols(Array(text.utf8)) }

    @Test func addressesAreOfTheFunctionBefore() {
        let kernel = symbols("""
            ffffffff81000000 T _stext
            ffffffff81000000 T startup
            ffffffff81000100 D data
            ffffffffc0201000 t helper\t[ext4]
            ffffffff81000200 t read_it

            """)
        let inside = kernel.point(at: 0xffff_ffff_8100_0180)
        #expect(inside.symbol == "_stext" && inside.offset == 0x180 && inside.module == "[kernel]" && inside.isKernel)
        #expect(kernel.point(at: 0xffff_ffff_8100_0180) === inside)
        #expect(kernel.point(at: 0xffff_ffff_8100_0200).symbol == "read_it")
        let module = kernel.point(at: 0xffff_ffff_c020_1004)
        #expect(module.symbol == "helper" && module.module == "[ext4]" && module.offset == 4)
        #expect(kernel.point(at: 0x1000).symbol == nil)
        #expect(kernel.point(at: 0x1000).functionText == "[[kernel]]")
    }

    @Test func hiddenAddressesAreNone() {
        #expect(symbols("0000000000000000 T _stext\n0000000000000000 T startup\n").point(at: 0xffff_ffff_8100_0000).symbol == nil)
    }

    @Test func whatIsNoLineIsPassedOver() {
        for text in ["", "\n\n", "x", "ffffffff81000000", "ffffffff81000000 T", "ffffffff81000000 T ", "ffffffffffffffffff T long", "zz T a\n", "ffffffff81000000 T a\t", " T a"] {
            _ = symbols(text).point(at: .max)
        }
        #expect(symbols("ffffffff81000000 T last").point(at: .max).symbol == "last")
    }
}
