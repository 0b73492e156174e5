// idle-waiter: threads parked on futexes, and whom they wait for.
#include "futexes.h"
#include "../Support/option.h"

enum { PR_SET_NAME = 15 };

static uint32_t call_id(const renacer_host *host, const char *name) { return host->call(host, report_string(name)); }

static int text_option(const renacer_host *host, const char *name, char *to, size_t size) {
    renacer_value v = { .size = sizeof v };
    if (host->option(host, report_string(name), &v) != RENACER_OK || v.text.length >= size) return 0;
    memcpy(to, v.text.data, v.text.length);
    to[v.text.length] = 0;
    return 1;
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
        return host->abi_minor >= 3 ? RENACER_INVALID : RENACER_FAILED;
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
    stacks_free(d);
    for (size_t i = 0; i < d->call_names.capacity; i++) free(d->call_names.values[i]);
    table_free(&d->call_names);
    table_free(&d->thread_table);
    table_free(&d->futex_table);
    table_free(&d->epochs);
    free(d);
}

static const renacer_option options[] = {
    OPTION(RENACER_OPTION_TEXT, "window", "auto", "what is looked at: auto, FROM-TO since the start (1s-2500ms), or from marker:TEXT[..TEXT], the path of an open or the text of a write", 0, 0),
    OPTION(RENACER_OPTION_DURATION, "min-wait", "100ms", "shorter waits are not idle", 0, 0),
    OPTION(RENACER_OPTION_NUMBER, "share", "0.8", "of its window that an idle waiter is parked", 0, 1),
    OPTION(RENACER_OPTION_INTEGER, "timer-waits", "5", "waits from which a periodic timer is recognised", 3, 1e6),
    OPTION(RENACER_OPTION_INTEGER, "contended-waits", "50", "waits from which a futex may be contended", 2, 1e9),
    OPTION_CHOICE("stacks", "no", "no|yes", "where threads wait and what the one they wait for is at: names the functions; costs a stack for each call"),
    OPTION(RENACER_OPTION_NUMBER, "contended-share", "0.05", "of its threads' time that a contended futex blocks", 0, 1),
};

static const renacer_subscription subscriptions[] = {
    { sizeof(renacer_subscription), RENACER_CALL_ENTERED, RENACER_TEXT("futex,?futex_wait,?futex_waitv"), RENACER_NEEDS_MEMORY, 0, { 0 } },
    // What may be a marker, where one was asked for.
    { sizeof(renacer_subscription), RENACER_CALL, RENACER_TEXT("?open,openat,write"), RENACER_NEEDS_MEMORY, 0, RENACER_TEXT("window=marker:") },
    // Where they come from.
    { sizeof(renacer_subscription), 0, { 0 }, RENACER_NEEDS_STACKS, 0, RENACER_TEXT("stacks=yes") },
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
