#define _GNU_SOURCE
#include "session.h"
#include <errno.h>
#include <string.h>

/// Bytes handed out before the kernel is told that it may overwrite them: telling takes a cache line from it.
enum { RELEASE_STEP = 1 << 17 };

static uint64_t word_at(const struct ring *r, uint64_t position) {
    uint64_t w;
    memcpy(&w, r->data + (position & r->mask), 8);
    return w;
}

/// A record's header, which lies within one word.
static struct perf_event_header header_at(const struct ring *r, uint64_t position) {
    struct perf_event_header h;
    memcpy(&h, r->data + (position & r->mask), sizeof h);
    return h;
}

/// When the record at `position` happened. Those behind a loss come after it: its place is where it began.
static uint64_t time_at(const struct ring *r, uint64_t position, struct perf_event_header h) {
    if (h.type == PERF_RECORD_SAMPLE && h.size >= 24) return word_at(r, position + 16);
    return 0;
}

/// Looks at the record at the ring's tail.
static void look(struct ring *r) {
    r->next = UINT64_MAX;
    if (r->head - r->tail < sizeof(struct perf_event_header)) return;
    struct perf_event_header h = header_at(r, r->tail);
    if (h.size < sizeof h || h.size > r->head - r->tail) {
        // The kernel writes no such record: what follows cannot be told apart.
        r->tail = r->head;
        return;
    }
    uint64_t time = time_at(r, r->tail, h);
    // An interrupt's record may lie before the one it interrupted.
    if (time > r->latest) r->latest = time;
    r->next = r->latest;
}

static void release(struct ring *r) {
    r->released = r->tail;
    __atomic_store_n(&r->page->data_tail, r->tail, __ATOMIC_RELEASE);
}

void cperf_gather(struct cperf *s, uint64_t horizon) {
    s->horizon = horizon;
    s->current = -1;
    for (int i = 0; i < s->ring_count; i++) {
        struct ring *r = &s->rings[i];
        if (r->released != r->tail) release(r);
        r->head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
        look(r);
    }
}

int cperf_pending(struct cperf *s) {
    for (int i = 0; i < s->ring_count; i++)
        if (s->rings[i].tail != __atomic_load_n(&s->rings[i].page->data_head, __ATOMIC_ACQUIRE)) return 1;
    return 0;
}

/// The ring whose turn it is, -1 if it is nobody's.
static int choose(struct cperf *s) {
    uint64_t best = UINT64_MAX, second = UINT64_MAX;
    int chosen = -1;
    for (int i = 0; i < s->ring_count; i++) {
        uint64_t t = s->rings[i].next;
        if (t < best) {
            second = best;
            best = t;
            chosen = i;
        } else if (t < second) {
            second = t;
        }
    }
    s->limit = second;
    return chosen;
}

/// The record at `position`, in one piece.
static const uint8_t *whole(struct cperf *s, const struct ring *r, uint64_t position, size_t size) {
    uint64_t at = position & r->mask, room = r->mask + 1 - at;
    if (size <= room) return r->data + at;
    memcpy(s->scratch, r->data + at, room);
    memcpy((uint8_t *)s->scratch + room, r->data, size - room);
    return (const uint8_t *)s->scratch;
}

int cperf_next(struct cperf *s, struct cperf_record *record) {
    for (;;) {
        // As long as no other ring's record may come before, one ring goes on.
        if (s->current < 0 || s->rings[s->current].next >= s->limit) {
            s->current = choose(s);
            if (s->current < 0) return 0;
        }
        struct ring *r = &s->rings[s->current];
        if (r->next > s->horizon || r->next == UINT64_MAX) return 0;
        struct perf_event_header h = header_at(r, r->tail);
        record->time = r->next;
        int known = cperf_decode(s, whole(s, r, r->tail, h.size), h.size, record);
        r->tail += h.size;
        if (r->tail - r->released >= RELEASE_STEP) release(r);
        look(r);
        if (!known) continue;
        if (record->kind == CPERF_LOST) s->told += record->count;
        else if (record->kind == CPERF_ENTER || record->kind == CPERF_EXIT) s->taken++;
        return 1;
    }
}

int cperf_peek(struct cperf *s, pid_t pid, pid_t tid, struct cperf_record *record) {
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < s->ring_count; i++) {
        const struct ring *r = &s->rings[i];
        // Seen now, not when it was last gathered: what is looked for may just have come.
        uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
        for (uint64_t at = r->tail; head - at >= sizeof(struct perf_event_header);) {
            struct perf_event_header h = header_at(r, at);
            if (h.size < sizeof h || h.size > head - at) break;
            uint64_t time = time_at(r, at, h);
            if (time && time < best) {
                uint64_t ids = word_at(r, at + 8);
                if (tid ? ids >> 32 == (uint32_t)tid : (uint32_t)ids == (uint32_t)pid) {
                    struct cperf_record found;
                    memset(&found, 0, sizeof found);
                    if (cperf_decode(s, whole(s, r, at, h.size), h.size, &found)) {
                        best = time;
                        *record = found;
                        break;
                    }
                }
            }
            at += h.size;
        }
    }
    return best != UINT64_MAX;
}
