"""Memory of single sinks, which does not grow with the trace; called by bench.py."""


def run(a, renacer, work, n, once, goal):
    few, many = int(n(100_000)), int(n(1_000_000))
    print(f'\nsinks: peak RSS in MiB at {few} and {many} calls')
    for kind in ('jsonl', 'csv', 'perfetto', 'json', 'html'):
        trace = lambda calls: [renacer, '--backend', 'ptrace', '--sink', f'{kind}:{a.build}/sinks.out', '--', work, 'getppid', str(calls)]
        small, large = (once(trace(calls))[2] / 1024 for calls in (few, many))
        print(f'  {kind:10} {small:8.1f} {large:8.1f}')
        goal(f'sinks: MiB of {kind} at {many} calls', large, 80)
        goal(f'sinks: growth of {kind} with ten times the calls', large / small, 1.1)
