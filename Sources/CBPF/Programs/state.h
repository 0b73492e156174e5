// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the BPF programs keep: maps, constants, counters, and the state of a traced task.
#pragma once
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "capture.h"

#define FIELD(type, object, offset) (*(type *)((char *)(object) + (offset)))

/// Keeps a value at a place in a task's state and takes it from there again: the verifier forgets what it knew of
/// it, so that ways which differ in nothing else are one from there on.
#define KEPT(place, value) (AGAIN(place) = (value), AGAIN(place))
#define AGAIN(place) (*(volatile typeof(place) *)&(place))

struct task_struct;

/// Operations under way.
struct cursor {
    uint32_t first, count, next;
    uint32_t moment;
    /// Those to be done, by their place.
    uint64_t chosen;
    /// How many are done behind these, when the call has ended.
    uint32_t behind;
    uint32_t reserved;
};

/// An array of pointers or of vectors being walked over.
struct walk {
    uint64_t address;
    /// Bytes that elements may still take together.
    uint64_t left;
    /// Bytes or elements that the operation takes.
    uint64_t count;
    /// Bytes of one element.
    uint32_t limit;
    uint32_t how;
    uint32_t failed;
    uint32_t reserved;
};

/// Memory being captured, in chunks.
struct span {
    uint64_t address;
    uint64_t left;
    uint64_t got;
    /// What reading the chunk came to: bytes of a string, or a negative errno.
    int64_t result;
    uint32_t how;
    uint32_t failed;
};

/// A walk from a dentry towards the root.
struct climb {
    uint64_t dentry, mount;
    /// The mount's topmost dentry.
    uint64_t top;
    /// Behind the last name in the task's data.
    uint32_t at;
    uint32_t flags, done, full;
};

/// A walk over descriptors in the task's memory.
struct enumeration {
    uint64_t address;
    uint64_t bits;
    uint32_t stride;
    uint32_t moment;
};

enum { STARTING = 1, IN_FIRST_EXEC = 2, EXCLUDED = 3 };

/// How many signals may wait for the end of a call; one less than a power of two.
enum { SIGNALS_BEHIND = 7 };

enum { ABSENT = 32 };

/// Strings of an array whose memory was not there at entry.
struct absent {
    uint64_t array;
    /// How many it has; 0 if that was not seen.
    uint64_t count;
    /// Which of its first ones, and their addresses.
    uint64_t places;
    uint64_t strings[ABSENT];
};

/// A search among the programs that arguments choose.
struct choice {
    uint64_t key;
    uint32_t at, reserved;
};

/// A traced task between its events.
struct task_state {
    /// The program's process before its exec (`STARTING`), of which nothing is shown but that exec, or in it;
    /// or a task that is never traced (`EXCLUDED`), nor are its children.
    uint32_t starting;
    uint32_t in_call;
    /// It was met in the middle of its life: perhaps in a call whose entry was not seen.
    uint32_t may_be_in_call;
    /// It has yet to return from the call that made it.
    uint32_t newborn;
    /// The call's socket speaks netlink, as far as that was looked at.
    uint32_t is_netlink;
    /// Where the call is counted.
    uint32_t row;
    /// Where the call stands among `shared.programs`.
    uint32_t place;
    /// It leaves the call: kept here where the verifier need not follow both ends apart.
    uint32_t is_end;
    /// Its process and thread id where the tracer is, in a namespace of its own; 0 before its first exec.
    uint64_t ids;
    /// Operations, by their place in the program, whose memory was not there at entry.
    uint64_t faulted;
    /// What is done about the call.
    struct capture_program program;
    /// Captured bytes in `data`; a multiple of 8.
    uint32_t used;
    uint64_t registers[CAPTURE_REGISTERS];
    /// Memory that was sent ahead did not arrive: the call is lost with it.
    uint32_t lost_ahead;
    /// Entry time of the call that a record of its own has told of.
    uint64_t told;
    /// Signals that came while a call was under way and will not be delivered: they are told behind the call.
    uint32_t signal_count;
    /// One of them kills the process.
    uint32_t is_fatal;
    /// The last place is for one that is told of at once.
    struct capture_signal signals[SIGNALS_BEHIND + 1];
    uint32_t signal_place;
    uint32_t reserved2;
    struct cursor cursor;
    struct choice choice;
    struct walk walk;
    struct span span;
    struct absent absent;
    struct climb climb;
    struct enumeration enumeration;
    struct capture_call call;
    /// With room behind for twice the largest chunk: what a chunk's size is masked to.
    uint8_t data[CAPTURE_AREA + sizeof(struct capture_segment) + 2 * CAPTURE_CHUNK];
};

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct task_state);
} tasks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 8 << 20);
} ring SEC(".maps");

