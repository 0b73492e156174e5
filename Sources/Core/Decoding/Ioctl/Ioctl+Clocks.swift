// Clocks and watchdogs: <linux/rtc.h>, <linux/ptp_clock.h>, <linux/watchdog.h>.

extension IoctlRequest {
    static let clocks: [IoctlRequest] = [
        .init("RTC_AIE_ON", 0x7001, .none),
        .init("RTC_AIE_OFF", 0x7002, .none),
        .init("RTC_UIE_ON", 0x7003, .none),
        .init("RTC_UIE_OFF", 0x7004, .none),
        .init("RTC_PIE_ON", 0x7005, .none),
        .init("RTC_PIE_OFF", 0x7006, .none),
        .init("RTC_WIE_ON", 0x700f, .none),
        .init("RTC_WIE_OFF", 0x7010, .none),
        .init("RTC_VL_CLR", 0x7014, .none),
        .init("RTC_VL_READ", 0x80047013, .written(.pointee(.flags(.rtcVoltage)))),
        .init("RTC_IRQP_SET", 0x4008700c, .value(.ulong)),
        .init("RTC_EPOCH_SET", 0x4008700e, .value(.ulong)),
        .init("RTC_IRQP_READ", 0x8008700b, .written(.pointee(.ulong))),
        .init("RTC_EPOCH_READ", 0x8008700d, .written(.pointee(.ulong))),
        .init("RTC_RD_TIME", 0x80247009, .written(.structure(.rtcTime))),
        .init("RTC_ALM_READ", 0x80247008, .written(.structure(.rtcTime))),
        .init("RTC_SET_TIME", 0x4024700a, .read(.structure(.rtcTime))),
        .init("RTC_ALM_SET", 0x40247007, .read(.structure(.rtcTime))),
        .init("RTC_WKALM_RD", 0x80287010, .written(.structure(.rtcAlarm))),
        .init("RTC_WKALM_SET", 0x4028700f, .read(.structure(.rtcAlarm))),
        .init("RTC_PLL_GET", 0x80207011, .written(.structure(.rtcPll))),
        .init("RTC_PLL_SET", 0x40207012, .read(.structure(.rtcPll))),
        .init("RTC_PARAM_GET", 0x40187013, .dialect { $0.rtcParameter() }),
        .init("RTC_PARAM_SET", 0x40187014, .read(.structure(.rtcParameter))),
        .init("PTP_CLOCK_GETCAPS", 0x80503d01, .written(.structure(.ptpCapabilities))),
        .init("PTP_CLOCK_GETCAPS2", 0x80503d0a, .written(.structure(.ptpCapabilities))),
        .init("PTP_EXTTS_REQUEST", 0x40103d02, .read(.structure(.ptpExternalTimestamp))),
        .init("PTP_EXTTS_REQUEST2", 0x40103d0b, .read(.structure(.ptpExternalTimestamp2))),
        .init("PTP_PEROUT_REQUEST", 0x40383d03, .read(.structure(.ptpPeriodicOutput))),
        .init("PTP_PEROUT_REQUEST2", 0x40383d0c, .read(.structure(.ptpPeriodicOutput2))),
        .init("PTP_ENABLE_PPS", 0x40043d04, .value(.hex)),
        .init("PTP_ENABLE_PPS2", 0x40043d0d, .value(.hex)),
        .init("PTP_SYS_OFFSET", 0x43403d05, .extended(.ptpSamples, by: .ptpOffsets)),
        .init("PTP_SYS_OFFSET2", 0x43403d0e, .extended(.ptpSamples, by: .ptpOffsets)),
        .init("PTP_SYS_OFFSET_EXTENDED", 0xc4c03d09, .extended(.ptpExtendedSamples, by: .ptpExtendedOffsets)),
        .init("PTP_SYS_OFFSET_EXTENDED2", 0xc4c03d12, .extended(.ptpExtendedSamples, by: .ptpExtendedOffsets)),
        .init("PTP_SYS_OFFSET_EXTENDED_CYCLES", 0xc4c03d16, .extended(.ptpExtendedSamples, by: .ptpExtendedOffsets)),
        .init("PTP_SYS_OFFSET_PRECISE", 0xc0403d08, .written(.structure(.ptpPrecise))),
        .init("PTP_SYS_OFFSET_PRECISE2", 0xc0403d11, .written(.structure(.ptpPrecise))),
        .init("PTP_SYS_OFFSET_PRECISE_CYCLES", 0xc0403d15, .written(.structure(.ptpPrecise))),
        .init("PTP_PIN_GETFUNC", 0xc0603d06, .extended(.ptpPinIndex, by: .ptpPinFunction)),
        .init("PTP_PIN_GETFUNC2", 0xc0603d0f, .extended(.ptpPinIndex2, by: .ptpPinFunction)),
        .init("PTP_PIN_SETFUNC", 0x40603d07, .read(.structure(.ptpPin))),
        .init("PTP_PIN_SETFUNC2", 0x40603d10, .read(.structure(.ptpPin2))),
        .init("WDIOC_GETSUPPORT", 0x80285700, .written(.structure(.watchdogInfo))),
        .init("WDIOC_GETSTATUS", 0x80045701, .written(.pointee(.int))),
        .init("WDIOC_GETBOOTSTATUS", 0x80045702, .written(.pointee(.int))),
        .init("WDIOC_GETTEMP", 0x80045703, .written(.pointee(.int))),
        .init("WDIOC_GETTIMEOUT", 0x80045707, .written(.pointee(.int))),
        .init("WDIOC_GETPRETIMEOUT", 0x80045709, .written(.pointee(.int))),
        .init("WDIOC_GETTIMELEFT", 0x8004570a, .written(.pointee(.int))),
        .init("WDIOC_SETTIMEOUT", 0xc0045706, .read(.pointee(.int))),
        .init("WDIOC_SETPRETIMEOUT", 0xc0045708, .read(.pointee(.int))),
        .init("WDIOC_SETOPTIONS", 0x80045704, .read(.pointee(.flags(.watchdogOptions)))),
        .init("WDIOC_KEEPALIVE", 0x80045705, .none),
    ]
}

