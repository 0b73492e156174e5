#!/usr/bin/env python3
"""Sends a trace to Phoenix (PyPI's arize-phoenix) and asks it for what it got: `check-phoenix.py [RENACER]`.

Phoenix is installed into .build-phoenix the first time, which takes 900 MB and some minutes. It is asked by its
own HTTP interface, and must have every call once, in the order and under the tasks that the text of the run tells.
"""
import collections
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

VERSION = '20.26.1'
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOME = os.path.join(ROOT, '.build-phoenix')
PROGRAM = ['sh', '-c', 'cat /etc/hostname /nonexistent; true & wait; exit 3']


def install():
    if os.path.exists(f'{HOME}/bin/phoenix'):
        return
    print(f'installing arize-phoenix {VERSION} into .build-phoenix', flush=True)
    subprocess.run(['/usr/bin/python3', '-m', 'venv', HOME], check=True)
    subprocess.run([f'{HOME}/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:',
                    f'arize-phoenix=={VERSION}'], check=True)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def until(what, seconds, condition):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            sys.exit(f'{what}: not within {seconds} s')
        time.sleep(0.2)
    return found


def is_up(port, phoenix):
    if phoenix.poll() is not None:
        sys.exit(f'phoenix ended with {phoenix.returncode}')
    try:
        return urllib.request.urlopen(f'http://127.0.0.1:{port}/healthz', timeout=5).status == 200
    except OSError:
        return False


def spans(port):
    found, cursor = [], None
    while True:
        page = get(f'http://127.0.0.1:{port}/v1/projects/default/spans?limit=1000' + (f'&cursor={cursor}' if cursor else ''))
        found += page['data']
        if not (cursor := page['next_cursor']):
            return found


def told(text):
    """Calls by thread, in order, of a trace with `-f --always-show-pid`."""
    calls = collections.defaultdict(list)
    for line in text.splitlines():
        if m := re.match(r'(?:\[pid +)?(\d+)\]? +(\w+)\(', line):
            calls[int(m[1])].append(m[2])
    return dict(calls)


def show(span, children, counts, depth=0):
    a = span['attributes']
    what = f'  exit code {a["process.exit.code"]}' if 'process.exit.code' in a else ''
    if counts.get(span['context']['span_id']):
        what = f'  {counts[span["context"]["span_id"]]} calls'
    kind = 'thread' if 'thread.id' in a else 'process' if 'process.pid' in a else 'command'
    print(f'{"  " * depth}{kind} {span["name"]}{what}')
    for child in children[span['context']['span_id']]:
        show(child, children, counts, depth + 1)


def check(renacer, port, url, folder):
    text = os.path.join(folder, 'text')
    before = {s['context']['span_id'] for s in spans(port)}
    run = subprocess.run([renacer, '-f', '-qq', '--always-show-pid', '--sink', f'strace:{text}',
                          '--sink', f'otlp:{url},logs=false,metrics=false', '--'] + PROGRAM,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = [line for line in run.stderr.splitlines() if 'renacer' in line]
    assert run.returncode == 3 and not errors, (run.returncode, errors)
    with open(text) as file:
        wanted = told(file.read())
    total = sum(map(len, wanted.values()))

    def got():
        new = [s for s in spans(port) if s['context']['span_id'] not in before]
        return new if len(new) >= total + 1 + 2 * len(wanted) else None

    # Phoenix stores spans some time after it took them.
    found = until(f'{total} calls in Phoenix', 60, got)
    assert len(found) == len({s['context']['span_id'] for s in found}) == total + 1 + 2 * len(wanted)
    assert len({s['context']['trace_id'] for s in found}) == 1
    ids = {s['context']['span_id']: s for s in found}
    children, calls = collections.defaultdict(list), collections.defaultdict(list)
    for s in sorted(found, key=lambda s: s['start_time']):
        if 'syscall.number' in s['attributes']:
            calls[s['parent_id']].append(s)
        else:
            children[s['parent_id']].append(s)
    root, = children[None]
    threads = {s['attributes']['thread.id']: s for s in found if 'thread.id' in s['attributes']}
    assert set(threads) == set(wanted), (set(threads), set(wanted))
    for tid, thread in threads.items():
        own = calls[thread['context']['span_id']]
        # Phoenix keeps microseconds, within which the order of two calls is not told.
        assert sorted(s['name'] for s in own) == sorted(wanted[tid]), tid
        assert all(thread['start_time'] <= s['start_time'] and s['end_time'] <= thread['end_time'] for s in own)
        assert ids[thread['parent_id']]['attributes']['process.pid'] == thread['attributes']['process.pid']
    missing, = [s for s in found if s['attributes'].get('syscall.arg.pathname') == '/nonexistent']
    assert missing['status_code'] == 'ERROR' and missing['attributes']['error.type'] == 'ENOENT'
    assert root['attributes']['process.exit.code'] == 3
    print(f'{url}: {total} calls of {len(wanted)} threads, each once')
    show(root, children, {k: len(v) for k, v in calls.items()})


def main():
    renacer = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else f'{ROOT}/.build-release/release/renacer')
    install()
    port, grpc = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {'PHOENIX_WORKING_DIR': folder, 'PHOENIX_HOST': '127.0.0.1', 'PHOENIX_PORT': str(port),
                                    'PHOENIX_GRPC_PORT': str(grpc), 'PHOENIX_TELEMETRY_ENABLED': 'false'}
        with open(f'{folder}/log', 'w') as log:
            phoenix = subprocess.Popen([f'{HOME}/bin/phoenix', 'serve'], env=environment, stdout=log, stderr=log)
        try:
            until('phoenix', 180, lambda: is_up(port, phoenix))
            check(renacer, port, f'http://127.0.0.1:{port},protocol=http/protobuf', folder)
            check(renacer, port, f'http://127.0.0.1:{grpc},protocol=grpc', folder)
        finally:
            phoenix.terminate()
            phoenix.wait()


if __name__ == '__main__':
    main()
