#!/usr/bin/env python3
"""Says which system calls of x86_64 and aarch64 the table's rows lack, or number wrongly.

Numbers come from the installed headers (asm/unistd_64.h, asm-generic/unistd.h) and from
the list of newer calls in compat-tables.py; rows from Sources/Core/Syscalls/Rows+*.swift.

    Tools/check-syscalls.py [INCLUDE]
"""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = sys.argv[1] if len(sys.argv) > 1 else "/usr/include"
# Entries of the x86_64 table that no kernel implements, and generic names that another
# call took over on 64-bit architectures.
IGNORED = {"syscalls", "arch_specific_syscall"}
GENERIC_64 = {
    "3264_" + name: name
    for name in "fcntl statfs fstatfs truncate ftruncate lseek sendfile fstat mmap fadvise64".split()
}
GENERIC_64["3264_fstatat"] = "newfstatat"


def newer():
    text = open(os.path.join(HERE, "compat-tables.py")).read()
    words = re.search(r'NEWER = """(.*?)"""', text, re.S)[1].split()
    return dict(zip(words[::2], map(int, words[1::2])))


def headers(path):
    table = {}
    for line in open(path):
        m = re.match(r"#\s*define\s+__NR(?:_|(?=3264_))(\w+)\s+(\d+)\s*$", line)
        if m:
            table[GENERIC_64.get(m[1], m[1])] = int(m[2])
    return {k: v for k, v in {**newer(), **table}.items() if k not in IGNORED}


# Newer than the headers, of x86_64 alone.
x86 = {"uretprobe": 335} | headers(f"{INCLUDE}/x86_64-linux-gnu/asm/unistd_64.h")
arm = headers(f"{INCLUDE}/asm-generic/unistd.h")
for name in ("sync_file_range2", "stat64", "lstat64", "fstatat64", "fstat64", "nfsservctl"):
    if name != "nfsservctl":
        arm.pop(name, None)
arm = {k: v for k, v in arm.items() if not k.endswith("_time64") and not (403 <= v <= 423)}

rows = {}
for file in glob.glob(f"{HERE}/../Sources/Core/Syscalls/Rows+*.swift"):
    for m in re.finditer(
        r'\.init\(\s*"(\w+)"((?:,\s*(?:x86_64|aarch64):\s*\d+)+)?', open(file).read()
    ):
        numbers = dict(re.findall(r"(x86_64|aarch64):\s*(\d+)", m[2] or ""))
        if numbers:
            rows[m[1]] = {k: int(v) for k, v in numbers.items()}

bad = 0
for architecture, wanted in (("x86_64", x86), ("aarch64", arm)):
    have = {k: v[architecture] for k, v in rows.items() if architecture in v}
    for name, number in sorted(wanted.items(), key=lambda p: p[1]):
        if have.get(name) != number:
            print(f"{architecture} {number} {name}: {have.get(name, 'missing')}")
            bad += 1
    for name in sorted(set(have) - set(wanted)):
        print(f"{architecture} {have[name]} {name}: in no header")
        bad += 1
sys.exit(bad > 0)
