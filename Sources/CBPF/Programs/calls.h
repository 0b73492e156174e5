// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// System calls: what is kept of one at its entry, and told of at its end.
#pragma once
#include "adoption.h"
#include "exec.h"
#include "summary.h"

typedef unsigned long long context;

static void enter_counted(struct task_state *t, uint32_t personality, uint32_t place, int64_t number) {
    t->row = row_of(place);
    t->in_call = t->row != CAPTURE_UNWANTED_ROW;
    if (!t->in_call) return;
    t->call.number = number;
    t->call.header.personality = personality;
    t->call.entered = bpf_ktime_get_ns();
}

/// Takes up a call of a task; false if nobody wants it.
static __always_inline bool take_up_of(struct task_state *t, struct task_struct *task, void *regs, int64_t number) {
    uint32_t p = personality(task, number);
    const struct capture_program *program = &shared.programs[KEPT(t->place, place(p, number)) & (CAPTURE_PLACES - 1)];
    if (!(program->flags & CAPTURE_WANTED)) return false;
    t->call.number = number;
    t->call.header.personality = p;
    t->call.header.flags = 0;
    t->call.ahead = 0;
    t->used = 0;
    t->faulted = 0;
    t->absent.places = 0;
    t->lost_ahead = 0;
    t->is_netlink = 0;
    store_arguments(t, regs, p == 1);
    if (ASKED(stacks)) store_preserved(t, regs);
    t->program = *program;
    if (program->flags & CAPTURE_CHOOSES) choose(t);
    return true;
}

/// The running task enters a call: whether it may be wanted.
static __always_inline bool enters(struct task_state *t, struct task_struct *task, int64_t number) {
    t->newborn = 0;
    if (t->starting) {
        if (number != configuration.execve || t->starting == EXCLUDED) return false;
        t->starting = IN_FIRST_EXEC;
        if (ASKED(namespace)) t->ids = current_ids();
    }
    if (ASKED(summary)) {
        uint32_t p = personality(task, number);
        enter_counted(t, p, place(p, number), number);
        return false;
    }
    t->in_call = 0;
    return true;
}

/// Sends the record of a call of thread `tid` of process `pid`, its memory behind it.
static __always_inline void send_call_of(struct task_state *t, uint32_t kind, uint32_t tid, uint32_t pid) {
    struct capture_header *h = &t->call.header;
    uint32_t used = t->used;
    if (used > sizeof t->data) used = sizeof t->data;
    h->kind = kind;
    if (t->told == t->call.entered) h->flags |= CAPTURE_TOLD;
    h->size = sizeof t->call + used;
    h->tid = tid;
    h->pid = pid;
    h->time = bpf_ktime_get_ns();
    // Only these programs count here, and tasks do not switch in them: hence not atomic.
    uint64_t count = ++counters()->calls;
    // Not at every record: that takes as long as to send one.
    bool may_wake = !(count & 15);
    if (t->lost_ahead || !send(&t->call, sizeof t->call + used, may_wake ? IF_DUE : NEVER)) lose(CAPTURE_RING_FULL);
}

/// The same, of the running task.
__noinline int send_call(struct task_state *t, uint32_t kind) {
    if (!t) return 0;
    uint64_t id = ids_kept(t);
    send_call_of(t, kind, id, id >> 32);
    return 0;
}

/// Counts the call that `t` is in, which ended with `result` or, `CAPTURE_UNFINISHED`, did not.
static __always_inline void count(struct task_state *t, uint32_t kind, int64_t result) {
    t->in_call = 0;
    uint64_t entered = t->call.entered;
    // An entry that was not seen is at 0.
    uint64_t duration = entered ? bpf_ktime_get_ns() - entered : 0;
    bool failed = (uint64_t)result > -4096ull;
    if (ASKED(minimum_duration) && entered && duration < ASKED(minimum_duration)) return;
    if (kind == CAPTURE_CALL && ASKED(dropped_outcomes) & (failed ? 2 : 1)) return;
    if (t->row != CAPTURE_NO_ROW) return add_to_row(t->row, duration, failed);
    t->call.header.flags = 0;
    t->call.ahead = 0;
    t->call.result = result;
    t->used = 0;
    t->lost_ahead = 0;
    send_call(t, kind);
}