/// Constants: the verifier leaves out what they rule out.
const volatile struct capture_configuration configuration;

/// One of the extras (`ASKED`), and what is wanted of descriptors.
#ifdef PLAIN
#define NEVER_ASKED(extra) NO_##extra = 0,
enum { CAPTURE_EXTRAS(NEVER_ASKED) };
#define ASKED(extra) NO_##extra
#define DESCRIPTORS CAPTURE_PROTOCOLS
#else
#define ASKED(extra) configuration.extra
#define DESCRIPTORS configuration.descriptors
#endif

struct capture_shared shared;

static struct capture_counters *counters(void) {
    return &shared.counters[bpf_get_smp_processor_id() & (CAPTURE_CPUS - 1)];
}

// Functions that are not static the verifier follows once, whatever calls them: where a call's ten nanoseconds do not count.

__noinline int lose(uint32_t cause) {
    if (cause >= CAPTURE_LOSSES) return 0;
    struct capture_counters *c = counters();
    uint64_t now = bpf_ktime_get_ns();
    if (!c->first_loss) c->first_loss = now;
    c->last_loss = now;
    // A signal may be told of from an interrupt: hence atomic.
    __sync_fetch_and_add(&c->lost[cause], 1);
    return 0;
}

/// Whether who waits for records is woken: never, if there are as many as it waits for, at once.
enum waking { NEVER, IF_DUE, AT_ONCE };

/// Whether as many bytes wait in the ring.
static bool holds(uint64_t bytes) { return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= bytes; }

/// Whether somebody waits for as many bytes as there are: who does so no longer.
static __always_inline bool wakes_now(void) {
    if (shared.waiting && holds(configuration.watermark)) {
        shared.waiting = 0;
        return true;
    }
    if (ASKED(alarm) && shared.guard_waiting && holds(ASKED(alarm))) {
        shared.guard_waiting = 0;
        return true;
    }
    return false;
}

__noinline int is_due(void) { return wakes_now(); }

/// Sends `size` bytes; false if the ring has no room.
static __always_inline bool output(void *record, uint64_t size, bool wakes) {
    return bpf_ringbuf_output(&ring, record, size, wakes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP) == 0;
}

static __always_inline bool send(void *record, uint64_t size, enum waking waking) {
    return output(record, size, waking == AT_ONCE || (waking == IF_DUE && is_due()));
}

/// Counts an event: its record arrives or is lost.
static void see(void) { __sync_fetch_and_add(&counters()->others, 1); }

// Records that count.

/// Sends what has been seen.
__noinline int send_change(struct capture_task_change *record, uint32_t urgent) {
    if (record && !send(record, sizeof *record, urgent ? AT_ONCE : IF_DUE) && !(record->header.flags & CAPTURE_UNCOUNTED)) lose(CAPTURE_RING_FULL);
    return 0;
}

static void deliver_change(struct capture_task_change *record, uint32_t urgent) {
    see();
    send_change(record, urgent);
}

__noinline int deliver_signal(struct capture_signal *record) {
    see();
    if (record && !send(record, sizeof *record, IF_DUE)) lose(CAPTURE_RING_FULL);
    return 0;
}

enum { MOST_ELEMENTS = 1024, MOST_CHUNKS = 1 << 14 };

/// Below, nothing is ever mapped: numbers are no addresses.
enum { LOWEST_ADDRESS = 4096 };

/// What `bpf_loop` hands on: it takes pointers to the stack only.
struct loop {
    struct task_state *task;
};

/// What a step of a loop returns: of a function that it follows apart, the verifier knows no result.
static __always_inline long goes_on_unless(int is_over) {
    asm volatile("" : "+r"(is_over));
    return is_over & 1;
}
