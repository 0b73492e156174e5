// Verdicts: idle waiters and their worker, periodic timers, contention, convoys, herds.
#include "futexes.h"
#include <math.h>

// Pieces of one wait: a thread that was woken for nothing waits again at once.
static const uint64_t again_within = 2000000;
// Who was released together was so within this, or a tenth of the wait.
static const uint64_t together_within = 20000000;
// A herd waits again within this.
static const uint64_t herd_within = 5000000;

// A thread parked on a futex, from its first call to its last.
typedef struct parking {
    futex *futex;
    uint64_t start, end;
    int32_t tid, waited_for;
    uint32_t calls, operation;
    uint8_t outcome, is_known, is_taken, is_indirect;
} parking;

typedef struct parkings {
    parking *all;
    size_t count, capacity;
} parkings;

static double ms(uint64_t ns) { return (double)ns / 1e6; }

static const char *command_of(const detector *d, int32_t tid) {
    thread *t = thread_known(d, tid);
    return t && t->command[0] ? t->command : "?";
}

static const char *operation_name(uint32_t operation, char *buffer, size_t size) {
    static const char *names[] = { "WAIT", 0, 0, 0, 0, 0, "LOCK_PI", 0, 0, "WAIT_BITSET", 0, "WAIT_REQUEUE_PI", 0, "LOCK_PI2" };
    uint32_t command = operation & 127;
    const char *name = command < sizeof names / sizeof *names && names[command] ? names[command] : "WAIT";
    report_text(buffer, size, "FUTEX_%s%s", name, operation & 128 ? "_PRIVATE" : "");
    return buffer;
}

// ---- Who woke whom

