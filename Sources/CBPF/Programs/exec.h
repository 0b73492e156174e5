// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The path and the arguments of an exec whose memory was not there when the call was entered:
// after it they are gone, but the kernel has made copies, one for itself and one for the program.
#pragma once
#include "interpreter.h"

/// Appends a string of at most a chunk, as if it were at `address`.
__noinline int append_copy(struct task_state *t, uint64_t address, uint64_t copy, uint32_t is_kernels) {
    if (!t) return 0;
    if (t->used > CAPTURE_AREA) send_ahead(t);
    uint32_t used = t->used;
    if (used > CAPTURE_AREA) return 0;
    struct capture_segment *segment = (void *)(t->data + used);
    void *bytes = t->data + used + sizeof *segment;
    long n = is_kernels ? bpf_probe_read_kernel_str(bytes, CAPTURE_CHUNK, (void *)copy)
                        : bpf_probe_read_user_str(bytes, CAPTURE_CHUNK, (void *)copy);
    if (n <= 0) return 0;
    segment->address = address;
    // Cut off, its last byte is a NUL that is not the string's.
    segment->length = n == CAPTURE_CHUNK ? n - 1 : n;
    segment->error = 0;
    segment->moment = CAPTURE_LATE;
    t->used = used + sizeof *segment + ((n + 7) & (2 * CAPTURE_CHUNK - 8));
    return 0;
}

static long recall_argument(uint32_t index, struct loop *l) {
    struct task_state *t = l->task;
    uint64_t copy = 0;
    if (bpf_probe_read_user(&copy, sizeof copy, (void *)(t->walk.address + index * 8ull)) || !copy) return 1;
    if (t->absent.places >> (index & 63) & 1) append_copy(t, t->absent.strings[index & (ABSENT - 1)], copy, false);
    return 0;
}

/// Recalls what a native exec of `program`, a `struct linux_binprm`, was given.
__noinline int recall_exec(struct task_state *t, uint64_t program) {
    if (!t || t->call.header.personality) return 0;
    bool has_directory = (uint32_t)t->call.number != configuration.execve;
    uint64_t path = 0, interpreter = 0, stack = 0, count = 0;
    bpf_probe_read_kernel(&path, sizeof path, (void *)(program + configuration.program_path));
    bpf_probe_read_kernel(&interpreter, sizeof interpreter, (void *)(program + configuration.program_interpreter));
    bpf_probe_read_kernel(&stack, sizeof stack, (void *)(program + configuration.program_stack));
    // Below a directory descriptor the kernel's path is another one.
    if (!has_directory) append_copy(t, t->registers[0], path, true);
    if (!t->absent.places || t->absent.array != t->registers[has_directory ? 2 : 1]) return 0;
    // Their number comes first.
    t->walk.address = stack + 8;
    if (path != interpreter) {
        // A script's come behind those of its interpreter, but for the first, which nobody has any more.
        if (!t->absent.count || bpf_probe_read_user(&count, sizeof count, (void *)stack)) return 0;
        t->walk.address += (count - t->absent.count) * 8;
        t->absent.places &= ~1ull;
    }
    struct loop l = {t};
    bpf_loop(ABSENT, recall_argument, &l, 0);
    return 0;
}
