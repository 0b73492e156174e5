#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What the guard process gives back when the tracer is gone.
static struct {
    volatile pid_t tid;
    cpu_set_t mask;
} pinned;

static int guard_pipe = -1;
static pid_t guard_pid;
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

// All signals are blocked in it.
static int guard(void *argument) {
    int end = (int)(intptr_t)argument;
    raw(SYS_setsid, 0, 0, 0);
    raw(SYS_prctl, PR_SET_NAME, (long)"renacer-guard", 0);
    if (end > 0) raw(SYS_close_range, 0, end - 1, 0);
    raw(SYS_close_range, end + 1, ~0u, 0);
    char c;
    while (raw(SYS_read, end, (long)&c, 1) == -EINTR) {}
    if (pinned.tid > 0) raw(SYS_sched_setaffinity, pinned.tid, sizeof pinned.mask, (long)&pinned.mask);
    return 0;
}

static int start_guard(void) {
    int ends[2];
    sigset_t all, mask;
    if (guard_pipe >= 0) return 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    pid_t pid = clinux_spawn(guard, (void *)(intptr_t)ends[0]);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return -1;
    }
    guard_pipe = ends[1];
    guard_pid = pid;
    clinux_note_helper(pid);
    return 0;
}

int clinux_pin(pid_t tid) {
    cpu_set_t mask;
    int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(tid, sizeof mask, &mask) != 0 ||
        sched_getaffinity(0, sizeof own, &own) != 0 || CPU_COUNT(&mask) < 2 || !CPU_ISSET((size_t)cpu, &mask) ||
        start_guard() != 0)
        return -1;
    pinned.mask = mask;
    pinned.tid = tid;
    if (only(tid, cpu) == 0 && only(0, cpu) == 0) return 0;
    clinux_unpin(tid);
    return -1;
}

int clinux_pin_launch(void) {
    int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof own, &own) != 0 || CPU_COUNT(&own) < 2 ||
        only(0, cpu) != 0)
        return -1;
    pinned.mask = own;
    // The guard is on this CPU too: to reap it is not to wait for the turn of another.
    if (start_guard() == 0) return 0;
    sched_setaffinity(0, sizeof own, &own);
    return -1;
}

void clinux_pin_launched(pid_t tid) { pinned.tid = tid; }

void clinux_unpin(pid_t tid) {
    if (pinned.tid != tid) return;
    sched_setaffinity(tid, sizeof pinned.mask, &pinned.mask);
    sched_setaffinity(0, sizeof own, &own);
    pinned.tid = 0;
}

void clinux_pin_ending(void) {
    if (guard_pipe >= 0) close(guard_pipe);
    guard_pipe = -1;
}

void clinux_pin_end(void) {
    clinux_pin_ending();
    if (guard_pid == 0) return;
    // Containers have no init that would reap it. Often the tracer's own wait has.
    while (waitpid(guard_pid, NULL, __WALL) < 0 && errno == EINTR) {}
    clinux_forget_helper(guard_pid);
    guard_pid = 0;
}

static cpu_set_t remembered;
static int has_remembered;

void clinux_remember_cpus(void) { has_remembered = sched_getaffinity(0, sizeof remembered, &remembered) == 0; }

void clinux_use_remembered_cpus(void) {
    if (has_remembered) sched_setaffinity(0, sizeof remembered, &remembered);
}