extension StructLayout {
    static let rtcTime = StructLayout(size: 36, [
        .init("tm_sec", 0, .int), .init("tm_min", 4, .int), .init("tm_hour", 8, .int), .init("tm_mday", 12, .int),
        .init("tm_mon", 16, .int), .init("tm_year", 20, .int), .init("tm_wday", 24, .int, .verbose),
        .init("tm_yday", 28, .int, .verbose), .init("tm_isdst", 32, .int, .verbose),
    ])
    static let rtcAlarm = StructLayout(size: 40, [
        .init("enabled", 0, .uint, width: 1), .init("pending", 1, .uint, width: 1),
        .init("time") { d, b in d.structure(b.slice(4, 36), .rtcTime) },
    ])
    static let rtcPll = StructLayout(size: 32, [
        .init("pll_ctrl", 0, .int), .init("pll_value", 4, .int), .init("pll_max", 8, .int),
        .init("pll_min", 12, .int), .init("pll_posmult", 16, .int), .init("pll_negmult", 20, .int),
        .init("pll_clock", 24, .long),
    ])
    static let watchdogInfo = StructLayout(size: 40, [
        .init("options", 0, .flags(.watchdogCapabilities)), .init("firmware_version", 4, .hex32, .verbose),
        .init("identity", .verbose) { d, b in d.cString(b.slice(8, 32)) },
    ])
    static let ptpPrecise = StructLayout(size: 64, [
        .init("device") { d, b in d.ptpInstant(b.slice(0, 16)) },
        .init("sys_realtime") { d, b in d.ptpInstant(b.slice(16, 16)) },
        .init("sys_monoraw") { d, b in d.structure(b.slice(32, 16), .ptpTime) },
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(48, 16), .hex32) },
    ])
    static let rtcParameter = StructLayout(size: 24, [
        .init("param", 0, .enumerated64(.rtcParameters)),
        .init(rest: .always) { d, b in d.rtcParameterValue(b) },
        .init("index", 16, .uint),
        .init("__pad", 20, .hex32, .nonzero),
    ])
    static let ptpTime = StructLayout(size: 16, [
        .init("sec", 0, .long), .init("nsec", 8, .uint), .init("reserved", 12, .hex32, .nonzero),
    ])
    static let ptpCapabilities = StructLayout(size: 80, [
        .init("max_adj", 0, .int), .init("n_alarm", 4, .int), .init("n_ext_ts", 8, .int),
        .init("n_per_out", 12, .int), .init("pps", 16, .int), .init("n_pins", 20, .int),
        .init("cross_timestamping", 24, .int), .init("adjust_phase", 28, .int),
        .init("max_phase_adj") { d, b in
            d.out.signed(Int64(b.i32(32)))
            d.secondsComment(Int64(b.i32(32)), digits: 9)
        },
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(36, 44), .hex32) },
    ])
    static let ptpExternalTimestamp = StructLayout(size: 16, [
        .init("index", 0, .uint), .init("flags", 4, .flags(.ptpExttsFlags)),
    ])
    static let ptpExternalTimestamp2 = StructLayout(size: 16, ptpExternalTimestamp.fields + [
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(8, 8), .hex32) },
    ])
    static let ptpPeriodicOutput = StructLayout(size: 56, ptpPeriod + [
        .init(rest: .always) { d, b in d.ptpDutyCycle(b) },
    ])
    static let ptpPeriodicOutput2 = StructLayout(size: 56, ptpPeriod + [
        .init(rest: .always) { d, b in
            if !d.ptpDutyCycle(b) { d.nonzeroElements("rsv", b.slice(40, 16), .hex32) }
        },
    ])
    private static let ptpPeriod: [Field] = [
        .init(rest: .always) { d, b in
            // PTP_PEROUT_PHASE
            if b.u32(36) & 4 != 0 {
                d.field("phase")
                d.structure(b.slice(0, 16), .ptpTime)
            } else {
                d.field("start")
                d.ptpInstant(b.slice(0, 16))
            }
        },
        .init("period") { d, b in d.structure(b.slice(16, 16), .ptpTime) },
        .init("index", 32, .uint), .init("flags", 36, .flags(.ptpPeroutFlags)),
    ]
    static let ptpSamples = StructLayout(size: 832, [
        .init("n_samples", 0, .uint),
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(4, 12), .hex32) },
    ])
    static let ptpOffsets = StructLayout(size: 832, [
        .init("ts") { d, b in
            d.out.beginArray()
            for i in 0..<min(2 * Int(b.u32(0)) + 1, 51) {
                if d.abbreviating && i >= d.options.stringLimit {
                    d.out.more()
                    break
                }
                d.out.element()
                d.ptpInstant(b.slice(16 + 16 * i, 16))
            }
            d.out.endArray()
        },
    ])
    static let ptpExtendedSamples = StructLayout(size: 1216, [
        .init("n_samples", 0, .uint), .init("clockid", 4, .enumerated(.clockIDs)),
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(8, 8), .hex32) },
    ])
    static let ptpExtendedOffsets = StructLayout(size: 1216, [
        .init("ts") { d, b in
            d.out.beginArray()
            for i in 0..<min(Int(b.u32(0)), 25) {
                d.out.element()
                d.out.beginArray()
                for j in 0..<3 {
                    d.out.element()
                    d.ptpInstant(b.slice(16 + 48 * i + 16 * j, 16))
                }
                d.out.endArray()
            }
            d.out.endArray()
        },
    ])
    static let ptpPinIndex = StructLayout(size: 96, [.init("index", 64, .uint)])
    static let ptpPinIndex2 = StructLayout(size: 96, ptpPinIndex.fields + [
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(76, 20), .hex32) },
    ])
    static let ptpPinFunction = StructLayout(size: 96, [
        .init("name") { d, b in d.cString(b.slice(0, 64)) },
        .init("func", 68, .enumerated(.ptpPinFunctions)), .init("chan", 72, .uint),
    ])
    static let ptpPin = StructLayout(size: 96, [
        .init("index", 64, .uint), .init("func", 68, .enumerated(.ptpPinFunctions)), .init("chan", 72, .uint),
    ])
    static let ptpPin2 = StructLayout(size: 96, ptpPin.fields + [
        .init(rest: .always) { d, b in d.nonzeroElements("rsv", b.slice(76, 20), .hex32) },
    ])
}

