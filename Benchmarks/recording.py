"""Recording and replaying; called by bench.py."""
import os, shutil
from bpf import compile_references


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    calls = int(n(500000))
    dd = [shutil.which('dd'), 'if=/dev/zero', 'of=/dev/null', 'bs=1', f'count={calls}', 'status=none']
    if os.geteuid() == 0:
        file = f'{a.build}/bpf.rnt'
        bare = compile_references(a.build)[0]
        rows = results['record: dd bs=1, bpf'] = measure('record: dd bs=1, bpf', {
            'native': dd, 'bare records': bare + dd, 'renacer record': [renacer, 'record', '--backend', 'bpf', '-o', file, '--'] + dd,
            'renacer, text': [renacer, '--backend', 'bpf', '-o', f'{a.build}/bpf.out', '--'] + dd}, rounds)
        goal('record, dd bs=1, bpf: renacer record / native', ratio(rows, 'renacer record', 'native'), 2.5)
        # What no recorder by BPF can be cheaper than: a record per call, which nobody reads.
        print(f"record, dd bs=1, bpf: bare records / native {ratio(rows, 'bare records', 'native'):.2f}, "
              f"renacer record / bare records {ratio(rows, 'renacer record', 'bare records'):.2f}")
        rows = results['replay: dd bs=1'] = measure(
            'replay: dd bs=1', {'renacer replay': [renacer, 'replay', file, '-o', f'{a.build}/replay.out']}, rounds)
        goal('replay to text: M events/s', 2 * calls / 1e6 / rows['renacer replay']['wall'], 2, False)
        goal('record, dd bs=1, bpf: bytes per call', os.path.getsize(file) / (2 * calls), 24)
    file = f'{a.build}/ptrace.rnt'
    count = n(40000)
    measure('record: getppid, ptrace', {
        'native': [work, 'getppid', count],
        'renacer record': [renacer, 'record', '--backend', 'ptrace', '-o', file, '--', work, 'getppid', count]}, 1)
    goal('record, getppid, ptrace: bytes per call', os.path.getsize(file) / int(count), 24)
