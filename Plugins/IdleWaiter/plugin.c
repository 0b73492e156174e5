// idle-waiter: threads parked on futexes, and whom they wait for.
#include "futexes.h"
#include "../Support/log.h"
#include "../Support/option.h"

// futex(2), futex2(2): operations and flags of the calls' registers.
enum {
    OP_WAIT = 0, OP_WAKE = 1, OP_REQUEUE = 3, OP_CMP_REQUEUE = 4, OP_WAKE_OP = 5, OP_LOCK_PI = 6, OP_UNLOCK_PI = 7,
    OP_WAIT_BITSET = 9, OP_WAKE_BITSET = 10, OP_WAIT_REQUEUE_PI = 11, OP_CMP_REQUEUE_PI = 12, OP_LOCK_PI2 = 13,
    OP_PRIVATE = 128, OP_CLOCK = 256, OP_MASK = ~(OP_PRIVATE | OP_CLOCK), PR_SET_NAME = 15,
    ERROR_AGAIN = 11, ERROR_TIMED_OUT = 110
};

// Who waits again within this was woken for nothing.
static const uint64_t at_once = 5000000;

static uint32_t call_id(const renacer_host *host, const char *name) { return host->call(host, report_string(name)); }

// ---- Options

static int text_option(const renacer_host *host, const char *name, char *to, size_t size) {
    renacer_value v = { .size = sizeof v };
    if (host->option(host, report_string(name), &v) != RENACER_OK || v.text.length >= size) return 0;
    memcpy(to, v.text.data, v.text.length);
    to[v.text.length] = 0;
    return 1;
}

// A time such as 1.5s or 200ms, ns; 0 on failure.
static int time_in(const char *text, const char **end, uint64_t *ns) {
    char *behind;
    double n = strtod(text, &behind);
    if (behind == text || !(n >= 0 && n < 1e9)) return 0;
    double scale = 0;
    static const struct { const char *name; double scale; } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
    for (size_t i = 0; i < 4 && !scale; i++) {
        size_t length = strlen(units[i].name);
        if (!strncmp(behind, units[i].name, length)) {
            scale = units[i].scale;
            behind += length;
        }
    }
    *end = behind;
    *ns = (uint64_t)(n * scale);
    return scale != 0;
}

// `auto`, `FROM-TO` as times since the trace began, or `marker:TEXT[..TEXT]`.
static int window_option(detector *d, const char *text) {
    if (!strcmp(text, "auto")) return 1;
    if (!strncmp(text, "marker:", 7)) {
        const char *dots = strstr(text + 7, "..");
        size_t length = dots ? (size_t)(dots - text - 7) : strlen(text + 7);
        if (!length || length >= sizeof d->mark) return 0;
        memcpy(d->mark, text + 7, length);
        report_text(d->end_mark, sizeof d->end_mark, "%s", dots ? dots + 2 : d->mark);
        return d->end_mark[0] != 0;
    }
    const char *at;
    return time_in(text, &at, &d->window_from) && *at == '-' && time_in(at + 1, &at, &d->window_to) && !*at
        && d->window_to > d->window_from;
}

static renacer_status create(const renacer_host *host, void **instance) {
    detector *d = calloc(1, sizeof *d);
    if (!d) return RENACER_FAILED;
    *instance = d;
    d->host = host;
    char window[192] = "auto";
    text_option(host, "window", window, sizeof window);
    if (!window_option(d, window)) {
        host->fail(host, report_string("option 'window' is none of auto, FROM-TO (such as 1s-2500ms) and marker:TEXT[..TEXT]"));
        return RENACER_FAILED;
    }
    d->minimum_wait = (uint64_t)option_number(host, "min-wait", 100e6);
    d->share = option_number(host, "share", 0.8);
    d->timer_waits = (uint64_t)option_number(host, "timer-waits", 5);
    d->contended_waits = (uint64_t)option_number(host, "contended-waits", 50);
    d->contended_share = option_number(host, "contended-share", 0.05);
    ids *i = &d->ids;
    i->futex = call_id(host, "futex");
    i->futex_wait = call_id(host, "futex_wait");
    i->futex_wake = call_id(host, "futex_wake");
    i->futex_waitv = call_id(host, "futex_waitv");
    i->futex_requeue = call_id(host, "futex_requeue");
    i->prctl = call_id(host, "prctl");
    i->exit = call_id(host, "exit");
    i->openat = call_id(host, "openat");
    i->open = call_id(host, "open");
    i->write = call_id(host, "write");
    d->paths[0] = host->field(host, report_string("openat.pathname"));
    d->paths[1] = host->field(host, report_string("open.pathname"));
    static const char *idle[] = {
        "futex", "futex_wait", "futex_waitv", "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2",
        "nanosleep", "clock_nanosleep", "pause", "rt_sigsuspend", "rt_sigtimedwait", "wait4", "waitid", "accept", "accept4",
        "restart_syscall"
    };
    for (size_t n = 0; n < sizeof idle / sizeof *idle; n++) {
        uint32_t id = call_id(host, idle[n]);
        if (id) i->idle[i->idle_count++] = id;
    }
    return RENACER_OK;
}

