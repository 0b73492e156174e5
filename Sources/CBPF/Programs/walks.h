// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Walks over all tasks: calls under way, and threads to be traced from now on.
#pragma once
#include "tasks.h"

/// Room to copy a task's state to while that task may go on.
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, struct task_state);
} copies SEC(".maps");

/// Tells of the calls that traced tasks are in, or counts them.
SEC("tasks/sweep")
int sweep(context *ctx) {
    struct task_struct *task = (void *)ctx[1];
    if (!task) return 0;
    struct task_state *t = state_of(task);
    if (ASKED(summary)) {
        if (t && t->in_call && configuration.counts_detached) count(t, CAPTURE_UNFINISHED, 0);
        return 0;
    }
    uint32_t zero = 0;
    struct task_state *copy = bpf_map_lookup_elem(&copies, &zero);
    if (!t || !copy || !t->in_call) return 0;
    uint64_t entered = t->call.entered;
    if (t->told == entered) return 0;
    if (bpf_probe_read_kernel(copy, sizeof *copy, t)) return 0;
    // The call may have ended meanwhile: then its own record tells of it.
    if (!t->in_call || t->call.entered != entered || copy->call.entered != entered) return 0;
    // What an exec is given may not be there before it has been performed: its own record tells of it.
    if (copy->faulted && copy->call.number == (int32_t)configuration.execve && !copy->call.header.personality) return 0;
    uint32_t used = copy->used;
    if (used > sizeof copy->data) return 0;
    struct capture_header *h = &copy->call.header;
    h->kind = CAPTURE_ENTERED;
    h->size = sizeof copy->call + used;
    uint64_t id = ids_of(task);
    h->tid = id;
    h->pid = id >> 32;
    h->time = entered;
    if (send(&copy->call, sizeof copy->call + used, IF_DUE)) t->told = entered;
    return 0;
}

/// Takes up the call in which a task sleeps: what it asked for is in its registers, and its memory
/// can be read when the call has ended.
static void meet_in_call(struct task_state *t, struct task_struct *task) {
    void *regs = (void *)bpf_task_pt_regs(task);
    if (!FIELD(uint32_t, task, configuration.task_state)) return;
    int64_t number = FIELD(int32_t, regs, R_NUMBER);
#ifdef __TARGET_ARCH_x86
    // A page fault sleeps too, with its own number in that place; a call has found its result's so.
    enum { NO_RESULT_YET = -38 };
    if (FIELD(int64_t, regs, R_AX) != NO_RESULT_YET) return;
#endif
    if (number < 0) return;
    if (ASKED(summary)) t->row = row_of(place(personality(task, number), number));
    if (!take_up_of(t, task, regs, number)) return;
    t->faulted = ~0ull;
    t->call.entered = bpf_ktime_get_ns();
    // Awake meanwhile, it is met as it leaves the call.
    if (FIELD(uint32_t, task, configuration.task_state)) t->in_call = 1;
}

/// Starts tracing the threads of one process, or one of them.
SEC("tasks/adopt")
int adopt_threads(context *ctx) {
    struct task_struct *task = (void *)ctx[1];
    if (!task || state_of(task)) return 0;
    uint64_t id = ids_of(task);
    if ((shared.adopts_one ? (uint32_t)id : id >> 32) != shared.adopting) return 0;
    struct task_state *t = adopt(task);
    if (!t) return 0;
    shared.adopted++;
    t->may_be_in_call = 1;
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_ATTACH, sizeof r);
    r.header.tid = id;
    r.header.pid = id >> 32;
    bpf_probe_read_kernel_str(r.command, sizeof r.command, (char *)task + configuration.task_comm);
    deliver_change(&r, false);
    meet_in_call(t, task);
    return 0;
}
