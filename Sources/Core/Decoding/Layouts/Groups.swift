extension Decoder {
    /// Supplementary groups; more than NGROUPS_MAX of them cannot be.
    func groups(_ address: UInt64, count: Int64, asked: UInt64) {
        // getgroups(2) with a size of 0 only counts.
        guard 0...65536 ~= count, !failed, !(exiting && asked & 0xffff_ffff == 0 && count > 0) else {
            out.address(address)
            return
        }
        array(address, count: Int(count), stride: 4, evenOnError: entering) { id(UInt64($0.u32(0))) }
    }
}
