// What is remembered of threads, futexes and who waited for whom.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Support/report.h"
#include "../Support/spans.h"
#include "../Support/table.h"

typedef struct wait {
    uint64_t start, end;
    int32_t tid;
    // The value compared with: of a pthread_join, the thread that is to end.
    uint32_t value;
    uint32_t operation;
    uint8_t outcome;
    // What its timeout is told by, WITHOUT_TIMEOUT if it has none.
    uint8_t clock;
    // Woken from the same futex, the thread did nothing but wait again.
    uint8_t is_again;
    // Since its last wait it called nothing but futexes, and woke nobody.
    uint8_t is_continued;
    // How long it was to last, or until when by its clock, ns.
    uint64_t timeout;
    // Where it was made from; NULL if that is not known.
    const char *stack;
} wait;

enum { WITHOUT_TIMEOUT, RELATIVE, UNTIL_MONOTONIC, UNTIL_REALTIME };

enum { WAIT_WOKEN, WAIT_TIMED_OUT, WAIT_AGAIN, WAIT_INTERRUPTED, WAIT_UNFINISHED };

typedef struct wake {
    uint64_t start, end;
    int32_t tid;
    uint32_t woken;
    const char *stack;
} wake;

// The latest of more than fit: a log that forgets its beginning.
enum { LOG_LIMIT = 1 << 15 };

typedef struct futex {
    struct futex *next;
    uint64_t address;
    int32_t pid;
    int is_shared, is_fought_for;
    wait *waits;
    size_t wait_count, wait_capacity;
    wake *wakes;
    size_t wake_count, wake_capacity;
    // All there were, of which the logs have the latest.
    uint64_t all_waits, all_wakes;
    char region[192];
    char symbol[96];
} futex;

typedef struct activity {
    uint64_t start, end;
    uint32_t call;
    // It waits for something to happen.
    uint32_t is_idle;
    // Where it was made from, of one that took long.
    const char *stack;
} activity;

// What a thread had used at a time: time on a CPU, and time ready for one, ns.
typedef struct sample {
    uint64_t time, on_cpu, ready;
    // It ran then, or could have.
    int is_runnable;
} sample;

typedef struct thread {
    struct thread *next;
    int32_t tid, pid;
    uint64_t first, last, ended;
    char command[20];
    // The futex call it is in.
    futex *waiting;
    wait under_way;
    // The futex from which it was woken by its last call, and when.
    futex *woken_from;
    uint64_t woken_at;
    // Whether it did anything since its last wait.
    int has_acted;
    int is_fighting;
    // Of its CPU time now and then, while it could be asked for.
    sample *samples;
    size_t sample_count, sample_capacity;
    int is_gone;
    // Its calls, the latest ones.
    activity *calls;
    size_t call_count, call_capacity;
} thread;

typedef struct marker {
    uint64_t time;
    char text[96];
} marker;

typedef struct ids {
    uint32_t futex, futex_wait, futex_wake, futex_waitv, futex_requeue, prctl, exit, openat, open, write;
    uint32_t idle[20];
    size_t idle_count;
} ids;

typedef struct detector {
    const renacer_host *host;
    ids ids;
    uint32_t paths[2];
    // Options.
    uint64_t minimum_wait, timer_waits, contended_waits;
    double share, contended_share;
    uint64_t window_from, window_to;
    char mark[96], end_mark[96];

    table thread_table, futex_table, epochs;
    thread *threads;
    futex *futexes;
    // Names of calls that were seen, by their id.
    table call_names;
    // Texts of stacks.
    table stack_table;
    struct text *stacks;
    int has_no_stacks;
    balance balance;
    uint64_t start, end;
    uint64_t sampled;
    uint64_t marked_from, marked_to;
    report report;
    int is_out_of_memory;
} detector;

thread *thread_of(detector *d, int32_t tid, int32_t pid, uint64_t time);
thread *thread_known(const detector *d, int32_t tid);
void name_thread(detector *d, thread *t);
void remember_call(detector *d, thread *t, const renacer_event *e);
void remember_wait(detector *d, futex *f, wait w);
// What a call did to a futex.
void futex_call(detector *d, thread *t, const renacer_event *e);
// Whether a call waits for something to happen.
int is_idle_call(const detector *d, const renacer_event *e);
// Where a call was made from, in words that live as long as the detector; NULL if that is not known.
const char *stack_of(detector *d, const renacer_event *e);
void stacks_free(detector *d);
// Reads the option `window`: 0 if it is none.
int window_option(detector *d, const char *text);
void look_for_marks(detector *d, const renacer_event *e);
void take_sample(detector *d, thread *t, const renacer_task *task);
void sample_threads(detector *d);
void analyse(detector *d);
