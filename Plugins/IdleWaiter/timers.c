// Threads that wake by a timer: judged by what they asked for, since a busy machine wakes late.
#include "analysis.h"

static int number_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// How much before the trace's time a clock reads 0: no wait ended before its deadline.
static int64_t clock_offset(const futex *f, uint8_t clock) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < f->wait_count; i++) {
        const wait *w = &f->waits[i];
        if (w->clock == clock && w->outcome == WAIT_TIMED_OUT && (int64_t)(w->end - w->timeout) < least) least = (int64_t)(w->end - w->timeout);
    }
    return least;
}

// How many of the numbers, which are sorted, lie within a part of their median.
static size_t near_median(const uint64_t *all, size_t count, uint64_t part) {
    size_t near = 0;
    uint64_t median = all[count / 2];
    for (size_t i = 0; i < count; i++) near += (all[i] > median ? all[i] - median : median - all[i]) <= median / part;
    return near;
}

// Timeouts at regular intervals: somebody polls.
int find_timer(detector *d, futex *f) {
    if (f->wait_count < d->timer_waits) return 0;
    uint64_t *asked = malloc(2 * f->wait_count * sizeof *asked), *between = asked + f->wait_count;
    if (!asked) return 0;
    size_t timeouts = 0, gaps = 0;
    const wait *last = NULL;
    const int64_t offsets[] = { 0, 0, clock_offset(f, UNTIL_MONOTONIC), clock_offset(f, UNTIL_REALTIME) };
    uint64_t late = 0;
    for (size_t i = 0; i < f->wait_count; i++) {
        const wait *w = &f->waits[i];
        if (w->outcome != WAIT_TIMED_OUT) continue;
        uint64_t length = w->end - w->start;
        if (w->clock == RELATIVE) length = w->timeout;
        // A deadline may have passed before the wait began.
        else if (w->clock != WITHOUT_TIMEOUT && (int64_t)(w->timeout - w->start) + offsets[w->clock] > 0) length = w->timeout - w->start + (uint64_t)offsets[w->clock];
        if (w->clock >= UNTIL_MONOTONIC && last && last->tid == w->tid && last->clock == w->clock) between[gaps++] = w->timeout - last->timeout;
        if (w->end - w->start > length) late += w->end - w->start - length;
        asked[timeouts++] = length;
        last = w;
    }
    if (timeouts < d->timer_waits || timeouts * 2 < f->wait_count) {
        free(asked);
        return 0;
    }
    qsort(asked, timeouts, sizeof *asked, number_order);
    qsort(between, gaps, sizeof *between, number_order);
    // Of deadlines either the way to each or the way from each to the next is the same.
    size_t near = near_median(asked, timeouts, 4), even = gaps ? near_median(between, gaps, 10) : 0;
    int is_even = gaps + 1 >= timeouts && even * 4 >= gaps * 3, is_periodic = is_even || near * 4 >= timeouts * 3;
    uint64_t period = is_even ? between[gaps / 2] : asked[timeouts / 2];
    free(asked);

    report *r = &d->report;
    report_begin(r, is_periodic ? "periodic-timer" : "timed-waits", RENACER_INFORMATION, is_even || near == timeouts ? 0.95 : 0.8,
        f->waits[0].start, f->waits[f->wait_count - 1].end);
    report_balance(r, &d->balance);
    report_text(r->title, sizeof r->title, "A thread wakes by a timer %s %.2f ms", is_periodic ? "every" : "after about", milliseconds(period));
    name_futex(f, r);
    report_measured(r, "Timeouts", "%zu of %zu waits (%.0f%%)", timeouts, f->wait_count, percent((double)timeouts, (double)f->wait_count));
    report_measured(r, "Asked for", is_even ? "deadlines %.2f ms apart, %zu of %zu within a tenth" : "%.2f ms, %zu of %zu within a quarter",
        milliseconds(period), is_even ? even : near, is_even ? gaps : timeouts);
    report_number(r, "Woken late by, on average", milliseconds(late) / (double)timeouts, "ms");
    for (size_t i = 0; i < f->wait_count; i++) report_task(r, f->waits[i].tid);
    report_text(r->reason, sizeof r->reason, "its wait time is a poll interval, not a wait for anybody");
    report_text(r->advice, sizeof r->advice, "if wake-ups matter, wait for an event rather than look for it again and again");
    report_send(r, d->host);
    return 1;
}
