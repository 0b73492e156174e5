"""Reads renacer's CSV with Python's csv, pandas and DuckDB, which must agree; prints rows, or calls with `summary`.

check_csv.py FILE [summary]
"""
import csv
import sys

import duckdb
import pandas

path = sys.argv[1]
raw = open(path, "rb").read()
# Rows end in CRLF; a line feed of its own can only stand within quotes.
assert raw.endswith(b"\r\n") and all(b"\n" not in part.replace(b"\r\n", b"") for part in raw.split(b'"')[::2])
rows = list(csv.DictReader(open(path, newline="", encoding="utf-8"), strict=True))
width = len(rows[0])
assert all(len(r) == width and None not in r and None not in r.values() for r in rows)
frame = pandas.read_csv(path, keep_default_na=False)
table = duckdb.read_csv(path, header=True).fetchall()
assert len(rows) == len(frame) == len(table), (len(rows), len(frame), len(table))
if sys.argv[2:] == ["summary"]:
    assert frame["total_ns"].dtype.kind == "i" and frame["calls"].dtype.kind == "i"
    total = duckdb.sql(f"select sum(calls) from read_csv('{path}', header=true)").fetchone()[0]
    assert total == frame["calls"].sum() == sum(int(r["calls"]) for r in rows)
    print(int(total))
else:
    calls = [r for r in rows if r["type"] == "syscall"]
    for r in calls:
        for key in ("duration_ns", "start_ns", "end_ns", "pid", "tid", "nr", "result", "errno"):
            assert r[key] == "" or int(r[key]) is not None
    numbers = pandas.read_csv(path)
    assert numbers["duration_ns"].dtype.kind in "if" and numbers["end_ns"].dtype.kind == "i"
    total = duckdb.sql(
        f"select count(*), sum(duration_ns) from read_csv('{path}', header=true) where type = 'syscall'").fetchone()
    assert total[0] == len(calls)
    assert total[1] == sum(int(r["duration_ns"]) for r in calls if r["duration_ns"])
    print(len(calls))
