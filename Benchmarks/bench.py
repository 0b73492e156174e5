#!/usr/bin/env python3
"""Measures renacer beside its peers on the same machine in one run.

Every workload runs under every tracer once a round, in shuffled order; figures are medians over
rounds, ratios are medians of the pairs of one round. Absolute times move with the machine: quote
the ratios. `--quick` runs fewer rounds on smaller counts; `--only WORD` runs the workloads whose
name contains it. Writes a table to standard output and everything to --json.
"""
import argparse, json, os, random, resource, shutil, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--renacer', required=True)
    p.add_argument('--strace', default=shutil.which('strace'))
    p.add_argument('--rounds', type=int, default=9)
    p.add_argument('--quick', action='store_true')
    p.add_argument('--only', default='')
    p.add_argument('--build', default='.build-bench')
    p.add_argument('--json', default='.build-bench/result.json')
    return p.parse_args()


def compile_helpers(folder):
    os.makedirs(folder, exist_ok=True)
    for name in ('ptloop', 'workload'):
        subprocess.run(['cc', '-O2', '-pthread', '-o', f'{folder}/{name}', f'{HERE}/{name}.c'], check=True)


def once(command, environment=None):
    """Runs a command; wall seconds, CPU seconds of it and its descendants, peak RSS in KiB."""
    t0 = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - t0
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f'{" ".join(command)}: exit status {child.returncode}')
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def measure(name, configurations, rounds, pause=0):
    """Medians of each configuration; `pause`: seconds before each, in which the kernel ends what the one before has left."""
    results = {c: [] for c in configurations}
    for _ in range(rounds):
        order = list(configurations)
        random.shuffle(order)
        for c in order:
            time.sleep(pause)
            results[c].append(once(configurations[c]))
    rows = {}
    for c, runs in results.items():
        walls, cpus = [r[0] for r in runs], [r[1] for r in runs]
        q = statistics.quantiles(walls, n=4) if len(walls) > 1 else [walls[0]] * 3
        rows[c] = {'wall': statistics.median(walls), 'cpu': statistics.median(cpus), 'q1': q[0], 'q3': q[2],
                   'rss_kib': max(r[2] for r in runs), 'walls': walls, 'cpus': cpus}
    print(f'\n{name}  ({rounds} rounds)')
    print(f'  {"":28} {"wall ms":>10} {"quartiles":>17} {"CPU ms":>10} {"x native":>9}')
    native = rows.get('native', {}).get('wall')
    for c, r in rows.items():
        x = f'{r["wall"] / native:8.2f}x' if native else ''
        print(f'  {c:28} {r["wall"] * 1e3:10.1f} {r["q1"] * 1e3:8.1f}-{r["q3"] * 1e3:<8.1f} {r["cpu"] * 1e3:10.1f} {x:>9}')
    return rows


def ratio(rows, a, b, what='walls'):
    return statistics.median(x / y for x, y in zip(rows[a][what], rows[b][what]))