static int wake_order(const void *a, const void *b) {
    const wake *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int wait_order(const void *a, const void *b) {
    const wait *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

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

// ---- Parked threads

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
    for (size_t i = 0; i < list->count; i++) {
        const parking *p = &list->all[i];
        if (p->tid != tid || p == meanwhile) continue;
        uint64_t start = p->start > meanwhile->start ? p->start : meanwhile->start, end = p->end < meanwhile->end ? p->end : meanwhile->end;
        if (end > start && (end - start) * 5 >= (meanwhile->end - meanwhile->start) * 4) return p;
    }
    return NULL;
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
    return wait_order(a, b);
}

static void park(detector *d, futex *f, parkings *list) {
    wait *waits = malloc((f->wait_count + 1) * sizeof *waits);
    if (!waits) return;
    memcpy(waits, f->waits, f->wait_count * sizeof *waits);
    qsort(waits, f->wait_count, sizeof *waits, by_thread);
    for (size_t i = 0; i < f->wait_count;) {
        parking p = { f, waits[i].start, waits[i].end, waits[i].tid, 0, 1, waits[i].operation, waits[i].outcome, 0, 0, 0 };
        uint32_t value = waits[i].value;
        size_t j = i + 1;
        for (; j < f->wait_count && waits[j].tid == p.tid && waits[j].start <= p.end + again_within
               && (waits[j - 1].outcome != WAIT_TIMED_OUT); j++) {
            if (waits[j].end > p.end) p.end = waits[j].end;
            p.outcome = waits[j].outcome;
            p.calls++;
        }
        if (!parking_add(d, list, p, value)) break;
        i = j;
    }
    free(waits);
}

// ---- What the thread did that was waited for

typedef struct doing {
    uint32_t call;
    uint64_t time, count;
} doing;

static int doing_order(const void *a, const void *b) {
    const doing *x = a, *y = b;
    return x->time < y->time ? 1 : x->time > y->time ? -1 : 0;
}

typedef struct deeds {
    uint64_t outside, idle;
    doing calls[64];
    size_t count;
} deeds;

static deeds deeds_of(const detector *d, const thread *t, uint64_t from, uint64_t to) {
    deeds result = { 0 };
    spans in_calls = { 0 }, idle = { 0 };
    uint64_t begin = t->first > from ? t->first : from, end = t->ended && t->ended < to ? t->ended : to;
    for (size_t i = 0; i < t->call_count; i++) {
        uint64_t start = t->calls[i].start > begin ? t->calls[i].start : begin, stop = t->calls[i].end < end ? t->calls[i].end : end;
        if (stop <= start) continue;
        spans_add(&in_calls, start, stop);
        if (is_idle_call(d, t->calls[i].call)) spans_add(&idle, start, stop);
        size_t k = 0;
        while (k < result.count && result.calls[k].call != t->calls[i].call) k++;
        if (k == sizeof result.calls / sizeof *result.calls) continue;
        if (k == result.count) result.calls[result.count++] = (doing){ t->calls[i].call, 0, 0 };
        result.calls[k].time += stop - start;
        result.calls[k].count++;
    }
    // A wait that has not ended is no call yet.
    if (t->under_way.start && t->under_way.end > t->under_way.start && t->under_way.outcome == WAIT_UNFINISHED) {
        uint64_t start = t->under_way.start > begin ? t->under_way.start : begin, stop = t->under_way.end < end ? t->under_way.end : end;
        spans_add(&in_calls, start, stop);
        spans_add(&idle, start, stop);
    }
    uint64_t whole = end > begin ? end - begin : 0, inside = spans_total(&in_calls);
    result.outside = whole > inside ? whole - inside : 0;
    result.idle = spans_total(&idle);
    qsort(result.calls, result.count, sizeof *result.calls, doing_order);
    spans_free(&in_calls);
    spans_free(&idle);
    return result;
}

// Names of calls, for evidence: the host tells ids of names only, so those worth naming are asked for.
static const char *call_name(const detector *d, uint32_t call) {
    static const char *names[] = {
        "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "openat", "open", "close", "fsync", "fdatasync",
        "sync_file_range", "lseek", "mmap", "munmap", "mprotect", "madvise", "brk", "ioctl", "futex", "futex_wait", "futex_waitv", "poll",
        "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "nanosleep", "clock_nanosleep", "wait4", "waitid", "recvfrom", "recvmsg",
        "sendto", "sendmsg", "accept", "accept4", "connect", "sendfile", "splice", "copy_file_range", "io_uring_enter", "io_getevents",
        "getdents64", "newfstatat", "statx", "fstat", "unlink", "unlinkat", "rename", "sched_yield", "clone", "clone3", "exit", "msync",
        "process_vm_readv", "getrandom", "flock", "fallocate", "ftruncate", "futex_wake"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (d->host->call(d->host, report_string(names[i])) == call) return names[i];
    return "another call";
}

static void describe_deeds(detector *d, report *r, const thread *t, uint64_t from, uint64_t to) {
    deeds done = deeds_of(d, t, from, to);
    char text[400];
    int n = snprintf(text, sizeof text, "on CPU or ready %.2f ms (%.0f%%)", ms(done.outside), percent((double)done.outside, (double)(to - from)));
    for (size_t i = 0; i < done.count && i < 4 && n > 0 && (size_t)n < sizeof text; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ", %s %.2f ms (%llu)", call_name(d, done.calls[i].call), ms(done.calls[i].time),
            (unsigned long long)done.calls[i].count);
    char name[64];
    report_text(name, sizeof name, "Waited for thread %d (%s)", t->tid, t->command[0] ? t->command : "?");
    report_measured(r, name, "%s", text);
}

// ---- Idle waiters

static void describe_wait(const detector *d, report *r, const parking *p, uint64_t from, uint64_t to) {
    char name[96], operation[40];
    report_text(name, sizeof name, "wait[%#llx, %s]", (unsigned long long)p->futex->address, operation_name(p->operation, operation, sizeof operation));
    uint64_t start = p->start > from ? p->start : from, end = p->end < to ? p->end : to;
    report_measured(r, name, "%.2f ms (%u calls), thread %d (%s), %s%s%s%s", ms(end > start ? end - start : 0), p->calls, p->tid,
        command_of(d, p->tid), p->futex->is_shared ? "shared " : "", p->futex->region, p->futex->symbol[0] ? ", " : "", p->futex->symbol);
    report_task(r, p->tid);
}

// Other futexes that were waited for meanwhile: small, and shown so that nobody takes them for the cause.
static void describe_others(const detector *d, report *r, const parking *group, size_t count, uint64_t from, uint64_t to) {
    int shown = 0;
    for (const futex *f = d->futexes; f && shown < 3; f = f->next) {
        int is_of_group = 0;
        for (size_t i = 0; i < count; i++) is_of_group |= group[i].futex == f;
        if (is_of_group) continue;
        spans waits = { 0 };
        uint32_t calls = 0, operation = 0;
        for (size_t i = 0; i < f->wait_count; i++) {
            if (f->waits[i].end <= from || f->waits[i].start >= to) continue;
            spans_add(&waits, f->waits[i].start > from ? f->waits[i].start : from, f->waits[i].end < to ? f->waits[i].end : to);
            operation = f->waits[i].operation;
            calls++;
        }
        uint64_t total = spans_total(&waits);
        spans_free(&waits);
        if (!calls || total * 5 >= to - from) continue;
        char name[96], text[40];
        report_text(name, sizeof name, "wait[%#llx, %s]", (unsigned long long)f->address, operation_name(operation, text, sizeof text));
        report_measured(r, name, "%.2f ms (%u calls), %s%s%s", ms(total), calls, f->region, f->symbol[0] ? ", " : "", f->symbol);
        shown++;
    }
}

static void report_idle(detector *d, const parkings *list, parking *group, size_t count, int is_inconclusive) {
    // The window: from when half of them were parked until the last was released.
    uint64_t from = 0, to = 0;
    uint64_t *starts = malloc(count * sizeof *starts);
    if (!starts) return;
    for (size_t i = 0; i < count; i++) {
        size_t k = i;
        while (k > 0 && starts[k - 1] > group[i].start) {
            starts[k] = starts[k - 1];
            k--;
        }
        starts[k] = group[i].start;
        if (group[i].end > to) to = group[i].end;
    }
    from = starts[count / 2];
    free(starts);
    if (d->window_from > from) from = d->window_from;
    if (d->window_to < to) to = d->window_to;
    if (to <= from || to - from < d->minimum_wait / 2) return;

    size_t threads = 0, known = 0, unfinished = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t start = group[i].start > from ? group[i].start : from, end = group[i].end < to ? group[i].end : to;
        if (end > start && (double)(end - start) >= d->share * (double)(to - from)) threads++;
        known += group[i].is_known;
        unfinished += group[i].outcome == WAIT_UNFINISHED;
    }
    if (!threads) return;

    int32_t worker = 0;
    for (size_t i = 0; i < count && !worker; i++)
        if (group[i].waited_for && group[i].is_known) worker = group[i].waited_for;
    for (size_t i = 0; i < count && !worker; i++) worker = group[i].waited_for;
    int is_known = known > 0;
    thread *t = worker ? thread_known(d, worker) : NULL;
    if (!t) {
        // Nobody ever woke them: who of their process was at work?
        uint64_t most = 0;
        for (thread *other = d->threads; other; other = other->next) {
            if (other->pid != group[0].futex->pid) continue;
            int is_waiter = 0;
            for (size_t i = 0; i < count; i++) is_waiter |= group[i].tid == other->tid;
            if (is_waiter) continue;
            deeds done = deeds_of(d, other, from, to);
            uint64_t begin = other->first > from ? other->first : from, end = other->ended && other->ended < to ? other->ended : to;
            uint64_t busy = end > begin && end - begin > done.idle ? end - begin - done.idle : 0;
            if (busy > most) {
                most = busy;
                t = other;
            }
        }
        is_known = 0;
    }

    uint64_t busy = 0;
    if (t) {
        deeds done = deeds_of(d, t, from, to);
        uint64_t begin = t->first > from ? t->first : from, end = t->ended && t->ended < to ? t->ended : to;
        uint64_t whole = end > begin ? end - begin : 0;
        busy = whole > done.idle ? whole - done.idle : 0;
    }
    int is_bottleneck = t && busy * 2 >= to - from;
    report *r = &d->report;
    double confidence = !t ? 0.4 : is_known ? 0.95 : 0.7;
    uint32_t severity = !is_bottleneck ? RENACER_INFORMATION : threads < 2 ? RENACER_LOW : RENACER_MEDIUM;
    report_begin(r, is_bottleneck ? "idle-waiters" : "idle-pool", severity, confidence, from, to);
    r->finding.is_inconclusive = (uint32_t)is_inconclusive;
    const char *waiters = threads == 1 ? "waiter" : "waiters";
    if (is_bottleneck)
        report_text(r->title, sizeof r->title, "%zu idle %s, not contention: parked until thread %d (%s) was done", threads, waiters, t->tid,
            t->command[0] ? t->command : "?");
    else if (t)
        report_text(r->title, sizeof r->title, "%zu idle %s: nothing to do, like thread %d (%s) that wakes them", threads, waiters, t->tid,
            t->command[0] ? t->command : "?");
    else
        report_text(r->title, sizeof r->title, "%zu idle %s: parked, and nobody woke them", threads, waiters);
    report_measured(r, "Window", "%.2f ms of %.2f ms traced", ms(to - from), ms(d->end - d->start));
    for (size_t i = 0; i < count && i < 12; i++) describe_wait(d, r, &group[i], from, to);
    describe_others(d, r, group, count, from, to);
    if (t) {
        describe_deeds(d, r, t, from, to);
        report_task(r, t->tid);
    }
    for (size_t i = 0; i < list->count; i++) {
        const parking *p = &list->all[i];
        if (!p->is_indirect || p->start >= to || p->end <= from) continue;
        for (size_t k = 0; k < count; k++) {
            if (group[k].tid != p->waited_for) continue;
            report_measured(r, "Behind them", "thread %d (%s) waits %.2f ms for thread %d", p->tid, command_of(d, p->tid), ms(p->end - p->start), p->waited_for);
            break;
        }
    }
    if (unfinished) report_measured(r, "Unfinished waits", "%zu, counted to the end of the window", unfinished);
    if (is_bottleneck) {
        report_text(r->reason, sizeof r->reason, "the waits are a symptom: each thread sleeps until thread %d is done, so nothing is gained by fewer futex calls", t->tid);
        report_text(r->advice, sizeof r->advice, "look at what thread %d does in this window (perf record -t %d, renacer -p %d): that is the bottleneck", t->tid, t->tid, t->tid);
    } else {
        report_text(r->reason, sizeof r->reason, "parked threads cost nothing while there is no work");
        report_text(r->advice, sizeof r->advice, "leave them out when you look for where time goes");
    }
    report_send(r, d->host);
}

static void find_idle(detector *d, int is_inconclusive) {
    parkings list = { 0 };
    for (futex *f = d->futexes; f; f = f->next) park(d, f, &list);
    qsort(list.all, list.count, sizeof *list.all, parking_order);
    mark_indirect(&list);
    parking *group = malloc((list.count + 1) * sizeof *group);
    int reported = 0;
    for (size_t i = 0; group && i < list.count && reported < 16; i++) {
        parking *first = &list.all[i];
        if (first->is_taken || first->is_indirect || first->end <= d->window_from || first->start >= d->window_to) continue;
        size_t n = 0;
        uint64_t slack = (first->end - first->start) / 10;
        if (slack < together_within) slack = together_within;
        for (size_t j = i; j < list.count && list.all[j].end <= first->end + slack; j++) {
            parking *p = &list.all[j];
            if (p->is_taken || p->is_indirect || (p->futex->pid != first->futex->pid && !p->futex->is_shared)) continue;
            if (p->waited_for != first->waited_for && p->waited_for && first->waited_for) continue;
            // A chain: they wait for who waits for them.
            if (p->tid == first->waited_for) continue;
            if (p->end <= d->window_from || p->start >= d->window_to) continue;
            p->is_taken = 1;
            group[n++] = *p;
        }
        if (n) {
            report_idle(d, &list, group, n, is_inconclusive);
            reported++;
        }
    }
    free(group);
    free(list.all);
}

// ---- One futex

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

static void name_futex(const futex *f, report *r) {
    report_measured(r, "Futex", "%#llx, %s%s%s%s", (unsigned long long)f->address, f->is_shared ? "shared " : "", f->region,
        f->symbol[0] ? ", " : "", f->symbol);
}

// Timeouts at regular intervals: somebody polls.
static int find_timer(detector *d, futex *f, int is_inconclusive) {
    if (f->wait_count < d->timer_waits) return 0;
    size_t timeouts = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < f->wait_count; i++) {
        if (f->waits[i].outcome != WAIT_TIMED_OUT) continue;
        double length = (double)(f->waits[i].end - f->waits[i].start);
        timeouts++;
        sum += length;
        squares += length * length;
    }
    if (timeouts < d->timer_waits || timeouts * 2 < f->wait_count) return 0;
    double mean = sum / (double)timeouts, variance = squares / (double)timeouts - mean * mean;
    double variation = mean > 0 ? sqrt(variance > 0 ? variance : 0) / mean : 1;
    report *r = &d->report;
    report_begin(r, variation < 0.25 ? "periodic-timer" : "timed-waits", RENACER_INFORMATION, variation < 0.1 ? 0.95 : 0.8, f->waits[0].start, f->waits[f->wait_count - 1].end);
    r->finding.is_inconclusive = (uint32_t)is_inconclusive;
    report_text(r->title, sizeof r->title, "A thread wakes by a timer %s %.2f ms", variation < 0.25 ? "every" : "after about", mean / 1e6);
    name_futex(f, r);
    report_measured(r, "Timeouts", "%zu of %zu waits (%.0f%%)", timeouts, f->wait_count, percent((double)timeouts, (double)f->wait_count));
    report_number(r, "Variation of their length", variation * 100, "%");
    for (size_t i = 0; i < f->wait_count; i++) report_task(r, f->waits[i].tid);
    report_text(r->reason, sizeof r->reason, "its wait time is a poll interval, not a wait for anybody");
    report_text(r->advice, sizeof r->advice, "if wake-ups matter, wait for an event rather than look for it again and again");
    report_send(r, d->host);
    return 1;
}

