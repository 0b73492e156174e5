import CCurl
import Glibc

/// Compresses requests; zlib is loaded when it is first wanted.
enum Gzip {
    /// nil if memory is short.
    static func compressed(_ bytes: UnsafeRawBufferPointer, frame: Int) -> [UInt8]? {
        let room = cgzip_bound(bytes.count)
        var count = 0
        let all = [UInt8](unsafeUninitializedCapacity: frame + room) { buffer, initialized in
            for i in 0..<frame { buffer[i] = 0 }
            guard let base = buffer.baseAddress else { return }
            count = cgzip(bytes.baseAddress, bytes.count, base + frame, room)
            initialized = frame + max(count, 0)
        }
        return count > 0 ? all : nil
    }
}
