#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

// Calls that a seccomp filter hands to a tracer fail once there is none. So the tracer of
// filtered programs is a child of the process that the user sees and may kill, and
// outlives it: tracing is over then, but stops are still answered.

static int report = -1;
static pid_t tracer;

static void pass_on(int signal) { kill(tracer, signal); }

static void end_like(int status) {
    while (wait(NULL) > 0 || errno == EINTR) {}
    if (WIFSIGNALED(status)) {
        clinux_die_of(WTERMSIG(status));
        _exit(128 + WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

// Waits for the tracer's end, or for its word that only its answers to stops go on.
static void stand_in_front(int end) {
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGTERM, pass_on);
    signal(SIGHUP, pass_on);
    if (clinux_catches_request()) signal(SIGUSR2, pass_on);
    if (end > 3) close_range(3, (unsigned)end - 1, 0);
    close_range((unsigned)end + 1, ~0u, 0);
    int status;
    ssize_t n;
    while ((n = read(end, &status, sizeof status)) < 0 && errno == EINTR) {}
    if (n == sizeof status) {
        if (WIFSIGNALED(status)) clinux_die_of(WTERMSIG(status));
        _exit(WEXITSTATUS(status));
    }
    while (waitpid(tracer, &status, 0) < 0 && errno == EINTR) {}
    end_like(status);
}

int clinux_split(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    clinux_await_children();
    tracer = fork();
    if (tracer < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return -error;
    }
    if (tracer > 0) {
        close(ends[1]);
        stand_in_front(ends[0]);
    }
    close(ends[0]);
    report = ends[1];
    prctl(PR_SET_PDEATHSIG, SIGRTMAX - 2, 0, 0, 0);
    clinux_catch(SIGRTMAX - 2);
    return 0;
}

static int keeps;
static int exit_code;

static void answer_stops(int status) {
    for (int s = 1; s < NSIG; s++) {
        if (s != SIGCHLD) signal(s, SIG_IGN);
    }
    if (report >= 0 && write(report, &status, sizeof status) < 0) exit_code = 1;
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
    close_range(3, ~0u, 0);
    setsid();
    for (;;) {
        int what;
        pid_t tid = waitpid(-1, &what, __WALL);
        if (tid < 0 && errno == EINTR) continue;
        if (tid < 0) _exit(exit_code);
        if (!WIFSTOPPED(what)) continue;
        int event = what >> 16, stop = WSTOPSIG(what);
        if (event == PTRACE_EVENT_STOP && stop != SIGTRAP) ptrace(PTRACE_LISTEN, tid, 0, 0);
        else ptrace(PTRACE_CONT, tid, 0, event == 0 && stop != (SIGTRAP | 0x80) ? (void *)(long)stop : NULL);
    }
}

static void at_exit(int code, void *unused) {
    (void)unused;
    if (keeps) answer_stops((code & 0xff) << 8);
}

void clinux_keep(void) {
    if (!keeps) on_exit(at_exit, NULL);
    keeps = 1;
}

void clinux_keep_if_asked(int signal) {
    if (keeps) answer_stops(signal);
}
