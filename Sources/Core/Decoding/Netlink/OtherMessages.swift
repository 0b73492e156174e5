// Netlink protocols of few messages.

extension Decoder {
    func netfilterType(_ type: UInt16) {}
    func genericType(_ type: UInt16) {}
    func selinuxMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func netfilterMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func genericMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func cryptoMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func kernelEvent(_ span: Span) { hexBytes(span) }
}

extension ConstantTable {
    static let cryptoMessages = ConstantTable("CRYPTO_MSG_???", "CRYPTO_MSG_NEWALG 16")
}
