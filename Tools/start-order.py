#!/usr/bin/env python3
"""Writes Tools/link/start.order: the functions that a start of renacer runs, in the order in which it first runs them.

The linker puts them side by side (Package.swift), so that a start touches a dozen stretches of 64 KiB, which the kernel
maps at a time, in place of eighty. Names that a build does not have are ignored: an old list only helps less.

Usage: Tools/start-order.py RENACER, after a release build; takes two minutes, for renacer is single-stepped.
"""
import bisect
import ctypes
import os
import subprocess
import sys

TRACEME, PEEKUSER, SINGLESTEP = 0, 3, 9
ALL_CHILDREN = 0x40000000
INSTRUCTION_POINTER = 16 * 8

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long] * 4


def functions(binary):
    """Start, end and name of each function, by address."""
    table = []
    for line in subprocess.run(["nm", "-nS", "--defined-only", binary], capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tTwW":
            table.append((int(words[0], 16), int(words[0], 16) + int(words[1], 16), words[3]))
    return table


def executed(command):
    """The instruction pointers of a run of the command, without its children, in the order of their first time."""
    pid = os.fork()
    if pid == 0:
        libc.ptrace(TRACEME, 0, 0, 0)
        os.execv(command[0], command)
    seen = {}
    _, status = os.waitpid(pid, 0)
    while os.WIFSTOPPED(status):
        signal = os.WSTOPSIG(status)
        libc.ptrace(SINGLESTEP, pid, 0, 0 if signal == 5 else signal)
        _, status = os.waitpid(pid, ALL_CHILDREN)
        if os.WIFSTOPPED(status):
            seen.setdefault(libc.ptrace(PEEKUSER, pid, INSTRUCTION_POINTER, 0))
    return seen


def main():
    binary = os.path.realpath(sys.argv[1])
    table = functions(binary)
    starts = [row[0] for row in table]
    names = {}
    for at in executed([binary, "-o", "/dev/null", "--", "/bin/true"]):
        i = bisect.bisect_right(starts, at) - 1
        if i >= 0 and at < table[i][1]:
            names.setdefault(table[i][2])
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "link", "start.order")
    with open(path, "w") as out:
        out.writelines(f".text.{name}\n" for name in names)
    print(f"{len(names)} functions in {path}")


main()
