import CPluginGuard
import CRenacerPlugin
import Glibc
import RenacerCore

/// The other side of `IsolatedPlugin`: a process that loads one plugin and does what it is told.
enum PluginProcess {
    /// Serves until renacer closes its end.
    static func serve(_ socket: Int32, _ path: String) -> Never {
        let wire = Wire(socket)
        let file: PluginFile
        do throws(PluginProblem) { file = try PluginFile(path) } catch {
            wire.begin(.refused)
            wire.put(error.description)
            wire.send()
            _exit(0)
        }
        wire.begin(.described)
        wire.put(file.name)
        wire.put(file.version)
        wire.put(UInt64(file.components.count))
        for c in file.components { wire.put(c) }
        wire.send()
        var instance: Instance?
        while let kind = try? wire.receive() {
            switch kind {
            case .create:
                instance = Instance(file, wire)
                instance?.create(wire)
            case .consume: instance?.consume(wire)
            case .idle: instance?.idle(wire)
            case .tell: instance?.tell(wire)
            case .finish: instance?.finish(wire)
            default: _exit(1)
            }
        }
        _exit(0)
    }

    /// A detector or sink in this process, and services that ask renacer.
    private final class Instance: EventServices {
        private let file: PluginFile
        private let wire: Wire
        private var detector: PluginDetector?
        private var events = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        private let answer = Answer()

        init(_ file: PluginFile, _ wire: Wire) {
            self.file = file
            self.wire = wire
        }

        func create(_ wire: Wire) {
            let name = wire.text(), kind = Component.Kind(rawValue: UInt32(truncatingIfNeeded: wire.number())), destination = wire.text()
            let tasksAreThere = wire.flag()
            var options: [(String, String)] = []
            for _ in 0..<wire.count() { options.append((wire.text(), wire.text())) }
            perform { () throws(TraceError) in
                guard let kind, let component = self.file.component(name, kind) else { throw TraceError("there is no '\(name)'") }
                do throws(PluginProblem) {
                    let new = try PluginDetector(component, options: options, patience: .max) { text in
                        wire.begin(.log)
                        wire.put(text)
                        wire.send()
                    }
                    new.tasksAreThere = tasksAreThere
                    new.destination = destination
                    if kind == .sink, !component.opensItsOutput {
                        new.output = { bytes in
                            wire.begin(.write)
                            wire.put(bytes)
                            return wire.send()
                        }
                    }
                    self.detector = new
                } catch { throw TraceError(error.description) }
                try self.detector?.start { finding in
                    wire.begin(.report)
                    wire.put(finding)
                    wire.send()
                }
            }
        }

        func consume(_ wire: Wire) {
            let count = Int(wire.number()), data = wire.data()
            if data.count > events.count {
                events.deallocate()
                events = .allocate(byteCount: data.count * 2, alignment: 16)
            }
            events.copyBytes(from: data)
            perform { () throws(TraceError) in
                guard let first = self.events.baseAddress?.assumingMemoryBound(to: renacer_event.self),
                    count > 0, count <= data.count / MemoryLayout<renacer_event>.stride
                else { return }
                let views = UnsafeBufferPointer(start: first, count: count)
                self.detector?.follow(views)
                try self.detector?.consume(views, services: self)
            }
        }

        func idle(_ wire: Wire) { perform { () throws(TraceError) in try self.detector?.idle() } }

        func tell(_ wire: Wire) {
            let finding = wire.finding()
            perform { () throws(TraceError) in try self.detector?.tell(finding) }
        }

        func finish(_ wire: Wire) {
            var account = Account()
            account.delivered = wire.number()
            account.lost[.ringFull] = wire.number()
            perform { () throws(TraceError) in try self.detector?.finish(account) }
        }

        /// Does it, and says how it went.
        private func perform(_ body: () throws(TraceError) -> Void) {
            var problem = "", isRefusal = false
            do throws(TraceError) { try body() } catch {
                problem = error.description
                isRefusal = error.isRefusal
            }
            wire.begin(.done)
            wire.put(problem)
            wire.put(isRefusal)
            wire.send()
        }

        // MARK: Services

        private func index(_ event: UnsafePointer<renacer_event>) -> UInt64 {
            guard let base = events.baseAddress else { return .max }
            let distance = UnsafeRawPointer(event) - UnsafeRawPointer(base)
            return distance >= 0 ? UInt64(distance) : .max
        }

        func value(of event: UnsafePointer<renacer_event>, _ path: FieldTable.Path?) -> renacer_value? {
            guard let path else { return nil }
            wire.begin(.value)
            wire.put(index(event))
            wire.put(path.text)
            guard wire.send(), (try? wire.receive()) == .answer, wire.flag() else { return nil }
            var v = renacer_value()
            v.type = UInt32(truncatingIfNeeded: wire.number())
            v.integer = wire.number()
            v.is_truncated = UInt32(truncatingIfNeeded: wire.number())
            v.text = wire.data().withUnsafeBytes { answer.keep($0) }
            return v
        }

        func read(_ event: UnsafePointer<renacer_event>, _ address: UInt64, _ to: UnsafeMutableRawBufferPointer) -> Int {
            wire.begin(.read)
            wire.put(index(event))
            wire.put(address)
            wire.put(UInt64(to.count))
            guard wire.send(), (try? wire.receive()) == .answer else { return 0 }
            let bytes = wire.data().prefix(to.count)
            to.copyBytes(from: bytes)
            return bytes.count
        }

        func describe(_ event: UnsafePointer<renacer_event>, _ what: EventDescription) -> [UInt8]? {
            wire.begin(.describe)
            wire.put(index(event))
            wire.put(UInt64(what.rawValue))
            guard wire.send(), (try? wire.receive()) == .answer, wire.flag() else { return nil }
            return Array(wire.data())
        }

        /// As renacer said when it was asked last.
        private(set) var hasStacks = false

        func frames(of event: UnsafePointer<renacer_event>, limit: Int) -> [StackFrame]? {
            wire.begin(.frames)
            wire.put(index(event))
            wire.put(UInt64(limit))
            guard wire.send(), (try? wire.receive()) == .answer else { return nil }
            hasStacks = wire.flag()
            guard wire.flag() else { return nil }
            return (0..<min(wire.count(StackFrame.leastSize), limit)).map { _ in wire.frame() }
        }

        func instructionPointer(of event: UnsafePointer<renacer_event>) -> UInt64? {
            event.pointee.instruction_pointer == 0 ? nil : event.pointee.instruction_pointer
        }
    }
}