extension Decoder {
    /// `{param=…, index=0} => {uvalue=…}`
    fileprivate func rtcParameter() -> Syscall.Progress {
        let size = StructLayout.rtcParameter.size
        if entering {
            let isRead = object(call[2], size) { b in
                structure {
                    field("param")
                    enumerated(b.u64(0), .rtcParameters)
                    field("index")
                    out.unsigned(UInt64(b.u32(16)))
                    rtcPadding(b)
                }
            }
            return isRead ? .sameAtExit : .complete
        }
        out.changed()
        object(call[2], size) { b in
            structure {
                rtcParameterValue(b)
                rtcPadding(b)
            }
        }
        return .complete
    }

    private func rtcPadding(_ b: Bytes) {
        guard b.u32(20) != 0 else { return }
        field("__pad")
        out.hex(UInt64(b.u32(20)))
    }

    fileprivate func rtcParameterValue(_ b: Bytes) {
        switch b.u64(0) {
        case 0:
            field("uvalue")
            flags(b.u64(8), .rtcFeatures)
        case 1:
            field("svalue")
            out.signed(b.i64(8))
        case 2:
            field("uvalue")
            enumerated(b.u64(8), .rtcBackupModes)
        default:
            field("uvalue")
            out.hex(b.u64(8))
        }
    }

    /// A point in time with its date.
    fileprivate func ptpInstant(_ b: Bytes) {
        structure(b, .ptpTime)
        guard options.constants != .raw else { return }
        dateComment(b.i64(0), fraction: UInt64(b.u32(8)), digits: 9)
    }

    /// How long the signal is on, if the request says so (`PTP_PEROUT_DUTY_CYCLE`).
    @discardableResult
    fileprivate func ptpDutyCycle(_ b: Bytes) -> Bool {
        guard b.u32(36) & 2 != 0 else { return false }
        field("on")
        structure(b.slice(40, 16), .ptpTime)
        return true
    }
}
