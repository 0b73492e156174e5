import RenacerCore

/// Weights by the stack that they were met at: a tree whose paths are stacks.
struct CallTree {
    struct Node {
        var name: Int32
        var kind: Kind
        var parent: Int32
        /// Of the node itself, without those below.
        var own: UInt64 = 0
        /// How often it was met.
        var count: UInt64 = 0
    }

    /// Whose code a node is.
    enum Kind: UInt8 {
        case task, own, library, kernel
        /// None: it is the time that the function above it took itself.
        case cpu
        /// A function of the kernel's, which samples tell of.
        case inside
    }

    /// Parents before their children; the first is the root, which has no name.
    private(set) var nodes: [Node] = [Node(name: 0, kind: .task, parent: -1)]
    private(set) var names: [String] = [""]
    private var nameIndex: [String: Int32] = ["": 0]
    private var children: [Edge: Int32] = [:]
    /// The node that a frame leads to, over those of functions that were inlined there: looking that up for every
    /// frame of every call would cost more than the rest.
    private var frames: [FrameEdge: Int32] = [:]
    /// Frames that are keys stay as they are.
    private var kept: [any CodeLocation] = []

    private struct Edge: Hashable {
        var parent, name: Int32
        var kind: Kind
    }

    private struct FrameEdge: Hashable {
        var parent: Int32
        var frame: ObjectIdentifier
    }

    /// The child of that name.
    mutating func node(_ name: String, _ kind: Kind, below parent: Int32) -> Int32 {
        let index: Int32
        if let known = nameIndex[name] {
            index = known
        } else {
            index = Int32(names.count)
            names.append(name)
            nameIndex[name] = index
        }
        let edge = Edge(parent: parent, name: index, kind: kind)
        if let known = children[edge] { return known }
        let new = Int32(nodes.count)
        nodes.append(Node(name: index, kind: kind, parent: parent))
        children[edge] = new
        return new
    }

    /// The node of a stack's innermost function.
    mutating func node(_ stack: CallStack, below root: Int32) -> Int32 {
        var at = root
        for case let frame? in stack.frames.reversed() {
            let edge = FrameEdge(parent: at, frame: ObjectIdentifier(frame))
            if let known = frames[edge] {
                at = known
                continue
            }
            let kind: Kind = frame.isKernel ? .inside : frame.isOwn ? .own : .library
            for name in frame.functionTexts { at = node(name, kind, below: at) }
            frames[edge] = at
            kept.append(frame)
        }
        return at
    }

    mutating func add(_ weight: UInt64, at node: Int32) {
        nodes[Int(node)].own += weight
        nodes[Int(node)].count += 1
    }

    /// Takes off a call's own time what samples have told of it in the nodes below: together they are the time that it took.
    mutating func settle() {
        let totals = totals
        for i in nodes.indices where nodes[i].kind == .kernel {
            let below = totals[i] - nodes[i].own
            nodes[i].own -= min(below, nodes[i].own)
        }
    }

    /// Of each node, what it and all below it weigh.
    var totals: [UInt64] {
        var totals = nodes.map(\.own)
        for i in nodes.indices.dropFirst().reversed() { totals[Int(nodes[i].parent)] += totals[i] }
        return totals
    }

    /// Nodes below each, by name.
    var childLists: [[Int32]] {
        var lists = [[Int32]](repeating: [], count: nodes.count)
        for i in nodes.indices.dropFirst() { lists[Int(nodes[i].parent)].append(Int32(i)) }
        for i in lists.indices { lists[i].sort { (text($0), $0) < (text($1), $1) } }
        return lists
    }

    /// As folded stacks spell it: what the kernel does is marked.
    func text(_ node: Int32) -> String {
        let n = nodes[Int(node)]
        return n.kind == .kernel || n.kind == .inside ? names[Int(n.name)] + "_[k]" : names[Int(n.name)]
    }
}
