import RenacerCore
import Testing

@Suite struct TraceExpressionTests {
    private func names(_ expression: String, widenedFile: Bool = false) throws -> Set<String> {
        let set = try TraceExpression.compile(expression, widenedFile: widenedFile)
        return Set(SyscallTable.all(.native).filter { set.contains($0.number, .native) }.map { $0.syscall.name.description })
    }

    @Test func expressions() throws {
        #expect(try names("close") == ["close"])
        #expect(try names("close,,read") == ["close", "read"])
        #expect(try names("?no_such_call,close") == ["close"])
        #expect(try names("?no_such_call").isEmpty)
        #expect(try names("none").isEmpty)
        #expect(try names("!all").isEmpty)
        #expect(try names("all") == names("!none"))
        #expect(try !names("!close").contains("close"))
        #expect(try names("!close").count == names("all").count - 1)
        #expect(try names("/^p(read|write)64$") == ["pread64", "pwrite64"])
        #expect(try names("close@64") == ["close"])
        #expect(try names("%lstat").isSubset(of: names("%%stat")))
        #expect(try names("file") == names("%file"))
        #expect(try names("%file").isStrictSubset(of: names("file", widenedFile: true)))
        #expect(try names("file", widenedFile: true).isSuperset(of: ["read", "write", "lseek", "close", "fstat"]))
        #expect(try names("%net") == names("%network"))
    }

    @Test func numbersAreThoseOfTheTable() throws {
        let close = try #require(SyscallTable.all(.native).first { $0.syscall.name == "close" })
        #expect(try names("\(close.number)") == ["close"])
        #expect(throws: TraceExpression.Failure.invalid("32767")) { try TraceExpression.compile("32767") }
    }

    @Test(arguments: [
        ("", TraceExpression.Failure.invalid("")), ("!", .invalid("!")), (",", .invalid(",")), ("-1", .invalid("-1")),
        ("close,none", .invalid("none")), ("close,!read", .invalid("!read")), ("0x3", .invalid("0x3")),
        ("creds", .invalid("creds")), ("%", .invalid("%")), ("/no_such_call", .invalid("/no_such_call")),
        ("nosuch@64", .invalid("nosuch@64")), ("close@", .personality(designator: "", qualification: "close@")),
    ])
    func whatMeansNoCallIsRefused(_ expression: String, _ failure: TraceExpression.Failure) {
        #expect(throws: failure) { try TraceExpression.compile(expression) }
    }

    @Test func aWrongRegularExpressionSaysWhy() {
        #expect(throws: TraceExpression.Failure.self) { try TraceExpression.compile("/(") }
    }
}
