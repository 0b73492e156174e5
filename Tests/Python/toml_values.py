"""What Python's tomllib makes of documents: a JSON array of them in, a line for each out; - if it is none."""
import json
import struct
import sys
import tomllib


def text(value):
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, int):
        # A document's integers have 64 bits.
        if not -(2**63) <= value < 2**63:
            raise ValueError
        return f"i{value}"
    if isinstance(value, float):
        return "nan" if value != value else f"f{struct.unpack('<Q', struct.pack('<d', value))[0]}"
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{k.encode().hex()}:{text(v)}" for k, v in value.items())) + "}"
    return "d"


for document in json.load(sys.stdin):
    try:
        print(text(tomllib.loads(document)))
    except (ValueError, RecursionError):
        print("-")
