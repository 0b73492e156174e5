import RenacerCore
import RenacerRecording

/// Stacks as they were when the recording was made.
final class ReplayedStacks: StackInspector {
    private let answers: ReplayInspector
    private var places: [Int64: (text: [UInt8], location: RecordedLocation)] = [:]

    init(_ answers: ReplayInspector) { self.answers = answers }

    func stack(of tid: Int32, _ pid: Int32, at call: Call?, limit: Int) -> CallStack {
        var result = CallStack()
        guard let answer = answers.known(Question(.stack, tid, call == nil ? 1 : 0)) else { return result }
        let recorded = answer.text.withUnsafeBytes { RecordedStack($0) }
        result.frames = recorded.places.prefix(max(limit, 0)).map(place)
        result.isCut = recorded.isCut || recorded.places.count > limit
        return result
    }

    func source(of tid: Int32, _ pid: Int32, at call: Call?) -> CodePlace? {
        guard let answer = answers.known(Question(.source, tid)) else { return nil }
        if answer.number != 0 { return place(answer.number).map { .symbol($0) } }
        return answer.text.withUnsafeBytes { SourceLine($0) }.map { .line($0) }
    }

    /// One object for one place, as sinks tell them apart by that.
    private func place(_ number: Int64) -> (any CodeLocation)? {
        guard number != 0, let answer = answers.known(Question(.place, 0, number)) else { return nil }
        if let known = places[number], known.text == answer.text { return known.location }
        guard let location = answer.text.withUnsafeBytes({ RecordedLocation($0) }) else { return nil }
        places[number] = (answer.text, location)
        return location
    }

    func mappingsChanged(of pid: Int32, at address: UInt64, count: UInt64) {}
    func forget(_ pid: Int32) {}
}
