"""Golden traces: how often is an unchanged program told to differ, and a slower fsync found? Called by bench.py.

Where the time is controlled: a file system of our own (slowfs.c), whose fsync takes as long as was asked for, a third more the second time.
And on a real disk: a larger file is what takes longer to sync; sizes are tried until the fastest calls take 30 % more, as measured without
a tracer just before. There the times of the golden trace are compared, and those of two builds that run by turns (--against).
"""
import os, re, statistics, subprocess

SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static int order(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }
int main(int argc, char **argv) {
    static char bytes[SIZE];
    double times[20];
    memcpy(bytes, WAIT, sizeof WAIT);
    int file = open(FOLDER "/synced", O_RDWR | O_CREAT, 0600);
    for (int i = 0; i < 20; i++) {
        struct timespec from, to;
        if (pwrite(file, bytes, sizeof bytes, 0) < 0) return 1;
        clock_gettime(CLOCK_MONOTONIC, &from);
        if (fsync(file)) return 1;
        clock_gettime(CLOCK_MONOTONIC, &to);
        times[i] = (to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3;
    }
    qsort(times, 20, sizeof *times, order);
    if (argc > 1) printf("%f\n", times[0]);
    return 0;
}
"""
BASE = 2 << 20


def run(a, renacer, rounds, goal, results):
    here = os.path.dirname(os.path.abspath(__file__))
    folder = os.path.abspath(f'{a.build}/golden')
    os.makedirs(f'{folder}/slow', exist_ok=True)
    with open(f'{folder}/sync.c', 'w') as f: f.write(SOURCE)

    def build(name, where='.', size=64, wait=''):
        subprocess.run(['cc', '-O1', '-g', f'-DFOLDER="{where}"', f'-DSIZE={size}', f'-DWAIT="{wait}"', '-o', name, 'sync.c'], cwd=folder, check=True)

    def call(*words):
        return subprocess.run([renacer, 'golden', *words], cwd=folder, capture_output=True, text=True)

    def judge(what, backend, unchanged, slower, check, kind):
        """Checks so often: `check` says with which words the program, and its slower build, are checked."""
        build('sync', **kind)
        made = call('record', '--backend', backend, '--runs', '20', '-o', 'sync.golden', '--', './sync')
        if made.returncode: raise SystemExit(made.stderr)
        alarms = found = refused = 0
        told = []
        for _ in range(unchanged):
            same = call('check', 'sync.golden', *check, './sync')
            alarms += same.returncode == 1
            if same.returncode > 1: raise SystemExit(same.stderr)
            refused += 'fsync: runs swing' in same.stdout
        for _ in range(slower):
            slow = call('check', 'sync.golden', *check, './slower')
            hit = re.search(r'^slowed: fsync by (\d+) %', slow.stdout, re.M)
            found += hit is not None
            if hit: told.append(int(hit[1]))
        name = f'golden, {what}, {backend}'
        print(f'{name}: alarms {alarms} of {unchanged}, slower found {found} of {slower} ({min(told, default=0)} to {max(told, default=0)} %), said to swing too much {refused}', flush=True)
        results[name] = {'alarms': alarms, 'unchanged': unchanged, 'found': found, 'slower': slower, 'told': told, 'swings': refused}
        return name, alarms, slower - found

    backends = ['ptrace'] + (['bpf'] if os.geteuid() == 0 else [])
    if os.geteuid() == 0 and os.path.exists('/dev/fuse'):
        subprocess.run(['cc', '-O1', '-o', f'{folder}/slowfs', f'{here}/slowfs.c'], check=True)
        mounted = subprocess.Popen([f'{folder}/slowfs', f'{folder}/slow'], stdout=subprocess.PIPE)
        try:
            if mounted.stdout.readline() != b'mounted\n': raise SystemExit('slowfs: not mounted')
            build('slower', 'slow', wait='1300')
            for backend in backends:
                name, alarms, missed = judge('controlled', backend, 5 * rounds + 5, 2 * rounds + 2, ['--runs', '20'], {'where': 'slow', 'wait': '1000'})
                goal(f'{name}: alarms of an unchanged program', alarms, 0)
                goal(f'{name}: slower fsync missed', missed, 0)
        finally:
            mounted.kill()
            subprocess.run(['umount', f'{folder}/slow'])
    else:
        print('golden: no controlled fsync without root and /dev/fuse')

    def fastest(name):
        return float(subprocess.run([f'{folder}/{name}', 'tell'], cwd=folder, capture_output=True, text=True).stdout)

    # By turns, since the disk changes meanwhile.
    build('sync', size=BASE)
    size, factor = BASE, 1
    while factor < 1.3 and size < 4 * BASE:
        size += BASE // 16
        build('slower', size=size)
        pairs = [(fastest('sync'), fastest('slower')) for _ in range(25)]
        before, after = (statistics.median(p[i] for p in pairs) for i in (0, 1))
        factor = after / before
    print(f'golden, disk: fsync {before:.0f} us at best, {factor:.2f} times as long with {size / BASE:.2f} times as much to write')
    results['golden, disk'] = {'us': before, 'factor': factor}
    for backend in backends:
        # What the golden trace of another moment can tell is a fact about the disk: it is shown, and no goal.
        name, alarms, _ = judge('disk', backend, rounds, rounds, ['--runs', '20'], {'size': BASE})
        goal(f'{name}: alarms of an unchanged program', alarms, 0)
        name, alarms, missed = judge('disk, by turns', backend, rounds, rounds, ['--runs', '40', '--against', './sync'], {'size': BASE})
        goal(f'{name}: alarms of an unchanged program', alarms, 0)
        goal(f'{name}: slower fsync missed, of {rounds}', missed, 0)
