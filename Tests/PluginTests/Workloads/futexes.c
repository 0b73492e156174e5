// Programs that wait on futexes: pathological ones and innocent look-alikes, by name.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double used(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// So much time on a CPU, however long that takes.
static void compute(double ms) {
    volatile double x = 0;
    for (double start = used(); used() - start < ms;)
        for (int i = 0; i < 1000000; i++) x += i;
}

static void rest(long ms) {
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
    clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static void name(const char *s) { prctl(PR_SET_NAME, s); }

static long futex(_Atomic int *at, int operation, int value) { return syscall(SYS_futex, at, operation, value, NULL, NULL, 0); }

static pthread_barrier_t ready;
static pthread_mutex_t mutex[4] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static pthread_cond_t condition[4] = { PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER };
static int state[4];

static void run(int count, void *(*body)(void *)) {
    pthread_t t[16];
    for (long i = 0; i < count; i++) pthread_create(&t[i], NULL, body, (void *)i);
    for (int i = 0; i < count; i++) pthread_join(t[i], NULL);
}

// Three threads parked on what one worker will signal.
static void await(long i) {
    pthread_mutex_lock(&mutex[i]);
    while (!state[i]) pthread_cond_wait(&condition[i], &mutex[i]);
    pthread_mutex_unlock(&mutex[i]);
}

static void announce(long i) {
    pthread_mutex_lock(&mutex[i]);
    state[i] = 1;
    pthread_cond_signal(&condition[i]);
    pthread_mutex_unlock(&mutex[i]);
}

static void *parked(void *p) {
    long i = (long)p;
    name(i == 3 ? "worker" : "waiter");
    pthread_barrier_wait(&ready);
    if (i < 3) {
        await(i);
        return NULL;
    }
    for (int n = 0; n < 15; n++) {
        compute(10);
        write(-1, "x", 1);
    }
    for (long k = 0; k < 3; k++) announce(k);
    return NULL;
}

// The same, but the end of the program comes before anybody is woken.
static void *abandoned(void *p) {
    if ((long)p < 3) {
        name("waiter");
        pthread_barrier_wait(&ready);
        await((long)p);
        return NULL;
    }
    name("worker");
    pthread_barrier_wait(&ready);
    compute(250);
    exit(0);
}

static void *busy(void *p) {
    (void)p;
    name("busy");
    compute(250);
    return NULL;
}

// A lock that everybody wants all the time; who has it takes it again before those come who are woken.
static _Atomic int lock;
static void *storm(void *p) {
    (void)p;
    pthread_barrier_wait(&ready);
    for (int i = 0; i < 10; i++) {
        while (atomic_exchange(&lock, 1)) futex(&lock, FUTEX_WAIT_PRIVATE, 1);
        for (int n = 0; n < 5; n++) {
            rest(1);
            lock = 0;
            int is_taken = n < 4 && !atomic_exchange(&lock, 1);
            futex(&lock, FUTEX_WAKE_PRIVATE, 1);
            if (!is_taken) break;
        }
    }
    return NULL;
}

// A ticket lock: at every turn all are woken, and all but one wait again.
static _Atomic int ticket;
static void *tickets(void *p) {
    long i = (long)p;
    for (int n = 0; n < 20; n++) {
        while (ticket % 4 != i) {
            int seen = ticket;
            if (seen % 4 != i) futex(&ticket, FUTEX_WAIT_PRIVATE, seen);
        }
        rest(3);
        ticket++;
        futex(&ticket, FUTEX_WAKE_PRIVATE, 4);
    }
    return NULL;
}

// A lock that each takes for long; whose turn is next was waiting.
static void *turns(void *p) {
    (void)p;
    for (int n = 0; n < 25; n++) {
        pthread_mutex_lock(&mutex[0]);
        rest(3);
        pthread_mutex_unlock(&mutex[0]);
        rest(2);
    }
    return NULL;
}

// Everybody is woken, nobody has anything to do.
static _Atomic int bell, waiting, is_over;
static void *herded(void *p) {
    (void)p;
    while (!is_over) {
        waiting++;
        futex(&bell, FUTEX_WAIT_PRIVATE, 0);
        waiting--;
    }
    return NULL;
}

static void herd(void) {
    pthread_t t[6];
    for (int i = 0; i < 6; i++) pthread_create(&t[i], NULL, herded, NULL);
    for (int n = 0; n < 40; n++) {
        rest(20);
        futex(&bell, FUTEX_WAKE_PRIVATE, 100);
    }
    is_over = 1;
    bell = 1;
    futex(&bell, FUTEX_WAKE_PRIVATE, 100);
    for (int i = 0; i < 6; i++) pthread_join(t[i], NULL);
}

// Looks for work every 20 ms.
static void *timer(void *p) {
    (void)p;
    pthread_mutex_lock(&mutex[0]);
    for (int i = 0; i < 20; i++) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec += 20000000;
        if (t.tv_nsec >= 1000000000) { t.tv_sec++; t.tv_nsec -= 1000000000; }
        pthread_cond_timedwait(&condition[0], &mutex[0], &t);
    }
    pthread_mutex_unlock(&mutex[0]);
    return NULL;
}

