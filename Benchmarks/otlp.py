"""Spans sent to a collector that takes everything, over loopback; called by bench.py."""
import os, signal, subprocess, sys


def collector(a):
    """A collector that keeps nothing, and its port."""
    binary = f'{a.build}/discard'
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'discard.c')
    subprocess.run(['cc', '-O2', '-pthread', '-o', binary, source], check=True)
    process = subprocess.Popen([binary], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def run(a, renacer, work, n, rounds, measure, ratio, goal, results):
    name, calls = 'otlp: spans', int(n(1_000_000))
    backend = 'bpf' if os.geteuid() == 0 else 'ptrace'
    program = [work, 'getppid', str(calls)]
    process, port = collector(a)
    # With --exact what is not delivered fails the run, which ends the benchmark.
    trace = lambda sinks: [renacer, '--backend', backend, '--exact', '-qq'] + sinks + ['--'] + program
    try:
        rows = results[name] = measure(f'{name}, {backend}, getppid', {
            'native': program, 'renacer, text': trace(['-o', f'{a.build}/otlp.out']),
            'renacer, otlp': trace(['--otlp', f'http://127.0.0.1:{port}'])}, min(rounds, 5))
        # As people run it: the ring that --exact takes with bpf is no memory of the sink.
        plain = subprocess.Popen([renacer, '--backend', backend, '-qq', '--otlp', f'http://127.0.0.1:{port}', '--'] + program,
                                 stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = plain.stderr.read()
        _, status, usage = os.wait4(plain.pid, 0)
        plain.returncode = os.waitstatus_to_exitcode(status)
        if plain.returncode != 0 or 'not delivered' in said:
            sys.exit(f'otlp: exit status {plain.returncode}: {said}')
    finally:
        process.send_signal(signal.SIGTERM)
        sent, size = map(int, process.communicate()[0].split())
    if size < calls * len(rows['renacer, otlp']['walls']) * 50:
        sys.exit(f'otlp: {sent} requests with {size} bytes are not {calls} spans a run')
    goal(f'{name}/s to a local collector, none undelivered, {backend}', calls / rows['renacer, otlp']['wall'], 200_000, False)
    goal(f'{name}: MiB of memory at {calls} spans', usage.ru_maxrss / 1024, 80)
