extension StructLayout {
    /// Packed on x86_64 only.
    #if arch(x86_64)
    static let epollEvent = StructLayout(size: 12, [.init("events", 0, .flags(.epollEvents)), .init("data", 4, .hex)])
    #else
    static let epollEvent = StructLayout(size: 16, [.init("events", 0, .flags(.epollEvents)), .init("data", 8, .hex)])
    #endif
}
