"""The BPF backend beside perf trace and bpftrace, in the same run; called by bench.py."""
import json, os, re, shutil, signal, statistics, subprocess, time

COUNT_PER_CALL = 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @s[tid] = nsecs; } ' \
                 'tracepoint:raw_syscalls:sys_exit /@s[tid]/ { @[args->id] = hist(nsecs - @s[tid]); delete(@s[tid]); }'


def cpu_per_call(tracer, work, count, usage):
    """ns of CPU that each getppid cost the traced program itself."""
    subprocess.run(tracer + [work, 'getppid', str(count)], check=True, env=dict(os.environ, USAGE=usage),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(usage) as f:
        return int(f.read()) / count


def compile_references(folder):
    """Empty hooks, and a bare record or count per call: what nothing can be cheaper than. Returns the commands before
    a command that have it traced so."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name in ('emptyhooks', 'bare'):
        subprocess.run(['cc', '-O2', '-o', f'{folder}/{name}', f'{here}/{name}.c', '-lbpf'], check=True)
    clang = os.path.join(os.path.dirname(os.path.realpath(shutil.which('swift'))), 'clang')
    for name in ('barerecord', 'barecount'):
        subprocess.run([clang, '-target', 'bpf', '-mcpu=v3', '-g', '-O2', '-idirafter', f'/usr/include/{os.uname().machine}-linux-gnu',
                        '-c', f'{here}/{name}.bpf.c', '-o', f'{folder}/{name}.bpf.o'], check=True)
    return [[f'{folder}/bare', f'{folder}/{name}.bpf.o'] for name in ('barerecord', 'barecount')]


def extra_cpu(renacer, work, count, rounds, folder, one_record):
    """Medians over rounds of what is added to each call: by empty hooks and by a bare record; by tracing, to the
    traced program and to another one; and to that one afterwards. And of what tracing adds as a multiple of a bare record."""
    usage, idle = os.path.abspath(f'{folder}/usage'), [renacer, '--backend', 'bpf', '-o', '/dev/null', '--']
    rows = []
    for _ in range(rounds):
        native = cpu_per_call([], work, count, usage)
        hooks = subprocess.Popen([f'{folder}/emptyhooks'], stdout=subprocess.PIPE)
        hooks.stdout.readline()
        empty = cpu_per_call([], work, count, usage) - native
        hooks.kill()
        hooks.wait()
        bare = cpu_per_call(one_record, work, count, usage) - native
        traced = cpu_per_call([renacer, '--backend', 'bpf', '-o', f'{folder}/bpf.out', '--'], work, count, usage) - native
        # A tracer of something else; it has attached once its program writes.
        tracer = subprocess.Popen(idle + ['sh', '-c', 'echo; exec sleep 1000'], stdout=subprocess.PIPE, start_new_session=True)
        tracer.stdout.readline()
        other = cpu_per_call([], work, count, usage) - native
        os.killpg(tracer.pid, signal.SIGTERM)
        tracer.wait()
        after = cpu_per_call([], work, count, usage) - native
        rows.append((empty, bare, traced, other, after, traced / bare))
    return [statistics.median(x) for x in zip(*rows)]


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    if os.geteuid() != 0:
        print('\nbpf: needs root; skipped')
        return
    perf, bpftrace = shutil.which('perf'), shutil.which('bpftrace')
    bpf = [renacer, '--backend', 'bpf']
    out = lambda name: ['-o', f'{a.build}/{name}.out']
    dd = [shutil.which('dd'), 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=' + n(500000), 'status=none']

    record, count = compile_references(a.build)
    text = {'native': dd, 'bare records, no text': record + dd, 'renacer bpf': bpf + out('bpf') + ['--'] + dd}
    if perf:
        text['perf trace'] = [perf, 'trace'] + out('perf') + ['--'] + dd
    if bpftrace:
        text['bpftrace print'] = [bpftrace, '-q'] + out('bpftrace') + ['-e', 'tracepoint:raw_syscalls:sys_exit /pid == cpid/ '
                                  '{ printf("%d %d\\n", args->id, args->ret); }', '-c', ' '.join(dd)]
    rows = results['bpf: dd bs=1, text'] = measure('bpf: dd bs=1, text', text, rounds)
    goal('bpf, dd bs=1, text: renacer / native', ratio(rows, 'renacer bpf', 'native'), 2.8)
    goal('bpf, dd bs=1, text: renacer / bare records', ratio(rows, 'renacer bpf', 'bare records, no text'), 1.4)
    if perf:
        goal('bpf, dd bs=1, text: perf trace / renacer', ratio(rows, 'perf trace', 'renacer bpf'), 4, False)

    lines = {'native': dd, 'renacer bpf, JSONL': bpf + ['--format', 'jsonl'] + out('jsonl') + ['--'] + dd}
    rows = results['bpf: dd bs=1, JSONL'] = measure('bpf: dd bs=1, JSONL', lines, rounds)
    goal('bpf, dd bs=1, JSONL: renacer / native', ratio(rows, 'renacer bpf, JSONL', 'native'), 3.5)
    with open(f'{a.build}/jsonl.out', 'rb') as f:
        f.seek(-min(os.path.getsize(f.name), 1 << 20), os.SEEK_END)
        account = json.loads(f.read().splitlines()[-1])['events']
    print(f'\nbpf: JSONL of the last run: {account["delivered"]} of {account["seen"]} events delivered')

    table = {'native': dd, 'bare counts': count + dd, 'renacer bpf -c': bpf + ['-c'] + out('bpf') + ['--'] + dd}
    if bpftrace:
        table['bpftrace hist'] = [bpftrace, '-q'] + out('bpftrace') + ['-e', COUNT_PER_CALL, '-c', ' '.join(dd)]
    rows = results['bpf: dd bs=1, summary'] = measure('bpf: dd bs=1, summary', table, rounds)
    goal('bpf, dd bs=1, summary: renacer / native', ratio(rows, 'renacer bpf -c', 'native'), 2.3)
    goal('bpf, dd bs=1, summary: renacer / bare counts', ratio(rows, 'renacer bpf -c', 'bare counts'), 1.2)
    if bpftrace:
        goal('bpf, dd bs=1, summary: bpftrace hist / renacer', ratio(rows, 'bpftrace hist', 'renacer bpf -c'), 3, False)

    # Who attaches to a tracepoint right behind another's detaching waits until no CPU looks at what was there (RCU).
    start = {'native': ['/bin/true'], 'bare records, no text': record + ['/bin/true'],
             'renacer bpf': bpf + ['-o', '/dev/null', '--', '/bin/true']}
    results['bpf: /bin/true, right behind another'] = measure('bpf: /bin/true, right behind another', start, rounds * 4)
    if perf:
        start['perf trace'] = [perf, 'trace', '-o', '/dev/null', '--', '/bin/true']
    if bpftrace:
        start['bpftrace print'] = [bpftrace, '-q', '-o', '/dev/null', '-e', 'tracepoint:raw_syscalls:sys_exit /pid == cpid/ '
                                   '{ printf("%d %d\\n", args->id, args->ret); }', '-c', '/bin/true']
    rows = results['bpf: /bin/true'] = measure('bpf: /bin/true', start, rounds * 4, pause=0.05)
    goal('bpf, /bin/true: ms from start to end', rows['renacer bpf']['wall'] * 1e3, 8)
    goal('bpf, /bin/true: renacer / bare records', ratio(rows, 'renacer bpf', 'bare records, no text'), 1.6)

    empty, bare, traced, other, after, multiple = extra_cpu(renacer, work, int(n(3_000_000)), rounds, a.build, record)
    print(f'\nbpf: extra CPU per getppid  empty hooks {empty:.0f} ns, a bare record {bare:.0f} ns, traced {traced:.0f} ns, another program {other:.0f} ns, afterwards {after:.0f} ns')
    goal('bpf: ns of CPU added to a traced getppid', traced, 160)
    goal('bpf: CPU added to a traced getppid / by a bare record', multiple, 1.2)
    goal('bpf: ns of CPU added to an untraced one', other, 40)
    goal('bpf: ns of CPU added afterwards', after, 5)

    calls, file = int(n(4_000_000)), f'{a.build}/bpf.out'
    t0 = time.perf_counter()
    subprocess.run(bpf + ['-o', file, '--', work, 'getppid', str(calls)], check=True)
    rate = calls / (time.perf_counter() - t0)
    with open(file, 'rb') as f:
        text = f.read()
    delivered, lost = len(re.findall(rb'^getppid\(', text, re.M)), sum(map(int, re.findall(rb'lost (\d+) events in all', text)))
    print(f'\nbpf: {calls} calls, text to a file: {rate / 1e6:.2f} M calls/s, {delivered} delivered, {lost} lost')
    goal('bpf: M calls/s, text to a file', rate / 1e6, 1.5, False)
    goal('bpf: calls lost of them', calls - delivered, 0)
