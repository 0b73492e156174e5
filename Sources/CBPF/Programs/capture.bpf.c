// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where events come from: system calls, signals and the life of tasks.
//
// Every program is a BTF tracepoint: its arguments are typed pointers that may be followed
// without helpers, and it costs nothing when detached. Offsets in the kernel's structures
// are constants that the loader has looked up (`configuration`).
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
    if (!parent || !(configuration.follows || parent->starting == EXCLUDED) || shared.stopped) return 0;
    if (parent->starting == EXCLUDED) {
        exclude(child);
        return 0;
    }
    if (wants_no_tracer()) return 0;
    struct task_state *t = adopt(child);
    if (!t) return 0;
    t->newborn = 1;
    if (configuration.summary) return 0;
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_FORK, sizeof r);
    r.other_tid = FIELD(int32_t, child, configuration.task_pid);
    r.other_pid = FIELD(int32_t, child, configuration.task_tgid);
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
    if (t->told == t->call.entered || send(&t->call, sizeof t->call + used, false)) t->told = t->call.entered;
}

/// Traces a task no longer; how its exec ends nobody learns.
static void let_go(struct task_state *t, struct task_struct *task, uint32_t former) {
    if (!configuration.summary && t->in_call) tell_entry(t, former);
    bpf_task_storage_delete(&tasks, task);
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_DETACH, sizeof r);
    r.other_tid = former;
    // Who finds no task alive shall know of all that is still to come.
    see();
    r.live = __sync_fetch_and_add(&shared.live, -1ll) - 1;
    send_change(&r, r.live == 0);
}

SEC("btf/sched_process_exec")
int task_executed(context *ctx) {
    struct task_struct *task = bpf_get_current_task_btf();
    struct task_state *t = state_of(task);
    if (!t || t->starting == EXCLUDED) return 0;
    uint32_t former = ctx[1];
    if (configuration.detaches_at_exec && t->starting != IN_FIRST_EXEC) {
        let_go(t, task, former);
        return 0;
    }
    if (configuration.summary) return 0;
    if (t->in_call && t->faulted) recall_exec(t, ctx[2]);
    // What addresses meant is gone.
    t->faulted = 0;
    // The call was another thread's, by name.
    if (t->in_call && former != (uint32_t)bpf_get_current_pid_tgid()) tell_entry(t, former);
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

SEC("btf/sched_process_exit")
int task_exited(context *ctx) {
    (void)ctx;
    struct task_struct *task = bpf_get_current_task_btf();
    struct task_state *t = state_of(task);
    if (!t || t->starting == EXCLUDED) return 0;
    if (configuration.summary) {
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
        // Who finds no task alive shall know of all that is still to come.
        see();
    }
    uint64_t live = __sync_fetch_and_add(&shared.live, -1ll) - 1;
    if (configuration.summary) {
        // Only the end matters.
        bpf_task_storage_delete(&tasks, task);
        if (live) return 0;
    }
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_EXIT, sizeof r);
    if (configuration.summary) r.header.flags = CAPTURE_UNCOUNTED;
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
    r.header.tid = FIELD(int32_t, task, configuration.task_pid);
    r.header.pid = FIELD(int32_t, task, configuration.task_tgid);
    bpf_probe_read_kernel_str(r.command, sizeof r.command, (void *)ctx[1]);
    deliver_change(&r, false);
    return 0;
}

static void fill_signal(struct capture_signal *r, uint32_t number, void *info) {
    r->number = number;
    // Below 3: constants for "by the kernel" and "by whoever runs now".
    if ((uint64_t)info > 2) {
        bpf_probe_read_kernel(r->info, sizeof r->info, info);
        return;
    }
    uint32_t *words = (uint32_t *)r->info;
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

SEC("btf/signal_deliver")
int signal_delivered(context *ctx) {
    struct task_state *t = state_of(bpf_get_current_task_btf());
    if (!t || t->starting == STARTING || t->starting == EXCLUDED || ctx[0] == KILL) return 0;
    if (!is_wanted_signal(ctx[0])) return 0;
    struct capture_signal r = {};
    identify(&r.header, CAPTURE_SIGNAL, sizeof r);
    // Handler and flags.
    uint64_t action[2] = {1};
    bpf_probe_read_kernel(action, sizeof action, (void *)ctx[2]);
    // Nobody may interfere with it, not even a tracer: none is told.
    enum { IMMUTABLE = 0x800000 };
    if (action[1] & IMMUTABLE) return 0;
    r.is_default = action[0] == 0;
    r.instruction_pointer = FIELD(uint64_t, bpf_task_pt_regs(bpf_get_current_task_btf()), R_IP);
    fill_signal(&r, ctx[0], (void *)ctx[1]);
    deliver_signal(&r);
    return 0;
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
    struct capture_signal r = {};
    r.header.kind = CAPTURE_SIGNAL;
    r.header.size = sizeof r;
    r.header.tid = FIELD(int32_t, task, configuration.task_pid);
    r.header.pid = FIELD(int32_t, task, configuration.task_tgid);
    r.header.time = bpf_ktime_get_ns();
    fill_signal(&r, number, (void *)ctx[1]);
    uint32_t at = t->signal_count;
    if (!at) t->is_fatal = 0;
    if (t->in_call && at < SIGNALS_BEHIND) {
        t->signals[at] = r;
        t->is_fatal |= result == SENT;
        t->signal_count = at + 1;
    } else {
        deliver_signal(&r);
    }
    return 0;
}

// MARK: Walks over all tasks

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
    if (configuration.summary) {
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
    h->tid = FIELD(int32_t, task, configuration.task_pid);
    h->pid = FIELD(int32_t, task, configuration.task_tgid);
    h->time = entered;
    if (send(&copy->call, sizeof copy->call + used, false)) t->told = entered;
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
    uint32_t p = personality(task, number);
    uint32_t at = place(p, number);
    const struct capture_program *program = &shared.programs[at];
    if (!(program->flags & CAPTURE_WANTED)) return;
    t->call.number = number;
    t->call.header.personality = p;
    if (configuration.summary) t->row = row_of(at);
    store_arguments(t, regs, p == 1);
    t->faulted = ~0ull;
    t->program = *program;
    if (program->flags & CAPTURE_CHOOSES) choose(t);
    t->call.entered = bpf_ktime_get_ns();
    // Awake meanwhile, it is met as it leaves the call.
    if (FIELD(uint32_t, task, configuration.task_state)) t->in_call = 1;
}

/// Starts tracing the threads of one process, or one of them.
SEC("tasks/adopt")
int adopt_threads(context *ctx) {
    struct task_struct *task = (void *)ctx[1];
    if (!task || state_of(task)) return 0;
    uint32_t id = FIELD(int32_t, task, shared.adopts_one ? configuration.task_pid : configuration.task_tgid);
    if (id != shared.adopting) return 0;
    struct task_state *t = adopt(task);
    if (!t) return 0;
    t->may_be_in_call = 1;
    struct capture_task_change r = {};
    identify(&r.header, CAPTURE_ATTACH, sizeof r);
    r.header.tid = FIELD(int32_t, task, configuration.task_pid);
    r.header.pid = FIELD(int32_t, task, configuration.task_tgid);
    bpf_probe_read_kernel_str(r.command, sizeof r.command, (char *)task + configuration.task_comm);
    deliver_change(&r, false);
    meet_in_call(t, task);
    return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
