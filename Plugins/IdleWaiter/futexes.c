// Futexes: of a process, or of memory that processes share, and the calls on them.
#include "futexes.h"
#include "../Support/log.h"

// futex(2), futex2(2): operations and flags of the calls' registers.
enum {
    OP_WAIT = 0, OP_WAKE = 1, OP_REQUEUE = 3, OP_CMP_REQUEUE = 4, OP_WAKE_OP = 5, OP_LOCK_PI = 6, OP_UNLOCK_PI = 7,
    OP_WAIT_BITSET = 9, OP_WAKE_BITSET = 10, OP_WAIT_REQUEUE_PI = 11, OP_CMP_REQUEUE_PI = 12, OP_LOCK_PI2 = 13,
    OP_PRIVATE = 128, OP_CLOCK = 256, OP_MASK = ~(OP_PRIVATE | OP_CLOCK),
    ERROR_AGAIN = 11, ERROR_TIMED_OUT = 110
};

// Who waits again within this was woken for nothing.
static const uint64_t at_once = 5000000;

// The futex at an address: of a process, or of the memory that processes share.
static futex *futex_at(detector *d, const renacer_event *e, uint64_t address, int is_private, int is_wait) {
    uint64_t epoch = (uint64_t)(uintptr_t)table_get(&d->epochs, (uint64_t)e->pid);
    uint64_t id = table_mix(table_mix((uint64_t)e->pid << 1 | (uint64_t)is_private, epoch), address);
    futex *f = table_get(&d->futex_table, id);
    if (f && (f->region[0] || !is_wait)) return f;
    renacer_mapping m = { .size = sizeof m };
    int is_mapped = (is_wait || !is_private) && d->host->mapping(d->host, e->tid, address, &m) == RENACER_OK;
    uint64_t shared = 0;
    if (!is_private && is_mapped && m.permissions & 8) {
        // The same place of a file or of shared memory, whoever maps it.
        shared = table_mix(table_mix(m.inode, (uint64_t)m.device_major << 32 | m.device_minor), address - m.start + m.offset) | 1;
        futex *same = table_get(&d->futex_table, shared);
        if (same && same != f) {
            table_put(&d->futex_table, id, same);
            return same;
        }
    }
    // Its memory is not there to be looked at any more: what a process inherited lies at the same address.
    for (futex *same = d->futexes; !f && !is_private && !is_mapped && same; same = same->next)
        if (same->is_shared && same->address == address) f = same;
    if (!f) {
        f = calloc(1, sizeof *f);
        if (!f || !table_put(&d->futex_table, id, f)) {
            free(f);
            d->is_out_of_memory = 1;
            return NULL;
        }
        if (shared) table_put(&d->futex_table, shared, f);
        f->address = address;
        f->pid = e->pid;
        f->is_shared = shared != 0;
        f->next = d->futexes;
        d->futexes = f;
    }
    if (is_wait && is_mapped) {
        if (m.name.length) report_text(f->region, sizeof f->region, "%.*s", (int)m.name.length, m.name.data);
        else if (m.below.length) report_text(f->region, sizeof f->region, ".bss of %.*s", (int)m.below.length, m.below.data);
        else report_text(f->region, sizeof f->region, "anonymous memory");
        renacer_symbol s = { .size = sizeof s };
        if (d->host->symbol(d->host, e->tid, address, &s) == RENACER_OK)
            report_text(f->symbol, sizeof f->symbol, "%.*s+%#llx", (int)s.name.length, s.name.data, (unsigned long long)s.offset);
    } else if (is_wait) {
        report_text(f->region, sizeof f->region, "unknown memory");
    }
    return f;
}

void remember_wait(detector *d, futex *f, wait w) {
    void *room = log_room(f->waits, &f->wait_count, &f->wait_capacity, sizeof w, LOG_LIMIT);
    if (!room) {
        d->is_out_of_memory = 1;
        return;
    }
    f->waits = room;
    f->waits[f->wait_count++] = w;
    f->all_waits++;
}

static void remember_wake(detector *d, futex *f, const renacer_event *e, uint32_t woken) {
    if (!f) return;
    wake w = { e->enter_time ? e->enter_time : e->time, e->exit_time ? e->exit_time : e->time, e->tid, woken, woken ? stack_of(d, e) : NULL };
    void *room = log_room(f->wakes, &f->wake_count, &f->wake_capacity, sizeof w, LOG_LIMIT);
    if (!room) {
        d->is_out_of_memory = 1;
        return;
    }
    f->wakes = room;
    f->wakes[f->wake_count++] = w;
    f->all_wakes++;
}

// Which operation a call is, and on which futex; OP_WAIT_BITSET stands for every plain wait of futex2(2).
static int operation(const detector *d, const renacer_event *e, uint64_t *address, int *is_private, uint32_t *value) {
    *address = e->arguments[0];
    *value = (uint32_t)e->arguments[2];
    if (e->call == d->ids.futex) {
        *is_private = (e->arguments[1] & OP_PRIVATE) != 0;
        return (int)(e->arguments[1] & OP_MASK & 0xffffffff);
    }
    if (e->call == d->ids.futex_wait) {
        *is_private = (e->arguments[3] & OP_PRIVATE) != 0;
        *value = (uint32_t)e->arguments[1];
        return OP_WAIT_BITSET;
    }
    if (e->call == d->ids.futex_wake) {
        *is_private = (e->arguments[3] & OP_PRIVATE) != 0;
        return OP_WAKE_BITSET;
    }
    if (e->call == d->ids.futex_waitv || e->call == d->ids.futex_requeue) {
        // struct futex_waitv: value, address, flags. The one that woke it, or the first.
        struct { uint64_t value, address; uint32_t flags, reserved; } v;
        uint64_t index = e->call == d->ids.futex_waitv && e->kind == RENACER_CALL && e->outcome == RENACER_RETURNED
            ? (uint64_t)e->result & 127 : 0;
        if (d->host->read(d->host, e, e->arguments[0] + index * sizeof v, &v, sizeof v) != sizeof v) return -1;
        *address = v.address;
        *is_private = (v.flags & OP_PRIVATE) != 0;
        *value = (uint32_t)v.value;
        return e->call == d->ids.futex_waitv ? OP_WAIT_BITSET : OP_REQUEUE;
    }
    return -1;
}