// Wakes of many of whom all but one wait again at once.
static int find_herd(detector *d, futex *f, int is_inconclusive) {
    size_t herds = 0, broadcasts = 0;
    uint64_t vain = 0;
    for (size_t i = 0; i < f->wake_count; i++) {
        uint32_t woken = f->wakes[i].woken;
        if (woken < 3 || woken > 1 << 20) continue;
        broadcasts++;
        uint64_t until = f->wakes[i].end + herd_within;
        // Their next waits may begin before the wake's own end is seen.
        uint32_t again = 0;
        size_t low = 0, high = f->wait_count;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (f->waits[middle].start < f->wakes[i].start) low = middle + 1; else high = middle;
        }
        for (size_t k = low; k < f->wait_count && f->waits[k].start <= until; k++)
            if (f->waits[k].tid != f->wakes[i].tid) again++;
        if (again + 1 >= woken) {
            herds++;
            vain += woken - 1;
        }
    }
    if (herds < 5 || herds * 2 < broadcasts) return 0;
    report *r = &d->report;
    report_begin(r, "herd", RENACER_MEDIUM, 0.85, f->wakes[0].start, f->wakes[f->wake_count - 1].end);
    r->finding.is_inconclusive = (uint32_t)is_inconclusive;
    report_text(r->title, sizeof r->title, "Thundering herd: threads are woken to wait again at once");
    name_futex(f, r);
    report_measured(r, "Wakes of three and more", "%zu, of which %zu woke all but one in vain", broadcasts, herds);
    report_number(r, "Threads woken in vain", (double)vain, "");
    for (size_t i = 0; i < f->wait_count; i++) report_task(r, f->waits[i].tid);
    report_text(r->reason, sizeof r->reason, "every wake costs as many switches as threads are woken, and one of them finds work");
    report_text(r->advice, sizeof r->advice, "wake one (pthread_cond_signal, notify_one), or requeue the others");
    report_send(r, d->host);
    return 1;
}

