#!/usr/bin/env python3
"""Writes the Swift table of ioctl request names from the kernel's UAPI headers.

    generate-ioctl-names.py -I DIR [-I DIR ...] [--also FILE] > IoctlNames+Text.swift

Every header under the directories is preprocessed with a marked `_IOC`, so that each macro
that expands to an ioctl code is found however it is spelled; requests that are plain numbers
are found by the name patterns below. Values are then compiled, not computed here. A header
found in an earlier directory hides the same one in later directories. Names that share a code
are joined with `|` in alphabetical order. FILE holds `NAME VALUE` lines of requests that no
header defines (drivers outside the kernel, headers since removed) and `!NAME` lines of macros
that are not requests.
"""
import argparse, collections, os, re, subprocess, sys, tempfile

FOLDERS = ["linux", "asm", "asm-generic", "sound", "scsi", "mtd", "drm", "misc", "rdma", "video", "xen"]
PLAIN = {
    "asm-generic/ioctls.h": r"(TC|TIO|FIO)[A-Z0-9]+$",
    "asm-generic/sockios.h": r"(SIOC|FIO)[A-Z0-9_]+$",
    "linux/sockios.h": r"SIOC[A-Z0-9_]+$", "linux/wireless.h": r"SIOC[A-Z0-9_]+$",
    "linux/cyclades.h": r"CYGET|CYSET|CYZ", "linux/sonet.h": r"SONET_[A-Z]+$",
    "linux/loop.h": r"LOOP_(?!.*FLAG)[A-Z_]+$", "linux/cdrom.h": r"(CDROM|DVD)[A-Z0-9_]*$",
    "linux/hdreg.h": r"HDIO_", "linux/kd.h": r"(KD|GIO|PIO)[A-Z0-9_]+$", "linux/vt.h": r"VT_[A-Z]+$",
    "linux/lp.h": r"LP[A-Z]+$",
    "scsi/sg.h": r"SG_(GET|SET|IO|EMULATED|SCSI|NEXT)[A-Z_]*$", "scsi/scsi_ioctl.h": r"SCSI_IOCTL_",
    "scsi/scsi.h": r"SCSI_IOCTL_", "linux/fb.h": r"FBIO", "linux/serial.h": r"TIOC",
}
MARKED = "#define _IOC(d,t,n,s) IOC_MARK(d,t,n,s)\n"
REAL = "#define _IOC(d,t,n,s) (((d)<<30)|((t)<<8)|(n)|((s)<<16))\n"
REST = """#define _IOC_NONE 0U
#define _IOC_WRITE 1U
#define _IOC_READ 2U
#define _IOC_TYPECHECK(t) (sizeof(t))
#define _IO(t,n) _IOC(_IOC_NONE,(t),(n),0)
#define _IOR(t,n,s) _IOC(_IOC_READ,(t),(n),(_IOC_TYPECHECK(s)))
#define _IOW(t,n,s) _IOC(_IOC_WRITE,(t),(n),(_IOC_TYPECHECK(s)))
#define _IOWR(t,n,s) _IOC(_IOC_READ|_IOC_WRITE,(t),(n),(_IOC_TYPECHECK(s)))
#define _IOR_BAD(t,n,s) _IOC(_IOC_READ,(t),(n),sizeof(s))
#define _IOW_BAD(t,n,s) _IOC(_IOC_WRITE,(t),(n),sizeof(s))
#define _IOWR_BAD(t,n,s) _IOC(_IOC_READ|_IOC_WRITE,(t),(n),sizeof(s))
#define _IOC_NRBITS 8
#define _IOC_TYPEBITS 8
#define _IOC_SIZEBITS 14
#define _IOC_DIRBITS 2
#define _IOC_NRSHIFT 0
#define _IOC_TYPESHIFT 8
#define _IOC_SIZESHIFT 16
#define _IOC_DIRSHIFT 30
#define IOC_IN 0x40000000
#define IOC_OUT 0x80000000
#define IOC_INOUT 0xc0000000
"""
PRELUDE = """#include <linux/ioctl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/time.h>
#include <linux/types.h>
#include <linux/socket.h>
#include <linux/if.h>
"""
# What must come before a header so that the structures and bases that its requests name are known.
EXTRA = {
    "asm-generic/ioctls.h": "asm/termbits.h linux/serial.h", "linux/fs.h": "linux/blktrace_api.h linux/fiemap.h",
    "linux/hiddev.h": "linux/hid.h", "linux/fdreg.h": "linux/fd.h", "linux/if_pppox.h": "netinet/in.h",
    "linux/atm_eni.h": "linux/atm.h", "linux/atm_he.h": "linux/atm.h", "linux/atm_nicstar.h": "linux/atmapi.h linux/atm.h",
    "linux/atm_zatm.h": "linux/atmapi.h linux/atm.h", "linux/meye.h": "linux/videodev2.h",
    "linux/ppp-ioctl.h": "linux/filter.h linux/ppp_defs.h", "linux/raid/md_u.h": "linux/major.h",
    "linux/sonet.h": "linux/atmioc.h", "misc/xilinx_sdfec.h": "stdbool.h", "linux/ivtvfb.h": "linux/videodev2.h",
    **{f"xen/{h}.h": "stdint.h" for h in ("evtchn", "gntdev", "privcmd")},
}


