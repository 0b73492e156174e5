// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Captures a call's memory as the operations compiled from the system call table say.
//
// Written for the verifier, whose time is part of every start: what loops work on lies in the
// task's state, of whose memory it tracks no values, so that every pass looks the same to it;
// and functions that are not static are verified once, whatever calls them.
#pragma once
#include "descriptors.h"

enum { PAGE = 4096 };

/// How memory is captured: the moment, and these.
enum { MOMENT = 0xff, STRING = 0x100, FILLED = 0x200, MESSAGES = 0x400 };

/// Bytes read onto the stack: where the kernel checks what it copies to, objects on the heap cost
/// three times as much as a small read.
enum { SMALL = 64 };

static __always_inline long read_small(uint64_t *to, uint64_t wanted, uint64_t address) {
    uint64_t bytes[SMALL / 8] = {};
    long r = bpf_probe_read_user(bytes, wanted, (void *)address);
    for (int i = 0; i < SMALL / 8; i++) to[i] = bytes[i];
    return r;
}

/// Captures one chunk of the span; 1 when it is done.
__noinline int capture_chunk(struct task_state *t) {
    if (!t) return 1;
    if (t->used > CAPTURE_AREA) send_ahead(t);
    uint32_t used = t->used;
    if (used > CAPTURE_AREA) return 1;
    struct capture_segment *segment = (void *)(t->data + used);
    void *bytes = t->data + used + sizeof *segment;
    uint64_t address = t->span.address, wanted = t->span.left;
    if (wanted > CAPTURE_CHUNK) wanted = CAPTURE_CHUNK;
    wanted = KEPT(t->span.got, wanted) & (2 * CAPTURE_CHUNK - 1);
    int64_t r;
    if (t->span.how & STRING) r = bpf_probe_read_user_str(bytes, wanted, (void *)address);
    else if (wanted <= SMALL) r = read_small(bytes, wanted, address);
    else r = bpf_probe_read_user(bytes, wanted, (void *)address);
    r = KEPT(t->span.result, r);
    segment->error = 0;
    if (r < 0) {
        // Of memory that ends within, what there is.
        uint64_t here = PAGE - (address & (PAGE - 1));
        bool ends = here < t->span.got;
        t->span.got = 0;
        if (ends && !bpf_probe_read_user(bytes, here & (CAPTURE_CHUNK - 1), (void *)address)) t->span.got = here;
        segment->error = -r;
        t->span.failed = 1;
        t->span.left = t->span.got;
    } else if (t->span.how & STRING) {
        // Cut off, its last byte is a NUL that is not the task's. At the limit that is all that is wanted of it.
        uint64_t is_cut = (uint64_t)r == t->span.got, was_last = t->span.got == t->span.left;
        t->span.got = r - is_cut;
        if (was_last | !is_cut) t->span.left = t->span.got;
    }
    uint64_t got = t->span.got;
    segment->address = address;
    segment->length = got;
    segment->moment = t->span.how & MOMENT;
    t->used = used + sizeof *segment + ((got + 7) & (2 * CAPTURE_CHUNK - 8));
    t->span.address = address + got;
    t->span.left -= got;
    return (r < 0) | !got | !t->span.left;
}

static long next_chunk(uint32_t index, struct loop *l) {
    (void)index;
    return goes_on_unless(capture_chunk(l->task));
}

/// Captures `length` bytes, or a string of at most as many; 0 if all of it could be read.
__noinline int capture(struct task_state *t, uint64_t address, uint64_t length, uint32_t how) {
    if (!t || address < LOWEST_ADDRESS || !length) return 0;
    t->span.address = address;
    t->span.left = length;
    t->span.how = how;
    t->span.failed = 0;
    if (capture_chunk(t)) return t->span.failed;
    struct loop l = {t};
    bpf_loop(MOST_CHUNKS, next_chunk, &l, 0);
    if (t->span.left && !t->span.failed) t->call.header.flags |= CAPTURE_CUT;
    return t->span.failed;
}

/// Remembers a string that is not there, of the first array that has such.
static __always_inline void note_absent(struct task_state *t, uint32_t index, uint64_t string) {
    if (!t->absent.places) {
        t->absent.array = t->walk.address;
        t->absent.count = 0;
    }
    if (index >= ABSENT || t->absent.array != t->walk.address) return;
    t->absent.places |= 1ull << index;
    t->absent.strings[index & (ABSENT - 1)] = string;
}

static long string_element(uint32_t index, struct loop *l) {
    struct task_state *t = l->task;
    uint64_t address = t->walk.address + index * 8ull, pointer = 0;
    if (capture(t, address, 8, t->walk.how)) {
        t->walk.failed = 1;
        return 1;
    }
    if (bpf_probe_read_user(&pointer, 8, (void *)address)) return 1;
    if (!pointer) {
        if (t->absent.array == t->walk.address) t->absent.count = index;
        return 1;
    }
    if (t->walk.limit && capture(t, pointer, t->walk.limit, t->walk.how | STRING)) {
        t->walk.failed = 1;
        note_absent(t, index, pointer);
    }
    return 0;
}