static int is_wait(int op) {
    return op == OP_WAIT || op == OP_WAIT_BITSET || op == OP_LOCK_PI || op == OP_LOCK_PI2 || op == OP_WAIT_REQUEUE_PI;
}

// Whether a call waits for something to happen; of futexes only some operations do.
int is_idle_call(const detector *d, const renacer_event *e) {
    if (e->call == d->ids.futex && !is_wait((int)(e->arguments[1] & OP_MASK & 0xffffffff))) return 0;
    for (size_t i = 0; i < d->ids.idle_count; i++)
        if (d->ids.idle[i] == e->call) return 1;
    return 0;
}

// When a wait is to end if nobody ends it: futex(2), futex_wait(2), futex_waitv(2).
static void timeout_of(const detector *d, const renacer_event *e, int op, wait *w) {
    enum { COMPAT32 = 2, REALTIME = 0 };
    int is_old = e->call == d->ids.futex;
    uint64_t at = e->arguments[e->call == d->ids.futex_wait ? 4 : 3];
    if (!at) return;
    if (is_old && e->personality == COMPAT32) {
        int32_t time[2];
        if (d->host->read(d->host, e, at, time, sizeof time) != sizeof time) return;
        w->timeout = (uint64_t)time[0] * 1000000000 + (uint64_t)time[1];
    } else {
        int64_t time[2];
        if (d->host->read(d->host, e, at, time, sizeof time) != sizeof time) return;
        w->timeout = (uint64_t)time[0] * 1000000000 + (uint64_t)time[1];
    }
    int is_realtime = is_old ? op == OP_LOCK_PI || e->arguments[1] & OP_CLOCK
        : (int32_t)e->arguments[e->call == d->ids.futex_wait ? 5 : 4] == REALTIME;
    w->clock = is_old && op == OP_WAIT ? RELATIVE : is_realtime ? UNTIL_REALTIME : UNTIL_MONOTONIC;
}

void futex_call(detector *d, thread *t, const renacer_event *e) {
    uint64_t address;
    int is_private = 0;
    uint32_t value;
    int op = operation(d, e, &address, &is_private, &value);
    if (op < 0) return;
    if (is_wait(op)) {
        futex *f = futex_at(d, e, address, is_private, 1);
        if (!f) return;
        uint32_t shown = e->call == d->ids.futex ? (uint32_t)e->arguments[1] : (uint32_t)(OP_WAIT_BITSET | (is_private ? OP_PRIVATE : 0));
        wait w = { .start = e->enter_time ? e->enter_time : e->time, .end = e->time, .tid = t->tid, .value = value, .operation = shown,
            .outcome = WAIT_UNFINISHED };
        w.stack = e->kind == RENACER_CALL && t->waiting == f ? t->under_way.stack : stack_of(d, e);
        w.is_again = t->woken_from == f && w.start - t->woken_at <= at_once;
        w.is_continued = !t->has_acted;
        timeout_of(d, e, op, &w);
        if (e->kind == RENACER_CALL_ENTERED) {
            t->waiting = f;
            t->under_way = w;
            return;
        }
        if (t->waiting == f && !w.clock) {
            w.clock = t->under_way.clock;
            w.timeout = t->under_way.timeout;
        }
        t->waiting = NULL;
        // Its beginning was not seen: the trace began in it.
        if (!e->enter_time) w.start = d->start;
        w.end = e->exit_time ? e->exit_time : e->time;
        if (e->outcome == RENACER_RETURNED) w.outcome = WAIT_WOKEN;
        else if (e->outcome == RENACER_CALL_FAILED)
            w.outcome = e->error == ERROR_TIMED_OUT ? WAIT_TIMED_OUT : e->error == ERROR_AGAIN ? WAIT_AGAIN : WAIT_INTERRUPTED;
        remember_wait(d, f, w);
        t->woken_from = w.outcome == WAIT_WOKEN ? f : NULL;
        t->woken_at = w.end;
        t->has_acted = 0;
        return;
    }
    if (e->kind == RENACER_CALL) t->woken_from = NULL;
    if (e->kind != RENACER_CALL || e->outcome != RENACER_RETURNED) return;
    uint32_t count = e->result > 0 ? (uint32_t)(e->result > INT32_MAX ? INT32_MAX : e->result) : 0;
    // The kernel does not tell how many UNLOCK_PI woke: one, since nobody calls it otherwise.
    if (op == OP_UNLOCK_PI) count = 1;
    if (count) t->has_acted = 1;
    switch (op) {
    case OP_WAKE: case OP_WAKE_BITSET: case OP_REQUEUE: case OP_CMP_REQUEUE: case OP_CMP_REQUEUE_PI: case OP_UNLOCK_PI:
        remember_wake(d, futex_at(d, e, address, is_private, 0), e, count);
        break;
    case OP_WAKE_OP:
        remember_wake(d, futex_at(d, e, address, is_private, 0), e, count);
        remember_wake(d, futex_at(d, e, e->arguments[4], is_private, 0), e, count);
        break;
    }
}
