#define _GNU_SOURCE
#include "beside.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct beside {
    void (*work)(void *);
    void *of;
    /// Somebody does it.
    atomic_flag is_taken;
    /// Who knows of this: the thread may come when everything is over.
    atomic_int references;
    /// The CPUs that the thread may run on once it runs.
    cpu_set_t cpus;
    bool is_placed;
    sem_t done;
};

static void let_go(struct beside *b) {
    if (atomic_fetch_sub(&b->references, 1) > 1) return;
    sem_destroy(&b->done);
    free(b);
}

void cbpf_ensure_beside(struct beside *b) {
    if (atomic_flag_test_and_set(&b->is_taken)) return;
    b->work(b->of);
    sem_post(&b->done);
}

static void *help(void *beside) {
    struct beside *b = beside;
    if (b->is_placed) sched_setaffinity(0, sizeof b->cpus, &b->cpus);
    cbpf_ensure_beside(b);
    let_go(beside);
    return NULL;
}

/// Has the thread begin on another CPU than this one, if there is one: the scheduler may well leave it here, behind who
/// goes on, for milliseconds.
static void place(struct beside *b, pthread_attr_t *attributes) {
    int here = sched_getcpu();
    if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof b->cpus, &b->cpus)) return;
    cpu_set_t others = b->cpus;
    CPU_CLR(here, &others);
    b->is_placed = CPU_COUNT(&others) > 0 && !pthread_attr_setaffinity_np(attributes, sizeof others, &others);
}

struct beside *cbpf_begin_beside(void (*work)(void *), void *of) {
    struct beside *b = malloc(sizeof *b);
    if (!b) return NULL;
    *b = (struct beside){.work = work, .of = of, .is_taken = ATOMIC_FLAG_INIT, .references = 2};
    sem_init(&b->done, 0, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    place(b, &attributes);
    // Signals are for the thread that waits for them.
    sigset_t all, mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, help, b)) let_go(b);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_attr_destroy(&attributes);
    return b;
}

void cbpf_finish_beside(struct beside *b) {
    cbpf_ensure_beside(b);
    while (sem_wait(&b->done)) {}
    let_go(b);
}
