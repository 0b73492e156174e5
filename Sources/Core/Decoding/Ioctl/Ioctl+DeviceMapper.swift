// The device mapper: <linux/dm-ioctl.h>. What a request is about follows its header in the
// same buffer, at an offset that the header tells.

extension IoctlRequest {
    static let deviceMapper: [IoctlRequest] = [
        .init("DM_VERSION", 0xc138fd00, .deviceMapper([.device]), capture: .deviceMapper),
        .init("DM_REMOVE_ALL", 0xc138fd01, .deviceMapper([]), capture: .deviceMapper),
        .init("DM_LIST_DEVICES", 0xc138fd02, .deviceMapper([.start], out: .devices), capture: .deviceMapper),
        .init("DM_DEV_CREATE", 0xc138fd03, .deviceMapper([.device, .state]), capture: .deviceMapper),
        .init("DM_DEV_REMOVE", 0xc138fd04, .deviceMapper([.device, .event]), capture: .deviceMapper),
        .init("DM_DEV_RENAME", 0xc138fd05, .deviceMapper([.start, .device, .event, .state], in: .string), capture: .deviceMapper),
        .init("DM_DEV_SUSPEND", 0xc138fd06, .deviceMapper([.device, .resumeEvent, .state]), capture: .deviceMapper),
        .init("DM_DEV_STATUS", 0xc138fd07, .deviceMapper([.device, .state]), capture: .deviceMapper),
        .init("DM_DEV_WAIT", 0xc138fd08, .deviceMapper([.start, .device, .event, .state], out: .targets), capture: .deviceMapper),
        .init("DM_TABLE_LOAD", 0xc138fd09, .deviceMapper([.start, .device, .count, .state], in: .targets), capture: .deviceMapper),
        .init("DM_TABLE_CLEAR", 0xc138fd0a, .deviceMapper([.device, .state]), capture: .deviceMapper),
        .init("DM_TABLE_DEPS", 0xc138fd0b, .deviceMapper([.start, .device, .state], out: .dependencies), capture: .deviceMapper),
        .init("DM_TABLE_STATUS", 0xc138fd0c, .deviceMapper([.start, .device, .state], out: .targets), capture: .deviceMapper),
        .init("DM_LIST_VERSIONS", 0xc138fd0d, .deviceMapper([.start], out: .versions), capture: .deviceMapper),
        .init("DM_TARGET_MSG", 0xc138fd0e, .deviceMapper([.start, .device, .state], in: .message), capture: .deviceMapper),
        .init("DM_DEV_SET_GEOMETRY", 0xc138fd0f, .deviceMapper([.start, .device], in: .string), capture: .deviceMapper),
        .init("DM_DEV_ARM_POLL", 0xc138fd10, .deviceMapper([.device]), capture: .deviceMapper),
    ]
}

/// Which fields of the header a request of the device mapper uses.
private struct DeviceMapperFields: OptionSet, Sendable {
    let rawValue: UInt8
    static let start = DeviceMapperFields(rawValue: 1)
    static let device = DeviceMapperFields(rawValue: 2)
    /// The number of the event waited for.
    static let event = DeviceMapperFields(rawValue: 4)
    /// The same, unless the device is to be suspended.
    static let resumeEvent = DeviceMapperFields(rawValue: 8)
    static let count = DeviceMapperFields(rawValue: 16)
    /// The state of the device, filled in by the kernel.
    static let state = DeviceMapperFields(rawValue: 32)
}

/// What stands behind the header.
private enum DeviceMapperData: Sendable {
    case none, targets, message, string, devices, versions, dependencies

    /// What it is called where it lies outside the buffer.
    var misplaced: Name {
        switch self {
        case .none: ""
        case .targets: "misplaced struct dm_target_spec"
        case .message: "misplaced struct dm_target_msg"
        case .string: "misplaced string"
        case .devices: "misplaced struct dm_name_list"
        case .versions: "misplaced struct dm_target_versions"
        case .dependencies: "misplaced struct dm_target_deps"
        }
    }
}

extension IoctlRequest.Argument {
    fileprivate static func deviceMapper(
        _ fields: DeviceMapperFields, in input: DeviceMapperData = .none, out output: DeviceMapperData = .none
    ) -> Self {
        .dialect { $0.deviceMapper(fields, input, output) }
    }
}

extension Decoder {
    fileprivate func deviceMapper(
        _ shown: DeviceMapperFields, _ input: DeviceMapperData, _ output: DeviceMapperData
    ) -> Syscall.Progress {
        let size = 305
        let arg = call[2]
        if exiting {
            guard !failed, let b = read(arg, size) else { return .complete }
            out.changed()
            _ = deviceMapperBuffer(b, arg, shown, output)
            return .complete
        }
        guard follows(arg), let b = read(arg, size), b.u32(0) != 0 else {
            out.address(arg)
            return .complete
        }
        return deviceMapperBuffer(b, arg, shown, input) ? .sameAtExit : .complete
    }

    /// - Returns: whether the header is one that the kernel will take.
    private func deviceMapperBuffer(
        _ b: Bytes, _ arg: UInt64, _ shown: DeviceMapperFields, _ data: DeviceMapperData
    ) -> Bool {
        let size = b.u32(12)
        let isSupported = b.u32(0) == 4
        let isLongEnough = size >= 305
        out.beginArray()
        out.element()
        structure {
            field("version")
            elements(b.slice(0, 12), .uint)
            guard isSupported else {
                out.comment("unsupported device mapper ABI version")
                return
            }
            number("data_size", b.u32(12))
            guard isLongEnough else {
                out.comment("data_size too small")
                return
            }
            deviceMapperHeader(b, shown)
        }
        let isValid = isSupported && isLongEnough
        if isValid { deviceMapperData(b, arg, data) }
        out.endArray()
        return isValid
    }

