// Verdicts on one futex that threads fight for: herds, convoys, contention.
#include "analysis.h"

static int number_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int has(const int32_t *set, size_t count, int32_t tid) {
    for (size_t i = 0; i < count; i++)
        if (set[i] == tid) return 1;
    return 0;
}

enum { SET_LIMIT = 256 };

// The threads of waits or wakes, at most SET_LIMIT.
#define COLLECT(set, n, list, count) for (size_t i_ = 0; i_ < (count); i_++) \
    if ((n) < SET_LIMIT && !has(set, n, (list)[i_].tid)) (set)[(n)++] = (list)[i_].tid

void name_futex(const futex *f, report *r) {
    report_measured(r, "Futex", "%#llx, %s%s%s%s", (unsigned long long)f->address, f->is_shared ? "shared " : "", f->region,
        f->symbol[0] ? ", " : "", f->symbol);
}

// One of those who fight for a futex: that it waits is no news of anybody else.
static void is_fighting(detector *d, futex *f, int32_t tid) {
    thread *t = thread_known(d, tid);
    if (t) t->is_fighting = 1;
    f->is_fought_for = 1;
    report_task(&d->report, tid);
}

// Wakes of many who, most of them, wait again without having done anything.
int find_herd(detector *d, futex *f) {
    size_t broadcasts = 0;
    uint64_t woken = 0, vain = 0;
    for (size_t i = 0; i < f->wake_count; i++) {
        if (f->wakes[i].woken < 3 || f->wakes[i].woken > 1 << 20) continue;
        broadcasts++;
        woken += f->wakes[i].woken;
    }
    for (size_t i = 0; i < f->wait_count; i++) vain += f->waits[i].is_again;
    // Of those that each wake woke, one had something to do.
    if (broadcasts < 5 || vain * 2 < woken - broadcasts) return 0;
    report *r = &d->report;
    report_begin(r, "herd", RENACER_MEDIUM, 0.85, f->wakes[0].start, f->wakes[f->wake_count - 1].end);
    report_balance(r, &d->balance);
    report_text(r->title, sizeof r->title, "Thundering herd: threads are woken to wait again at once");
    name_futex(f, r);
    report_measured(r, "Wakes of three and more", "%zu, which woke %llu", broadcasts, (unsigned long long)woken);
    report_number(r, "Threads that waited again at once", (double)vain, "");
    for (size_t i = 0; i < f->wait_count; i++) is_fighting(d, f, f->waits[i].tid);
    report_text(r->reason, sizeof r->reason, "every wake costs as many switches as threads are woken, and one of them finds work");
    report_text(r->advice, sizeof r->advice, "wake one (pthread_cond_signal, notify_one), or requeue the others");
    report_send(r, d->host);
    return 1;
}

// The same threads wait and wake, often and shortly.
int find_contention(detector *d, futex *f) {
    if (f->wait_count < 2 || f->all_waits < d->contended_waits) return 0;
    int32_t waiters[SET_LIMIT], wakers[SET_LIMIT];
    size_t waiter_count = 0, waker_count = 0, both = 0;
    COLLECT(waiters, waiter_count, f->waits, f->wait_count);
    COLLECT(wakers, waker_count, f->wakes, f->wake_count);
    for (size_t i = 0; i < waiter_count; i++) both += (size_t)has(wakers, waker_count, waiters[i]);
    size_t all = waiter_count + waker_count - both;
    double overlap = all ? (double)both / (double)all : 0;
    if (waiter_count < 2 || overlap < 0.5) return 0;

    uint64_t *lengths = malloc(f->wait_count * sizeof *lengths);
    if (!lengths) return 0;
    uint64_t from = f->waits[0].start, to = 0, blocked = 0, longest = 0;
    for (size_t i = 0; i < f->wait_count; i++) {
        lengths[i] = f->waits[i].end - f->waits[i].start;
        if (f->waits[i].end > to) to = f->waits[i].end;
    }
    // One thread cannot be blocked twice at a time: its waits are united.
    for (size_t k = 0; k < waiter_count; k++) {
        spans s = { 0 };
        for (size_t i = 0; i < f->wait_count; i++)
            if (f->waits[i].tid == waiters[k]) spans_add(&s, f->waits[i].start, f->waits[i].end);
        blocked += spans_total(&s);
        spans_free(&s);
    }
    qsort(lengths, f->wait_count, sizeof *lengths, number_order);
    uint64_t median = lengths[f->wait_count / 2];
    longest = lengths[f->wait_count - 1];
    free(lengths);
    double share = to > from ? (double)blocked / ((double)(to - from) * (double)waiter_count) : 0;
    // A single wait of a barrier or a join is long; what is handed on from thread to thread is not.
    if (share < d->contended_share || median > 50000000) return 0;

    // A convoy: who is woken is the next to wake.
    size_t handed = 0, wakes = 0;
    for (size_t i = 0, k = 0; i < f->wake_count; i++) {
        if (!f->wakes[i].woken) continue;
        wakes++;
        // The waker's own last wait on the futex ended by the wake before this one.
        if (k) {
            const wake *before = &f->wakes[k - 1];
            for (size_t n = f->wait_count; n-- > 0;) {
                if (f->waits[n].tid != f->wakes[i].tid || f->waits[n].end > f->wakes[i].end) continue;
                if (f->waits[n].end >= before->start && before->tid != f->wakes[i].tid) handed++;
                break;
            }
        }
        k = i + 1;
        if (wakes > 2000) break;
    }
    int is_convoy = waiter_count >= 3 && wakes >= 10 && handed * 10 >= wakes * 8;

    report *r = &d->report;
    report_begin(r, is_convoy ? "convoy" : "contention", share >= 0.3 ? RENACER_HIGH : RENACER_MEDIUM, overlap >= 0.8 ? 0.95 : 0.8, from, to);
    report_balance(r, &d->balance);
    if (is_convoy) report_text(r->title, sizeof r->title, "Lock convoy: %zu threads hand one lock from each to the next", waiter_count);
    else report_text(r->title, sizeof r->title, "Contention: %zu threads fight for one lock", waiter_count);
    name_futex(f, r);
    report_measured(r, "Waits", "%llu, %.0f a second, median %.3f ms, longest %.3f ms", (unsigned long long)f->all_waits,
        (double)f->all_waits / ((double)(to - from) / 1e9), milliseconds(median), milliseconds(longest));
    report_measured(r, "Blocked", "%.2f ms of its threads' time (%.0f%%)", milliseconds(blocked), share * 100);
    report_measured(r, "Roles", "%zu threads wait, %zu wake, %zu do both (%.0f%%)", waiter_count, waker_count, both, overlap * 100);
    if (is_convoy) report_measured(r, "Hand-overs", "%zu of %zu wakes came from the thread woken before", handed, wakes);
    for (size_t i = 0; i < waiter_count; i++) is_fighting(d, f, waiters[i]);
    report_text(r->reason, sizeof r->reason, is_convoy
        ? "the threads run one after the other: what they do between two turns adds up to the time of one"
        : "threads that could run in parallel wait for each other");
    report_text(r->advice, sizeof r->advice, is_convoy
        ? "do less under the lock, above all no waiting or input and output; give each thread a share of the data"
        : "hold the lock more shortly, split it, or let threads keep data of their own");
    report_send(r, d->host);
    return 1;
}
