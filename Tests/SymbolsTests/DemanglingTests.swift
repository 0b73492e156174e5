import Testing

@testable import RenacerSymbols

/// Names as their authors wrote them.
@Suite struct DemanglingTests {
    @Test(arguments: [
        ("main", "main"),
        ("_ZN6bundle6Reader4openEv", "bundle::Reader::open()"),
        ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
        ("_ZN55_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$main..Load$GT$4load17h0123456789abcdefE", "<alloc::vec::Vec<T> as main::Load>::load"),
        ("_RNvCs32gj3y4fnmh_4main4main", "main::main"),
        ("_RNvMNtCs32gj3y4fnmh_4main6bundleNtB2_6Reader10read_model", "<main::bundle::Reader>::read_model"),
        ("_RNvXCs32gj3y4fnmh_4mainINtNtCslNYArtu3iFV_5alloc3vec3VecReENtB2_4Load4loadB2_", "<alloc::vec::Vec<&str> as main::Load>::load"),
        ("_RNCNvMsi_NtNtNtCsjrHSEGnQ3l9_3std3sys2fs4unixNtB7_4File6open_c0Bd_", "<std::sys::fs::unix::File>::open_c::{closure#0}"),
        ("_RINvC1a1fKj2a_Kb1_Kc41_Klnf_TlmEFUKCRhEuDNtB2_1TEL_E", "a::f::<42, true, 'A', -15, (i32, u32), unsafe extern \"C\" fn(&u8), dyn a::T>"),
        ("$s2sw5PagerV4loadyS2iF", "sw.Pager.load(Swift.Int) -> Swift.Int"),
    ]) func namesAreDemangled(_ mangled: String, _ plain: String) {
        #expect(Demangler.demangled(mangled) == plain)
    }

    /// Whatever a file has for names, the end is near: they come back as they are, or somehow.
    @Test func hostileNamesNeitherTrapNorHang() {
        let names = ["_R", "_RB_", "_RNvB_1a", "_RINvC1a1f" + String(repeating: "R", count: 5000), "_RNvC99999999999999999999a",
            "_RINvC1a1fTTTTB6_B6_EB6_B6_EB6_B6_EB6_B6_EE", "_RNvCszzzzzzzzzzzzzzzzzzzz_1a1b", "_RNvC1a0", "_RINvC1a1fKczzz_E", "$s", "_Z", "_ZN17h0123456789abcdefE"]
        for name in names {
            for end in 0...name.utf8.count where end < 40 || end == name.utf8.count { _ = Demangler.demangled(String(name.prefix(end))) }
        }
        #expect(Demangler.demangled(names[3]) == names[3])
        #expect(Demangler.demangled("_RNvC99999999999999999999a") == "_RNvC99999999999999999999a")
    }
}
