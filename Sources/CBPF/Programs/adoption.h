// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which tasks are traced.
#pragma once
#include "namespaces.h"
#include "registers.h"

static void identify(struct capture_header *h, uint8_t kind, uint32_t size) {
    uint64_t id = current_ids();
    h->kind = kind;
    h->size = size;
    h->tid = id;
    h->pid = id >> 32;
    h->time = bpf_ktime_get_ns();
}

static struct task_state *state_of(struct task_struct *task) {
    return bpf_task_storage_get(&tasks, task, 0, 0);
}

/// Notes that a thread has a state.
static void mark(uint32_t tid) {
    __sync_fetch_and_or(&shared.marks[tid / 64 & (CAPTURE_MARKS / 64 - 1)], 1ull << (tid & 63));
}

/// Whether a thread may have a state: that costs less than to look for it.
static __always_inline bool is_marked(uint32_t tid) {
    return shared.marks[tid / 64 & (CAPTURE_MARKS / 64 - 1)] >> (tid & 63) & 1;
}

static struct task_state *make_state(struct task_struct *task) {
    mark(FIELD(uint32_t, task, configuration.task_pid));
    struct task_state *t = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    // Others who keep something about the same task may have been in the way.
    return t ? t : bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/// Starts tracing a task.
static struct task_state *adopt(struct task_struct *task) {
    struct task_state *t = make_state(task);
    if (t) {
        __sync_fetch_and_add(&shared.live, 1);
        if (ASKED(namespace)) t->ids = ids_of(task);
        if (ASKED(identities)) tell_identity(task);
    } else {
        see();
        lose(CAPTURE_NO_MEMORY);
    }
    return t;
}

static void exclude(struct task_struct *task) {
    struct task_state *t = make_state(task);
    if (t) t->starting = EXCLUDED;
}

/// Meets the task that runs, if tasks that nobody named are to be traced.
static struct task_state *meet(struct task_struct *task, int64_t number) {
    if (!ASKED(scope)) return 0;
    if (!(shared.programs[place(personality(task, number), number)].flags & CAPTURE_WANTED)) return 0;
    uint64_t process = current_ids() >> 32;
    // Who has no number here cannot be told of.
    if (process == configuration.tracer || !process) return 0;
    if (ASKED(scope) == 2) {
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
    struct task_state *t = adopt(task);
    if (t && !ASKED(summary)) {
        struct capture_task_change r = {};
        identify(&r.header, CAPTURE_ATTACH, sizeof r);
        bpf_get_current_comm(r.command, sizeof r.command);
        deliver_change(&r, false);
    }
    return t;
}
