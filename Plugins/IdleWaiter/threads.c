// Threads, what they are called and what they do.
#include "futexes.h"
#include "../Support/log.h"

// Of calls that take this long it is asked where they were made from.
static const uint64_t long_call = 1000000;

thread *thread_known(const detector *d, int32_t tid) { return table_get(&d->thread_table, (uint64_t)tid); }

void name_thread(detector *d, thread *t) {
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

// What a call is called, and a thread that is not there to be asked about, when they are first seen.
static void remember_names(detector *d, thread *t, const renacer_event *e) {
    renacer_string name;
    if (!RENACER_HAS(d->host, describe)) return;
    if (!t->command[0] && d->host->describe(d->host, e, RENACER_DESCRIBE_COMMAND, &name) == RENACER_OK)
        report_text(t->command, sizeof t->command, "%.*s", (int)name.length, name.data);
    if (!e->call || table_get(&d->call_names, e->call) || d->host->describe(d->host, e, RENACER_DESCRIBE_NAME, &name) != RENACER_OK) return;
    char *kept = strndup(name.data, name.length);
    if (!kept || !table_put(&d->call_names, e->call, kept)) {
        free(kept);
        d->is_out_of_memory = 1;
    }
}

void remember_call(detector *d, thread *t, const renacer_event *e) {
    if (!e->enter_time) return;
    remember_names(d, t, e);
    void *room = log_room(t->calls, &t->call_count, &t->call_capacity, sizeof *t->calls, LOG_LIMIT);
    if (!room) {
        d->is_out_of_memory = 1;
        return;
    }
    t->calls = room;
    uint64_t end = e->exit_time ? e->exit_time : e->time;
    uint32_t is_idle = (uint32_t)is_idle_call(d, e);
    const char *stack = !is_idle && end - e->enter_time >= long_call ? stack_of(d, e) : NULL;
    t->calls[t->call_count++] = (activity){ e->enter_time, end, e->call, is_idle, stack };
}
