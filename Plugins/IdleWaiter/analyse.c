// The window, and the verdicts in it.
#include "analysis.h"

static int wake_order(const void *a, const void *b) {
    const wake *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int wait_order(const void *a, const void *b) {
    const wait *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

void analyse(detector *d) {
    if (d->mark[0]) {
        d->window_from = d->marked_from ? d->marked_from : d->end;
        d->window_to = d->marked_to ? d->marked_to : d->end;
        if (!d->marked_from) d->host->log(d->host, RENACER_LOG_WARNING, report_string("the marker of 'window' was not seen"));
    } else if (d->window_to) {
        d->window_from += d->start;
        d->window_to += d->start;
    } else {
        d->window_to = UINT64_MAX;
    }
    for (futex *f = d->futexes; f; f = f->next) {
        qsort(f->waits, f->wait_count, sizeof *f->waits, wait_order);
        qsort(f->wakes, f->wake_count, sizeof *f->wakes, wake_order);
    }
    int reported = 0;
    for (futex *f = d->futexes; f && reported < 16; f = f->next) {
        if (!f->wait_count || f->waits[f->wait_count - 1].end <= d->window_from || f->waits[0].start >= d->window_to) continue;
        if (find_herd(d, f) || find_contention(d, f) || find_timer(d, f)) reported++;
    }
    find_idle(d);
}
