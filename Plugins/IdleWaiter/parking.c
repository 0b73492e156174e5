// Threads parked on futexes: from their first call to their last, and whom they waited for.
#include "analysis.h"

// Pieces of one wait: a thread that was woken for nothing waits again at once.
static const uint64_t again_within = 2000000;

// The wake that ended a wait: the latest that had begun when the waiter was back. Its end may be told of later.
static const wake *waker_of(const futex *f, uint64_t start, uint64_t end) {
    const wake *found = NULL;
    size_t low = 0, high = f->wake_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (f->wakes[middle].start <= end) low = middle + 1; else high = middle;
    }
    for (size_t i = low; i-- > 0 && !found && f->wakes[i].end >= start;)
        if (f->wakes[i].woken) found = &f->wakes[i];
    return found;
}

// The thread that a wait was for: who woke it; of pthread_join, the thread that ended; of an unfinished one, who did so before.
static int32_t waited_for(const detector *d, const parking *p, uint32_t value, uint8_t *is_known) {
    const wake *w = p->outcome == WAIT_WOKEN ? waker_of(p->futex, p->start, p->end) : NULL;
    *is_known = 1;
    if (w && w->tid != p->tid) return w->tid;
    thread *joined = thread_known(d, (int32_t)value);
    if (joined && joined->pid == p->futex->pid && joined->tid != p->tid && (!joined->ended || joined->ended + together_within >= p->end))
        return joined->tid;
    *is_known = 0;
    for (size_t i = p->futex->wake_count; i-- > 0;)
        if (p->futex->wakes[i].tid != p->tid) return p->futex->wakes[i].tid;
    return 0;
}

static int parking_add(detector *d, parkings *list, parking p, uint32_t value) {
    if (p.end - p.start < d->minimum_wait || p.outcome == WAIT_TIMED_OUT) return 1;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        parking *all = realloc(list->all, capacity * sizeof *all);
        if (!all) return 0;
        list->all = all;
        list->capacity = capacity;
    }
    p.waited_for = waited_for(d, &p, value, &p.is_known);
    list->all[list->count++] = p;
    return 1;
}

static int parking_order(const void *a, const void *b) {
    const parking *x = a, *y = b;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return x->tid < y->tid ? -1 : x->tid > y->tid;
}

// Where a thread was parked for most of somebody's wait; NULL if it was not.
static const parking *parked(const parkings *list, int32_t tid, const parking *meanwhile) {
    const parking *longest = NULL;
    uint64_t most = 0, all = 0;
    for (size_t i = 0; i < list->count; i++) {
        const parking *p = &list->all[i];
        if (p->tid != tid || p == meanwhile) continue;
        uint64_t start = p->start > meanwhile->start ? p->start : meanwhile->start, end = p->end < meanwhile->end ? p->end : meanwhile->end;
        if (end <= start) continue;
        all += end - start;
        if (end - start > most) {
            most = end - start;
            longest = p;
        }
    }
    return all * 5 >= (meanwhile->end - meanwhile->start) * 4 ? longest : NULL;
}

// Who waits for one who waits is behind him; a circle has no end to be behind.
static void mark_indirect(parkings *list) {
    for (size_t i = 0; i < list->count; i++) {
        const parking *p = &list->all[i];
        int steps = 0;
        for (; p && p->waited_for && steps < 16; steps++) {
            p = parked(list, p->waited_for, p);
            if (p && p->tid == list->all[i].tid) break;
            if (p) list->all[i].is_indirect = 1;
        }
        if (p && (p->tid == list->all[i].tid && steps) && steps < 16) list->all[i].is_indirect = 0;
    }
}

static int by_thread(const void *a, const void *b) {
    const wait *x = a, *y = b;
    if (x->tid != y->tid) return x->tid < y->tid ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static void park(detector *d, futex *f, parkings *list) {
    wait *waits = malloc((f->wait_count + 1) * sizeof *waits);
    if (!waits) return;
    memcpy(waits, f->waits, f->wait_count * sizeof *waits);
    qsort(waits, f->wait_count, sizeof *waits, by_thread);
    for (size_t i = 0; i < f->wait_count;) {
        parking p = { f, waits[i].start, waits[i].end, waits[i].tid, 0, 1, waits[i].operation, waits[i].outcome, 0, 0, 0, waits[i].stack };
        uint32_t value = waits[i].value;
        uint64_t longest = p.end - p.start;
        size_t j = i + 1;
        for (; j < f->wait_count && waits[j].tid == p.tid && waits[j].is_continued && waits[j].start <= p.end + again_within
               && (waits[j - 1].outcome != WAIT_TIMED_OUT); j++) {
            if (waits[j].end > p.end) p.end = waits[j].end;
            p.outcome = waits[j].outcome;
            if (waits[j].stack && waits[j].end - waits[j].start > longest) {
                longest = waits[j].end - waits[j].start;
                p.stack = waits[j].stack;
            }
            p.calls++;
        }
        if (!parking_add(d, list, p, value)) break;
        i = j;
    }
    free(waits);
}

void find_parked(detector *d, parkings *list) {
    // A futex that threads fight for has its verdict.
    for (futex *f = d->futexes; f; f = f->next)
        if (!f->is_fought_for) park(d, f, list);
    qsort(list->all, list->count, sizeof *list->all, parking_order);
    mark_indirect(list);
}
