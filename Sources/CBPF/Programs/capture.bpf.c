// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where events come from: system calls, signals and the life of tasks.
//
// Every program is a BTF tracepoint: its arguments are typed pointers that may be followed
// without helpers, and it costs nothing when detached. Offsets in the kernel's structures
// are constants that the loader has looked up (`configuration`).
#include "calls.h"
#include "tasks.h"
#include "signals.h"
#include "walks.h"

char _license[] SEC("license") = "Dual BSD/GPL";
