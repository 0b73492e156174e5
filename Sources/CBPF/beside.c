#include "beside.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct beside {
    void (*work)(void *);
    void *of;
    /// Somebody does it.
    atomic_flag is_taken;
    /// Who knows of this: the thread may come when everything is over.
    atomic_int references;
    sem_t done;
};

static void let_go(struct beside *b) {
    if (atomic_fetch_sub(&b->references, 1) > 1) return;
    sem_destroy(&b->done);
    free(b);
}

static void *help(void *beside) {
    struct beside *b = beside;
    if (!atomic_flag_test_and_set(&b->is_taken)) {
        b->work(b->of);
        sem_post(&b->done);
    }
    let_go(b);
    return NULL;
}

struct beside *cbpf_begin_beside(void (*work)(void *), void *of) {
    struct beside *b = malloc(sizeof *b);
    if (!b) return NULL;
    *b = (struct beside){.work = work, .of = of, .is_taken = ATOMIC_FLAG_INIT, .references = 2};
    sem_init(&b->done, 0, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
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

void cbpf_finish_beside(struct beside *b, void (*work)(void *), void *of) {
    if (!b) {
        work(of);
        return;
    }
    if (!atomic_flag_test_and_set(&b->is_taken)) work(of);
    else while (sem_wait(&b->done)) {}
    let_go(b);
}
