// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The life of tasks: fork, exec, exit, and changes of their commands.
#pragma once
#include "calls.h"

/// Whether the running task makes its child with CLONE_UNTRACED.
static bool wants_no_tracer(void) {
    struct task_struct *task = bpf_get_current_task_btf();
    void *regs = (void *)bpf_task_pt_regs(task);
    enum { UNTRACED = 0x800000, CLONE3 = 435 };
#ifdef __TARGET_ARCH_x86
    enum { CLONE = 56, COMPAT_CLONE = 120 };
    uint32_t number = FIELD(uint32_t, regs, R_NUMBER);
    uint64_t first = FIELD(uint64_t, regs, R_DI);
    if (personality(task, number) == 1) {
        if (number == COMPAT_CLONE) return FIELD(uint32_t, regs, R_BX) & UNTRACED;
        first = FIELD(uint32_t, regs, R_BX);
    } else {
        number &= ~X32_BIT;
        if (number == CLONE) return first & UNTRACED;
    }
#else
    enum { CLONE = 220, R_X8 = 64 };
    // The first argument's register holds the result by the end of the call, but not yet.
    uint32_t number = FIELD(uint64_t, regs, R_X8);
    uint64_t first = FIELD(uint64_t, regs, R_X0);
    if (number == CLONE) return first & UNTRACED;
#endif
    uint64_t flags = 0;
    return number == CLONE3 && !bpf_probe_read_user(&flags, sizeof flags, (void *)first) && flags & UNTRACED;
}

SEC("btf/sched_process_fork")
int task_forked(context *ctx) {
    struct task_struct *child = (void *)ctx[1];
    struct task_state *parent = state_of(bpf_get_current_task_btf());
    // The call's result names a child even if it is not traced.
    if (ASKED(identities) && parent && !parent->starting && !configuration.follows) tell_identity(child);
    if (!parent || !(configuration.follows || parent->starting == EXCLUDED)) return 0;
    if (parent->starting == EXCLUDED) {
        exclude(child);
        return 0;
    }
    if (wants_no_tracer()) return 0;
    struct task_state *t = adopt(child);
    if (!t) return 0;
    t->newborn = 1;
    if (ASKED(summary)) return 0;
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_FORK, sizeof r);
    uint64_t id = ids_of(child);
    r.other_tid = id;
    r.other_pid = id >> 32;
    r.live = shared.live;
    bpf_get_current_comm(r.command, sizeof r.command);
    deliver_change(&r, false);
    return 0;
}

/// Sends a record of the call that the task has entered, under the id that it had then.
static void tell_entry(struct task_state *t, uint32_t tid) {
    uint32_t used = t->used;
    if (used > sizeof t->data) return;
    identify(&t->call.header, CAPTURE_ENTERED, sizeof t->call + used);
    t->call.header.tid = tid;
    t->call.header.time = t->call.entered;
    if (t->told == t->call.entered || send(&t->call, sizeof t->call + used, IF_DUE)) t->told = t->call.entered;
}

/// Traces a task no longer; how its exec ends nobody learns.
static void let_go(struct task_state *t, struct task_struct *task, uint32_t former) {
    if (!ASKED(summary) && t->in_call) tell_entry(t, former);
    if (!ASKED(summary) && t->signal_count) tell_signals(t);
    bpf_task_storage_delete(&tasks, task);
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_DETACH, sizeof r);
    r.other_tid = former;
    // Who finds no task alive shall know of all that is still to come.
    see();
    r.live = __sync_fetch_and_add(&shared.live, -1ll) - 1;
    send_change(&r, r.live == 0);
}

/// The running task executes a program, a `struct linux_binprm`; its id was `former`.
static __always_inline int executed(struct task_state *t, struct task_struct *task, uint32_t former, uint64_t program) {
    // It may have taken its leader's id.
    mark(bpf_get_current_pid_tgid());
    uint64_t ids = current_ids();
    uint32_t tid = ids;
    if (ASKED(namespace)) {
        former = t->ids;
        t->ids = ids;
    }
    if (ASKED(identities) && t->starting == IN_FIRST_EXEC) tell_identity(task);
    if (ASKED(detaches_at_exec) && t->starting != IN_FIRST_EXEC) {
        let_go(t, task, former);
        return 0;
    }
    if (ASKED(summary)) return 0;
    if (t->in_call && t->faulted) recall_exec(t, program);
    // What addresses meant is gone.
    t->faulted = 0;
    // The call was another thread's, by name.
    if (t->in_call && former != tid) tell_entry(t, former);
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_EXEC, sizeof r);
    r.other_tid = former;
    r.live = shared.live;
    bpf_get_current_comm(r.command, sizeof r.command);
    deliver_change(&r, false);
    return 0;
}

/// Of `signal_struct`: all threads end.
enum { GROUP_EXIT = 4 };

/// Apart from `events`, whose other tracepoints have more arguments: the kernel attaches no program that looks at those.
SEC("raw/ends")
int ends(context *ctx) {
    (void)ctx;
    struct task_struct *task = bpf_get_current_task_btf();
    struct task_state *t = state_of(task);
    if (!t || t->starting == EXCLUDED) return 0;
    if (ASKED(summary)) {
        if (t->in_call && configuration.counts_unfinished) {
            // A call that never returns takes no time.
            if (shared.programs[place(t->call.header.personality, t->call.number)].flags & CAPTURE_FINAL)
                t->call.entered = bpf_ktime_get_ns();
            count(t, CAPTURE_UNFINISHED, 0);
        }
    } else {
        if (t->in_call) {
            t->in_call = 0;
            send_call(t, CAPTURE_UNFINISHED);
        }
        if (t->signal_count) tell_signals(t);
        // Who finds no task alive shall know of all that is still to come.
        see();
    }
    uint64_t live = __sync_fetch_and_add(&shared.live, -1ll) - 1;
    if (ASKED(summary)) {
        // Only the end matters.
        bpf_task_storage_delete(&tasks, task);
        if (live) return 0;
    }
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_EXIT, sizeof r);
    if (ASKED(summary)) r.header.flags = CAPTURE_UNCOUNTED;
    char *signal = signal_of(task);
    r.status = FIELD(uint32_t, task, configuration.task_exit_code);
    bpf_probe_read_kernel(&r.group_status, 4, signal + configuration.signal_group_exit_code);
    uint32_t flags = 0, left = 0;
    bpf_probe_read_kernel(&flags, 4, signal + configuration.signal_flags);
    bpf_probe_read_kernel(&left, 4, signal + configuration.signal_live);
    r.is_group = (flags & GROUP_EXIT) != 0;
    r.is_last = left == 0;
    r.live = live;
    send_change(&r, live == 0);
    return 0;
}

SEC("btf/task_rename")
int task_renamed(context *ctx) {
    struct task_struct *task = (void *)ctx[0];
    struct task_state *t = state_of(task);
    if (!t || t->starting == EXCLUDED) return 0;
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_RENAME, sizeof r);
    uint64_t id = ids_of(task);
    r.header.tid = id;
    r.header.pid = id >> 32;
    bpf_probe_read_kernel_str(r.command, sizeof r.command, (void *)ctx[1]);
    deliver_change(&r, false);
    return 0;
}