static long vector_element(uint32_t index, struct loop *l) {
    struct task_state *t = l->task;
    uint64_t vector[2];
    uint64_t left = t->walk.left;
    if (!left || bpf_probe_read_user(vector, sizeof vector, (void *)(t->walk.address + index * sizeof vector))) return 1;
    uint64_t length = vector[1] < left ? vector[1] : left;
    if (t->walk.how & FILLED) t->walk.left = left - length;
    uint64_t limit = t->walk.limit;
    if (t->walk.how & MESSAGES && limit < CAPTURE_MESSAGE && t->is_netlink) limit = CAPTURE_MESSAGE;
    if (length > limit) length = limit;
    if (capture(t, vector[0], length, t->walk.how & MOMENT)) t->walk.failed = 1;
    return 0;
}

/// Reads a value into a register.
static __always_inline void load(struct task_state *t, uint64_t address, uint32_t size, uint32_t target) {
    // Of at most 8 bytes; for the verifier, 15.
    uint64_t v[2] = {};
    if (address && bpf_probe_read_user(v, size & 15, (void *)address)) {
        t->walk.failed = 1;
        v[0] = 0;
    }
    t->registers[target & (CAPTURE_REGISTERS - 1)] = v[0];
}

/// Goes on with the operations for the call's end; 1 if there are none.
static __always_inline int go_on_behind(struct task_state *t) {
    uint32_t behind = t->cursor.behind;
    if (!behind) return 1;
    t->cursor.behind = 0;
    t->cursor.first += t->cursor.count;
    t->cursor.count = behind;
    t->cursor.next = 0;
    t->cursor.chosen = ~0ull;
    t->cursor.moment = CAPTURE_AT_EXIT;
    return 0;
}

/// Captures what an operation says of the memory at `address`.
static __always_inline void perform(struct task_state *t, const struct capture_operation *o, uint64_t address, uint32_t moment) {
    uint64_t limit = o->limit, count = o->count;
    if (o->length != CAPTURE_NO_LENGTH) count = t->registers[o->length & (CAPTURE_REGISTERS - 1)];
    count = KEPT(t->walk.count, count);
    if (o->code == CAPTURE_DESCRIPTOR) {
        describe(t, address, moment);
        return;
    }
    if (o->code > CAPTURE_DESCRIPTOR) {
        describe_all(t, address, count < o->count ? count : o->count, o->scale, moment);
        return;
    }
    if (o->code <= CAPTURE_STRING) {
        if (o->flags & CAPTURE_MESSAGES && limit < CAPTURE_MESSAGE && t->is_netlink) limit = CAPTURE_MESSAGE;
        limit = KEPT(t->walk.left, limit);
        if (AGAIN(o->length) != CAPTURE_NO_LENGTH && count < 1u << 30 && count * o->scale < limit) t->walk.left = count * o->scale;
        if (AGAIN(o->code) == CAPTURE_STRING) moment |= STRING;
        t->walk.failed = capture(t, address, AGAIN(t->walk.left), moment);
        return;
    }
    if (address < LOWEST_ADDRESS) return;
    struct loop l = {t};
    t->walk.address = address;
    t->walk.limit = limit;
    t->walk.how = moment;
    t->walk.left = ~0ull;
    if (o->code == CAPTURE_STRINGS) {
        bpf_loop(count, string_element, &l, 0);
        return;
    }
    if (o->flags & CAPTURE_MESSAGES) t->walk.how |= MESSAGES;
    if (o->flags & CAPTURE_FILLED) {
        t->walk.how |= FILLED;
        t->walk.left = t->registers[CAPTURE_RESULT];
    }
    if (count > o->count) t->walk.count = o->count;
    count = AGAIN(t->walk.count);
    t->walk.failed = capture(t, address, count * 16, moment);
    bpf_loop(count, vector_element, &l, 0);
}

