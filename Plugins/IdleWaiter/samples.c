// How much CPU time threads have used, asked for now and then: what was ready is not what ran.
#include "analysis.h"
#include "../Support/log.h"

static const uint64_t sampling_interval = 25000000;
enum { SAMPLED_THREADS = 64, SAMPLE_LIMIT = 4096 };

void take_sample(detector *d, thread *t, const renacer_task *task) {
    if (!RENACER_HAS(task, ready_time)) return;
    void *room = log_room(t->samples, &t->sample_count, &t->sample_capacity, sizeof *t->samples, SAMPLE_LIMIT);
    if (!room) return;
    t->samples = room;
    t->samples[t->sample_count++] = (sample){ d->host->now(d->host), task->cpu_time, task->ready_time, task->state == 'R' };
}

void sample_threads(detector *d) {
    uint64_t now = d->host->now(d->host);
    if (now - d->sampled < sampling_interval) return;
    d->sampled = now;
    int count = 0;
    for (thread *t = d->threads; t && count < SAMPLED_THREADS; t = t->next) {
        if (t->is_gone || t->ended) continue;
        renacer_task task = { .size = sizeof task };
        if (d->host->task(d->host, t->tid, &task) == RENACER_OK) take_sample(d, t, &task); else t->is_gone = 1;
        count++;
    }
}

int time_on_cpu(const thread *t, uint64_t from, uint64_t to, uint64_t *on_cpu, uint64_t *ready) {
    double cpu = 0, waiting = 0;
    uint64_t covered = 0;
    for (size_t i = 1; i < t->sample_count; i++) {
        const sample *a = &t->samples[i - 1], *b = &t->samples[i];
        uint64_t start = a->time > from ? a->time : from, end = b->time < to ? b->time : to;
        if (end <= start || b->on_cpu < a->on_cpu || b->ready < a->ready) continue;
        covered += end - start;
        uint64_t ready = b->ready - a->ready, used = b->on_cpu - a->on_cpu;
        uint64_t whole = b->time - a->time, rest = whole > used ? whole - used : 0;
        // The kernel adds up time that a thread was ready only when it runs again: it may be that of earlier samples.
        if (ready > rest || (a->is_runnable && b->is_runnable)) ready = rest;
        double part = (double)(end - start) / (double)whole;
        cpu += (double)used * part;
        waiting += (double)ready * part;
    }
    // What was not sampled was like the rest, if that is most of it.
    if (to <= from || covered * 4 < (to - from) * 3) return 0;
    double scale = (double)(to - from) / (double)covered;
    *on_cpu = (uint64_t)(cpu * scale);
    *ready = (uint64_t)(waiting * scale);
    return 1;
}
