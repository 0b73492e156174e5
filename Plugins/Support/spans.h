// Spans of time or of a file: united, never summed.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct span {
    uint64_t start, end;
} span;

// Spans as they come; those that touch the last one are united with it at once.
typedef struct spans {
    span *all;
    size_t count, capacity;
} spans;

static inline int spans_order(const void *a, const void *b) {
    const span *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

// Unites what overlaps, in order of starts.
static inline void spans_unite(spans *s) {
    if (s->count < 2) return;
    qsort(s->all, s->count, sizeof *s->all, spans_order);
    size_t n = 0;
    for (size_t i = 1; i < s->count; i++) {
        if (s->all[i].start <= s->all[n].end) {
            if (s->all[i].end > s->all[n].end) s->all[n].end = s->all[i].end;
        } else {
            s->all[++n] = s->all[i];
        }
    }
    s->count = n + 1;
}

// Adds a span; 0 if there is no memory for it.
static inline int spans_add(spans *s, uint64_t start, uint64_t end) {
    if (end <= start) return 1;
    if (s->count) {
        span *last = &s->all[s->count - 1];
        if (start >= last->start && start <= last->end) {
            if (end > last->end) last->end = end;
            return 1;
        }
    }
    if (s->count == s->capacity) {
        // Most of what is read or waited for again was there before.
        spans_unite(s);
        if (s->count * 4 >= s->capacity * 3) {
            size_t capacity = s->capacity ? s->capacity * 2 : 16;
            span *all = realloc(s->all, capacity * sizeof *all);
            if (!all) return 0;
            s->all = all;
            s->capacity = capacity;
        }
    }
    s->all[s->count++] = (span){ start, end };
    return 1;
}

// The length of the union, of what lies in [from, to).
static inline uint64_t spans_within(spans *s, uint64_t from, uint64_t to) {
    spans_unite(s);
    uint64_t total = 0;
    for (size_t i = 0; i < s->count; i++) {
        uint64_t start = s->all[i].start > from ? s->all[i].start : from, end = s->all[i].end < to ? s->all[i].end : to;
        if (end > start) total += end - start;
    }
    return total;
}

static inline uint64_t spans_total(spans *s) { return spans_within(s, 0, UINT64_MAX); }

// The length of what lies in both.
static inline uint64_t spans_common(spans *a, spans *b) {
    spans_unite(a);
    spans_unite(b);
    uint64_t total = 0;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        uint64_t start = a->all[i].start > b->all[j].start ? a->all[i].start : b->all[j].start;
        uint64_t end = a->all[i].end < b->all[j].end ? a->all[i].end : b->all[j].end;
        if (end > start) total += end - start;
        if (a->all[i].end < b->all[j].end) i++; else j++;
    }
    return total;
}

static inline void spans_free(spans *s) {
    free(s->all);
    *s = (spans){ 0 };
}