def main():
    a = arguments()
    compile_helpers(a.build)
    scale = 0.2 if a.quick else 1
    rounds = 3 if a.quick else a.rounds
    n = lambda count: str(max(1, int(count * scale)))
    work, loop = f'{a.build}/workload', f'{a.build}/ptloop'
    pin = ['taskset', '-c', '0']
    out = lambda tracer: ['-o', f'{a.build}/{tracer}.out']
    renacer, strace = os.path.abspath(a.renacer), a.strace

    def peers(command, follow=False):
        f = ['-f'] if follow else []
        c = {'native': command,
             'loop pinned': pin + [loop] + command,
             'renacer pinned': pin + [renacer] + f + out('renacer') + ['--'] + command,
             'renacer': [renacer] + f + out('renacer') + ['--'] + command}
        if strace:
            c['strace pinned'] = pin + [strace] + f + out('strace') + command
            c['strace'] = [strace] + f + out('strace') + command
        return c

    workloads = {
        'dd bs=1': peers(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=' + n(20000), 'status=none']),
        'getppid': peers([work, 'getppid', n(40000)]),
        'open fstat read close': peers([work, 'files', n(10000)]),
        'threads': peers([work, 'threads', n(3000)], follow=True),
        'fork exec': peers([work, 'forks', n(100)], follow=True),
        '/bin/true': peers(['/bin/true']),
    }
    narrow = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=' + n(1000000), 'status=none']
    workloads['narrow filter: dd, -e openat'] = {
        'native': narrow,
        'renacer': [renacer, '-f', '-e', 'trace=openat'] + out('renacer') + ['--'] + narrow,
        'renacer pinned': pin + [renacer, '-f', '-e', 'trace=openat'] + out('renacer') + ['--'] + narrow}
    if strace:
        workloads['narrow filter: dd, -e openat']['strace --seccomp-bpf'] = \
            [strace, '-f', '--seccomp-bpf', '-e', 'trace=openat'] + out('strace') + narrow

    results, goals = {}, []

    def goal(text, value, limit, at_most=True):
        ok = value <= limit if at_most else value >= limit
        goals.append({'goal': text, 'value': value, 'limit': limit, 'met': ok})

    for name, configurations in workloads.items():
        if a.only not in name:
            continue
        many = 4 if name == '/bin/true' else 1
        rows = results[name] = measure(name, configurations, rounds * many)
        if 'loop pinned' in rows and name not in ('/bin/true', 'fork exec', 'threads'):
            goal(f'{name}: renacer / minimal loop, pinned, CPU', ratio(rows, 'renacer pinned', 'loop pinned', 'cpus'), 1.2)
            if strace:
                goal(f'{name}: strace / renacer, pinned, CPU', ratio(rows, 'strace pinned', 'renacer pinned', 'cpus'), 1.15, False)
                goal(f'{name}: strace / renacer, as people run them', ratio(rows, 'strace', 'renacer'), 1.0, False)
        if name == '/bin/true' and strace:
            overhead = lambda c: rows[c]['wall']
            goal('/bin/true: renacer / strace', overhead('renacer') / overhead('strace'), 0.6)
        if name.startswith('narrow'):
            goal('narrow filter: renacer / native', ratio(rows, 'renacer', 'native'), 1.3)

    if a.only == '' or 'bpf'.startswith(a.only[:3]):
        import bpf
        bpf.run(a, renacer, work, n, rounds, measure, ratio, goal, results)

    if a.only == '' or 'record replay'.find(a.only) >= 0:
        import recording
        recording.run(a, renacer, work, n, rounds, measure, ratio, goal, results)

    if a.only == '' or a.only in 'perf_event':
        import perf_event
        perf_event.run(a, renacer, work, n, rounds, measure, ratio, goal, results)

    if a.only == '' or a.only in 'workflows stats-extended anomalies source':
        import workflows
        workflows.run(a, renacer, work, n, rounds, measure, ratio, goal, results)

    if a.only == '' or a.only in 'golden':
        import golden
        golden.run(a, renacer, rounds, goal, results)

    if a.only == '' or a.only in 'detectors':
        import detectors
        detectors.run(a, renacer, work, n, rounds, measure, ratio, goal, results)

    if a.only == '' or a.only in 'otlp':
        import otlp
        otlp.run(a, renacer, work, n, rounds, measure, ratio, goal, results)

    if a.only == '' or a.only in 'sinks':
        import sinks
        sinks.run(a, renacer, work, n, once, goal)

    if a.only in 'memory':
        sizes = [int(x * scale) for x in (100_000, 1_000_000)]
        peaks = [once([renacer] + out('renacer') + ['--', work, 'getppid', str(s)])[2] for s in sizes]
        print('\nmemory: peak RSS  ' + ', '.join(f'{s} calls {p / 1024:.1f} MiB' for s, p in zip(sizes, peaks)))
        goal(f'memory: MiB at {sizes[1]} calls', peaks[1] / 1024, 30)
        goal('memory: growth with ten times the calls', peaks[1] / peaks[0], 1.1)

    print('\ngoals')
    for g in goals:
        print(f'  {"met   " if g["met"] else "MISSED"}  {g["value"]:7.2f}  (limit {g["limit"]})  {g["goal"]}')
    with open(a.json, 'w') as f:
        json.dump({'machine': os.uname()._asdict() if hasattr(os.uname(), '_asdict') else list(os.uname()),
                   'results': results, 'goals': goals}, f, indent=1)


if __name__ == '__main__':
    main()