/// Counts a call whose entry was not seen, as `begin_end` tells of it.
static void count_end(struct task_state *t, struct task_struct *task, void *regs, int64_t result) {
#ifdef __TARGET_ARCH_x86
    int64_t number = FIELD(int32_t, regs, R_NUMBER);
    if (number < 0 || t->newborn) return;
    uint32_t p = personality(task, number);
    t->row = row_of(place(p, number));
    if (t->row == CAPTURE_UNWANTED_ROW) return;
    t->call.number = number;
    t->call.header.personality = p;
    t->call.entered = 0;
    count(t, CAPTURE_CALL, result);
#endif
}

static long tell_signal(uint32_t index, struct loop *l) {
    struct capture_signal *r = &l->task->signals[index & SIGNALS_BEHIND];
    r->header.time = bpf_ktime_get_ns();
    deliver_signal(r);
    return 0;
}

/// Tells of the signals that came during the call.
__noinline int tell_signals(struct task_state *t) {
    if (!t) return 0;
    uint32_t count = t->signal_count;
    t->signal_count = 0;
    struct loop l = {t};
    bpf_loop(count, tell_signal, &l, 0);
    return 0;
}

enum { KILL = 9 };

/// The `signal_struct` of a task's process.
///
/// Read rather than followed: for a pointer within a typed structure the verifier would search
/// all of the kernel's types by name, for a millisecond.
static char *signal_of(struct task_struct *task) {
    char *signal = 0;
    bpf_probe_read_kernel(&signal, sizeof signal, (char *)task + configuration.task_signal);
    return signal;
}

/// Whether it was this task that took the signal which kills its process, not SIGKILL. Where signals
/// are told of, the task's state says so more exactly.
static bool took_fatal_signal(struct task_struct *task, uint64_t pending) {
    uint32_t code = 0;
    bpf_probe_read_kernel(&code, 4, signal_of(task) + configuration.signal_group_exit_code);
    if (!code || code == KILL || code > 64) return false;
    // Sent to the thread, or to the process: then its leader takes it.
    return pending >> (code - 1) & 1 ||
           FIELD(uint32_t, task, configuration.task_pid) == FIELD(uint32_t, task, configuration.task_tgid);
}

/// Whether the task dies before it is back from its call: what that came to nobody learns.
static bool is_killed(struct task_state *t, struct task_struct *task) {
    uint64_t pending = FIELD(uint64_t, task, configuration.task_pending);
    if (!(pending & 1ull << (KILL - 1))) return false;
    // A signal that kills the process reaches the others as SIGKILL, and this one, which took it, too.
    return ASKED(summary) ? !took_fatal_signal(task, pending) : !(t->signal_count && t->is_fatal);
}

/// The running task leaves a call: whether it may be wanted.
static __always_inline bool leaves(struct task_state *t, struct task_struct *task, int64_t result) {
    if (t->starting) {
        if (t->starting != IN_FIRST_EXEC) return false;
        t->starting = result < 0 ? STARTING : 0;
    }
    if (is_killed(t, task)) return false;
    if (ASKED(summary)) {
        if (t->in_call) count(t, CAPTURE_CALL, result);
        else count_end(t, task, (void *)bpf_task_pt_regs(task), result);
        t->newborn = 0;
        return false;
    }
    return true;
}

/// The number of a call that ends and whose entry was not seen; negative if there is none.
///
/// Attached in the middle of a call, or a seccomp filter decided about it: its registers are still there.
static __always_inline int64_t late_number(struct task_state *t, void *regs) {
#ifdef __TARGET_ARCH_x86
    return t->newborn ? -1 : FIELD(int32_t, regs, R_NUMBER);
#else
    return -1;
#endif
}

/// What such a call has lost.
static __always_inline void note_late(struct task_state *t) {
    t->in_call = 1;
    if (t->may_be_in_call) {
        t->call.header.flags = CAPTURE_NO_ENTRY;
        t->call.entered = 0;
    } else {
        t->call.entered = bpf_ktime_get_ns();
        t->faulted = ~0ull;
    }
}

