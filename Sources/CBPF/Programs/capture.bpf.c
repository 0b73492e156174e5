// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where events come from: system calls, signals and the life of tasks.
//
// Programs on raw tracepoints look at the running task, those on BTF tracepoints at a task that they are given, too: a typed
// pointer that may be followed without helpers. Detached, they cost nothing. Offsets in the kernel's structures
// are constants that the loader has looked up (`configuration`).
#include "calls.h"
#include "tasks.h"
#include "signals.h"
#include "walks.h"

char _license[] SEC("license") = "Dual BSD/GPL";
