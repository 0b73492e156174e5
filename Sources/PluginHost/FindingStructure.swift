import CRenacerPlugin
import RenacerCore

/// A finding as a sink's plugin sees it, with everything that it leads to.
final class FindingStructure {
    var structure = renacer_finding()
    private var texts: [UnsafeMutableBufferPointer<CChar>] = []
    private let tasks: UnsafeMutableBufferPointer<Int32>
    private let evidence: UnsafeMutableBufferPointer<renacer_evidence>

    init(_ f: Finding) {
        tasks = .allocate(capacity: f.tasks.count)
        _ = tasks.initialize(from: f.tasks)
        evidence = .allocate(capacity: f.evidence.count)
        evidence.initialize(repeating: renacer_evidence())
        for (i, e) in f.evidence.enumerated() {
            evidence[i].size = UInt32(MemoryLayout<renacer_evidence>.size)
            evidence[i].name = keep(e.name)
            evidence[i].unit = keep(e.unit)
            switch e.value {
            case .number(let n):
                evidence[i].is_number = 1
                evidence[i].number = n
            case .text(let text): evidence[i].text = keep(text)
            }
        }
        structure.size = UInt32(MemoryLayout<renacer_finding>.size)
        structure.severity = UInt32(Finding.Severity.allCases.firstIndex(of: f.severity) ?? 0)
        structure.rule = keep(f.rule)
        structure.confidence = f.confidence
        structure.is_inconclusive = f.isInconclusive ? 1 : 0
        structure.task_count = UInt32(tasks.count)
        structure.tasks = UnsafePointer(tasks.baseAddress)
        structure.from = f.from
        structure.to = f.to
        structure.title = keep(f.title)
        structure.evidence = UnsafePointer(evidence.baseAddress)
        structure.evidence_count = evidence.count
        structure.reason = keep(f.reason)
        structure.advice = keep(f.advice)
        structure.detector = keep(f.detector)
    }

    deinit {
        for text in texts { text.deallocate() }
        tasks.deallocate()
        evidence.deallocate()
    }

    private func keep(_ text: String) -> renacer_string {
        let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.utf8.count)
        _ = bytes.initialize(from: text.utf8.lazy.map { CChar(bitPattern: $0) })
        texts.append(bytes)
        return renacer_string(data: UnsafePointer(bytes.baseAddress), length: bytes.count)
    }
}
