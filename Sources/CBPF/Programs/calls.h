// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// System calls: what is kept of one at its entry, and told of at its end.
#pragma once
#include "state.h"
#include "exec.h"
#include "summary.h"

#ifdef __TARGET_ARCH_x86
enum { R_BP = 32, R_BX = 40, R_R10 = 56, R_R9 = 64, R_R8 = 72, R_CX = 88, R_DX = 96, R_SI = 104, R_DI = 112,
       R_AX = 80, R_NUMBER = 120, R_IP = 128, R_SP = 152 };
#else
enum { R_SP = 248, R_IP = 256, R_X0 = 272, R_NUMBER = 280 };
#endif

typedef unsigned long long context;

static void store_arguments(struct task_state *t, void *regs, bool compat) {
    uint64_t *r = t->registers;
#ifdef __TARGET_ARCH_x86
    if (compat) {
        r[0] = FIELD(uint32_t, regs, R_BX);
        r[1] = FIELD(uint32_t, regs, R_CX);
        r[2] = FIELD(uint32_t, regs, R_DX);
        r[3] = FIELD(uint32_t, regs, R_SI);
        r[4] = FIELD(uint32_t, regs, R_DI);
        r[5] = FIELD(uint32_t, regs, R_BP);
    } else {
        r[0] = FIELD(uint64_t, regs, R_DI);
        r[1] = FIELD(uint64_t, regs, R_SI);
        r[2] = FIELD(uint64_t, regs, R_DX);
        r[3] = FIELD(uint64_t, regs, R_R10);
        r[4] = FIELD(uint64_t, regs, R_R8);
        r[5] = FIELD(uint64_t, regs, R_R9);
    }
#else
    r[0] = FIELD(uint64_t, regs, R_X0);
    for (int i = 1; i < 6; i++) r[i] = FIELD(uint64_t, regs, 8 * i);
#endif
    r[CAPTURE_RESULT] = 0;
    r[CAPTURE_STACK] = FIELD(uint64_t, regs, R_SP);
    for (int i = 0; i < 6; i++) t->call.arguments[i] = r[i];
    t->call.instruction_pointer = FIELD(uint64_t, regs, R_IP);
    t->call.stack_pointer = r[CAPTURE_STACK];
}

enum { COMPAT_STATUS = 2, X32_BIT = 0x40000000 };

/// The personality of the call that `task` makes now: native, 32-bit or x32.
///
/// Without branches, each of which would have the verifier follow the rest once more.
static uint32_t personality(struct task_struct *task, int64_t number) {
#ifdef __TARGET_ARCH_x86
    uint32_t compat = FIELD(uint32_t, task, configuration.task_status) / COMPAT_STATUS & 1;
    uint32_t x32 = (number & ~(number >> 63)) / X32_BIT & 1;
    return compat | (x32 & ~compat) * 2;
#else
    return 0;
#endif
}

static uint32_t place(uint32_t personality, int64_t number) {
    uint32_t n = number & ~((personality >> 1) * X32_BIT);
    if (n >= CAPTURE_CALLS) n = CAPTURE_CALLS - 1;
    uint32_t at = personality * CAPTURE_CALLS + n;
    // Kept apart from what came before, so that the verifier sees the bound.
    asm volatile("" : "+r"(at));
    return at < CAPTURE_CALLS * CAPTURE_PERSONALITIES ? at : 0;
}

static void identify(struct capture_header *h, uint8_t kind, uint32_t size) {
    uint64_t id = bpf_get_current_pid_tgid();
    h->kind = kind;
    h->size = size;
    h->tid = id;
    h->pid = id >> 32;
    h->time = bpf_ktime_get_ns();
}

static struct task_state *state_of(struct task_struct *task) {
    return bpf_task_storage_get(&tasks, task, 0, 0);
}

/// Starts tracing a task.
static struct task_state *adopt(struct task_struct *task) {
    struct task_state *t = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (t) {
        __sync_fetch_and_add(&shared.live, 1);
    } else {
        see();
        lose(CAPTURE_NO_MEMORY);
    }
    return t;
}

