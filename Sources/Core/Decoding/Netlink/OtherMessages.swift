// Netlink protocols of few messages.

extension Decoder {
    func netfilterType(_ type: UInt16) {}
    func genericType(_ type: UInt16) {}
    func diagnosisMessage(_ type: UInt16, _ flags: UInt16, _ span: Span) -> Bool { false }
    func selinuxMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func netfilterMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func genericMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func cryptoMessage(_ type: UInt16, _ span: Span) -> Bool { false }
    func kernelEvent(_ span: Span) { hexBytes(span) }
    func linkInfo(_ span: Span, _ context: AttributeContext) -> Bool { false }
}

extension ConstantTable {
    static let cryptoMessages = ConstantTable("CRYPTO_MSG_???", "CRYPTO_MSG_NEWALG 16")
}
