/// How calls are shown, whatever the writer.
public struct DecodingOptions: Sendable {
    /// `-s`: bytes of a string shown before `...`; elements of an array likewise.
    public var stringLimit = 32
    /// `-e abbrev=`: calls whose structures are shortened.
    public var abbreviated: SyscallSet = .all
    /// `-e verbose=`: calls whose structures are followed at all.
    public var dereferenced: SyscallSet = .all
    /// `-e raw=`: calls whose arguments print undecoded.
    public var raw: SyscallSet = .none
    /// `-y`, `-yy`, `-e decode-fds=`.
    public var descriptors: DescriptorDetail = []
    /// `-Y`: thread and process ids are followed by the command's name.
    public var commands = false
    /// `--decode-pids=pidns`: ids are translated to the tracer's pid namespace.
    public var pidNamespaces = false
    /// `-e namespace=new`: namespaces that a call entered are told behind its result.
    public var enteredNamespaces = false
    /// `-e kvm=vcpu`: why a virtual CPU stopped running is told behind the result.
    public var virtualCPUs = false
    /// `-X`.
    public var constants: ConstantStyle = .abbrev

    /// What strings and names are replaced by before anybody shows them; nil: nothing is.
    public var replacements: Replacements?

    public init() {}
}
