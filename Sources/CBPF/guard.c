// The guard of an exact trace: a process that makes what is traced wait while the ring is
// more than half full, whatever the tracer does meanwhile, and lets it go on when the tracer
// has caught up or is gone.
#define _GNU_SOURCE
#include "cbpf.h"
#include "freezer.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/// Closes all descriptors but these: it must hold neither the BPF links nor somebody's pipe.
static void keep_only(int *kept, int count) {
    qsort(kept, count, sizeof *kept, ascending);
    unsigned next = 0;
    for (int i = 0; i < count; i++) {
        if ((unsigned)kept[i] > next) close_range(next, kept[i] - 1, 0);
        next = kept[i] + 1;
    }
    close_range(next, ~0u, 0);
}

// While the tasks traced occupy every CPU the guard must run as soon as it is woken: what is
// left of the ring is filled within milliseconds.
static void hurry(void) {
    struct sched_param p = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &p)) setpriority(PRIO_PROCESS, 0, -20);
}

static void watch(struct cbpf *b, struct cbpf_freezer *f, int life, int epoll) {
    size_t size = cbpf_ring_size(b), high = size / 2, low = size / 8;
    int is_frozen = 0;
    for (;;) {
        size_t fill = cbpf_pending(b);
        if (!is_frozen && fill >= high) cbpf_set_frozen(f, is_frozen = 1);
        else if (is_frozen && fill <= low) cbpf_set_frozen(f, is_frozen = 0);
        struct epoll_event e = {0};
        if (is_frozen) {
            struct pollfd p = {.fd = life, .events = POLLIN};
            if (poll(&p, 1, 1) > 0) return;
            continue;
        }
        cbpf_expect_alarm(b);
        // What was sent before the alarm was set rang none.
        if (cbpf_pending(b) >= high) continue;
        if (epoll_wait(epoll, &e, 1, -1) > 0 && e.data.fd == life) return;
    }
}

static void guard(struct cbpf *b, struct cbpf_freezer *f, int life, int done) {
    setsid();
    prctl(PR_SET_NAME, "renacer-guard", 0, 0, 0);
    int ring = cbpf_ring_descriptor(b);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        cbpf_remove_freezer(f);
        _exit(0);
    }
    int kept[] = {life, done, ring, f->state, epoll};
    keep_only(kept, sizeof kept / sizeof *kept);
    hurry();
    struct epoll_event ringing = {.events = EPOLLIN | EPOLLET, .data.fd = ring}, ending = {.events = EPOLLIN, .data.fd = life};
    if (!epoll_ctl(epoll, EPOLL_CTL_ADD, ring, &ringing) && !epoll_ctl(epoll, EPOLL_CTL_ADD, life, &ending) &&
        write(done, "", 1) == 1)
        watch(b, f, life, epoll);
    cbpf_remove_freezer(f);
    _exit(0);
}

int cbpf_start_guard(struct cbpf *b, struct cbpf_freezer *f) {
    int life[2], done[2];
    if (pipe2(life, O_CLOEXEC)) return -errno;
    if (pipe2(done, O_CLOEXEC)) {
        int error = errno;
        close(life[0]);
        close(life[1]);
        return -error;
    }
    sigset_t all, mask;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    f->guard = fork();
    int error = f->guard < 0 ? errno : 0;
    if (!f->guard) guard(b, f, life[0], done[1]);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(life[0]);
    close(done[1]);
    f->life = life[1];
    f->done = done[0];
    char ready;
    ssize_t n = 1;
    while (!error && (n = read(f->done, &ready, 1)) < 0 && errno == EINTR) {}
    return error ? -error : n == 1 ? 0 : -EIO;
}

void cbpf_end_freezer(struct cbpf_freezer *f) {
    if (!f) return;
    if (f->guard > 0) {
        close(f->life);
        // The group is gone when the guard is.
        char c;
        ssize_t n;
        while ((n = read(f->done, &c, 1)) > 0 || (n < 0 && errno == EINTR)) {}
        waitpid(f->guard, NULL, 0);
    } else {
        cbpf_remove_freezer(f);
        if (f->life >= 0) close(f->life);
    }
    if (f->done >= 0) close(f->done);
    close(f->state);
    free(f);
}
