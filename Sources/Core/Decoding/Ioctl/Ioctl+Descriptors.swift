// Requests that any descriptor or socket may answer.

extension IoctlRequest {
    static let descriptors: [IoctlRequest] = [
        .init("FIOCLEX", 0x5451, .none),
        .init("FIONCLEX", 0x5450, .none),
        .init("FIONREAD", 0x541b, .written(.pointee(.int))),
        .init("FIONBIO", 0x5421, .read(.pointee(.int))),
        .init("FIOASYNC", 0x5452, .read(.pointee(.int))),
    ]
}
