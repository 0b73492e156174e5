"""What the analyses add to a trace: statistics, anomalies, source lines; called by bench.py.

Pairs are run pinned to one CPU, because who wakes whom where moves times by more than what is measured here.
"""
import os, subprocess


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    out = lambda name: ['-o', f'{a.build}/{name}.out']
    pin = ['taskset', '-c', '0']
    # Source lines need debugging information.
    marked = f'{a.build}/workload-g'
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'workload.c')
    subprocess.run(['cc', '-O2', '-g', '-pthread', '-o', marked, source], check=True)

    def pair(name, backend, plain, more, text, limit, program):
        trace = lambda flags, file: pin + [renacer, '--backend', backend] + flags + out(file) + ['--'] + program
        rows = results[name] = measure(name, {'plain': trace(plain, 'plain'), 'more': trace(plain + more, 'more')}, rounds * 3)
        goal(f'{name}: {text}', ratio(rows, 'more', 'plain'), limit)

    calls = [marked, 'getppid', n(100_000)]
    files = [marked, 'files', n(20_000)]
    pair('stats-extended: ptrace, getppid', 'ptrace', ['-c'], ['--stats-extended'], '-c --stats-extended / -c', 1.05, calls)
    pair('stats-extended: ptrace, files', 'ptrace', ['-c'], ['--stats-extended'], '-c --stats-extended / -c', 1.05, files)
    text = ['-e', 'trace=all']
    pair('anomalies: ptrace, getppid', 'ptrace', text, ['--anomaly-detection'], 'text with --anomaly-detection / text', 1.1, calls)
    pair('anomalies: ptrace, files', 'ptrace', text, ['--anomaly-detection'], 'text with --anomaly-detection / text', 1.1, files)
    pair('source: ptrace, getppid', 'ptrace', [], ['-s'], 'text with -s / text', 2, calls)
    pair('source: ptrace, files', 'ptrace', [], ['-s'], 'text with -s / text', 2, files)
    if os.geteuid() == 0:
        many = [marked, 'getppid', n(1_000_000)]
        pair('anomalies: bpf, getppid', 'bpf', text, ['--anomaly-detection'], 'text with --anomaly-detection / text', 1.1, many)