def overlay(folder, body):
    for d in ("asm", "asm-generic", "linux"):
        os.makedirs(f"{folder}/{d}", exist_ok=True)
        with open(f"{folder}/{d}/ioctl.h", "w") as f:
            f.write("#ifndef RENACER_IOCTL\n#define RENACER_IOCTL\n" + body + REST + "#endif\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-I", dest="dirs", action="append", required=True)
    p.add_argument("--also")
    p.add_argument("--cc", default="gcc")
    p.add_argument("--system", default="/usr/include", help="where the C library's headers are")
    a = p.parse_args()
    work = tempfile.mkdtemp()
    overlay(work + "/mark", MARKED)
    overlay(work + "/real", REAL)
    headers = {}
    for d in a.dirs:
        for folder in FOLDERS:
            for root, _, files in os.walk(f"{d}/{folder}"):
                for f in files:
                    if f.endswith(".h"):
                        path = os.path.join(root, f)
                        headers.setdefault(os.path.relpath(path, d), path)
    includes = [x for d in a.dirs for x in ("-I", d)]

    def gcc(args, text, kind):
        return subprocess.run([a.cc, "-w", "-I", f"{work}/{kind}", *includes, "-x", "c", *args, "-"],
                              input=text, capture_output=True, text=True)

    names = {}
    for h in sorted(headers):
        if h.endswith("/ioctl.h"):
            continue
        own = set(re.findall(r"^\s*#\s*define\s+(\w+)[ \t]+\S", open(headers[h], errors="replace").read(), re.M))
        plain = PLAIN.get(h)
        if not own:
            continue
        more = "".join(f"#include <{x}>\n" for x in EXTRA.get(h, "").split())
        source = PRELUDE + more + f"#include <{h}>\n"
        asked = source + "".join(f"#ifdef {n}\n@@\"{n}\"@ {n}\n#endif\n" for n in sorted(own))
        pre = gcc(["-E", "-P"], asked, "mark")
        if pre.returncode:
            print(f"// {h}: {pre.stderr.splitlines()[:1]}", file=sys.stderr)
        expanded = pre.stdout
        found = [n for n, body in re.findall(r'@@"(\w+)"@ ([^@]*)', expanded)
                 if re.match(r"^[\s(]*IOC_MARK\(", body) or (plain and re.match(plain, n))]
        while found:
            ask = source + "#include <stdio.h>\nint main(void) {\n" + "".join(
                f'#line {i + 100000}\nprintf("{n} %#x\\n", (unsigned)({n}));\n' for i, n in enumerate(found)) + "}\n"
            r = gcc(["-fmax-errors=0", "-o", work + "/values"], ask, "real")
            if r.returncode == 0:
                for line in subprocess.run([work + "/values"], capture_output=True, text=True).stdout.splitlines():
                    n, v = line.split()
                    names.setdefault(n, int(v, 0))
                break
            bad = {int(x) - 100000 for x in re.findall(r":(\d{6}):", r.stderr)}
            if not bad:
                print(f"// {h}: {r.stderr.splitlines()[:1]}", file=sys.stderr)
                break
            print(f"// {h}: cannot size {[n for i, n in enumerate(found) if i in bad]}", file=sys.stderr)
            found = [n for i, n in enumerate(found) if i not in bad]
    dropped = set()
    if a.also:
        for line in open(a.also):
            w = line.split("#")[0].split()
            if len(w) == 1 and w[0][0] == "!":
                dropped.add(w[0][1:])
            elif len(w) == 2:
                names[w[0]] = int(w[1], 0)
    codes = collections.defaultdict(set)
    for n, v in names.items():
        if n not in dropped:
            codes[v].add(n)
    print("// Generated by Tools/generate-ioctl-names.py from the kernel's UAPI headers.\n")
    print("extension IoctlNames {\n    /// Lines of a code in eight hexadecimal digits and its name, by code; `|` stands between")
    print("    /// names that share a code.")
    print('    static let text: StaticString = """')
    for v in sorted(codes):
        print(f"        {v:08x} {'|'.join(sorted(codes[v]))}")
    print('        """\n}')


main()