/// Performs the operation at a place among those under way.
static __always_inline void perform_at(struct task_state *t, uint32_t at) {
    t->cursor.next = at + 1;
    const struct capture_operation *o = &shared.operations[(t->cursor.first + at) & (CAPTURE_OPERATIONS - 1)];
    uint64_t *source = &t->registers[o->source & (CAPTURE_REGISTERS - 1)];
    uint64_t *target = &t->registers[o->length & (CAPTURE_REGISTERS - 1)];
    uint64_t limit = o->limit, v = *source;
    uint64_t bit = 1ull << (at & 63);
    // Registers are set anew at every pass; memory is captured by those chosen.
    switch (o->code) {
    case CAPTURE_UNLESS:
        if ((v & o->mask) != o->value) t->cursor.next = at + 1 + limit;
        return;
    case CAPTURE_SET:
        v = (v >> (o->scale & 63)) & o->mask;
        *target = (limit && v > limit ? limit : v) + o->value;
        return;
    case CAPTURE_REPEAT:
        *source = v + o->value;
        if (*target > 1) {
            *target -= 1;
            t->cursor.next = at - limit;
        }
        return;
    }
    if (!(t->cursor.chosen & bit) && o->code != CAPTURE_LOAD) return;
    uint32_t moment = t->cursor.moment;
    if (moment == CAPTURE_AT_EXIT && t->call.result < 0 && !(o->flags & CAPTURE_EVEN_ON_ERROR)) return;
    moment = AGAIN(t->cursor.moment);
    t->walk.failed = 0;
    if (o->code == CAPTURE_LOAD) load(t, v ? v + o->value : 0, limit, o->length);
    else perform(t, o, v, moment);
    if (AGAIN(t->walk.failed) && moment == CAPTURE_AT_ENTRY) t->faulted |= bit;
}

/// Performs one operation; 1 after the last.
__noinline int operate(struct task_state *t) {
    if (!t) return 1;
    uint32_t at = t->cursor.next;
    if (at >= t->cursor.count) return go_on_behind(t);
    perform_at(t, at);
    // Whether that was the last.
    return (t->cursor.next >= t->cursor.count) & !t->cursor.behind;
}

/// Looks at one place of the table of choices; 1 if the search ends there.
static long probe(uint32_t index, struct loop *l) {
    struct task_state *t = l->task;
    const struct capture_choice *c = &shared.choices[(t->choice.at + index) & (CAPTURE_CHOICES - 1)];
    if (!c->program.flags) return 1;
    if (c->key != t->choice.key || c->program.set != t->program.set) return 0;
    t->program = c->program;
    return 1;
}

/// Takes the program that the call's arguments choose.
__noinline int choose(struct task_state *t) {
    if (!t) return 0;
    uint8_t keys = t->program.keys;
    uint64_t key = (uint32_t)t->registers[keys & 15];
    if (keys >> 4 != CAPTURE_NO_KEY) key |= t->registers[keys >> 4] << 32;
    key >>= t->program.shift & 63;
    t->choice.key = key;
    t->choice.at = capture_place(key, t->program.set);
    struct loop l = {t};
    bpf_loop(CAPTURE_PROBES, probe, &l, 0);
    return 0;
}

enum { MOST_STEPS = 4096 };

static long next_operation(uint32_t step, struct loop *l) {
    (void)step;
    return goes_on_unless(operate(l->task));
}

/// Has operations done by the `run` that follows: `count` from `first` on, those whose bit is set in `chosen`.
static __always_inline void plan_run(struct task_state *t, uint32_t first, uint32_t count, uint64_t chosen, uint32_t moment) {
    t->cursor.first = first;
    t->cursor.count = count;
    t->cursor.next = 0;
    t->cursor.behind = 0;
    t->cursor.chosen = chosen;
    t->cursor.moment = moment;
}

/// Does what has been planned if that is to capture a few bytes, which are there: most calls' only operation.
///
/// In a third of the time that the general way takes, of which half is calling functions.
static __always_inline bool capture_few(struct task_state *t) {
    uint32_t moment = t->cursor.moment, used = t->used;
    if (t->cursor.count != 1 || t->cursor.behind || moment == CAPTURE_LATE || used > CAPTURE_AREA) return false;
    const struct capture_operation *o = &shared.operations[t->cursor.first & (CAPTURE_OPERATIONS - 1)];
    if (o->code != CAPTURE_BYTES || o->flags & CAPTURE_MESSAGES) return false;
    if (moment == CAPTURE_AT_EXIT && t->call.result < 0 && !(o->flags & CAPTURE_EVEN_ON_ERROR)) return true;
    uint64_t address = t->registers[o->source & (CAPTURE_REGISTERS - 1)], length = o->limit;
    if (o->length != CAPTURE_NO_LENGTH) {
        uint64_t count = t->registers[o->length & (CAPTURE_REGISTERS - 1)];
        if (count < 1u << 30 && count * o->scale < length) length = count * o->scale;
    }
    if (!length || length > SMALL || address < LOWEST_ADDRESS) return false;
    struct capture_segment *segment = (void *)(t->data + used);
    if (read_small((uint64_t *)(segment + 1), length, address)) return false;
    *segment = (struct capture_segment){.address = address, .length = length, .moment = moment};
    t->used = used + sizeof *segment + ((length + 7) & ~7ull);
    return true;
}

/// Does what has been planned; most often that is one operation.
static __always_inline void run(struct task_state *t) {
    if (capture_few(t) || operate(t)) return;
    struct loop l = {t};
    bpf_loop(MOST_STEPS, next_operation, &l, 0);
    if (t->cursor.next < t->cursor.count) t->call.header.flags |= CAPTURE_CUT;
}