// Waits with a timeout that is another one each time: it looks for nothing at regular intervals.
static void *timed(void *p) {
    static const long ms[] = { 2, 40, 7, 90, 15, 3, 60, 25, 5, 120, 10, 33 };
    (void)p;
    _Atomic int word = 0;
    for (int i = 0; i < 12; i++) {
        struct timespec t = { 0, ms[i] * 1000000 };
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
    }
    return NULL;
}

// A pool without work: whoever has it to give sleeps.
static void *pooled(void *p) {
    long i = (long)p;
    if (i < 3) {
        name("pool");
        pthread_mutex_lock(&mutex[0]);
        while (!state[0]) pthread_cond_wait(&condition[0], &mutex[0]);
        pthread_mutex_unlock(&mutex[0]);
        return NULL;
    }
    name("producer");
    rest(300);
    pthread_mutex_lock(&mutex[0]);
    state[0] = 1;
    pthread_cond_broadcast(&condition[0]);
    pthread_mutex_unlock(&mutex[0]);
    return NULL;
}

// An event loop and one who feeds it: no futex is waited for.
static int event;
static void *feeds(void *p) {
    (void)p;
    for (int i = 0; i < 10; i++) {
        rest(20);
        uint64_t one = 1;
        write(event, &one, 8);
    }
    return NULL;
}

static void loop(void) {
    int set = epoll_create1(0);
    event = eventfd(0, 0);
    struct epoll_event e = { EPOLLIN, { 0 } };
    epoll_ctl(set, EPOLL_CTL_ADD, event, &e);
    pthread_t t;
    pthread_create(&t, NULL, feeds, NULL);
    pthread_detach(t);
    for (uint64_t seen = 0; seen < 10;) {
        uint64_t n = 0;
        epoll_wait(set, &e, 1, -1);
        read(event, &n, 8);
        seen += n;
    }
}

// Two threads hand work to and fro: one waits, the other wakes, and the other way round on another futex.
static sem_t ping, pong;
static void *player(void *p) {
    for (int i = 0; i < 200; i++) {
        if (p) { sem_wait(&ping); sem_post(&pong); } else { sem_post(&ping); sem_wait(&pong); }
    }
    return NULL;
}

// Processes that wait on shared memory for one that works.
static void shared(void) {
    _Atomic int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            while (!*word) futex(word, FUTEX_WAIT, 0);
            _exit(0);
        }
    }
    compute(250);
    *word = 1;
    futex(word, FUTEX_WAKE, 100);
    while (wait(NULL) > 0) {}
}

// A barrier with work behind it: all are woken, and all have something to do.
static void *staged(void *p) {
    (void)p;
    for (int i = 0; i < 8; i++) {
        rest(15);
        pthread_barrier_wait(&ready);
    }
    return NULL;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    pthread_barrier_init(&ready, NULL, 4);
    if (!strcmp(what, "parked")) run(4, parked);
    else if (!strcmp(what, "service")) {
        // It goes on for as long as nobody ends it.
        run(4, parked);
        for (;;) pause();
    } else if (!strcmp(what, "abandoned")) run(4, abandoned);
    else if (!strcmp(what, "joined")) run(2, busy);
    else if (!strcmp(what, "storm")) run(4, storm);
    else if (!strcmp(what, "tickets")) run(4, tickets);
    else if (!strcmp(what, "convoy")) run(4, turns);
    else if (!strcmp(what, "herd")) herd();
    else if (!strcmp(what, "timer")) timer(NULL);
    else if (!strcmp(what, "timed")) timed(NULL);
    else if (!strcmp(what, "pool")) run(4, pooled);
    else if (!strcmp(what, "loop")) loop();
    else if (!strcmp(what, "shared")) shared();
    else if (!strcmp(what, "barrier")) run(4, staged);
    else if (!strcmp(what, "pingpong")) {
        sem_init(&ping, 0, 0);
        sem_init(&pong, 0, 0);
        pthread_t t;
        pthread_create(&t, NULL, player, NULL);
        player(&t);
        pthread_join(t, NULL);
    } else return 2;
    return 0;
}
