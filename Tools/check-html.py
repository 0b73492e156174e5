#!/usr/bin/env python3
"""Opens a page of a million calls in chromium, without a network: `check-html.py [RENACER] [CALLS]`.

Prints how long it takes to load, to filter, to sort and to scroll, and fails if what is shown is wrong, if the console
says anything, or if a row that is out of sight is an element of the page. Chromium comes with `sh Tools/setup.sh test`.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHROMIUM = '/usr/bin/chromium'

# The page's own functions, by its own names (Sources/Sinks/HTML/HTMLScript.swift).
SCRIPT = '''
<script>
const told={calls:N,load:performance.now()};
const time=(name,body)=>{const t=performance.now();body();told[name]=performance.now()-t};
const find=text=>{$('find').value=text;filter()};
const right=get=>{for(let k=1;k<count;k++)if(get(order[k-1])>get(order[k]))return false;return true};
time('filter name:write',()=>find('name:write'));told.writes=count;
time('filter dur>1us',()=>find('dur>1us'));
time('filter a word of arguments',()=>find('/dev/zero'));told.word=count;
time('filter, nothing',()=>find(''));told.all=count;
for(const c of ['dur','name','result','start']){by=c;up=true;time('sort by '+c,sort);if(c==='dur')told.sorted=right(i=>isNaN(du[i])?-1:du[i])&&count===N}
let slowest=0;for(let k=0;k<200;k++){const t=performance.now();sc.scrollTop=pad.clientHeight*k/200;rows();slowest=Math.max(slowest,performance.now()-t)}
told['scroll, slowest of 200 places']=slowest;
time('draw the timeline',drawTime);time('draw the heatmap',drawHeat);
v0=t0+(t1-t0)/3;v1=v0+(t1-t0)/10;time('draw a tenth of the timeline',drawTime);
told.elements=document.querySelectorAll('.row').length;
document.querySelectorAll('.rows').forEach(b=>b.remove());
document.documentElement.dataset.told=JSON.stringify(told);
</script>
'''


def browse(page, folder, *options):
    done = subprocess.run(
        [CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', f'--user-data-dir={folder}/profile',
         '--window-size=1400,1300', '--enable-logging=stderr', '--proxy-server=127.0.0.1:9', '--timeout=120000', *options, f'file://{page}'],
        capture_output=True, text=True, timeout=240)
    return done.stdout, [line for line in done.stderr.splitlines() if ':CONSOLE' in line]


def main():
    renacer = sys.argv[1] if len(sys.argv) > 1 else f'{ROOT}/.build-release/release/renacer'
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        page, summary = f'{folder}/trace.html', f'{folder}/summary.json'
        subprocess.run(
            [renacer, '--backend', 'ptrace', '--sink', f'html:{page}', '--sink', f'json:{summary},of=summary', '--',
             'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', f'count={calls // 2}', 'status=none'], check=True)
        counts = json.load(open(summary))['summary']['syscall_counts']
        size = os.path.getsize(page)
        with open(page) as file:
            text = file.read()
        head, end = text.rsplit('</body></html>', 1)
        with open(page, 'w') as file:
            file.write(head + SCRIPT + '</body></html>' + end)
        document, console = browse(page, folder, '--dump-dom')
        found = re.search(r'data-told="([^"]*)"', document)
        if not found:
            sys.exit(f'the page was not ready: {document[:500]} {console}')
        told = json.loads(found[1].replace('&quot;', '"').replace('&gt;', '>').replace('&lt;', '<').replace('&amp;', '&'))
        print(f'{told["calls"]} calls, {size / 1e6:.1f} MB')
        for name, value in told.items():
            if name.startswith(('filter', 'sort by', 'scroll', 'draw', 'load')):
                print(f'  {name:36} {value:8.1f} ms')
        wrong = []
        if told['calls'] != sum(counts.values()) or told['all'] != told['calls']:
            wrong.append(f'{told["calls"]} rows of {sum(counts.values())} calls')
        if told['writes'] != counts['write']:
            wrong.append(f'{told["writes"]} writes of {counts["write"]}')
        # dd is executed with it, and opens it.
        if told['word'] != 2:
            wrong.append(f'{told["word"]} calls with /dev/zero')
        if not told['sorted']:
            wrong.append('not sorted')
        if told['elements'] > 60:
            wrong.append(f'{told["elements"]} rows are elements')
        if console:
            wrong.append(f'the console: {console}')
        sys.exit('\n'.join(wrong) or 0)


if __name__ == '__main__':
    main()
