// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Captures a call's memory as the operations compiled from the system call table say.
//
// Functions that are not static are verified once, whatever calls them: what keeps loading
// fast. That is why they take numbers and a state only, and test it for null.
#pragma once
#include "state.h"

enum { PAGE = 4096, MOST_ELEMENTS = 1024, FAULT = 14 };

/// Below, nothing is ever mapped: numbers are no addresses.
enum { LOWEST_ADDRESS = 4096 };

/// Memory being captured, in chunks.
struct span {
    struct task_state *task;
    uint64_t address;
    uint64_t left;
    uint16_t moment;
    bool is_string;
    bool failed;
};

/// Sends what was captured so far ahead of its record.
static __always_inline void send_ahead(struct task_state *t) {
    uint32_t used = t->used;
    if (used > sizeof t->data) return;
    // The header of the call's record serves for this one, too; its end fills it in anew.
    uint64_t id = bpf_get_current_pid_tgid();
    t->call.header.kind = CAPTURE_AHEAD;
    t->call.header.size = sizeof t->call + used;
    t->call.header.tid = id;
    t->call.header.pid = id >> 32;
    if (!send(&t->call, sizeof t->call + used, false)) t->lost_ahead = 1;
    t->call.ahead++;
    t->used = 0;
}

/// Appends a segment whose `length` bytes are in place already.
static __always_inline void append(struct task_state *t, uint32_t used, const struct span *s, uint64_t length, uint16_t error) {
    struct capture_segment *segment = (void *)(t->data + used);
    segment->address = s->address;
    segment->length = length;
    segment->error = error;
    segment->moment = s->moment;
    t->used = used + sizeof *segment + ((length + 7) & (2 * CAPTURE_CHUNK - 8));
}

/// Captures one chunk of a span; 1 when it is done.
static long capture_chunk(uint32_t index, struct span *s) {
    (void)index;
    struct task_state *t = s->task;
    if (t->used > CAPTURE_AREA) send_ahead(t);
    uint32_t used = t->used;
    if (used > CAPTURE_AREA) return 1;
    void *bytes = t->data + used + sizeof(struct capture_segment);
    uint64_t wanted = s->left;
    if (wanted > CAPTURE_CHUNK) wanted = CAPTURE_CHUNK;
    uint64_t got = wanted;
    long r;
    if (s->is_string) {
        r = bpf_probe_read_user_str(bytes, wanted, (void *)s->address);
        if (r > 0) {
            // Cut off, its last byte is a NUL that is not the task's.
            bool cut = (uint64_t)r == wanted;
            got = cut ? r - 1 : r;
            if (!cut || !got) s->left = got;
        }
    } else {
        r = bpf_probe_read_user(bytes, wanted, (void *)s->address);
        uint64_t here = PAGE - (s->address & (PAGE - 1));
        if (r < 0 && here < wanted && bpf_probe_read_user(bytes, here, (void *)s->address) == 0) {
            append(t, used, s, here, FAULT);
            s->failed = true;
            return 1;
        }
    }
    if (r < 0) {
        append(t, used, s, 0, -r);
        s->failed = true;
        return 1;
    }
    append(t, used, s, got, 0);
    s->address += got;
    s->left -= got;
    return !s->left;
}

enum { STRING = 0x100 };

/// Captures `length` bytes, or a string of at most as many.
///
/// `how`: the moment, and `STRING`. 0 if all of it could be read.
__noinline int capture(struct task_state *t, uint64_t address, uint64_t length, uint32_t how) {
    if (!t || address < LOWEST_ADDRESS || !length) return 0;
    struct span s = {.task = t, .address = address, .left = length, .moment = how & 0xff, .is_string = how & STRING};
    if (!capture_chunk(0, &s)) bpf_loop(MOST_ELEMENTS, capture_chunk, &s, 0);
    return s.failed;
}

/// A walk over an array in the task's memory.
struct walk {
    struct task_state *task;
    uint64_t address;
    /// Bytes that elements may still take together.
    uint64_t left;
    /// Bytes of one element.
    uint32_t limit;
    uint32_t how;
    bool filled;
    bool failed;
};

static long string_element(uint32_t index, struct walk *w) {
    uint64_t address = w->address + index * 8ull, pointer = 0;
    if (capture(w->task, address, 8, w->how)) {
        w->failed = true;
        return 1;
    }
    if (bpf_probe_read_user(&pointer, 8, (void *)address) || !pointer) return 1;
    if (capture(w->task, pointer, w->limit, w->how | STRING)) w->failed = true;
    return 0;
}

/// A NULL-terminated array of strings.
__noinline int capture_strings(struct task_state *t, uint64_t address, uint32_t count, uint32_t limit, uint32_t how) {
    if (!t || !address) return 0;
    struct walk w = {.task = t, .address = address, .limit = limit, .how = how};
    bpf_loop(count, string_element, &w, 0);
    return w.failed;
}

