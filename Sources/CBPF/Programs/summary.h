// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Calls counted in the kernel: a row of figures per call and CPU.
#pragma once
#include "state.h"

/// `CAPTURE_ROWS` of each CPU, one CPU's behind another's; the loader knows how many CPUs there are.
///
/// An array rather than a per-CPU one: its look-up is a few instructions on every kernel, and
/// user space reads it as memory.
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, struct capture_statistics);
} statistics SEC(".maps");

/// Finds a row for a call that is made for the first time.
static uint32_t new_row(uint32_t place) {
    if (!(shared.programs[place].flags & CAPTURE_WANTED)) return CAPTURE_UNWANTED_ROW;
    // The last place is that of many numbers: each is sent.
    if (place % CAPTURE_CALLS == CAPTURE_CALLS - 1) return CAPTURE_NO_ROW;
    // Two CPUs may take a row each for one call: rows of a call are added up.
    uint64_t row = __sync_fetch_and_add(&shared.rows, 1) + 1;
    if (row >= CAPTURE_ROWS) return CAPTURE_NO_ROW;
    shared.row_places[row] = place;
    return row;
}

/// The row of the call at `place`, or why it has none.
static __always_inline uint32_t row_of(uint32_t place) {
    uint32_t row = shared.call_rows[place];
    return row ? row : (shared.call_rows[place] = new_row(place));
}

/// 1 if `n` is above `limit`, else 0; both below 2^63. Without a branch: the processor cannot
/// mistake it, and the verifier has but one way to walk.
static __always_inline uint32_t above(uint64_t n, uint64_t limit) { return (limit - n) >> 63; }

/// The exponent of the power of two at or below `n`; that of 1 for 0.
static __always_inline uint32_t bucket_of(uint64_t n) {
    uint32_t bucket = 0, step;
    step = above(n, 0xffffffff) << 5, n >>= step, bucket |= step;
    step = above(n, 0xffff) << 4, n >>= step, bucket |= step;
    step = above(n, 0xff) << 3, n >>= step, bucket |= step;
    step = above(n, 0xf) << 2, n >>= step, bucket |= step;
    step = above(n, 3) << 1, n >>= step, bucket |= step;
    bucket |= above(n, 1);
    asm volatile("" : "+r"(bucket));
    return bucket < CAPTURE_BUCKETS ? bucket : CAPTURE_BUCKETS - 1;
}

/// Adds a call of `duration` ns to this CPU's figures.
static __always_inline void add_to_row(uint32_t row, uint64_t duration, bool failed) {
    uint32_t at = bpf_get_smp_processor_id() * CAPTURE_ROWS + row;
    struct capture_statistics *s = bpf_map_lookup_elem(&statistics, &at);
    if (!s) return;
    duration = duration > configuration.overhead ? duration - configuration.overhead : 0;
    s->errors += failed;
    s->total += duration;
    if (!s->calls || duration < s->minimum) s->minimum = duration;
    if (duration > s->maximum) s->maximum = duration;
    s->calls++;
    s->histogram[bucket_of(duration)]++;
}
