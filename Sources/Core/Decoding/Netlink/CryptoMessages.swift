// NETLINK_CRYPTO: algorithms of the kernel's cryptography.

extension Decoder {
    func cryptoMessage(_ type: UInt16, _ span: Span) -> Bool {
        guard (16...19).contains(type) else { return false }
        let layout = StructLayout.cryptoAlgorithm
        return fetch(span, layout.size) { b in
            structure(b, layout)
            let rest = span.dropping(layout.size)
            guard rest.count > 0 else { return }
            out.element()
            attributes(rest, .cryptoAlgorithm, AttributeContext())
        }
    }
}

extension AttributeTable {
    static let cryptoAlgorithm: AttributeTable = .init(.cryptoAlgorithmNames, [
        1: .u32, 2: .structure(.cryptoLarval), 3: .structure(.cryptoHash), 4: .structure(.cryptoBlockCipher),
        5: .structure(.cryptoAead), 6: .structure(.cryptoLarval), 7: .structure(.cryptoRandom),
        8: .structure(.cryptoCipher), 9: .structure(.cryptoLarval), 10: .structure(.cryptoLarval),
        11: .structure(.cryptoLarval),
    ])
}

extension StructLayout {
    /// A field of `CRYPTO_MAX_NAME` characters.
    private static func text(_ name: Name, _ offset: Int) -> Field {
        Field(name) { d, b in d.text(b.slice(offset, 64), limit: d.options.stringLimit) }
    }

    static let cryptoAlgorithm = StructLayout(size: 208, [
        text("cru_name", 0), text("cru_driver_name", 64), text("cru_module_name", 128),
        .init("cru_type", 192, .hex32), .init("cru_mask", 196, .hex32), .init("cru_refcnt", 200, .uint),
        .init("cru_flags", 204, .hex32),
    ])
    static let cryptoLarval = StructLayout(size: 64, [text("type", 0)])
    static let cryptoHash = StructLayout(size: 72, [
        text("type", 0), .init("blocksize", 64, .uint), .init("digestsize", 68, .uint),
    ])
    static let cryptoBlockCipher = StructLayout(size: 144, [
        text("type", 0), text("geniv", 64), .init("blocksize", 128, .uint), .init("min_keysize", 132, .uint),
        .init("max_keysize", 136, .uint), .init("ivsize", 140, .uint),
    ])
    static let cryptoAead = StructLayout(size: 140, [
        text("type", 0), text("geniv", 64), .init("blocksize", 128, .uint), .init("maxauthsize", 132, .uint),
        .init("ivsize", 136, .uint),
    ])
    static let cryptoRandom = StructLayout(size: 68, [text("type", 0), .init("seedsize", 64, .uint)])
    static let cryptoCipher = StructLayout(size: 76, [
        text("type", 0), .init("blocksize", 64, .uint), .init("min_keysize", 68, .uint),
        .init("max_keysize", 72, .uint),
    ])
}

extension ConstantTable {
    static let cryptoMessages = ConstantTable("CRYPTO_MSG_???", """
        CRYPTO_MSG_NEWALG 16 CRYPTO_MSG_DELALG 17 CRYPTO_MSG_UPDATEALG 18 CRYPTO_MSG_GETALG 19 CRYPTO_MSG_DELRNG 20
        CRYPTO_MSG_GETSTAT 21
        """)
    static let cryptoAlgorithmNames = ConstantTable("CRYPTOCFGA_???", """
        CRYPTOCFGA_UNSPEC 0 CRYPTOCFGA_PRIORITY_VAL 1 CRYPTOCFGA_REPORT_LARVAL 2 CRYPTOCFGA_REPORT_HASH 3
        CRYPTOCFGA_REPORT_BLKCIPHER 4 CRYPTOCFGA_REPORT_AEAD 5 CRYPTOCFGA_REPORT_COMPRESS 6 CRYPTOCFGA_REPORT_RNG 7
        CRYPTOCFGA_REPORT_CIPHER 8 CRYPTOCFGA_REPORT_AKCIPHER 9 CRYPTOCFGA_REPORT_KPP 10 CRYPTOCFGA_REPORT_ACOMP 11
        CRYPTOCFGA_STAT_LARVAL 12 CRYPTOCFGA_STAT_HASH 13 CRYPTOCFGA_STAT_BLKCIPHER 14 CRYPTOCFGA_STAT_AEAD 15
        CRYPTOCFGA_STAT_COMPRESS 16 CRYPTOCFGA_STAT_RNG 17 CRYPTOCFGA_STAT_CIPHER 18 CRYPTOCFGA_STAT_AKCIPHER 19
        CRYPTOCFGA_STAT_KPP 20 CRYPTOCFGA_STAT_ACOMP 21 CRYPTOCFGA_REPORT_SIG 22
        """)
}
