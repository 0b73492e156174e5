// Idle waiters: who is parked for nearly a whole window, and the thread that all of them wait for.
#include "analysis.h"

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

static void describe_wait(const detector *d, report *r, const parking *p, uint64_t from, uint64_t to) {
    char name[96], operation[40];
    report_text(name, sizeof name, "wait[%#llx, %s]", (unsigned long long)p->futex->address, operation_name(p->operation, operation, sizeof operation));
    uint64_t start = p->start > from ? p->start : from, end = p->end < to ? p->end : to;
    report_measured(r, name, "%.2f ms (%u calls), thread %d (%s), %s%s%s%s", milliseconds(end > start ? end - start : 0), p->calls, p->tid,
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
        report_measured(r, name, "%.2f ms (%u calls), %s%s%s", milliseconds(total), calls, f->region, f->symbol[0] ? ", " : "", f->symbol);
        shown++;
    }
}

// Where they wait, each place once.
static void describe_places(report *r, const parking *group, size_t count) {
    int shown = 0;
    for (size_t i = 0; i < count && shown < 3; i++) {
        size_t threads = 0, first = i;
        for (size_t k = 0; k < count; k++) {
            if (group[k].stack != group[i].stack) continue;
            if (k < first) first = k;
            threads++;
        }
        if (!group[i].stack || first != i) continue;
        char name[32];
        report_text(name, sizeof name, "%zu %s at", threads, threads == 1 ? "waits" : "wait");
        report_measured(r, name, "%s", group[i].stack);
        shown++;
    }
}

// Where the thread was that they waited for, when it woke the last of them.
static void describe_release(report *r, const thread *t, const parking *group, size_t count) {
    const wake *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const futex *f = group[i].futex;
        for (size_t k = 0; k < f->wake_count && f->wakes[k].start <= group[i].end; k++)
            if (f->wakes[k].tid == t->tid && f->wakes[k].stack && f->wakes[k].end >= group[i].start && (!last || f->wakes[k].start > last->start))
                last = &f->wakes[k];
    }
    if (last) report_measured(r, "It woke them at", "%s", last->stack);
}

static void report_idle(detector *d, const parkings *list, parking *group, size_t count) {
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
            deeds done = deeds_of(other, from, to);
            uint64_t begin = other->first > from ? other->first : from, end = other->ended && other->ended < to ? other->ended : to;
            uint64_t busy = end > begin && end - begin > done.idle ? end - begin - done.idle : 0;
            if (busy > most) {
                most = busy;
                t = other;
            }
        }
        is_known = 0;
    }

    uint64_t busy = 0, ready = 0;
    if (t) {
        deeds done = deeds_of(t, from, to);
        uint64_t begin = t->first > from ? t->first : from, end = t->ended && t->ended < to ? t->ended : to;
        uint64_t whole = end > begin ? end - begin : 0;
        busy = whole > done.idle ? whole - done.idle : 0;
        // While others had the CPU it could do nothing: that is not counted for it, nor against it.
        if (done.is_measured) ready = done.ready < busy ? done.ready : busy;
        busy -= ready;
    }
    int is_bottleneck = t && busy * 2 >= to - from - ready && busy * 20 >= to - from;
    int is_starved = t && !is_bottleneck && ready * 2 >= to - from;
    // Whom they wait for fights for a lock, which is told.
    if (t && t->is_fighting && !is_bottleneck) return;
    report *r = &d->report;
    double confidence = !t ? 0.4 : is_known ? 0.95 : 0.7;
    uint32_t severity = !is_bottleneck ? RENACER_INFORMATION : threads < 2 ? RENACER_LOW : RENACER_MEDIUM;
    report_begin(r, is_bottleneck ? "idle-waiters" : is_starved ? "starved" : "idle-pool", severity, confidence, from, to);
    report_balance(r, &d->balance);
    const char *waiters = threads == 1 ? "waiter" : "waiters";
    if (is_bottleneck)
        report_text(r->title, sizeof r->title, "%zu idle %s, not contention: parked until thread %d (%s) was done", threads, waiters, t->tid,
            t->command[0] ? t->command : "?");
    else if (is_starved)
        report_text(r->title, sizeof r->title, "%zu idle %s: thread %d (%s) that wakes them got no CPU", threads, waiters, t->tid,
            t->command[0] ? t->command : "?");
    else if (t)
        report_text(r->title, sizeof r->title, "%zu idle %s: nothing to do, like thread %d (%s) that wakes them", threads, waiters, t->tid,
            t->command[0] ? t->command : "?");
    else
        report_text(r->title, sizeof r->title, "%zu idle %s: parked, and nobody woke them", threads, waiters);
    report_measured(r, "Window", "%.2f ms of %.2f ms traced", milliseconds(to - from), milliseconds(d->end - d->start));
    for (size_t i = 0; i < count && i < 12; i++) describe_wait(d, r, &group[i], from, to);
    describe_places(r, group, count);
    describe_others(d, r, group, count, from, to);
    if (t) {
        describe_deeds(d, r, t, from, to);
        describe_release(r, t, group, count);
        report_task(r, t->tid);
    }
    for (size_t i = 0; i < list->count; i++) {
        const parking *p = &list->all[i];
        if (!p->is_indirect || p->start >= to || p->end <= from) continue;
        for (size_t k = 0; k < count; k++) {
            if (group[k].tid != p->waited_for) continue;
            report_measured(r, "Behind them", "thread %d (%s) waits %.2f ms for thread %d", p->tid, command_of(d, p->tid), milliseconds(p->end - p->start), p->waited_for);
            break;
        }
    }
    if (unfinished) report_measured(r, "Unfinished waits", "%zu, counted to the end of the window", unfinished);
    if (is_bottleneck) {
        report_text(r->reason, sizeof r->reason, "the waits are a symptom: each thread sleeps until thread %d is done, so nothing is gained by fewer futex calls", t->tid);
        report_text(r->advice, sizeof r->advice, "look at what thread %d does in this window (perf record -t %d, renacer -p %d): that is the bottleneck", t->tid, t->tid, t->tid);
    } else if (is_starved) {
        report_text(r->reason, sizeof r->reason, "it could have run for most of this window, but the CPUs were others'");
        report_text(r->advice, sizeof r->advice, "look at what else runs on this machine, and trace again when it is quiet");
    } else {
        report_text(r->reason, sizeof r->reason, "parked threads cost nothing while there is no work");
        report_text(r->advice, sizeof r->advice, "leave them out when you look for where time goes");
    }
    report_send(r, d->host);
}

void find_idle(detector *d) {
    parkings list = { 0 };
    find_parked(d, &list);
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
            report_idle(d, &list, group, n);
            reported++;
        }
    }
    free(group);
    free(list.all);
}
