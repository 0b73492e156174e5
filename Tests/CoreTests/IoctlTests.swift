import Testing

@testable import RenacerCore

/// The tables of ioctl requests agree with one another.
@Suite struct IoctlTests {
    @Test func requestsAreNamedByTheirCodes() {
        for request in IoctlTable.groups.joined() {
            let names = IoctlNames.names(of: request.code).map(String.init(describing:)) ?? ""
            #expect(
                names.split(separator: "|").contains(Substring(String(describing: request.name))),
                "\(request.name) 0x\(String(request.code, radix: 16)): \(names)")
        }
    }

    @Test func requestsAreDescribedOnce() {
        var seen: [UInt32: Name] = [:]
        for request in IoctlTable.groups.joined() {
            let before = seen.updateValue(request.name, forKey: request.code)
            #expect(before == nil, "\(request.name)")
        }
    }
}
