"""The three detectors beside a run of the BPF backend without them, in the same run; called by bench.py."""
import os

DETECTORS = ('idle-waiter', 'thrashing-seek', 'pcie-bottleneck')


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    if os.geteuid() != 0:
        print('\ndetectors: needs root; skipped')
        return
    out = lambda name: ['-o', f'{a.build}/{name}.out']
    # What they add to a trace that is shown, and what they take alone.
    bpf = [renacer, '--backend', 'bpf', '-f']
    chosen = [word for d in DETECTORS for word in ('--detector', d)]
    for name, command in (('futex', [work, 'threads', n(50_000)]), ('files', [work, 'files', n(200_000)])):
        title = f'detectors: {name}'
        rows = results[title] = measure(title, {
            'native': command,
            'renacer bpf': bpf + out('bpf') + ['--'] + command,
            'bpf, trace and detectors': bpf + chosen + ['--trace=all'] + out('both') + ['--'] + command,
            'bpf, detectors alone': bpf + chosen + out('detectors') + ['--'] + command,
        }, rounds)
        goal(f'{title}: with the trace / the trace', ratio(rows, 'bpf, trace and detectors', 'renacer bpf'), 1.15)
        goal(f'{title}: alone / the trace', ratio(rows, 'bpf, detectors alone', 'renacer bpf'), 1.15)
