import RenacerCore
import RenacerRecording

extension ReplayBackend {
    public var capabilities: Capabilities { Self.capabilities(of: header) }

    /// What can be shown of a recording: what was recorded.
    public static func capabilities(of header: RecordingHeader) -> Capabilities {
        let contents = header.contents
        func recorded(_ isThere: Bool, _ flag: String) -> Capability {
            isThere ? .exact : .unavailable("it was not recorded; 'renacer record \(flag)' does")
        }
        let noTask = Capability.unavailable("a recording is replayed: no task is there")
        return Capabilities([
            .memory: .exact,
            .liveMemory: .unavailable("memory comes with the recording"),
            .wholeBuffers: header.data.isEmpty
                ? .unavailable("they were not recorded; 'renacer record -e read=FDS -e write=FDS' does") : .exact,
            .enteredEvents: .exact,
            .descriptorPaths: recorded(!header.descriptors.isEmpty, "-y or -yy"),
            .order: .exact,
            .interruptions: .exact,
            .callTimes: .exact,
            .backpressure: noTask,
            .signals: .exact,
            .follow: recorded(contents.contains(.children), "-f"),
            .attach: noTask,
            .injection: noTask,
            .systemWide: noTask,
            .seccompFilter: noTask,
            .killOnExit: noTask,
            .detachOnExecve: noTask,
            .placement: noTask,
            .exitMemory: noTask,
            .stacks: recorded(contents.contains(.stacks), "-k"),
            .ringSize: noTask,
            .instructionPointer: recorded(contents.contains(.instructionPointers), "-i"),
            .systemTime: recorded(contents.contains(.systemTime), "--summary-cpu"),
            .lossless: .exact,
            .commands: recorded(contents.contains(.commands), "-Y"),
            .namespaces: recorded(contents.contains(.pidNamespaces), "--decode-pids=pidns"),
            .enteredNamespaces: recorded(contents.contains(.enteredNamespaces), "-e namespace=new"),
            .virtualCPUs: recorded(contents.contains(.virtualCPUs), "-e kvm=vcpu"),
            .kernelFilter: .unavailable("events come from a file"),
            .kernelAggregation: .unavailable("events come from a file"),
        ])
    }

    /// What of a plan the recording has nothing of: told, rather than shown as if it were not there.
    public func refusal(of plan: CapturePlan) -> TraceError? {
        if plan.followForks, !header.contents.contains(.children) {
            return TraceError("-f: children were not recorded; 'renacer record -f' does")
        }
        if plan.memory.stringLimit > header.stringLimit, plan.memory.isNeeded {
            return TraceError(
                "-s \(plan.memory.stringLimit): the recording has \(header.stringLimit) bytes of each string; "
                    + "use a smaller number, or record with -s \(plan.memory.stringLimit)")
        }
        if !plan.memory.descriptors.isSubset(of: header.descriptors) {
            return TraceError("details of descriptors that were not recorded are asked for; 'renacer record -yy' records all")
        }
        return nil
    }

    /// The same of the data of calls on certain descriptors.
    public func refusal(of data: MovedData) -> TraceError? {
        for (wanted, kept, flag) in [(data.reads, header.data.reads, "read"), (data.writes, header.data.writes, "write")]
        where !wanted.isSubset(of: kept) {
            return TraceError("-e \(flag): data of these descriptors were not recorded; 'renacer record -e \(flag)=FDS' does")
        }
        return nil
    }

    /// One line: what is wrong with a recording, and what that means.
    static func explain(_ failure: RecordingReader.Failure, _ path: String, _ blocks: UInt64 = 0) -> TraceError {
        let before = blocks == 1 ? "behind 1 whole block" : "behind \(blocks) whole blocks"
        switch failure {
        case .file(let error): return error
        case .recording(.foreign): return TraceError("\(path): this is no recording; 'renacer record -o FILE -- PROGRAM' makes one")
        case .recording(.cutInHeader): return TraceError("\(path): cut off in its header: nothing of the recording is left")
        case .recording(.damagedHeader): return TraceError("\(path): its header is damaged: the recording cannot be read")
        case .recording(.unknownVersion(let version)):
            return TraceError(
                "\(path): a recording of version \(version), of which this renacer knows nothing (it reads \(RecordingFormat.version)); "
                    + "use the renacer that made it")
        case .recording(.otherMachine(let machine)):
            return TraceError("\(path): recorded on another architecture (ELF machine \(machine)), whose system calls have other numbers")
        case .recording(.cutInBlock(let found, let wanted)):
            return TraceError("\(path): cut off \(before): \(wanted - found) of a block's \(wanted) bytes are missing, and what came after it")
        case .recording(.noEnd):
            return TraceError("\(path): cut off \(before): its end is missing; renacer may have been killed, or still be writing")
        case .recording(.damagedBlock): return TraceError("\(path): damaged \(before): what came after them is not shown")
        }
    }
}