static void exclude(struct task_struct *task) {
    struct task_state *t = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (t) t->starting = EXCLUDED;
}

/// The state of the task that runs; tasks nobody named are met here if all are to be traced.
static struct task_state *current_state(struct task_struct *task, int64_t number) {
    struct task_state *t = state_of(task);
    if (t || !configuration.scope || shared.stopped) return t;
    if (!(shared.programs[place(personality(task, number), number)].flags & CAPTURE_WANTED)) return 0;
    if (bpf_get_current_pid_tgid() >> 32 == configuration.tracer) return 0;
    if (configuration.scope == 2) {
        bool below = false;
        for (int level = 0; level < 16; level++) {
            uint64_t id = bpf_get_current_ancestor_cgroup_id(level);
            if (!id) break;
            if (id == configuration.cgroup) {
                below = true;
                break;
            }
        }
        if (!below) return 0;
    }
    t = adopt(task);
    if (t && !configuration.summary) {
        struct capture_task_change r = {};
        identify(&r.header, CAPTURE_ATTACH, sizeof r);
        bpf_get_current_comm(r.command, sizeof r.command);
        deliver_change(&r, false);
    }
    return t;
}

int send_call(struct task_state *t, uint32_t kind);

static void enter_counted(struct task_state *t, uint32_t personality, uint32_t place, int64_t number) {
    t->row = row_of(place);
    t->in_call = t->row != CAPTURE_UNWANTED_ROW;
    if (!t->in_call) return;
    t->call.number = number;
    t->call.header.personality = personality;
    t->call.entered = bpf_ktime_get_ns();
}

static void enter(struct task_state *t, struct task_struct *task, void *regs, int64_t number) {
    uint32_t p = personality(task, number);
    uint32_t at = place(p, number);
    if (configuration.summary) return enter_counted(t, p, at, number);
    const struct capture_program *program = &shared.programs[at];
    t->in_call = 0;
    if (!(program->flags & CAPTURE_WANTED)) return;
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
    t->program = *program;
    if (program->flags & CAPTURE_CHOOSES) choose(t);
    if (t->program.entry) run(t, t->program.first, t->program.entry, ~0ull, CAPTURE_AT_ENTRY);
    t->call.entered = bpf_ktime_get_ns();
    if (program->flags & CAPTURE_FINAL) {
        send_call(t, CAPTURE_UNFINISHED);
        return;
    }
    // A walk over all tasks shall not tell of it before all its memory is there.
    asm volatile("" ::: "memory");
    t->in_call = 1;
}

SEC("btf/sys_enter")
int sys_enter(context *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    int64_t number = (int)ctx[1];
    struct task_state *t = current_state(task, number);
    if (!t) return 0;
    t->newborn = 0;
    if (t->starting) {
        if (number != configuration.execve || t->starting == EXCLUDED) return 0;
        t->starting = IN_FIRST_EXEC;
    }
    enter(t, task, (void *)ctx[0], number);
    return 0;
}

/// Sends the record of a call, its memory behind it.
__noinline int send_call(struct task_state *t, uint32_t kind) {
    if (!t) return 0;
    identify(&t->call.header, kind, 0);
    if (t->told == t->call.entered) t->call.header.flags |= CAPTURE_TOLD;
    uint32_t used = t->used;
    if (used > sizeof t->data) used = sizeof t->data;
    t->call.header.size = sizeof t->call + used;
    // Only these programs count here, and tasks do not switch in them: hence not atomic.
    counters()->calls++;
    if (t->lost_ahead || !send(&t->call, sizeof t->call + used, false)) lose(CAPTURE_RING_FULL);
    return 0;
}

