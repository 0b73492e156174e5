import RenacerCore

/// A flame graph as one SVG file that needs nothing else: it is a picture anywhere, and in a browser it tells of a frame
/// under the pointer, grows one that is clicked, and finds names.
struct FlameGraphSVG {
    private let tree: CallTree
    private let title: String
    private let lost: UInt64
    private let onCPU: (lostSamples: UInt64, time: UInt64)?
    private let totals: [UInt64]
    private let lists: [[Int32]]
    private let depth: Int
    /// Frames narrower than this part of the whole are left out: nobody would see them.
    private static let leastPart = 1.0 / 20_000
    private static let rowHeight = 17
    private static let header = 62
    private static let footer = 30
    /// Wide enough for the picture without a script; in a browser it fills the window.
    private static let width = 1200

    /// - Parameter onCPU: what of the whole was not spent in calls; nil if that was not sampled.
    init(_ tree: CallTree, title: String, onCPU: (lostSamples: UInt64, time: UInt64)?, lost: UInt64) {
        self.tree = tree
        self.title = title
        self.lost = lost
        self.onCPU = onCPU
        totals = tree.totals
        lists = tree.childLists
        var depths = [Int](repeating: 0, count: tree.nodes.count), deepest = 0
        for i in tree.nodes.indices.dropFirst() {
            depths[i] = depths[Int(tree.nodes[i].parent)] + 1
            // What is too narrow to be drawn needs no room.
            if Double(totals[i]) >= Double(totals[0]) * Self.leastPart { deepest = max(deepest, depths[i]) }
        }
        depth = deepest
    }

    func write(to text: TextBuffer) {
        let height = Self.header + Self.footer + (depth + 1) * Self.rowHeight
        text.append(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"100%\" height=\"\(height)\" "
                + "viewBox=\"0 0 \(Self.width) \(height)\" preserveAspectRatio=\"xMidYMin meet\" font-family=\"ui-monospace,monospace\" font-size=\"12\">\n")
        text.append(Self.style)
        text.append("<rect id=\"background\" width=\"100%\" height=\"100%\"/>\n<text id=\"title\" x=\"50%\" y=\"24\" text-anchor=\"middle\" font-size=\"16\">")
        escaped(title, text)
        text.append("</text>\n<text id=\"details\" x=\"10\" y=\"\(height - 10)\">")
        escaped(details, text)
        text.append("</text>\n<text id=\"matched\" x=\"\(Self.width - 10)\" y=\"\(height - 10)\" text-anchor=\"end\"></text>\n")
        text.append("<g id=\"frames\">\n")
        frames(text, height: height)
        text.append("</g>\n")
        text.append(FlameGraphScript.controls)
        text.append(FlameGraphScript.script)
        text.append("</svg>\n")
    }

    /// What the whole is, and what is missing of it.
    private var details: String {
        var parts = ["\(Self.time(totals[0] - (onCPU?.time ?? 0))) in calls"]
        if let onCPU {
            parts[0] += ", \(Self.time(onCPU.time)) on CPU"
            if onCPU.lostSamples > 0 { parts.append("\(onCPU.lostSamples) samples were lost") }
        }
        if lost > 0 { parts.append("\(lost) events were lost") }
        return parts.joined(separator: "; ")
    }

    private func frames(_ text: TextBuffer, height: Int) {
        let whole = max(totals[0], 1)
        var rest: [(node: Int32, at: UInt64, depth: Int)] = [(0, 0, 0)]
        while let (node, at, depth) = rest.popLast() {
            let weight = totals[Int(node)]
            // The root stands for all, however little that is.
            guard node == 0 || Double(weight) >= Double(whole) * Self.leastPart else { continue }
            frame(node, at, weight, depth, whole, height, text)
            var x = at
            for child in lists[Int(node)] {
                rest.append((child, x, depth + 1))
                x += totals[Int(child)]
            }
        }
    }

