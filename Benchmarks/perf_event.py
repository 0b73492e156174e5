"""The perf_event backend beside the BPF backend and perf record, in the same run; called by bench.py."""
import os, re, shutil, subprocess, time


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    if os.geteuid() != 0:
        print('\nperf_event: needs root; skipped')
        return
    perf = shutil.which('perf')
    out = lambda name: ['-o', f'{a.build}/{name}.out']
    backend = lambda name: [renacer, '--backend', name] + out(name)
    calls = int(n(1_000_000))
    loop = [work, 'getppid', str(calls)]
    # Starts cost differently: what a call costs is what many take more than few.
    few = [work, 'getppid', '1']
    tracers = {'native': [], 'renacer bpf': backend('bpf') + ['--'], 'renacer perf_event': backend('perf_event') + ['--']}
    if perf:
        # What recording takes, without what showing it would.
        tracers['perf record'] = [perf, 'record', '-q', '-m', '8M', '-e', 'raw_syscalls:sys_enter,raw_syscalls:sys_exit',
                                  '-o', f'{a.build}/perf.data', '--']
    many = results['perf_event: getppid'] = measure('perf_event: getppid, text', {t: c + loop for t, c in tracers.items()}, rounds)
    none = results['perf_event: start'] = measure('perf_event: one call', {t: c + few for t, c in tracers.items()}, rounds)
    cost = {t: (many[t]['wall'] - none[t]['wall']) / calls * 1e9 for t in tracers}
    added = {t: c - cost['native'] for t, c in cost.items()}
    print('  ns added to a call: ' + ', '.join(f'{t} {c:.0f}' for t, c in added.items() if t != 'native'))
    goal('perf_event: ns added to a call / bpf', added['renacer perf_event'] / added['renacer bpf'], 2)
    if perf:
        goal('perf_event: ns added to a call / perf record', added['renacer perf_event'] / added['perf record'], 1)

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