    private func number(_ name: Name, _ v: UInt32) {
        field(name)
        out.unsigned(UInt64(v))
    }

    private func deviceMapperHeader(_ b: Bytes, _ shown: DeviceMapperFields) {
        let suspend: UInt32 = 2
        if shown.contains(.start) { number("data_start", b.u32(16)) }
        if shown.contains(.device) {
            if b.u64(40) != 0 {
                field("dev")
                device(b.u64(40))
            }
            if b.u8(48) != 0 {
                field("name")
                cString(b.slice(48, 128))
            }
            if b.u8(176) != 0 {
                field("uuid")
                cString(b.slice(176, 129))
            }
        }
        let hasState = exiting && shown.contains(.state)
        if hasState || (entering && shown.contains(.count)) { number("target_count", b.u32(20)) }
        if hasState {
            field("open_count")
            out.unsigned(UInt64(b.u32(24)))
        }
        let waits = shown.contains(.event) || (shown.contains(.resumeEvent) && b.u32(28) & suspend == 0)
        if hasState || (entering && waits) { number("event_nr", b.u32(32)) }
        field("flags")
        flags(b.u32(28), .deviceMapperFlags)
    }

    // MARK: Behind the header

    private func deviceMapperData(_ b: Bytes, _ arg: UInt64, _ data: DeviceMapperData) {
        if data == .none || (data == .targets && b.u32(20) == 0) { return }
        if abbreviating {
            out.more()
            return
        }
        let size = b.u32(12)
        let start = b.u32(16)
        switch data {
        case .none: break
        case .targets:
            records(data, arg, start, size, header: 40, count: b.u32(20), nextAt: 20) { r, at in
                structure {
                    field("sector_start")
                    out.unsigned(r.u64(0))
                    field("length")
                    out.unsigned(r.u64(8))
                    if exiting {
                        field("status")
                        out.signed(Int64(r.i32(16)))
                    }
                    field("target_type")
                    cString(r.slice(24, 16))
                    field("string")
                    mappedString(arg, at &+ 40, size)
                }
            }
        case .devices:
            records(data, arg, start, size, header: 12, nextAt: 8) { r, at in
                guard r.u64(0) != 0 else { return }
                structure {
                    field("dev")
                    device(r.u64(0))
                    field("name")
                    mappedString(arg, at &+ 12, size)
                }
            }
        case .versions:
            records(data, arg, start, size, header: 16, nextAt: 0) { r, at in
                structure {
                    field("name")
                    mappedString(arg, at &+ 16, size)
                    field("version")
                    elements(r.slice(4, 12), .uint)
                }
            }
        case .message:
            records(data, arg, start, size, header: 8, count: 1, nextAt: 0) { r, at in
                structure {
                    field("sector")
                    out.unsigned(r.u64(0))
                    field("message")
                    mappedString(arg, at &+ 8, size)
                }
            }
        case .string:
            out.element()
            guard start <= size else {
                misplaced(data)
                return
            }
            structure {
                field("string")
                mappedString(arg, start, size)
            }
        case .dependencies:
            records(data, arg, start, size, header: 8, count: 1, nextAt: 0) { r, at in
                structure {
                    number("count", r.u32(0))
                    let room = (size - at - 8) / 8
                    field("deps")
                    array(arg &+ UInt64(at) &+ 8, count: Int(min(r.u32(0), room)), stride: 8) { device($0.u64(0)) }
                }
            }
        }
    }

    /// Walks records that each tell how far away the next one is.
    ///
    /// - Parameters:
    ///   - count: how many there are; nil if the last one says so by naming no next.
    ///   - nextAt: where in a record the distance stands.
    private func records(
        _ data: DeviceMapperData, _ arg: UInt64, _ start: UInt32, _ size: UInt32, header: UInt32,
        count: UInt32? = nil, nextAt: Int, _ body: (Bytes, UInt32) -> Void
    ) {
        var at = start
        var left = count ?? .max
        while left > 0 {
            left -= 1
            out.element()
            guard at <= size, size - at >= header else {
                misplaced(data)
                return
            }
            guard let r = read(arg &+ UInt64(at), Int(header)) else {
                out.address(arg &+ UInt64(at))
                return
            }
            body(r, at)
            let next = r.u32(nextAt)
            if left == 0 || (count == nil && next == 0) { return }
            guard next >= header, at &+ next > at else {
                out.element()
                misplaced(data)
                return
            }
            at &+= next
        }
    }

    private func misplaced(_ data: DeviceMapperData) {
        out.verbatim("???")
        out.comment(data.misplaced)
    }

    /// A string in the buffer, which ends it at the latest.
    private func mappedString(_ arg: UInt64, _ at: UInt32, _ size: UInt32) {
        let limit = Int(size - min(at, size))
        let address = arg &+ UInt64(at)
        guard limit > 0 else {
            out.string(UnsafeRawBufferPointer(start: nil, count: 0), truncated: false)
            return
        }
        guard let b = readSome(address, min(limit, options.stringLimit + 1)) else {
            out.address(address)
            return
        }
        if let end = b.terminator {
            out.string(b.slice(0, end).raw, truncated: end > options.stringLimit)
        } else if b.count > options.stringLimit || b.count == limit {
            out.string(b.slice(0, min(b.count, options.stringLimit)).raw, truncated: b.count > options.stringLimit)
        } else {
            out.address(address)
        }
    }
}

extension Capture {
    /// A header, and data up to the size that it tells.
    fileprivate static let deviceMapper = Capture.always(.all([.memory(.constant(312)), .memory(.field(12), most: 1 << 14)]))
}