/// Counts the call that `t` is in, which ended with `result` or, `CAPTURE_UNFINISHED`, did not.
static void count(struct task_state *t, uint32_t kind, int64_t result) {
    t->in_call = 0;
    uint64_t entered = t->call.entered;
    // An entry that was not seen is at 0.
    uint64_t duration = entered ? bpf_ktime_get_ns() - entered : 0;
    bool failed = (uint64_t)result > -4096ull;
    if (configuration.minimum_duration && entered && duration < configuration.minimum_duration) return;
    if (kind == CAPTURE_CALL && configuration.dropped_outcomes & (failed ? 2 : 1)) return;
    if (t->row != CAPTURE_NO_ROW) return add_to_row(t->row, duration, failed);
    t->call.header.flags = 0;
    t->call.ahead = 0;
    t->call.result = result;
    t->used = 0;
    t->lost_ahead = 0;
    send_call(t, kind);
}

/// Counts a call whose entry was not seen, as `leave` tells of it.
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

/// Tells of the signals that came during the call.
__noinline int tell_signals(struct task_state *t) {
    if (!t) return 0;
    uint32_t count = t->signal_count;
    t->signal_count = 0;
    for (uint32_t i = 0; i < SIGNALS_BEHIND && i < count; i++) {
        t->signals[i].header.time = bpf_ktime_get_ns();
        deliver_signal(&t->signals[i]);
    }
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
    return configuration.summary ? !took_fatal_signal(task, pending) : !(t->signal_count && t->is_fatal);
}

static void leave(struct task_state *t, struct task_struct *task, void *regs, int64_t result) {
#ifdef __TARGET_ARCH_x86
    if (!t->in_call) {
        // Attached in the middle of a call, or a seccomp filter decided about it: its registers are still there.
        int64_t number = FIELD(int32_t, regs, R_NUMBER);
        uint32_t p = personality(task, number);
        if (number < 0 || !(shared.programs[place(p, number)].flags & CAPTURE_WANTED) || t->newborn) return;
        t->call.number = number;
        t->call.header.personality = p;
        t->call.header.flags = t->may_be_in_call ? CAPTURE_NO_ENTRY : 0;
        t->call.entered = t->may_be_in_call ? 0 : bpf_ktime_get_ns();
        t->call.ahead = 0;
        t->used = 0;
        t->lost_ahead = 0;
        t->is_netlink = 0;
        store_arguments(t, regs, p == 1);
        t->faulted = t->may_be_in_call ? 0 : ~0ull;
        t->program = shared.programs[place(p, number)];
        if (t->program.flags & CAPTURE_CHOOSES) choose(t);
    }
#else
    if (!t->in_call) return;
#endif
    t->in_call = 0;
    bool failed = result < 0 && result >= -4095;
    t->call.result = result;
    // Who knows of its entry is to know of its end.
    if (t->told != t->call.entered) {
        if (configuration.minimum_duration && bpf_ktime_get_ns() - t->call.entered < configuration.minimum_duration) return;
        if (configuration.dropped_outcomes & (failed ? 2 : 1)) return;
    }
    uint32_t first = t->program.first, entry = t->program.entry, exit = t->program.exit;
    if (t->faulted) run(t, first, entry, t->faulted, CAPTURE_LATE);
    if (exit) {
        t->registers[CAPTURE_RESULT] = failed ? 0 : result;
        run(t, first + entry, exit, ~0ull, CAPTURE_AT_EXIT);
    }
    send_call(t, CAPTURE_CALL);
}

SEC("btf/sys_exit")
int sys_exit(context *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    struct task_state *t = state_of(task);
    if (!t || t->starting == STARTING || t->starting == EXCLUDED) return 0;
    int64_t result = ctx[1];
    if (t->starting) t->starting = result < 0 ? STARTING : 0;
    if (is_killed(t, task)) return 0;
    if (configuration.summary) {
        if (t->in_call) count(t, CAPTURE_CALL, result);
        else count_end(t, task, (void *)ctx[0], result);
        t->newborn = 0;
        return 0;
    }
    leave(t, task, (void *)ctx[0], result);
    t->may_be_in_call = t->newborn = 0;
    if (t->signal_count) tell_signals(t);
    return 0;
}
