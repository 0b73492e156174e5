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
} wait;

enum { WAIT_WOKEN, WAIT_TIMED_OUT, WAIT_AGAIN, WAIT_INTERRUPTED, WAIT_UNFINISHED };

typedef struct wake {
    uint64_t start, end;
    int32_t tid;
    uint32_t woken;
} wake;

// The latest of more than fit: a log that forgets its beginning.
enum { LOG_LIMIT = 1 << 15 };

typedef struct futex {
    struct futex *next;
    uint64_t address;
    int32_t pid;
    int is_shared;
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
} activity;

typedef struct thread {
    struct thread *next;
    int32_t tid, pid;
    uint64_t first, last, ended;
    char command[20];
    // The futex call it is in.
    futex *waiting;
    wait under_way;
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
    balance balance;
    uint64_t start, end;
    uint64_t marked_from, marked_to;
    report report;
    int is_out_of_memory;
} detector;

thread *thread_of(detector *d, int32_t tid, int32_t pid, uint64_t time);
thread *thread_known(const detector *d, int32_t tid);
int is_idle_call(const detector *d, uint32_t call);
void analyse(detector *d);
