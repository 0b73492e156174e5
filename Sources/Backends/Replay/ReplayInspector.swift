import RenacerCore
import RenacerRecording

/// Answers what was answered when the recording was made; what was not asked then is unknown.
final class ReplayInspector: TaskInspector {
    private var answers: [Question: Answer] = [:]
    /// Those for the end of the call that is consumed.
    private var answersAtExit: [(question: Question, answer: Answer)] = []
    /// The end of a call is looked at.
    private var isAtExit = false

    func note(_ question: Question, _ answer: Answer, atExit: Bool) {
        if atExit { answersAtExit.append((question, answer)) } else { answers[question] = answer }
    }

    var hasAnswersAtExit: Bool { !answersAtExit.isEmpty }

    func turn(toExit: Bool) { isAtExit = toExit }

    /// What held at the end of the last call holds from now on.
    func advance() {
        isAtExit = false
        if answersAtExit.isEmpty { return }
        for (question, answer) in answersAtExit { answers[question] = answer }
        answersAtExit.removeAll(keepingCapacity: true)
    }

    /// A block tells everything anew.
    func forget() {
        advance()
        answers.removeAll(keepingCapacity: true)
    }

    private func answer(_ question: Question) -> Answer {
        if isAtExit, !answersAtExit.isEmpty, let last = answersAtExit.last(where: { $0.question == question }) { return last.answer }
        return answers[question] ?? Answer(.unknown)
    }

    /// The answer, if there was one.
    func known(_ question: Question) -> Answer? {
        let a = answer(question)
        return a.status == .unknown ? nil : a
    }

    private func name(_ answer: Answer, into text: TextBuffer) -> DescriptorName {
        if answer.status == .unknown { return .unknown }
        answer.text.withUnsafeBytes { text.append($0) }
        return answer.status == .deleted ? .deleted : .known
    }

    private func known(_ question: Question, into text: TextBuffer) -> Bool { name(answer(question), into: text) != .unknown }

    private func number(_ question: Question) -> Int64? {
        let a = answer(question)
        return a.status == .unknown ? nil : a.number
    }

    func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName {
        if !detail.subtracting(.path).isEmpty {
            let a = answer(Question(.detail, tid, Int64(fd)))
            let kind = DescriptorDetail(rawValue: UInt16(truncatingIfNeeded: a.number))
            if a.status != .unknown, !kind.isDisjoint(with: detail) { return name(a, into: text) }
        }
        return detail.contains(.path) ? name(answer(Question(.path, tid, Int64(fd))), into: text) : .unknown
    }

    func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName {
        name(answer(Question(.workingDirectory, tid)), into: text)
    }

    func command(of tid: Int32, into text: TextBuffer) -> Bool { known(Question(.command, tid), into: text) }

    func link(_ name: StaticString, of tid: Int32, into text: TextBuffer) -> Bool {
        known(Question(.link, tid, Question.hash(name)), into: text)
    }

    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? {
        number(.translation(id, kind, seenBy: tid)).map { Int32(truncatingIfNeeded: $0) }
    }

    func process(pidfd: Int32, of tid: Int32) -> Int32? {
        number(Question(.pidfd, tid, Int64(pidfd))).map { Int32(truncatingIfNeeded: $0) }
    }

    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? {
        number(Question(.socketProtocol, tid, Int64(fd))).map { (Int32(truncatingIfNeeded: $0), Int32(truncatingIfNeeded: $0 >> 32)) }
    }

    func isTerminal(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> Bool {
        answer(Question(.isTerminal, tid, Int64(fd))).status != .unknown
    }

    func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool {
        known(Question(.interface, 0, Int64(index)), into: text)
    }

    func virtualCPU(fd: Int32, of tid: Int32) -> UInt64? {
        number(Question(.virtualCPU, tid, Int64(fd))).map { UInt64(bitPattern: $0) }
    }

    func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool {
        known(Question(.genericFamily, 0, Int64(number)), into: text)
    }
}
