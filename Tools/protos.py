#!/usr/bin/env python3
"""Makes Swift of .proto texts: a tag for each field, and a schema for each message where JSON needs one.

    protos.py OUT.swift [--schemas] FILE.proto...

Of protobuf's language it reads what our texts use: messages, oneofs, repeated fields and scalar types. Without OUT
up to date a test fails; run it again after a change of a .proto text (the Makefile's `protos`).
"""
import re
import sys

WIRE = {
    "bool": "varint", "int32": "varint", "uint32": "varint", "int64": "varint", "uint64": "varint",
    "fixed64": "fixed64", "sfixed64": "fixed64", "double": "fixed64", "fixed32": "fixed32",
    "string": "lengthDelimited", "bytes": "lengthDelimited",
}
PACKED = {"fixed64", "double", "uint64"}
FIELD = re.compile(r"(repeated )?(\w+) (\w+) = (\d+);(.*)")
KEYWORDS = {"as", "default", "in", "is", "repeat", "extension"}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(w.capitalize() for w in rest)


def messages(paths):
    """(name, [(field, number, type, repeated, is id)]) of every message in the order of the texts."""
    found = []
    for path in paths:
        with open(path, encoding="utf-8") as text:
            for line in text:
                line = line.strip()
                if m := re.match(r"message (\w+) \{", line):
                    found.append((m[1], []))
                elif m := FIELD.match(line):
                    found[-1][1].append((m[3], int(m[4]), m[2], bool(m[1]), "[hex]" in m[5]))
    return found


def swift(paths, schemas):
    found = messages(paths)
    names = {name for name, _ in found}
    lines = ["// Made by Tools/protos.py of the .proto texts in Protos: not edited by hand.", "",
             "import RenacerProtobuf", "", "/// Fields of messages, as they stand before their values.", "enum Proto {"]
    for name, fields in found:
        lines.append(f"    enum {name} {{")
        for field, number, type, repeated, is_id in fields:
            if type not in WIRE and type not in names:
                sys.exit(f"{name}.{field}: nothing is known of the type {type}")
            wire = WIRE.get(type, "lengthDelimited")
            if repeated and type in PACKED:
                wire = "lengthDelimited"
            word = camel(field)
            word = f"`{word}`" if word in KEYWORDS else word
            lines.append(f"        static var {word}: Tag {{ Tag({number}, .{wire}) }}")
        if schemas:
            lines.append("")
            lines.append(f'        static let schema: MessageSchema = .init("{name}", [')
            for field, number, type, repeated, is_id in fields:
                kind = "id" if is_id else type if type in WIRE else f"message({{ {type}.schema }})"
                more = ", isRepeated: true" if repeated else ""
                lines.append(f'            .init({number}, "{camel(field)}", .{kind}{more}),')
            lines.append("        ])")
        lines.append("    }")
    lines.append("}")
    return "\n".join(lines) + "\n"


def main(arguments):
    out, *rest = arguments
    text = swift([a for a in rest if a != "--schemas"], "--schemas" in rest)
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
