#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

// What a starting process is given. It lives as long as the tracer, since nothing tells when
// the exec has read it.
struct start {
    const struct clinux_launch *launch;
    int channel;
    sigset_t mask;
};

static void say(const char *text) { raw(SYS_write, 2, (long)text, (long)strlen(text)); }

static void fail(const struct clinux_launch *l, const char *what, long error) {
    say(l->name);
    say(": ");
    say(what);
    say(": ");
    const char *message = strerrordesc_np((int)error);
    say(message ? message : "Unknown error");
    say("\n");
    _exit(l->failure_status ? l->failure_status : error == ENOENT ? 127 : 126);
}

static void take_identity(const struct clinux_launch *l) {
    // The library's setgid and initgroups signal other threads and read files: here
    // there are no threads, and the groups were read before the start.
    long e = raw(SYS_setgroups, (long)l->group_count, (long)l->groups, 0);
    if (e < 0) fail(l, "setgroups", -e);
    e = raw(SYS_setresgid, l->gid, l->effective_gid, -1);
    if (e < 0) fail(l, "setregid", -e);
    e = raw(SYS_setresuid, l->uid, l->effective_uid, -1);
    if (e < 0) fail(l, "setreuid", -e);
}

// What the program's process does until it is the program.
static int become(void *argument) {
    const struct start *s = argument;
    const struct clinux_launch *l = s->launch;
    char go;
    long n;
    while ((n = raw(SYS_read, s->channel, (long)&go, 1)) == -EINTR) {}
    if (n != 1) _exit(126);
    clinux_inherit_signals();
    sigprocmask(SIG_SETMASK, &s->mask, NULL);
    // Seized by now, it waits here for its tracer: what follows is seen.
    if (l->stops) raw(SYS_kill, raw(SYS_getpid, 0, 0, 0), SIGSTOP, 0);

    if (l->standard_output >= 0) {
        long e = raw(SYS_dup3, l->standard_output, 1, 0);
        if (e < 0 && e != -EINVAL) fail(l, "dup2", -e);
    }
    if (l->filter) {
        struct sock_fprog program = {l->filter_count, (struct sock_filter *)l->filter};
        if (l->no_new_privileges) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        // The tracer sees from the result whether it can rely on the filter.
        raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program);
    }
    if (l->has_user) take_identity(l);
    fail(l, "exec", -raw(SYS_execve, (long)l->file, (long)l->argv, (long)l->envp));
    return 0;
}

pid_t clinux_spawn(int (*body)(void *), void *argument) {
    size_t size = 32 << 10;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -errno;
    pid_t pid = clone(body, stack + size, CLONE_VM | SIGCHLD, argument);
    return pid < 0 ? -errno : pid;
}

static pid_t launch_parent(struct start *start, int ends[2]) {
    const struct clinux_launch *l = start->launch;
    pid_t program = getpid();
    pid_t between = fork();
    if (between < 0) return -errno;
    if (between > 0) {
        close(ends[0]);
        while (waitpid(between, NULL, 0) < 0 && errno == EINTR) {}
        pid_t tracer;
        if (read(ends[1], &tracer, sizeof tracer) != sizeof tracer) _exit(126);
        prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
        if (write(ends[1], "", 1) != 1) _exit(126);
        become(start);
    }
    pid_t tracer = fork();
    if (tracer != 0) _exit(tracer < 0);
    close(ends[1]);
    ends[1] = -1;
    if (l->daemonize >= 3) setsid();
    else if (l->daemonize == 2) setpgid(0, 0);
    tracer = getpid();
    char ready;
    if (write(ends[0], &tracer, sizeof tracer) != sizeof tracer || read(ends[0], &ready, 1) != 1) _exit(1);
    return program;
}

pid_t clinux_launch(const struct clinux_launch *l, int *channel) {
    int ends[2];
    sigset_t all, own;
    struct start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    start->launch = l;
    start->channel = ends[1];
    // Before there is one whose end could be missed.
    clinux_await_children();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &own);
    start->mask = own;
    clinux_inherit_mask(&start->mask);
    pid_t pid = l->daemonize ? launch_parent(start, ends) : clinux_spawn(become, start);
    sigprocmask(SIG_SETMASK, &own, NULL);
    if (ends[1] >= 0) close(ends[1]);
    *channel = ends[0];
    return pid;
}

void clinux_launch_go(int channel) {
    // MSG_NOSIGNAL: the program may have been killed meanwhile.
    send(channel, "", 1, MSG_NOSIGNAL);
    close(channel);
}
