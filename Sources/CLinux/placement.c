#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

// What the guard process gives back when the tracer is gone.
struct pinned {
    volatile pid_t tid;
    cpu_set_t mask;
};

static struct pinned *pinned;
static int guard_pipe = -1;
static cpu_set_t own;

static int only(pid_t tid, int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return sched_setaffinity(tid, sizeof one, &one);
}

void clinux_pin_self(void) {
    int cpu = sched_getcpu();
    if (cpu >= 0 && cpu < CPU_SETSIZE) only(0, cpu);
}

static void guard(int end) {
    for (int s = 1; s < NSIG; s++) signal(s, SIG_IGN);
    setsid();
    prctl(PR_SET_NAME, "renacer-guard", 0, 0, 0);
    if (end > 0) close_range(0, (unsigned)end - 1, 0);
    close_range((unsigned)end + 1, ~0u, 0);
    char c;
    while (read(end, &c, 1) < 0 && errno == EINTR) {}
    pid_t tid = pinned->tid;
    if (tid > 0) sched_setaffinity(tid, sizeof pinned->mask, &pinned->mask);
    _exit(0);
}

static int start_guard(void) {
    int ends[2];
    if (pinned) return 0;
    pinned = mmap(NULL, sizeof *pinned, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pinned == MAP_FAILED) {
        pinned = NULL;
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC) == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            close(ends[1]);
            guard(ends[0]);
        }
        close(ends[0]);
        if (pid > 0) {
            guard_pipe = ends[1];
            clinux_note_helper(pid);
            return 0;
        }
        close(ends[1]);
    }
    munmap(pinned, sizeof *pinned);
    pinned = NULL;
    return -1;
}

int clinux_pin(pid_t tid) {
    cpu_set_t mask;
    int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(tid, sizeof mask, &mask) != 0 ||
        sched_getaffinity(0, sizeof own, &own) != 0 || CPU_COUNT(&mask) < 2 || !CPU_ISSET((size_t)cpu, &mask) ||
        start_guard() != 0)
        return -1;
    pinned->mask = mask;
    pinned->tid = tid;
    if (only(tid, cpu) == 0 && only(0, cpu) == 0) return 0;
    clinux_unpin(tid);
    return -1;
}

void clinux_unpin(pid_t tid) {
    if (!pinned || pinned->tid != tid) return;
    sched_setaffinity(tid, sizeof pinned->mask, &pinned->mask);
    sched_setaffinity(0, sizeof own, &own);
    pinned->tid = 0;
}

void clinux_pin_end(void) {
    if (guard_pipe >= 0) close(guard_pipe);
    guard_pipe = -1;
}
