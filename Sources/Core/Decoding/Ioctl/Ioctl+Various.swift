// Small subsystems of a few requests each: performance counters, infrared, randomness.

extension IoctlRequest {
    static let various: [IoctlRequest] = [
        .init("PERF_EVENT_IOC_ENABLE", 0x2400, .value(.flags(.perfIocFlags))),
        .init("PERF_EVENT_IOC_DISABLE", 0x2401, .value(.flags(.perfIocFlags))),
        .init("PERF_EVENT_IOC_RESET", 0x2403, .value(.flags(.perfIocFlags))),
        .init("PERF_EVENT_IOC_REFRESH", 0x2402, .value(.int)),
        .init("PERF_EVENT_IOC_PERIOD", 0x40082404, .read(.pointee(.ulong))),
        .init("PERF_EVENT_IOC_SET_OUTPUT", 0x2405, .value(.fd)),
        .init("PERF_EVENT_IOC_SET_FILTER", 0x40082406, .read(.string)),
        .init("PERF_EVENT_IOC_ID", 0x80082407, .written(.pointee(.ulong))),
        .init("PERF_EVENT_IOC_SET_BPF", 0x40042408, .value(.fd)),
        .init("PERF_EVENT_IOC_PAUSE_OUTPUT", 0x40042409, .value(.ulong)),
        .init("PERF_EVENT_IOC_MODIFY_ATTRIBUTES", 0x4008240b, .read(.custom { d, v in d.perfAttributes(v, size: d.readU32(v &+ 4) ?? 0) }),
            capture: .memory(.field(4), plus: 8)),
        .init("PERF_EVENT_IOC_QUERY_BPF", 0xc008240a, .dialect { $0.perfPrograms() },
            capture: .always(.memory(.field(0), scale: 4, plus: 8))),
        .init("LIRC_GET_FEATURES", 0x80046900, .written(.pointee(.flags(.lircFeatures)))),
        .init("LIRC_GET_SEND_MODE", 0x80046901, .written(.pointee(.enumerated(.lircModes)))),
        .init("LIRC_GET_REC_MODE", 0x80046902, .written(.pointee(.enumerated(.lircModes)))),
        .init("LIRC_SET_SEND_MODE", 0x40046911, .read(.pointee(.enumerated(.lircModes)))),
        .init("LIRC_SET_REC_MODE", 0x40046912, .read(.pointee(.enumerated(.lircModes)))),
        .init("LIRC_GET_REC_RESOLUTION", 0x80046907, .written(.pointee(.uint))),
        .init("LIRC_GET_MIN_TIMEOUT", 0x80046908, .written(.pointee(.uint))),
        .init("LIRC_GET_MAX_TIMEOUT", 0x80046909, .written(.pointee(.uint))),
        .init("LIRC_GET_REC_TIMEOUT", 0x80046924, .written(.pointee(.uint))),
        .init("LIRC_GET_LENGTH", 0x8004690f, .written(.pointee(.uint))),
        .init("LIRC_SET_SEND_CARRIER", 0x40046913, .read(.pointee(.uint))),
        .init("LIRC_SET_REC_CARRIER", 0x40046914, .read(.pointee(.uint))),
        .init("LIRC_SET_REC_CARRIER_RANGE", 0x4004691f, .read(.pointee(.uint))),
        .init("LIRC_SET_SEND_DUTY_CYCLE", 0x40046915, .read(.pointee(.uint))),
        .init("LIRC_SET_TRANSMITTER_MASK", 0x40046917, .read(.pointee(.hex32))),
        .init("LIRC_SET_REC_TIMEOUT", 0x40046918, .read(.pointee(.uint))),
        .init("LIRC_SET_REC_TIMEOUT_REPORTS", 0x40046919, .read(.pointee(.uint))),
        .init("LIRC_SET_MEASURE_CARRIER_MODE", 0x4004691d, .read(.pointee(.uint))),
        .init("LIRC_SET_WIDEBAND_RECEIVER", 0x40046923, .read(.pointee(.uint))),
        .init("RNDGETENTCNT", 0x80045200, .written(.pointee(.int))),
        .init("RNDADDTOENTCNT", 0x40045201, .read(.pointee(.int))),
        .init("RNDADDENTROPY", 0x40085203, .read(.structure(.randomPool))),
        .init("RNDZAPENTCNT", 0x5204, .none),
        .init("RNDCLEARPOOL", 0x5206, .none),
        .init("RNDRESEEDCRNG", 0x5207, .none),
    ]
}

extension StructLayout {
    /// `struct rand_pool_info`: its bytes follow it.
    static let randomPool = StructLayout(size: 8, capture: .memory(.field(4), plus: 8), [
        .init("entropy_count", 0, .int), .init("buf_size", 4, .int),
        .init("buf") { d, b in d.buffer(d.call[2] &+ 8, UInt64(b.u32(4))) },
    ])
}

extension Decoder {
    /// `{ids_len=4, prog_cnt=2, ids=[7, 9]}`
    fileprivate func perfPrograms() -> Syscall.Progress {
        extended(call[2], 4) { b in
            if entering {
                field("ids_len")
                out.unsigned(UInt64(b.u32(0)))
            } else if !failed, let count = readU32(call[2] &+ 4) {
                field("prog_cnt")
                out.unsigned(UInt64(count))
                field("ids")
                array(call[2] &+ 8, count: Int(count), stride: 4) {
                    out.unsigned(UInt64($0.u32(0)))
                }
            } else {
                out.more()
            }
        }
    }
}
