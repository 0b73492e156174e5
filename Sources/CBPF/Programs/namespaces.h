// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What tasks are called in pid namespaces, pid_namespaces(7): records have the tracer's numbers of them.
#pragma once
#include "state.h"

#define SPACES configuration.spaces

static __always_inline uint64_t word_at(uint64_t address) {
    uint64_t value = 0;
    bpf_probe_read_kernel(&value, sizeof value, (void *)address);
    return value;
}

static __always_inline uint32_t half_at(uint64_t address) {
    uint32_t value = 0;
    bpf_probe_read_kernel(&value, sizeof value, (void *)address);
    return value;
}

enum {
    /// `enum pid_type` of the kernel.
    OF_PROCESS = 1,
    /// `MAX_PID_NS_LEVEL`, and the first one.
    MOST_LEVELS = 33,
};

/// Where a `struct pid` has its number at a level: a number, then its namespace.
static __always_inline uint64_t number_at(uint64_t pid, uint32_t level) {
    return pid + configuration.layout.pid_numbers + level * (SPACES.upid_namespace + 8ull);
}

static __always_inline uint32_t namespace_at(uint64_t number) {
    uint64_t namespace = word_at(number + SPACES.upid_namespace);
    return half_at(namespace + SPACES.pid_namespace + SPACES.inode);
}

/// The number of a `struct pid` in the tracer's namespace; 0 if it has none there.
__noinline int number_of(uint64_t pid) {
    if (!ASKED(namespace)) return 0;
    uint32_t last = half_at(pid + SPACES.pid_level);
    for (uint32_t level = 0; level < MOST_LEVELS && level <= last; level++) {
        uint64_t number = number_at(pid, level);
        if (namespace_at(number) == ASKED(namespace)) return half_at(number);
    }
    return 0;
}

/// A task's process and thread id where the tracer is: as `bpf_get_current_pid_tgid` has them.
static __always_inline uint64_t ids_of(struct task_struct *task) {
    if (!ASKED(namespace))
        return (uint64_t)FIELD(uint32_t, task, configuration.task_tgid) << 32 | FIELD(uint32_t, task, configuration.task_pid);
    uint64_t thread = 0, process = 0, signal = 0;
    bpf_probe_read_kernel(&thread, sizeof thread, (char *)task + SPACES.task_pid);
    bpf_probe_read_kernel(&signal, sizeof signal, (char *)task + configuration.task_signal);
    process = word_at(signal + SPACES.signal_pids + OF_PROCESS * 8);
    return (uint64_t)(uint32_t)number_of(process) << 32 | (uint32_t)number_of(thread);
}

/// Those of the running task.
static __always_inline uint64_t current_ids(void) {
    return ASKED(namespace) ? ids_of(bpf_get_current_task_btf()) : bpf_get_current_pid_tgid();
}

/// Those of the running task, whose state is at hand: without a walk, and a function called.
static __always_inline uint64_t ids_kept(struct task_state *t) {
    return ASKED(namespace) ? t->ids : bpf_get_current_pid_tgid();
}

/// Tells what a task is called, and which namespaces it is in.
static __noinline int tell_identity(struct task_struct *task) {
    uint64_t id = ids_of(task), pid = 0, proxy = 0, credentials = 0;
    struct capture_identity r = {.header.kind = CAPTURE_IDENTITY, .header.size = sizeof r, .header.tid = id, .header.pid = id >> 32};
    r.header.time = bpf_ktime_get_ns();
    bpf_probe_read_kernel(&pid, sizeof pid, (char *)task + SPACES.task_pid);
    bpf_probe_read_kernel(&proxy, sizeof proxy, (char *)task + SPACES.task_proxy);
    bpf_probe_read_kernel(&credentials, sizeof credentials, (char *)task + SPACES.task_credentials);
    uint32_t levels = half_at(pid + SPACES.pid_level) + 1;
    r.levels = levels;
    for (uint32_t level = 0; level < CAPTURE_LEVELS && level < levels; level++) {
        uint64_t number = number_at(pid, level);
        r.seen[level].number = half_at(number);
        r.seen[level].namespace = namespace_at(number);
    }
    for (uint32_t i = 0; i < CAPTURE_NAMESPACES; i++) {
        uint64_t namespace = word_at((i == CAPTURE_USER_NAMESPACE ? credentials : proxy) + SPACES.holders[i]);
        r.namespaces[i] = half_at(namespace + SPACES.commons[i] + SPACES.inode);
    }
    see();
    if (!send(&r, sizeof r, IF_DUE)) lose(CAPTURE_RING_FULL);
    return 0;
}