    private func frame(_ node: Int32, _ at: UInt64, _ weight: UInt64, _ depth: Int, _ whole: UInt64, _ height: Int, _ text: TextBuffer) {
        let n = tree.nodes[Int(node)], name = node == 0 ? "all" : tree.names[Int(n.name)]
        let y = height - Self.footer - (depth + 1) * Self.rowHeight
        let scale = Double(Self.width - 20) / Double(whole), x = 10 + Double(at) * scale, width = Double(weight) * scale
        text.append("<g class=\"f \(n.kind)\" data-x=\"\(at)\" data-w=\"\(weight)\" data-d=\"\(depth)\"><title>")
        escaped(name, text)
        text.append(" (")
        if n.kind == .kernel || n.kind == .cpu || n.kind == .inside && n.count > 0 { text.append("\(n.count) \(n.kind == .kernel ? "call" : "sample")\(n.count == 1 ? "" : "s"), ") }
        text.append("\(Self.time(weight)), \(Self.percent(weight, whole)))</title><rect x=\"\(Self.decimal(x))\" y=\"\(y)\" width=\"\(Self.decimal(width))\" height=\"\(Self.rowHeight - 1)\" rx=\"1\" fill=\"\(Self.colour(name, n.kind))\"/>")
        let room = Int(width / 7.3) - 1
        text.append("<text x=\"\(Self.decimal(x + 3))\" y=\"\(y + 12)\">")
        if room >= 3 { escaped(name.count <= room ? name : String(name.prefix(room - 1)) + "…", text) }
        text.append("</text></g>\n")
    }

    // MARK: Words and numbers

    private func escaped(_ s: String, _ text: TextBuffer) {
        for b in s.utf8 {
            switch b {
            case 0x3c: text.append("&lt;")
            case 0x3e: text.append("&gt;")
            case 0x26: text.append("&amp;")
            case 0x22: text.append("&quot;")
            // XML has no other characters of control.
            case 0..<0x20, 0x7f: text.ascii("?")
            default: text.byte(b)
            }
        }
    }

    /// With two digits behind the point.
    private static func decimal(_ v: Double) -> String { fraction(UInt64(max(v, 0) * 100 + 0.5)) }

    private static func fraction(_ hundredths: UInt64) -> String {
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    static func percent(_ part: UInt64, _ whole: UInt64) -> String { "\(decimal(Double(part) * 100 / Double(max(whole, 1)))) %" }

    static func time(_ ns: UInt64) -> String {
        switch ns {
        case ..<1000: "\(ns) ns"
        case ..<1_000_000: "\(decimal(Double(ns) / 1e3)) µs"
        case ..<1_000_000_000: "\(decimal(Double(ns) / 1e6)) ms"
        default: "\(decimal(Double(ns) / 1e9)) s"
        }
    }

    /// The same for the same name in every picture.
    private static func colour(_ name: String, _ kind: CallTree.Kind) -> String {
        var hash: UInt32 = 2_166_136_261
        for b in name.utf8 { hash = (hash ^ UInt32(b)) &* 16_777_619 }
        let a = Int(hash >> 8 & 0xff), b = Int(hash >> 16 & 0xff)
        return switch kind {
        case .task: "hsl(0,0%,\(78 + a % 8)%)"
        case .own: "hsl(\(8 + a % 32),\(78 + b % 14)%,\(60 + b % 10)%)"
        case .library: "hsl(\(46 + a % 14),\(60 + b % 18)%,\(66 + b % 10)%)"
        case .cpu: "hsl(\(96 + a % 16),\(44 + b % 14)%,\(58 + b % 8)%)"
        case .inside: "hsl(\(262 + a % 24),\(42 + b % 18)%,\(70 + b % 8)%)"
        case .kernel: "hsl(\(200 + a % 24),\(52 + b % 20)%,\(64 + b % 10)%)"
        }
    }

    private static let style: StaticString = """
        <style>
        #background{fill:#fdfdfb}text{fill:#1b1b1b}.f{cursor:pointer}.f:hover rect{stroke:#000;stroke-width:.8}.f text{pointer-events:none}
        .faint rect{opacity:.35}.match rect{fill:#d63bd6!important}#hint{fill:#777;font-size:11px}
        input{font:12px ui-monospace,monospace;width:98%;box-sizing:border-box;padding:2px 6px;border:1px solid #bbb;border-radius:4px}
        #reset{cursor:pointer;fill:#1559c0;display:none}
        </style>

        """
}
