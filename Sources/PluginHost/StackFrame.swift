import CRenacerPlugin
import Glibc
import RenacerCore

/// A frame of a call's stack as plugins are told of it.
struct StackFrame {
    /// In the task's memory; 0 in a replay.
    var address: UInt64 = 0
    var module = ""
    var moduleAddress: UInt64 = 0
    var symbol = ""
    var symbolOffset: UInt64 = 0
    var source = ""
    var line: UInt32 = 0
    var isOwn = false

    /// No plugin is given more.
    static let most = 1024
    /// Bytes that one takes on the wire at least.
    static let leastSize = 8 * 8

    static func all(of stack: CallStack) -> [StackFrame] {
        stack.frames.enumerated().map { i, location in
            var frame = StackFrame()
            if i < stack.addresses.count { frame.address = stack.addresses[i] }
            guard let location else { return frame }
            frame.module = location.module
            frame.moduleAddress = location.address
            frame.symbol = location.symbol ?? ""
            frame.symbolOffset = location.symbol == nil ? 0 : location.offset
            if let line = location.lines.first {
                frame.source = line.file
                frame.line = UInt32(clamping: line.line)
            }
            frame.isOwn = location.isOwn
            return frame
        }
    }
}

extension Wire {
    func put(_ frame: StackFrame) {
        put(frame.address)
        put(frame.module)
        put(frame.moduleAddress)
        put(frame.symbol)
        put(frame.symbolOffset)
        put(frame.source)
        put(UInt64(frame.line))
        put(frame.isOwn)
    }

    func frame() -> StackFrame {
        var frame = StackFrame()
        frame.address = number()
        frame.module = text()
        frame.moduleAddress = number()
        frame.symbol = text()
        frame.symbolOffset = number()
        frame.source = text()
        frame.line = UInt32(truncatingIfNeeded: number())
        frame.isOwn = flag()
        return frame
    }
}

extension Call {
    /// It returned to another program.
    var leavesNoStack: Bool {
        guard case .returned = outcome, let name = syscall?.name.description else { return false }
        return name == "execve" || name == "execveat"
    }
}

/// Frames that `host->frames` answered with; their texts are valid until it is asked again.
final class FrameAnswer {
    private var texts: [Answer] = []

    /// - Returns: false if the caller does not say how large its structures are.
    func give(_ all: [StackFrame], to out: UnsafeMutablePointer<renacer_frame>) -> Bool {
        guard let stride = statedSize(out), stride >= MemoryLayout<UInt64>.size, stride % MemoryLayout<UInt64>.alignment == 0 else { return false }
        while texts.count < all.count * 3 { texts.append(Answer()) }
        for (i, frame) in all.enumerated() {
            let place = UnsafeMutableRawPointer(out) + i * stride
            place.storeBytes(of: UInt32(stride), as: UInt32.self)
            var f = renacer_frame()
            f.line = frame.line
            f.address = frame.address
            f.module = texts[3 * i].keep(frame.module)
            f.module_address = frame.moduleAddress
            f.symbol = texts[3 * i + 1].keep(frame.symbol)
            f.symbol_offset = frame.symbolOffset
            f.source = texts[3 * i + 2].keep(frame.source)
            f.is_own = frame.isOwn ? 1 : 0
            RenacerPluginHost.give(f, to: place.assumingMemoryBound(to: renacer_frame.self))
        }
        return true
    }
}
