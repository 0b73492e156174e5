#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

static void say(const char *text) {
    if (write(2, text, strlen(text)) < 0) return;
}

static void fail(const struct clinux_launch *l, const char *what, int error) {
    say(l->name);
    say(": ");
    say(what);
    say(": ");
    const char *message = strerrordesc_np(error);
    say(message ? message : "Unknown error");
    say("\n");
    _exit(l->failure_status ? l->failure_status : error == ENOENT ? 127 : 126);
}

// What the program's process does until it is the program.
static void become(const struct clinux_launch *l, int channel, const sigset_t *mask) {
    char go;
    ssize_t n;
    while ((n = read(channel, &go, 1)) < 0 && errno == EINTR) {}
    if (n != 1) _exit(126);

    clinux_inherit_signals();
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (l->standard_output >= 0 && dup2(l->standard_output, 1) < 0) fail(l, "dup2", errno);
    if (l->filter) {
        struct sock_fprog program = {l->filter_count, (struct sock_filter *)l->filter};
        if (l->no_new_privileges) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        // The tracer sees from the result whether it can rely on the filter.
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    }
    if (l->has_user) {
        // The library's setgid and initgroups signal other threads and read files: here
        // there are no threads, and the groups were read before the fork.
        if (syscall(SYS_setgroups, l->group_count, l->groups) < 0) fail(l, "setgroups", errno);
        if (syscall(SYS_setresgid, l->gid, l->effective_gid, (gid_t)-1) < 0) fail(l, "setregid", errno);
        if (syscall(SYS_setresuid, l->uid, l->effective_uid, (uid_t)-1) < 0) fail(l, "setreuid", errno);
    }
    execve(l->file, l->argv, l->envp);
    fail(l, "exec", errno);
}

static pid_t launch_child(const struct clinux_launch *l, int ends[2], const sigset_t *mask) {
    pid_t pid = fork();
    if (pid == 0) become(l, ends[1], mask);
    return pid < 0 ? -errno : pid;
}

static pid_t launch_parent(const struct clinux_launch *l, int ends[2], const sigset_t *mask) {
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
        become(l, ends[1], mask);
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
    sigset_t all, mask;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    pid_t pid = l->daemonize ? launch_parent(l, ends, &mask) : launch_child(l, ends, &mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (ends[1] >= 0) close(ends[1]);
    *channel = ends[0];
    return pid;
}

void clinux_launch_go(int channel) {
    // MSG_NOSIGNAL: the program may have been killed meanwhile.
    send(channel, "", 1, MSG_NOSIGNAL);
    close(channel);
}