static long vector_element(uint32_t index, struct walk *w) {
    uint64_t vector[2];
    if (!w->left || bpf_probe_read_user(vector, sizeof vector, (void *)(w->address + index * sizeof vector))) return 1;
    uint64_t length = vector[1] < w->left ? vector[1] : w->left;
    if (w->filled) w->left -= length;
    if (length > w->limit) length = w->limit;
    if (capture(w->task, vector[0], length, w->how)) w->failed = true;
    return 0;
}

enum { FILLED = 0x200 };

/// `struct iovec`s: `limit` bytes of each; with `FILLED` in `how`, of those the call filled.
__noinline int capture_vectors(struct task_state *t, uint64_t address, uint64_t count, uint32_t limit, uint32_t how) {
    if (!t || !address) return 0;
    if (count > MOST_ELEMENTS) count = MOST_ELEMENTS;
    struct walk w = {.task = t, .address = address, .limit = limit, .how = how & 0xff, .filled = how & FILLED};
    w.left = w.filled ? t->registers[CAPTURE_RESULT] : ~0ull;
    if (capture(t, address, count * 16, w.how)) return 1;
    bpf_loop(count, vector_element, &w, 0);
    return w.failed;
}

/// Operations under way.
struct cursor {
    struct task_state *task;
    /// The operations, and which of them is next.
    uint32_t first, count, next;
    /// Those to be done, by their place.
    uint32_t chosen;
    uint32_t moment;
};

/// Reads a value into a register.
static __always_inline int load(struct task_state *t, uint64_t address, uint32_t size, uint32_t target) {
    uint64_t v = 0;
    int r = address && bpf_probe_read_user(&v, size > 8 ? 8 : size, (void *)address);
    t->registers[target & (CAPTURE_REGISTERS - 1)] = r ? 0 : v;
    return r;
}

static __always_inline int perform(struct task_state *t, const struct capture_operation *o, uint64_t address, uint32_t moment) {
    uint64_t limit = o->limit, count = o->count;
    bool counted = o->length != CAPTURE_NO_LENGTH;
    if (counted) count = t->registers[o->length & (CAPTURE_REGISTERS - 1)];
    uint64_t length = limit;
    if (counted && count < 1u << 30 && count * o->scale < limit) length = count * o->scale;
    uint32_t how = moment | (o->flags & CAPTURE_FILLED ? FILLED : 0);
    switch (o->code) {
    case CAPTURE_BYTES:
        return capture(t, address, length, moment);
    case CAPTURE_STRING:
        return capture(t, address, length, moment | STRING);
    case CAPTURE_STRINGS:
        return capture_strings(t, address, count, limit, moment);
    case CAPTURE_VECTORS:
        return capture_vectors(t, address, count < o->count ? count : o->count, limit, how);
    }
    return 0;
}

static long operate(uint32_t step, struct cursor *c) {
    (void)step;
    uint32_t at = c->next;
    if (at >= c->count) return 1;
    c->next = at + 1;
    struct task_state *t = c->task;
    const struct capture_operation *o = &shared.operations[(c->first + at) & (CAPTURE_OPERATIONS - 1)];
    uint64_t *source = &t->registers[o->source & (CAPTURE_REGISTERS - 1)];
    uint64_t *target = &t->registers[o->length & (CAPTURE_REGISTERS - 1)];
    uint64_t mask = o->mask, limit = o->limit, v = *source;
    uint32_t bit = 1u << (at & 31);
    // What only moves values holds at every pass; memory is read by those chosen.
    switch (o->code) {
    case CAPTURE_UNLESS:
        if ((v & mask) != o->value) c->next += limit;
        return 0;
    case CAPTURE_SET:
        v = (v >> (o->scale & 63)) & mask;
        *target = (limit && v > limit ? limit : v) + o->value;
        return 0;
    case CAPTURE_REPEAT:
        *source = v + o->value;
        if (*target > 1) {
            *target -= 1;
            c->next = at - limit;
        }
        return 0;
    }
    if (!(c->chosen & bit)) return 0;
    if (c->moment == CAPTURE_AT_EXIT && t->call.result < 0 && !(o->flags & CAPTURE_EVEN_ON_ERROR)) return 0;
    int failed;
    if (o->code == CAPTURE_LOAD) failed = load(t, v ? v + o->value : 0, limit, o->length);
    else failed = perform(t, o, v, c->moment);
    if (failed && c->moment == CAPTURE_AT_ENTRY) t->faulted |= bit;
    return 0;
}

enum { MOST_STEPS = 4096 };

/// Performs `count` operations from `first` on, those whose bit is set in `chosen`.
__noinline int run(struct task_state *t, uint32_t first, uint32_t count, uint32_t chosen, uint32_t moment) {
    if (!t) return 0;
    struct cursor c = {.task = t, .first = first, .count = count, .chosen = chosen, .moment = moment & 3};
    bpf_loop(MOST_STEPS, operate, &c, 0);
    return 0;
}
