// What the verdicts share.
#pragma once
#include "futexes.h"

// A thread parked on a futex, from its first call to its last.
typedef struct parking {
    futex *futex;
    uint64_t start, end;
    int32_t tid, waited_for;
    uint32_t calls, operation;
    uint8_t outcome, is_known, is_taken, is_indirect;
    // Where it waits, of its longest wait.
    const char *stack;
} parking;

typedef struct parkings {
    parking *all;
    size_t count, capacity;
} parkings;

typedef struct doing {
    uint32_t call;
    uint64_t time, count;
    // Where the longest was made from; NULL if that is not known.
    uint64_t longest;
    const char *stack;
} doing;

// What a thread did in a window: time outside of calls and in calls that wait, and its calls by time.
typedef struct deeds {
    uint64_t outside, idle;
    // What was measured of it, if `is_measured`: time on a CPU, and ready for one.
    uint64_t on_cpu, ready;
    int is_measured;
    doing calls[64];
    size_t count;
} deeds;

static inline double milliseconds(uint64_t ns) { return (double)ns / 1e6; }

// Who was released together was so within this, or a tenth of the wait.
static const uint64_t together_within = 20000000;

// Parked threads in the order of their release; those who wait for one who waits are marked as behind him.
void find_parked(detector *d, parkings *list);
deeds deeds_of(const thread *t, uint64_t from, uint64_t to);
// Time on a CPU and ready for one in a window; 0 if too little was sampled.
int time_on_cpu(const thread *t, uint64_t from, uint64_t to, uint64_t *on_cpu, uint64_t *ready);
void describe_deeds(detector *d, report *r, const thread *t, uint64_t from, uint64_t to);

// Verdicts on one futex: whether there is one.
int find_herd(detector *d, futex *f);
int find_contention(detector *d, futex *f);
int find_timer(detector *d, futex *f);
// On parked threads, and the one they wait for.
void find_idle(detector *d);
void name_futex(const futex *f, report *r);