/// Plans what a call that ends has captured; false if it is not told of.
static __always_inline bool plan_end(struct task_state *t, int64_t result) {
    bool failed = result < 0 && result >= -4095;
    t->call.result = result;
    // Who knows of its entry is to know of its end.
    if (t->told != t->call.entered) {
        if (ASKED(minimum_duration) && bpf_ktime_get_ns() - t->call.entered < ASKED(minimum_duration)) t->in_call = 0;
        if (ASKED(dropped_outcomes) & (failed ? 2 : 1)) t->in_call = 0;
    }
    t->may_be_in_call = t->newborn = 0;
    bool is_sent = AGAIN(t->in_call);
    t->in_call = 0;
    if (!is_sent) {
        if (t->signal_count) tell_signals(t);
        return false;
    }
    t->registers[CAPTURE_RESULT] = failed ? 0 : result;
    uint32_t first = t->program.first, entry = t->program.entry, exit = t->program.exit;
    if (t->faulted) {
        plan_run(t, first, entry, t->faulted, CAPTURE_LATE);
        t->cursor.behind = exit;
    } else {
        plan_run(t, first + entry, exit, ~0ull, CAPTURE_AT_EXIT);
    }
    return true;
}

#ifdef __TARGET_ARCH_x86
enum { UNSHARE = 272, SETNS = 308 };
#else
enum { UNSHARE = 97, SETNS = 268 };
#endif

/// Tells of the running task's call once its operations are done, or goes on to wait for its end.
static __always_inline void finish(struct task_state *t, struct task_struct *task, uint32_t tid) {
    uint32_t kind = CAPTURE_CALL;
    if (t->cursor.moment == CAPTURE_AT_ENTRY) {
        t->call.entered = bpf_ktime_get_ns();
        if (!(t->program.flags & CAPTURE_FINAL)) {
            // A walk over all tasks shall not tell of it before all its memory is there.
            asm volatile("" ::: "memory");
            t->in_call = 1;
            return;
        }
        kind = CAPTURE_UNFINISHED;
    }
    uint32_t pid = FIELD(uint32_t, task, configuration.task_tgid);
    if (ASKED(namespace)) {
        tid = t->ids;
        pid = t->ids >> 32;
    }
    // Which namespaces a call led to is known before its end is told.
    if (ASKED(identities) && !t->call.header.personality && (t->call.number == UNSHARE || t->call.number == SETNS))
        tell_identity(task);
    send_call_of(t, kind, tid, pid);
    if (t->signal_count) tell_signals(t);
}

/// Both ends of every call; the link's cookie tells which. One program, because both perform
/// operations, and what performs them takes most of the time that loading takes.
SEC("raw/calls")
int calls(context *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    uint32_t tid = FIELD(uint32_t, task, configuration.task_pid);
    if (!ASKED(scope) && !is_marked(tid)) return 0;
    bool is_end = bpf_get_attach_cookie(ctx) == CAPTURE_EXIT_SIDE;
    // The result, or the call's number.
    int64_t value = ctx[1];
    struct task_state *t = state_of(task);
    if (!t && !is_end) t = meet(task, (int)value);
    if (!t) return 0;
    if (!(is_end ? leaves(t, task, value) : enters(t, task, (int)value))) return 0;
    t->is_end = is_end;
    if (!t->in_call) {
        void *regs = (void *)bpf_task_pt_regs(task);
        int64_t number = KEPT(t->call.number, is_end ? late_number(t, regs) : (int)value);
        bool is_wanted = (!AGAIN(t->is_end) || number >= 0) && take_up_of(t, task, regs, number);
        if (!is_wanted && !AGAIN(t->is_end)) return 0;
        if (is_wanted && AGAIN(t->is_end)) note_late(t);
    }
    if (!AGAIN(t->is_end)) plan_run(t, t->program.first, t->program.entry, ~0ull, CAPTURE_AT_ENTRY);
    else if (!plan_end(t, value)) return 0;
    if (t->cursor.count | t->cursor.behind) run(t);
    finish(t, task, tid);
    return 0;
}
