import RenacerCore

// Where calls were made: `source` and `stack` of a call.

extension JSONRecords {
    func place(_ place: CallPlace) {
        switch place.source {
        case .line(let line):
            text.append(",\"source\":{\"file\":")
            text.json(line.shortFile)
            text.member("line", Int64(line.line))
            if let function = line.function { text.member("function", function) }
            text.ascii("}")
        case .symbol(let location):
            text.append(",\"source\":")
            frame(location)
            text.ascii("}")
        case nil: break
        }
        guard let stack = place.stack else { return }
        text.append(",\"stack\":[")
        for (i, location) in stack.frames.enumerated() {
            if i > 0 { text.ascii(",") }
            guard let location else {
                text.append("null")
                continue
            }
            frames(location)
        }
        text.append("]")
        if stack.isCut { text.member("stack_cut", true) }
    }

    /// A frame, behind those of functions that were inlined there.
    private func frames(_ location: any CodeLocation) {
        let lines = options.places?.options.lines == true ? location.lines : []
        for line in lines.dropLast() {
            text.append("{\"module\":")
            text.json(location.module)
            text.append(",\"address\":\"0x")
            text.hexDigits(location.address)
            text.ascii("\"")
            if let function = line.function { text.member("function", function) }
            self.line(line)
            text.append(",\"inlined\":true},")
        }
        frame(location)
        if let line = lines.last { self.line(line) }
        text.ascii("}")
    }

    /// Where the code is, without the end.
    private func frame(_ location: any CodeLocation) {
        text.append("{\"module\":")
        text.json(location.module)
        text.append(",\"address\":\"0x")
        text.hexDigits(location.address)
        text.ascii("\"")
        guard let symbol = location.symbol else { return }
        text.member("function", symbol)
        text.member("offset", location.offset)
    }

    private func line(_ line: SourceLine) {
        text.member("file", line.path)
        text.member("line", Int64(line.line))
    }
}
