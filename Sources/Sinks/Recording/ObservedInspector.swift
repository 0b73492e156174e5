import RenacerCore
import RenacerRecording

/// An inspector that takes note of what it was asked and what it said.
final class ObservedInspector: TaskInspector {
    private let actual: any TaskInspector
    /// Takes an answer.
    private let note: (Question, Answer) -> Void
    private let text = TextBuffer(capacity: 4096)

    init(_ actual: any TaskInspector, note: @escaping (Question, Answer) -> Void) {
        self.actual = actual
        self.note = note
    }

    /// What the inspector knows of a call is in the memory that the backend gave it.
    private func given(_ memory: any TraceeMemory) -> any TraceeMemory { (memory as? ObservedMemory)?.actual ?? memory }

    private func ask(_ body: (TextBuffer) -> DescriptorName) -> Answer {
        text.truncate(to: 0)
        switch body(text) {
        case .unknown: return Answer(.unknown)
        case .known: return Answer(.known, text: Array(text.bytes))
        case .deleted: return Answer(.deleted, text: Array(text.bytes))
        }
    }

    private func told(_ answer: Answer, _ text: TextBuffer) -> DescriptorName {
        if answer.status == .unknown { return .unknown }
        answer.text.withUnsafeBytes { text.append($0) }
        return answer.status == .deleted ? .deleted : .known
    }

    // MARK: Descriptors

    func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName {
        let memory = given(memory)
        var answer = Answer(.unknown)
        if detail.contains(.path) {
            answer = ask { actual.describe(fd: fd, of: tid, memory, .path, into: $0) }
            note(Question(.path, tid, Int64(fd)), answer)
        }
        let others = detail.subtracting(.path)
        guard !others.isEmpty else { return told(answer, text) }
        var detailed = ask { actual.describe(fd: fd, of: tid, memory, others, into: $0) }
        if detailed.status != .unknown { detailed.number = kind(of: fd, tid, memory, others) }
        note(Question(.detail, tid, Int64(fd)), detailed)
        return told(detailed.status == .unknown ? answer : detailed, text)
    }

    /// Which of the details it was that there was something to be said of.
    private func kind(of fd: Int32, _ tid: Int32, _ memory: any TraceeMemory, _ details: DescriptorDetail) -> Int64 {
        for bit in 0..<16 {
            let one = DescriptorDetail(rawValue: 1 << UInt16(bit))
            guard details.contains(one) else { continue }
            text.truncate(to: 0)
            if actual.describe(fd: fd, of: tid, memory, one, into: text) != .unknown { return Int64(one.rawValue) }
        }
        return Int64(details.rawValue)
    }

    func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName {
        let memory = given(memory)
        let answer = ask { actual.workingDirectory(of: tid, memory, into: $0) }
        note(Question(.workingDirectory, tid), answer)
        return told(answer, text)
    }

    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? {
        let answer = actual.socketProtocol(fd: fd, of: tid, given(memory))
        let number = answer.map { Int64($0.family) & 0xffff_ffff | Int64($0.protocol) << 32 }
        note(Question(.socketProtocol, tid, Int64(fd)), Answer(number == nil ? .unknown : .known, number: number ?? 0))
        return answer
    }

    func isTerminal(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> Bool {
        let answer = actual.isTerminal(fd: fd, of: tid, given(memory))
        note(Question(.isTerminal, tid, Int64(fd)), Answer(answer ? .known : .unknown))
        return answer
    }

    func virtualCPU(fd: Int32, of tid: Int32) -> UInt64? {
        let answer = actual.virtualCPU(fd: fd, of: tid)
        note(Question(.virtualCPU, tid, Int64(fd)), Answer(answer == nil ? .unknown : .known, number: Int64(bitPattern: answer ?? 0)))
        return answer
    }

    // MARK: Tasks

    private func text(_ question: Question, into text: TextBuffer, _ body: (TextBuffer) -> Bool) -> Bool {
        let answer = ask { body($0) ? .known : .unknown }
        note(question, answer)
        return told(answer, text) != .unknown
    }

    private func number(_ question: Question, _ answer: Int32?) -> Int32? {
        note(question, Answer(answer == nil ? .unknown : .known, number: Int64(answer ?? 0)))
        return answer
    }

    func command(of tid: Int32, into text: TextBuffer) -> Bool {
        self.text(Question(.command, tid), into: text) { actual.command(of: tid, into: $0) }
    }

    func link(_ name: StaticString, of tid: Int32, into text: TextBuffer) -> Bool {
        self.text(Question(.link, tid, Question.hash(name)), into: text) { actual.link(name, of: tid, into: $0) }
    }

    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? {
        number(.translation(id, kind, seenBy: tid), actual.translate(id, kind, seenBy: tid))
    }

    func process(pidfd: Int32, of tid: Int32) -> Int32? {
        number(Question(.pidfd, tid, Int64(pidfd)), actual.process(pidfd: pidfd, of: tid))
    }

    // MARK: What is the same for every task

    func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool {
        self.text(Question(.interface, 0, Int64(index)), into: text) { actual.interfaceName(index, of: tid, into: $0) }
    }

    func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool {
        self.text(Question(.genericFamily, 0, Int64(number)), into: text) { actual.genericNetlinkFamily(number, into: $0) }
    }
}
