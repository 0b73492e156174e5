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

extension Finding {
    /// A plugin's finding, copied; nil if it is none: no rule, no title, or no evidence.
    init?(_ pointer: UnsafePointer<renacer_finding>?, detector: String) {
        guard let f = structure(pointer, as: renacer_finding.self, required: MemoryLayout<renacer_finding>.offset(of: \.detector) ?? 0),
            let rule = f.rule.checked, !rule.isEmpty, let title = f.title.checked, !title.isEmpty,
            let reason = f.reason.checked, let advice = f.advice.checked, f.evidence_count > 0,
            let evidence = structures(
                f.evidence, count: f.evidence_count, as: renacer_evidence.self, required: MemoryLayout<renacer_evidence>.size)
        else { return nil }
        let severities: [Severity] = [.information, .low, .medium, .high]
        self.init(
            detector: detector, rule: rule, severity: severities[Int(min(f.severity, 3))],
            confidence: f.confidence.isNaN ? 0 : max(0, min(1, f.confidence)), from: f.from, to: f.to, title: title)
        isInconclusive = f.is_inconclusive != 0
        if let tasks = f.tasks, f.task_count <= 1 << 16 { self.tasks = Array(UnsafeBufferPointer(start: tasks, count: Int(f.task_count))) }
        self.reason = reason
        self.advice = advice
        for e in evidence {
            guard let name = e.name.checked, let unit = e.unit.checked, let text = e.text.checked else { return nil }
            self.evidence.append(.init(name, e.is_number != 0 ? .number(e.number) : .text(text), unit: unit))
        }
    }
}
