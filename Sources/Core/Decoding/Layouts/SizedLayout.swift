/// A structure that grew over time: a program passes the size it knows, and only the
/// fields that the size reaches are there.
struct SizedLayout: Sendable {
    /// Fields shown if the size exceeds `since`.
    struct Group: Sendable {
        let since: Int
        let fields: [StructLayout.Field]

        init(_ since: Int, _ fields: [StructLayout.Field]) {
            self.since = since
            self.fields = fields
        }
    }

    /// Bytes of the largest version known.
    let size: Int
    let groups: [Group]

    init(size: Int, _ groups: [Group]) {
        self.size = size
        self.groups = groups
    }
}

extension Decoder {
    /// The fields of a structure of which `size` bytes were given; `b` holds zeros behind
    /// them up to the largest version known. A field without name prints its name itself.
    ///
    /// - Parameters:
    ///   - first: the field to start with, if not the first.
    ///   - next: the field to stop before.
    /// - Returns: whether all fields were reached.
    @discardableResult
    func fields(_ b: Bytes, size: Int, _ layout: SizedLayout, from first: Name? = nil, until next: Name? = nil) -> Bool {
        var isReached = first == nil
        for group in layout.groups where size > group.since {
            for f in group.fields {
                if f.name == next { return false }
                if f.name == first { isReached = true }
                guard isReached else { continue }
                if !f.name.isEmpty { field(f.name) }
                describe(f, of: b)
            }
        }
        return true
    }
}
