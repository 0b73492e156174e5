"""Golden traces on a real disk: how often is an unchanged program told to differ, and a slower fsync found? Called by bench.py.

The program writes and syncs a file of a size that its surroundings say. A larger one is what takes longer: sizes are tried until fsync
takes 30 % more than at first, as measured without a tracer just before.
"""
import os, re, subprocess

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
    long size = atol(getenv("SIZE"));
    double times[20];
    char *bytes = malloc(size);
    memset(bytes, 7, size);
    int file = open("synced", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 20; i++) {
        struct timespec from, to;
        pwrite(file, bytes, size, 0);
        clock_gettime(CLOCK_MONOTONIC, &from);
        fsync(file);
        clock_gettime(CLOCK_MONOTONIC, &to);
        times[i] = (to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3;
    }
    qsort(times, 20, sizeof *times, order);
    if (argc > 1) printf("%f\n", times[10]);
    return 0;
}
"""


def run(a, renacer, rounds, goal, results):
    folder = os.path.abspath(f'{a.build}/golden')
    os.makedirs(folder, exist_ok=True)
    with open(f'{folder}/sync.c', 'w') as f: f.write(SOURCE)
    subprocess.run(['cc', '-O1', '-g', '-o', f'{folder}/sync', f'{folder}/sync.c'], check=True)

    def median(size):
        return sorted(float(subprocess.run([f'{folder}/sync', 'tell'], cwd=folder, env={'SIZE': str(size)}, capture_output=True, text=True).stdout) for _ in range(7))[3]

    def call(*words):
        return subprocess.run([renacer, 'golden', *words], cwd=folder, capture_output=True, text=True)

    base = 2 << 20
    for backend in ['ptrace'] + (['bpf'] if os.geteuid() == 0 else []):
        before, slower = median(base), base
        while median(slower) < 1.3 * before and slower < 4 * base: slower += base // 32
        factor = median(slower) / before
        made = call('record', '-E', f'SIZE={base}', '--backend', backend, '--runs', '20', '-o', 'sync.golden', '--', './sync')
        if made.returncode: raise SystemExit(made.stderr)
        alarms, found, told = 0, 0, []
        for _ in range(rounds):
            same = call('check', 'sync.golden', '--runs', '20')
            alarms += same.returncode != 0
            slow = call('check', 'sync.golden', '--runs', '20', '-E', f'SIZE={slower}')
            hit = re.search(r'^slowed: fsync by (\d+) %', slow.stdout, re.M)
            found += hit is not None
            if hit: told.append(int(hit[1]))
        print(f'golden, {backend}: fsync {before:.0f} us, {factor:.2f} times as long with more to write; told: {told} %')
        results[f'golden: {backend}'] = {'us': before, 'factor': factor, 'alarms': alarms, 'found': found, 'rounds': rounds, 'told': told}
        goal(f'golden: {backend}: alarms of an unchanged program, of {rounds}', alarms, 0)
        goal(f'golden: {backend}: slower fsync missed, of {rounds}', rounds - found, 0)
