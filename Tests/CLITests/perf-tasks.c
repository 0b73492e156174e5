// Programs for PerfEventTests: perf-tasks NAME.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready[2];

static void *waits(void *x) {
    (void)x;
    write(ready[1], "", 1);
    for (;;) pause();
}

// A child with a thread beside its first; what it does when both are there is up to the caller.
static int child_of_two(void) {
    char c;
    pipe(ready);
    pid_t p = fork();
    if (p) {
        close(ready[1]);
        waitpid(p, NULL, 0);
        close(ready[0]);
        return 0;
    }
    pthread_t t;
    pthread_create(&t, NULL, waits, NULL);
    read(ready[0], &c, 1);
    return 1;
}

// Children that end in each of the ways there are, in the order of their ids.
static void ends(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (!fork()) _exit(7);
    wait(NULL);
    if (!fork()) abort();
    wait(NULL);
    if (child_of_two()) _exit(9);
    if (child_of_two()) raise(SIGTERM);
    if (child_of_two()) kill(getpid(), SIGKILL);
    if (child_of_two()) *(volatile int *)8 = 1;
    pid_t p = fork();
    if (!p) for (;;) pause();
    kill(p, SIGKILL);
    wait(NULL);
    p = fork();
    if (!p) for (;;) pause();
    kill(p, SIGUSR2);
    wait(NULL);
    if (!fork()) syscall(SYS_exit, 300);
    wait(NULL);
}

static void calls(void) {
    for (int i = 0; i < 100; i++) {
        syscall(SYS_getppid);
        syscall(SYS_getuid);
    }
}

static void flood(void) {
    for (int i = 0; i < 200000; i++) syscall(SYS_getppid);
}

// Makes calls as long as somebody listens.
static void endless(void) {
    signal(SIGPIPE, SIG_IGN);
    do syscall(SYS_getppid);
    while (write(1, "x", 1) == 1);
}

static void denied(void) {
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog p = {4, f};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
    syscall(SYS_getpriority, 2, 4711);
}

static void compat(void) {
#ifdef __x86_64__
    long r;
    __asm__ volatile("int $0x80" : "=a"(r) : "a"(20), "b"(1), "c"(2), "d"(3) : "memory");
#endif
}

// A buffer that stays as it is while its call lasts.
static void lasting(void) {
    static const char text[] = "still there";
    char c;
    write(1, text, sizeof text - 1);
    read(0, &c, 1);
}

int main(int n, char **arguments) {
    // Worker threads of a test run block signals, and programs inherit that.
    sigset_t no_signal;
    sigemptyset(&no_signal);
    sigprocmask(SIG_SETMASK, &no_signal, NULL);
    static const struct { const char *name; void (*run)(void); } all[] = {
        {"ends", ends}, {"calls", calls}, {"flood", flood}, {"endless", endless}, {"denied", denied}, {"compat", compat},
        {"lasting", lasting},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (n > 1 && !strcmp(arguments[1], all[i].name)) {
            all[i].run();
            return 5;
        }
    return 1;
}