// The same threads wait and wake, often and shortly.
static int find_contention(detector *d, futex *f, int is_inconclusive) {
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
    r->finding.is_inconclusive = (uint32_t)is_inconclusive;
    if (is_convoy) report_text(r->title, sizeof r->title, "Lock convoy: %zu threads hand one lock from each to the next", waiter_count);
    else report_text(r->title, sizeof r->title, "Contention: %zu threads fight for one lock", waiter_count);
    name_futex(f, r);
    report_measured(r, "Waits", "%llu, %.0f a second, median %.3f ms, longest %.3f ms", (unsigned long long)f->all_waits,
        (double)f->all_waits / ((double)(to - from) / 1e9), ms(median), ms(longest));
    report_measured(r, "Blocked", "%.2f ms of its threads' time (%.0f%%)", ms(blocked), share * 100);
    report_measured(r, "Roles", "%zu threads wait, %zu wake, %zu do both (%.0f%%)", waiter_count, waker_count, both, overlap * 100);
    if (is_convoy) report_measured(r, "Hand-overs", "%zu of %zu wakes came from the thread woken before", handed, wakes);
    for (size_t i = 0; i < waiter_count; i++) report_task(r, waiters[i]);
    report_text(r->reason, sizeof r->reason, is_convoy
        ? "the threads run one after the other: what they do between two turns adds up to the time of one"
        : "threads that could run in parallel wait for each other");
    report_text(r->advice, sizeof r->advice, is_convoy
        ? "do less under the lock, above all no waiting or input and output; give each thread a share of the data"
        : "hold the lock more shortly, split it, or let threads keep data of their own");
    report_send(r, d->host);
    return 1;
}

void analyse(detector *d) {
    int is_inconclusive = balance_is_bad(&d->balance);
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
        if (find_herd(d, f, is_inconclusive) || find_contention(d, f, is_inconclusive) || find_timer(d, f, is_inconclusive)) reported++;
    }
    find_idle(d, is_inconclusive);
}
