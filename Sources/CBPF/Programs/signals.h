// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Signals: those delivered, and those that never are and yet mean something.
#pragma once
#include "tasks.h"

/// The place for a signal's record, cleared. The lock of its process' signals is held: nobody else writes to it.
static __always_inline struct capture_signal *signal_record(struct task_state *t, uint32_t place) {
    struct capture_signal *r = &t->signals[KEPT(t->signal_place, place) & SIGNALS_BEHIND];
    *r = (struct capture_signal){.header.kind = CAPTURE_SIGNAL, .header.size = sizeof *r, .header.time = bpf_ktime_get_ns()};
    return r;
}

static __always_inline void fill_signal(struct capture_signal *r, uint32_t number, void *info) {
    r->number = number;
    uint32_t *words = (uint32_t *)r->info;
    // Below 3: constants for "by the kernel" and "by whoever runs now".
    if ((uint64_t)info > 2) {
        bpf_probe_read_kernel(r->info, sizeof r->info, info);
        return;
    }
    words[0] = number;
    if ((uint64_t)info == 1) {
        words[2] = 0x80;
    } else {
        words[4] = bpf_get_current_pid_tgid() >> 32;
        words[5] = bpf_get_current_uid_gid();
    }
}

static bool is_wanted_signal(uint64_t number) {
    // What goes before a fatal signal may wait for it.
    return number == KILL || configuration.signals >> ((number - 1) & 63) & 1;
}

/// The running task takes a signal; `action` is a `struct k_sigaction`.
static __always_inline int signal_delivered(struct task_state *t, struct task_struct *task, uint32_t number, void *info, void *action) {
    if (t->starting == STARTING || number == KILL || !is_wanted_signal(number)) return 0;
    uint64_t handler_and_flags[2] = {1};
    bpf_probe_read_kernel(handler_and_flags, sizeof handler_and_flags, action);
    // Nobody may interfere with it, not even a tracer: none is told.
    enum { IMMUTABLE = 0x800000 };
    if (handler_and_flags[1] & IMMUTABLE) return 0;
    struct capture_signal *r = signal_record(t, SIGNALS_BEHIND);
    uint64_t id = current_ids();
    r->header.tid = id;
    r->header.pid = id >> 32;
    r->is_default = !handler_and_flags[0];
    r->instruction_pointer = FIELD(uint64_t, bpf_task_pt_regs(task), R_IP);
    fill_signal(r, number, info);
    deliver_signal(r);
    return 0;
}

/// What happens to the running task, where the kernel tells of three things: nowhere else may they be looked at.
SEC("raw/events")
int events(context *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    struct task_state *t = state_of(task);
    if (!t || t->starting == EXCLUDED) return 0;
    bool is_exec = bpf_get_attach_cookie(ctx) == CAPTURE_EXEC_SIDE;
    return is_exec ? executed(t, task, ctx[1], ctx[2]) : signal_delivered(t, task, ctx[0], (void *)ctx[1], (void *)ctx[2]);
}

enum { SENT, IGNORED };

/// Whether a signal to `task` will never be delivered although it means something: it is ignored,
/// or ends the process at once.
static bool goes_by(struct task_struct *task, uint32_t number, uint32_t result) {
    char *signal = signal_of(task);
    uint32_t flags = 0, code = 0;
    bpf_probe_read_kernel(&flags, 4, signal + configuration.signal_flags);
    if (result == IGNORED) return !(flags & GROUP_EXIT);
    bpf_probe_read_kernel(&code, 4, signal + configuration.signal_group_exit_code);
    return result == SENT && flags & GROUP_EXIT && code == number;
}

/// Signals that are ignored, or kill at once, are never delivered: they are told of when they are sent.
SEC("btf/signal_generate")
int signal_generated(context *ctx) {
    struct task_struct *task = (void *)ctx[2];
    uint32_t number = ctx[0], result = ctx[4];
    if (number == KILL || !is_wanted_signal(number)) return 0;
    struct task_state *t = state_of(task);
    if (!t || t->starting == STARTING || t->starting == EXCLUDED) return 0;
    if (!goes_by(task, number, result)) return 0;
    uint32_t at = t->signal_count;
    if (!at) t->is_fatal = 0;
    bool waits = t->in_call && at < SIGNALS_BEHIND;
    struct capture_signal *r = signal_record(t, waits ? at : SIGNALS_BEHIND);
    uint64_t id = ids_of(task);
    r->header.tid = id;
    r->header.pid = id >> 32;
    r->instruction_pointer = FIELD(uint64_t, bpf_task_pt_regs(task), R_IP);
    fill_signal(r, number, (void *)ctx[1]);
    if (t->signal_place < SIGNALS_BEHIND) {
        t->is_fatal |= AGAIN(ctx[4]) == SENT;
        t->signal_count = t->signal_place + 1;
    } else {
        deliver_signal(r);
    }
    return 0;
}
