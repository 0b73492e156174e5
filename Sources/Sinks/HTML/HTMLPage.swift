/// The page around the data: markup, style and script, in one file that needs nothing else.
enum HTMLPage {
    /// What stands before the title.
    static let head: StaticString = #"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <link rel="icon" href="data:,">
        <title>
        """#

    /// Style and markup; the data follow.
    static let body: StaticString = #"""
        </title><style>
        :root{color-scheme:light dark;--bg:#fbfbfd;--fg:#1c1e26;--dim:#6b7080;--line:#dfe1ea;--card:#fff;--hot:#2f6fde;--bad:#c8342f;--sel:#dce8ff}
        @media(prefers-color-scheme:dark){:root{--bg:#14161c;--fg:#e6e8ef;--dim:#8f95a7;--line:#2b2f3b;--card:#1b1e27;--hot:#6ea1ff;--bad:#ff7a70;--sel:#26375c}}
        *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:13px/1.45 system-ui,sans-serif}
        header{padding:14px 18px 8px}h1{font:600 17px/1.3 ui-monospace,monospace;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:13px;margin:0 0 6px}
        .dim{color:var(--dim)}main{padding:0 18px 18px;display:grid;gap:12px}section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px;min-width:0}
        .two{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:12px}@media(max-width:900px){.two{grid-template-columns:minmax(0,1fr)}}
        canvas{display:block;width:100%;cursor:crosshair}#lanes{max-height:340px;overflow-y:auto}
        input{font:inherit;width:100%;padding:6px 9px;border:1px solid var(--line);border-radius:6px;background:var(--bg);color:var(--fg)}
        .row,.hd{display:grid;grid-template-columns:110px 80px 110px 130px minmax(160px,1fr) 110px 100px;gap:8px;height:22px;line-height:22px;padding:0 6px;white-space:nowrap}
        .places .row,.places .hd{grid-template-columns:110px 80px 110px 130px minmax(160px,1fr) 110px 100px minmax(120px,.5fr)}#tip{white-space:pre-line}
        .row>*,.hd>*{overflow:hidden;text-overflow:ellipsis}.row{font:12px/22px ui-monospace,monospace;position:absolute;left:0;right:0}.row:hover{background:var(--sel)}.row.on{background:var(--sel)}
        .hd{font-weight:600;border-bottom:1px solid var(--line)}.hd span{cursor:pointer}.r{text-align:right}.bad{color:var(--bad)}
        #scroll{height:420px;overflow:auto;position:relative}#sum{max-height:300px;overflow:auto}table{border-collapse:collapse;width:100%}
        th{text-align:right;position:sticky;top:0;background:var(--card);cursor:pointer;font-weight:600}td,th{padding:1px 8px;white-space:nowrap}td{text-align:right;font-variant-numeric:tabular-nums}
        td:first-child,th:first-child{text-align:left}tbody tr{cursor:pointer}tbody tr:hover,tbody tr.on{background:var(--sel)}.bar{background:var(--hot);height:8px;border-radius:2px;opacity:.75}
        #matrix{overflow:auto;max-height:520px}#matrix table{width:auto}#matrix td.c{width:22px;height:18px;padding:0;text-align:center;font-size:9px}#matrix th.v{writing-mode:vertical-rl;position:static;padding:4px 2px;font-weight:400}
        .finding{border-left:3px solid var(--hot);padding:2px 0 2px 10px;margin:6px 0}.finding.high{border-color:var(--bad)}
        #tip{position:fixed;display:none;max-width:560px;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:5px 8px;font:12px/1.4 ui-monospace,monospace;pointer-events:none;z-index:9;overflow-wrap:anywhere;box-shadow:0 2px 10px #0004}
        </style></head><body>
        <header><h1 id="cmd"></h1><div id="facts" class="dim">reading the trace…</div></header>
        <main><section id="findings" hidden><h2>Findings</h2></section>
        <section><h2>Timeline <span class="dim" id="span">wheel: zoom, drag: move, double-click: all</span></h2><div id="lanes"><canvas id="time"></canvas></div></section>
        <div class="two"><section><h2>Calls</h2><div id="sum"></div></section>
        <section><h2>Latency <span class="dim" id="which">of all calls</span></h2><canvas id="heat"></canvas><canvas id="hist"></canvas></section></div>
        <section id="analysis" hidden><h2>Correlation of calls <span class="dim" id="windows"></span></h2><div id="matrix"></div><div id="clusters"></div></section>
        <section><h2>Events <span class="dim" id="shown"></span></h2>
        <input id="find" placeholder="filter: words in name, arguments, command, errno; tid:123 name:read err:ENOENT dur&gt;1ms">
        <div class="hd" id="cols"></div><div id="scroll"><div id="pad"></div></div></section></main><div id="tip"></div>
        <!--data-->

        """#

    /// Rows of one block. More would make slow work of looking up one row's arguments.
    static let rowsPerBlock = 4096
    static let beginRows: StaticString = "<script type=\"text/plain\" class=\"rows\">\n"
    static let endRows: StaticString = "</script>\n"
    static let beginFacts: StaticString = "<script type=\"application/json\" id=\"data\">"
}
