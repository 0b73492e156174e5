// Netlink protocols of few messages: netfilter, SELinux, kernel events.

extension Decoder {
    // MARK: Netfilter

    func netfilterType(_ type: UInt16) {
        if ConstantTable.netfilterBatches.name(of: UInt64(type)) != nil {
            enumerated(UInt64(type), .netfilterBatches)
            return
        }
        let subsystem = UInt8(type >> 8)
        let message = UInt64(type & 0xff)
        enumerated(UInt64(subsystem), .netfilterSubsystems)
        out.verbatim("<<8|")
        if let table = ConstantTable.netfilterMessages(subsystem) { enumerated(message, table) } else { out.hex(message) }
    }

    /// `struct nfgenmsg`, then attributes whose names only the subsystem knows.
    func netfilterMessage(_ type: UInt16, _ span: Span) -> Bool {
        fetch(span, 4) { b in
            structure {
                field("nfgen_family")
                enumerated(UInt64(b.u8(0)), .socketFamilies)
                field("version")
                enumerated(UInt64(b.u8(1)), .netfilterVersions)
                field("res_id")
                let id = UInt64(b.u16(2))
                if type >> 8 == 10, ConstantTable.netfilterTableID.name(of: id) != nil {
                    enumerated(id, .netfilterTableID)
                } else {
                    expression("htons", UInt64(b.u16(2).byteSwapped))
                }
            }
            let rest = span.dropping(4)
            guard rest.count > 0 else { return }
            out.element()
            if type >> 8 == 0 { hexBytes(rest) } else { attributes(rest, .unnamed, AttributeContext()) }
        }
    }

    // MARK: SELinux

    func selinuxMessage(_ type: UInt16, _ span: Span) -> Bool {
        switch type {
        case 16:
            fetch(span, 4) { b in
                structure {
                    field("val")
                    out.signed(Int64(b.i32(0)))
                }
            }
        case 17:
            fetch(span, 4) { b in
                structure {
                    field("seqno")
                    out.unsigned(UInt64(b.u32(0)))
                }
            }
        default: false
        }
    }

    // MARK: Events

    /// A message of `NETLINK_KOBJECT_UEVENT`: text from the kernel, or udev's header and text.
    func kernelEvent(_ span: Span) {
        let header: StaticString = "libudev\0"
        let magic: UInt32 = 0xcafe_edfe
        let size = StructLayout.udevHeader.size
        guard span.count >= size, let b = read(span.address, size),
            b.slice(0, 8).raw.elementsEqual(UnsafeRawBufferPointer(start: header.utf8Start, count: 8)),
            b.u32(8).byteSwapped == 0xfeed_cafe || b.u32(8) == magic
        else {
            buffer(span.address, UInt64(span.count), evenOnError: true)
            return
        }
        let rest = span.dropping(size)
        if rest.count > 0 {
            out.beginArray()
            out.element()
        }
        structure(b, .udevHeader)
        guard rest.count > 0 else { return }
        out.element()
        buffer(rest.address, UInt64(rest.count), evenOnError: true)
        out.endArray()
    }
}

extension AttributeTable {
    static let unnamed: AttributeTable = .init(.unnamedAttributes)
}

extension StructLayout {
    /// `struct monitor_netlink_header` of libudev.
    static let udevHeader = StructLayout(size: 40, [
        .init("prefix") { d, b in d.cString(b.slice(0, 8)) },
        .init("magic") { d, b in d.networkHexLong(b.slice(8, 4)) }, .init("header_size", 12, .uint),
        .init("properties_off", 16, .uint), .init("properties_len", 20, .uint),
        .init("filter_subsystem_hash") { d, b in d.networkHexLong(b.slice(24, 4)) },
        .init("filter_devtype_hash") { d, b in d.networkHexLong(b.slice(28, 4)) },
        .init("filter_tag_bloom_hi") { d, b in d.networkHexLong(b.slice(32, 4)) },
        .init("filter_tag_bloom_lo") { d, b in d.networkHexLong(b.slice(36, 4)) },
    ])
}
