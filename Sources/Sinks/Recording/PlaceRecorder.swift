import RenacerCore
import RenacerRecording

/// Takes note of where in a program calls are made, while their tasks' stacks can be read.
///
/// A place is written once in each block that leads to it; a stack is a row of their numbers.
final class PlaceRecorder {
    private let stacks: any StackInspector
    private let limit: Int
    private let encoder: EventEncoder
    private var numbers: [ObjectIdentifier: Int64] = [:]
    /// By number, less one. Kept: another place could have the same identity.
    private var places: [(location: any CodeLocation, text: [UInt8])] = []

    /// - Parameter limit: frames of a stack.
    init(_ stacks: any StackInspector, limit: Int, _ encoder: EventEncoder) {
        self.stacks = stacks
        self.limit = limit
        self.encoder = encoder
    }

    /// - Parameter call: that the task is in; nil at a signal.
    /// - Returns: whether anything is known.
    @discardableResult
    func note(_ tid: Int32, _ pid: Int32, at call: Call?) -> Bool {
        let stack = stacks.stack(of: tid, pid, at: call, limit: limit)
        var recorded = RecordedStack()
        recorded.isCut = stack.isCut
        recorded.places = stack.frames.map { frame in frame.map(number) ?? 0 }
        let question = Question(.stack, tid, call == nil ? 1 : 0), answer = Answer(.known, text: recorded.encoded)
        if !encoder.holds(question, answer) {
            for place in recorded.places where place > 0 { tell(place) }
            encoder.note(question, answer, atExit: false)
        }
        guard let call else { return !stack.frames.isEmpty }
        let source = stacks.source(of: tid, pid, at: call)
        var line = Answer(.unknown)
        switch source {
        case nil: break
        case .line(let known): line = Answer(.known, text: known.encoded)
        case .symbol(let location):
            let place = number(location)
            tell(place)
            line = Answer(.known, number: place)
        }
        encoder.note(Question(.source, tid), line, atExit: false)
        return !stack.frames.isEmpty || source != nil
    }

    private func number(_ location: any CodeLocation) -> Int64 {
        if let known = numbers[ObjectIdentifier(location)] { return known }
        places.append((location, RecordedLocation.encoded(location)))
        let number = Int64(places.count)
        numbers[ObjectIdentifier(location)] = number
        return number
    }

    private func tell(_ place: Int64) {
        encoder.note(Question(.place, 0, place), Answer(.known, text: places[Int(place) - 1].text), atExit: false)
    }
}
