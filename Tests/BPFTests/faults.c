// Programs that the tests of faults trace: faults MODE [NUMBER].
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *text) { if (write(1, text, strlen(text)) < 0) _exit(9); }

static void say_pid(void) {
    char text[16];
    snprintf(text, sizeof text, "%d\n", getpid());
    say(text);
}

/// Returns when there is a byte to read, or none will ever come.
static void wait_for_word(void) {
    char c;
    while (read(0, &c, 1) < 0 && errno == EINTR) {}
}

/// Makes `n` calls once it is told to.
static int calls(long n) {
    say_pid();
    wait_for_word();
    for (long i = 0; i < n; i++) syscall(SYS_getppid);
    say("done\n");
    return 7;
}

static volatile int is_over;

static void *until_told(void *unused) {
    wait_for_word();
    is_over = 1;
    return unused;
}

/// Makes calls until it is told to end.
static int storm(void) {
    pthread_t t;
    pthread_create(&t, NULL, until_told, NULL);
    say_pid();
    while (!is_over) syscall(SYS_getppid);
    say("done\n");
    return 7;
}

static int processes(long n) {
    for (long i = 0; i < n; i++) {
        pid_t pid = fork();
        if (!pid) _exit(i % 200);
        int status;
        if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != i % 200) return 1;
    }
    return 0;
}

static char *page;
enum { PAGE = 4096 };

static void *disturb(void *unused) {
    while (!is_over) {
        mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        memset(page, 'a', PAGE);
        memset(page, 'b', PAGE);
        munmap(page, PAGE);
    }
    return unused;
}

/// Calls with arguments that another thread rewrites and unmaps meanwhile.
static int rewriting(long n) {
    // What follows the page cannot be read: strings end with it.
    page = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_t t;
    pthread_create(&t, NULL, disturb, NULL);
    for (long i = 0; i < n; i++) {
        syscall(SYS_chdir, page + 8);
        syscall(SYS_write, -1, page, 64);
    }
    is_over = 1;
    pthread_join(t, NULL);
    return 0;
}

static int addresses(void) {
    static const unsigned long bad[] = {1, 0xfff, 0xdead0000, 0x7fffffffffff, 0x800000000000, 0xffff888000000000, 0xffffffff81000000, -1ul};
    page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i <= sizeof bad / sizeof *bad; i++) {
        unsigned long a = i < sizeof bad / sizeof *bad ? bad[i] : (unsigned long)page;
        syscall(SYS_chdir, a);
        syscall(SYS_write, -1, a, 100);
        syscall(SYS_writev, -1, a, 3);
        syscall(SYS_nanosleep, a, a);
        syscall(SYS_execve, a, a, a);
        syscall(SYS_connect, -1, a, 16);
        syscall(SYS_sendmsg, -1, a, 0);
    }
    return 0;
}

/// Whether the kernel has a BPF program (`is_link`: link) of this id.
static int exists(int is_link, long id) {
    union bpf_attr a;
    memset(&a, 0, sizeof a);
    if (is_link) a.link_id = id;
    else a.prog_id = id;
    return syscall(SYS_bpf, is_link ? BPF_LINK_GET_FD_BY_ID : BPF_PROG_GET_FD_BY_ID, &a, sizeof a) < 0 && errno == ENOENT ? 1 : 0;
}

/// Makes a child of its own parent, tells its id, and waits for a line.
static int sibling(void) {
    pid_t pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    printf("%d\n", pid);
    fflush(stdout);
    return getchar() == '\n' ? 0 : 1;
}

static void *sleeper(void *unused) {
    (void)unused;
    pause();
    return NULL;
}

/// Has another thread, tells its id, and waits for a line.
static int threads(void) {
    pthread_t t;
    pthread_create(&t, NULL, sleeper, NULL);
    printf("%d\n", getpid());
    fflush(stdout);
    return getchar() == '\n' ? 0 : 1;
}

static char **program;

static void *execute(void *unused) {
    execv(program[0], program);
    _exit(127);
    return unused;
}

/// Executes a program in a thread other than the first.
static int thread_exec(char **arguments) {
    pthread_t t;
    program = arguments;
    pthread_create(&t, NULL, execute, NULL);
    pause();
    return 1;
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    const char *mode = arguments[1];
    long n = count > 2 ? atol(arguments[2]) : 0;
    if (!strcmp(mode, "calls")) return calls(n);
    if (!strcmp(mode, "storm")) return storm();
    if (!strcmp(mode, "processes")) return processes(n);
    if (!strcmp(mode, "rewriting")) return rewriting(n);
    if (!strcmp(mode, "addresses")) return addresses();
    if (!strcmp(mode, "sibling")) return sibling();
    if (!strcmp(mode, "threads")) return threads();
    if (!strcmp(mode, "thread-exec")) return thread_exec(arguments + 2);
    if (!strcmp(mode, "has-program")) return exists(0, n);
    if (!strcmp(mode, "has-link")) return exists(1, n);
    return 2;
}
