"""Validates renacer's JSON against the schema, strictly: a member that the schema does not name is an error.

check_json.py SCHEMA document FILE
check_json.py SCHEMA lines FILE
Prints the number of calls.
"""
import json
import sys

from jsonschema import Draft202012Validator


def strict(node):
    """Closes every object whose members the schema names."""
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        for child in node.values():
            strict(child)
    elif isinstance(node, list):
        for child in node:
            strict(child)


def no_duplicates(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"repeated keys in {pairs}"
    return dict(pairs)


def parse(text):
    return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=lambda c: sys.exit(f"not JSON: {c}"))


schema = json.load(open(sys.argv[1], encoding="utf-8"))
Draft202012Validator.check_schema(schema)
strict(schema)
data = open(sys.argv[3], "rb").read().decode("utf-8", errors="strict")
if sys.argv[2] == "document":
    document = parse(data)
    Draft202012Validator(schema).validate(document)
    print(len(document["syscalls"]))
else:
    kinds = schema["$defs"]
    validators = {
        kind: Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": kinds})
        for kind in ("trace", "syscall", "signal", "process", "loss", "finding", "analysis", "summary")
    }
    lines = [parse(line) for line in data.splitlines()]
    for line in lines:
        validators[line["type"]].validate(line)
    assert [l["type"] for l in lines].count("trace") == 1 and lines[0]["type"] == "trace"
    assert [l["type"] for l in lines].count("summary") == 1 and lines[-1]["type"] == "summary"
    print(sum(l["type"] == "syscall" for l in lines))