// ---- Threads

thread *thread_known(const detector *d, int32_t tid) { return table_get(&d->thread_table, (uint64_t)tid); }

static void name_thread(detector *d, thread *t) {
    renacer_task task = { .size = sizeof task };
    if (d->host->task(d->host, t->tid, &task) != RENACER_OK) return;
    report_text(t->command, sizeof t->command, "%.*s", (int)task.command.length, task.command.data);
    take_sample(d, t, &task);
}

thread *thread_of(detector *d, int32_t tid, int32_t pid, uint64_t time) {
    thread *t = thread_known(d, tid);
    // An id may be given to another thread later.
    if (!t || (t->ended && time > t->ended && t->pid != pid)) {
        t = calloc(1, sizeof *t);
        if (!t || !table_put(&d->thread_table, (uint64_t)tid, t)) {
            free(t);
            d->is_out_of_memory = 1;
            return NULL;
        }
        t->tid = tid;
        t->pid = pid;
        t->first = time;
        t->next = d->threads;
        d->threads = t;
        name_thread(d, t);
    }
    t->last = time;
    return t;
}

// ---- Futexes

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

static void remember_wait(detector *d, futex *f, wait w) {
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
    wake w = { e->enter_time ? e->enter_time : e->time, e->exit_time ? e->exit_time : e->time, e->tid, woken };
    if (!f) return;
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
static int is_idle_call(const detector *d, const renacer_event *e) {
    if (e->call == d->ids.futex && !is_wait((int)(e->arguments[1] & OP_MASK & 0xffffffff))) return 0;
    for (size_t i = 0; i < d->ids.idle_count; i++)
        if (d->ids.idle[i] == e->call) return 1;
    return 0;
}

static void remember_call(detector *d, thread *t, const renacer_event *e) {
    if (!e->enter_time) return;
    void *room = log_room(t->calls, &t->call_count, &t->call_capacity, sizeof *t->calls, LOG_LIMIT);
    if (!room) {
        d->is_out_of_memory = 1;
        return;
    }
    t->calls = room;
    uint64_t end = e->exit_time ? e->exit_time : e->time;
    t->calls[t->call_count++] = (activity){ e->enter_time, end, e->call, (uint32_t)is_idle_call(d, e) };
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

static void futex_call(detector *d, thread *t, const renacer_event *e) {
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

// ---- Events

static void look_for_marks(detector *d, const renacer_event *e) {
    if (!d->mark[0] || d->marked_to) return;
    char text[256];
    size_t length = 0;
    renacer_value v = { .size = sizeof v };
    uint32_t path = e->call == d->ids.openat ? d->paths[0] : e->call == d->ids.open ? d->paths[1] : 0;
    if (path && d->host->value(d->host, e, path, &v) == RENACER_OK) {
        length = v.text.length < sizeof text ? v.text.length : sizeof text - 1;
        memcpy(text, v.text.data, length);
    } else if (e->call == d->ids.write && e->result > 0) {
        size_t count = (uint64_t)e->result < sizeof text ? (size_t)e->result : sizeof text - 1;
        // As much as was captured.
        for (; count && !length; count /= 2) length = d->host->read(d->host, e, e->arguments[1], text, count);
    }
    if (!length) return;
    text[length] = 0;
    if (!d->marked_from && memmem(text, length, d->mark, strlen(d->mark))) d->marked_from = e->time;
    else if (d->marked_from && memmem(text, length, d->end_mark, strlen(d->end_mark))) d->marked_to = e->time;
}

static renacer_status idle(void *instance) {
    sample_threads(instance);
    return RENACER_OK;
}

static renacer_status consume(void *instance, const renacer_event *e, size_t count) {
    detector *d = instance;
    sample_threads(d);
    for (; count--; e = renacer_next(e)) {
        if (!d->start) d->start = e->enter_time && e->enter_time < e->time ? e->enter_time : e->time;
        if (e->time > d->end) d->end = e->time;
        if (e->kind == RENACER_LOSS) {
            d->balance.lost += e->count;
            continue;
        }
        thread *t = thread_of(d, e->tid, e->pid, e->time);
        if (!t) continue;
        if (e->kind == RENACER_TASK) {
            if (e->code == RENACER_TASK_EXECUTED) {
                uint64_t epoch = (uint64_t)(uintptr_t)table_get(&d->epochs, (uint64_t)e->pid);
                table_put(&d->epochs, (uint64_t)e->pid, (void *)(uintptr_t)(epoch + 1));
                name_thread(d, t);
            } else if (e->code == RENACER_TASK_EXITED || e->code == RENACER_TASK_KILLED) {
                t->ended = e->time;
            }
            continue;
        }
        if (e->kind == RENACER_CALL) {
            d->balance.seen++;
            remember_call(d, t, e);
            if (e->call == d->ids.prctl && e->arguments[0] == PR_SET_NAME) name_thread(d, t);
            look_for_marks(d, e);
        }
        if (e->call == d->ids.futex || e->call == d->ids.futex_wait || e->call == d->ids.futex_wake || e->call == d->ids.futex_waitv
            || e->call == d->ids.futex_requeue)
            futex_call(d, t, e);
        else if (e->kind == RENACER_CALL) {
            t->woken_from = NULL;
            t->has_acted = 1;
        }
    }
    if (d->is_out_of_memory) {
        d->host->fail(d->host, report_string("out of memory"));
        return RENACER_FAILED;
    }
    return RENACER_OK;
}

static renacer_status finish(void *instance, const renacer_account *account) {
    detector *d = instance;
    // What is still waited for was waited for to the end.
    for (thread *t = d->threads; t; t = t->next) {
        if (!t->waiting) continue;
        t->under_way.end = t->ended && t->ended > t->under_way.start ? t->ended : d->end;
        remember_wait(d, t->waiting, t->under_way);
        t->waiting = NULL;
    }
    if (account->lost > d->balance.lost) d->balance.lost = account->lost;
    analyse(d);
    return RENACER_OK;
}

static void destroy(void *instance) {
    detector *d = instance;
    if (!d) return;
    for (thread *t = d->threads, *next; t; t = next) {
        next = t->next;
        free(t->calls);
        free(t->samples);
        free(t);
    }
    for (futex *f = d->futexes, *next; f; f = next) {
        next = f->next;
        free(f->waits);
        free(f->wakes);
        free(f);
    }
    table_free(&d->thread_table);
    table_free(&d->futex_table);
    table_free(&d->epochs);
    free(d);
}

// ---- What renacer is told

static const renacer_option options[] = {
    OPTION(RENACER_OPTION_TEXT, "window", "auto", "what is looked at: auto, FROM-TO since the start (1s-2500ms), or from marker:TEXT[..TEXT], the path of an open or the text of a write", 0, 0),
    OPTION(RENACER_OPTION_DURATION, "min-wait", "100ms", "shorter waits are not idle", 0, 0),
    OPTION(RENACER_OPTION_NUMBER, "share", "0.8", "of its window that an idle waiter is parked", 0, 1),
    OPTION(RENACER_OPTION_INTEGER, "timer-waits", "5", "waits from which a periodic timer is recognised", 3, 1e6),
    OPTION(RENACER_OPTION_INTEGER, "contended-waits", "50", "waits from which a futex may be contended", 2, 1e9),
    OPTION(RENACER_OPTION_NUMBER, "contended-share", "0.05", "of its threads' time that a contended futex blocks", 0, 1),
};

static const renacer_subscription subscriptions[] = {
    { sizeof(renacer_subscription), RENACER_CALL_ENTERED, RENACER_TEXT("futex,?futex_wait,?futex_waitv"), RENACER_NEEDS_MEMORY, 0, { 0 } },
    // What may be a marker, where one was asked for.
    { sizeof(renacer_subscription), RENACER_CALL, RENACER_TEXT("?open,openat,write"), RENACER_NEEDS_MEMORY, 0, RENACER_TEXT("window=marker:") },
    // What the thread does that is waited for.
    { sizeof(renacer_subscription), RENACER_CALL | RENACER_TASK | RENACER_LOSS, RENACER_TEXT("all"), 0, 0, { 0 } },
};

static const renacer_detector functions = { sizeof functions, 0, create, consume, finish, destroy, idle };

static const renacer_string rules[] = {
    RENACER_TEXT("idle-waiters"), RENACER_TEXT("idle-pool"), RENACER_TEXT("starved"), RENACER_TEXT("contention"),
    RENACER_TEXT("convoy"), RENACER_TEXT("herd"), RENACER_TEXT("periodic-timer"), RENACER_TEXT("timed-waits")
};

static const renacer_component component = {
    sizeof component, RENACER_DETECTOR, RENACER_TEXT("idle-waiter"),
    RENACER_TEXT("threads parked on futexes: idle or contending, and whom they wait for"), options, sizeof options / sizeof *options,
    subscriptions, sizeof subscriptions / sizeof *subscriptions, &functions, rules,
    sizeof rules / sizeof *rules
};

static const renacer_plugin plugin = {
    sizeof plugin, RENACER_ABI_MINOR, RENACER_EVENT_SCHEMA, 0, RENACER_TEXT("idle-waiter"), RENACER_TEXT("1.0"), &component, 1
};

const renacer_plugin *renacer_plugin_v1(const renacer_host *host) {
    (void)host;
    return &plugin;
}
