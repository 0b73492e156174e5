"""The perf_event backend beside the BPF backend and perf record, in the same run; called by bench.py."""
import os, re, shutil, statistics, subprocess, time
from bpf import cpu_per_call


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    if os.geteuid() != 0:
        print('\nperf_event: needs root; skipped')
        return
    perf = shutil.which('perf')
    out = lambda name: ['-o', f'{a.build}/{name}.out']
    backend = lambda name: [renacer, '--backend', name] + out(name)
    calls, usage = int(n(1_000_000)), os.path.abspath(f'{a.build}/usage')
    # What no tracer by perf events can be cheaper than: both ends of a call as bare samples, which nobody reads.
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(['cc', '-O2', '-o', f'{a.build}/bareevents', f'{here}/bareevents.c'], check=True)
    tracers = {'native': [], 'bare events': [f'{a.build}/bareevents'], 'renacer bpf': backend('bpf') + ['--'], 'renacer perf_event': backend('perf_event') + ['--']}
    if perf:
        # What recording takes, without what showing it would.
        tracers['perf record'] = [perf, 'record', '-q', '-m', '8M', '-e', 'raw_syscalls:sys_enter,raw_syscalls:sys_exit',
                                  '-o', f'{a.build}/perf.data', '--']
    # Starts and ends take longer than many calls: what counts is what a call costs the program itself.
    runs = [{t: cpu_per_call(c, work, calls, usage) for t, c in tracers.items()} for _ in range(rounds)]
    added = [{t: r[t] - r['native'] for t in tracers if t != 'native'} for r in runs]
    results['perf_event: getppid'] = added
    middle = lambda of: statistics.median(of(x) for x in added)
    print('\nperf_event: extra CPU per getppid  ' + ', '.join(f'{t} {middle(lambda x: x[t]):.0f} ns' for t in added[0]))
    goal('perf_event: ns added to a call / bpf', middle(lambda x: x['renacer perf_event'] / x['renacer bpf']), 2)
    if perf:
        goal('perf_event: ns added to a call / perf record', middle(lambda x: x['renacer perf_event'] / x['perf record']), 1)
    print(f"perf_event: renacer / bare events {middle(lambda x: x['renacer perf_event'] / x['bare events']):.2f}, "
          f"bare events / bpf {middle(lambda x: x['bare events'] / x['renacer bpf']):.2f}")
    start = {'native': ['/bin/true'], 'renacer perf_event': backend('perf_event') + ['--', '/bin/true']}
    results['perf_event: /bin/true'] = measure('perf_event: /bin/true', start, rounds)

    calls, file = int(n(4_000_000)), f'{a.build}/perf_event.out'
    t0 = time.perf_counter()
    subprocess.run(backend('perf_event') + ['--', work, 'getppid', str(calls)], check=True)
    rate = calls / (time.perf_counter() - t0)
    with open(file, 'rb') as f:
        text = f.read()
    lost = sum(map(int, re.findall(rb'lost (\d+) events in all', text)))
    delivered = len(re.findall(rb'^getppid\(', text, re.M))
    print(f'\nperf_event: {calls} calls, text to a file: {rate / 1e6:.2f} M calls/s, {delivered} delivered, {lost} records lost')
    goal('perf_event: M calls/s, text to a file', rate / 1e6, 1, False)
    goal('perf_event: records lost of them, 8 MiB per CPU', lost, 0)
