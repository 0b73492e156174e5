#!/usr/bin/env python3
"""Reads a Perfetto trace as Perfetto's trace processor does, and tells it as JSON: for tests.

    perfetto_trace.py FILE [--ui [--picture PNG]]

By itself it decodes with the messages of PyPI's perfetto and resolves what they refer to; any reference to what was
not told before, slice that is not ended or ended without having begun is an error. With --ui the trace is opened in
Perfetto's own UI, and what its trace processor made of it must be the same.
"""
import json
import sys

import perfetto_ui
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

Event = pb.TrackEvent


def value(a, names):
    if a.dict_entries:
        return {name(e, names): value(e, names) for e in a.dict_entries}
    if a.array_values:
        return [value(e, names) for e in a.array_values]
    for field in ("bool_value", "uint_value", "int_value", "double_value", "string_value"):
        if a.HasField(field):
            return getattr(a, field)
    return hex(a.pointer_value) if a.HasField("pointer_value") else None


def name(a, names):
    return names[a.name_iid] if a.HasField("name_iid") else a.name


def read(path):
    with open(path, "rb") as file:
        trace = pb.Trace.FromString(file.read())
    assert trace.packet[0].sequence_flags == 1 and trace.packet[0].trace_packet_defaults.timestamp_clock_id == 3
    clocks = {c.clock_id: c.timestamp for c in trace.packet[0].clock_snapshot.clocks}
    categories, events, annotations, tracks, found = {}, {}, {}, {}, []
    for packet in trace.packet:
        assert packet.trusted_packet_sequence_id == 1
        for table, entries in ((categories, packet.interned_data.event_categories), (events, packet.interned_data.event_names),
                               (annotations, packet.interned_data.debug_annotation_names)):
            for e in entries:
                assert e.iid not in table
                table[e.iid] = e.name
        if packet.HasField("track_descriptor"):
            d = packet.track_descriptor
            track = tracks.setdefault(d.uuid, {})
            if d.HasField("process"):
                track |= {"kind": "process", "pid": d.process.pid, "name": d.process.process_name, "cmdline": list(d.process.cmdline)}
            elif d.HasField("thread"):
                track |= {"kind": "thread", "pid": d.thread.pid, "tid": d.thread.tid, "name": d.thread.thread_name}
            elif d.HasField("counter"):
                assert tracks[d.parent_uuid]["kind"] == "process"
                track |= {"kind": "counter", "name": d.name, "pid": tracks[d.parent_uuid]["pid"]}
            else:
                track |= {"kind": "global", "name": d.name}
        if packet.HasField("track_event"):
            e = packet.track_event
            assert e.track_uuid in tracks, "an event of a track that nobody described"
            assert all(i in categories for i in e.category_iids)
            args = {}
            for a in e.debug_annotations:
                assert name(a, annotations) not in args, name(a, annotations)
                args[name(a, annotations)] = value(a, annotations)
            found.append({
                "ts": packet.timestamp, "type": Event.Type.Name(e.type)[5:].lower(), "track": tracks[e.track_uuid],
                "uuid": e.track_uuid, "name": events[e.name_iid] if e.HasField("name_iid") else "", "args": args,
                "value": e.counter_value, "out": list(e.flow_ids), "in": list(e.terminating_flow_ids)})
    found.sort(key=lambda e: e["ts"])
    return clocks, list(tracks.values()), found


def describe(path):
    clocks, tracks, events = read(path)
    slices, instants, counters, open_slices = [], [], [], {}
    for e in events:
        if e["type"] == "slice_begin":
            open_slices.setdefault(e["uuid"], []).append(e)
        elif e["type"] == "slice_end":
            begun = open_slices[e["uuid"]].pop()
            slices.append(begun | {"end": e["ts"]})
        elif e["type"] == "instant":
            instants.append(e)
        else:
            counters.append(e)
    assert not any(open_slices.values()), "a slice does not end"
    flows = []
    for f in {f for e in slices + instants for f in e["out"]}:
        ends = [e for e in slices + instants if f in e["in"]]
        flows += [{"from": s, "to": e} for s in slices for e in ends if f in s["out"]]
    assert all(f["from"]["ts"] <= f["to"]["ts"] for f in flows), "a flow leads back in time"
    slices.sort(key=lambda s: s["ts"])
    return {"clocks": clocks, "tracks": tracks, "slices": slices, "instants": instants, "counters": counters, "flows": flows}


def flat(args, path="debug"):
    """Arguments by the keys that Perfetto gives them, which have no dot of their own."""
    found = {}
    for key, v in args.items() if isinstance(args, dict) else enumerate(args):
        at = f"{path}." + key.replace(".", "_") if isinstance(args, dict) else f"{path}[{key}]"
        found |= flat(v, at) if isinstance(v, (dict, list)) else {at: v}
    return found


def typed(kind, number, text, real):
    """A value of Perfetto's table of arguments, as `value` has it."""
    return {"string": text, "real": real, "bool": bool(number), "pointer": hex((number or 0) % (1 << 64)),
            "uint": (number or 0) % (1 << 64)}.get(kind, number)


def check(ui, ours):
    """Holds what Perfetto's UI made of a trace against what is written there."""
    wrong = ui.query("select name, value from stats where severity in ('error', 'data_loss') and value > 0")
    assert not wrong, wrong
    threads = {(t["pid"], t["tid"]) for t in ours["tracks"] if t["kind"] == "thread"}
    assert {tuple(r) for r in ui.query("select pid, tid from thread join process using (upid) where tid > 0")} >= threads
    # Of a program that executed others both name the last.
    names = {t["pid"]: t["name"] for t in ours["tracks"] if t["kind"] == "process"}
    assert dict(ui.query("select pid, name from process where pid > 0")) == names, names

    rows = ui.query("select ts, dur, s.name, tid, s.arg_set_id from slice s left join thread_track t on s.track_id = t.id left join thread using (utid)")
    args = {}
    for number, key, *v in ui.query("select arg_set_id, key, value_type, int_value, string_value, real_value from args where key like 'debug.%'"):
        args.setdefault(number, {})[key] = typed(*v)
    theirs = [(ts, dur, name, tid, args.get(number, {})) for ts, dur, name, tid, number in rows]
    events = ours["slices"] + [i | {"end": i["ts"]} for i in ours["instants"]]
    expected = [(e["ts"], e["end"] - e["ts"], e["name"], e["track"].get("tid"), flat(e["args"])) for e in events]
    for a, b in zip(sorted(theirs, key=str), sorted(expected, key=str), strict=True):
        assert a == b, (a, b)

    flows = ui.query("select o.ts, o.name, i.ts, i.name from flow join slice o on slice_out = o.id join slice i on slice_in = i.id")
    assert sorted(map(tuple, flows)) == sorted((f["from"]["ts"], f["from"]["name"], f["to"]["ts"], f["to"]["name"]) for f in ours["flows"])
    values = ui.query("select ts, pid, t.name, cast(value as int) from counter join process_counter_track t on track_id = t.id join process using (upid)")
    assert sorted(map(tuple, values)) == sorted((c["ts"], c["track"]["pid"], c["track"]["name"], c["value"]) for c in ours["counters"])


def main():
    ours = describe(sys.argv[1])
    if "--ui" in sys.argv:
        with perfetto_ui.open_trace(sys.argv[1]) as ui:
            check(ui, ours)
            if "--picture" in sys.argv:
                ui.picture(sys.argv[sys.argv.index("--picture") + 1])
    json.dump(ours, sys.stdout)


if __name__ == "__main__":
    main()
