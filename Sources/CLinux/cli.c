#define _GNU_SOURCE
#include "clinux_cli.h"
#include "private.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_getopt(int argc, char *const *argv, const char *shorts, const struct option *longs, int *index) {
    return getopt_long(argc, argv, shorts, longs, index);
}

const char *clinux_option_value(void) { return optarg; }
int clinux_option_index(void) { return optind; }
void clinux_set_option_index(int index) { optind = index; }

int clinux_regex_compile(regex_t *re, const char *pattern, char *error, size_t size) {
    int rc = regcomp(re, pattern, REG_EXTENDED | REG_NOSUB);
    if (rc) regerror(rc, re, error, size);
    return rc;
}

void clinux_keep_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest that is free.
        if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0) return;
    }
}

static int pipes;

int clinux_pipes_out(void) { return pipes; }

pid_t clinux_pipe_to(const char *command, int *fd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return -errno;
    pid_t pid = fork();
    if (pid < 0) {
        int e = errno;
        close(ends[0]);
        close(ends[1]);
        return -e;
    }
    if (pid == 0) {
        if (ends[0] == STDIN_FILENO) fcntl(ends[0], F_SETFD, 0);
        else dup2(ends[0], STDIN_FILENO);
        signal(SIGPIPE, SIG_DFL);
        execl("/bin/sh", "sh", "-c", command, (char *)0);
        _exit(127);
    }
    close(ends[0]);
    *fd = ends[1];
    // Who reads it may end before the trace does: a failed write says so, too.
    pipes = 1;
    clinux_ignore_broken_pipes();
    clinux_note_helper(pid);
    return pid;
}

int clinux_reap(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -errno;
    return status;
}

// glibc hands initialisers what it hands main.
static char **arguments;

__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    if (argc > 0) arguments = argv;
}

char **clinux_arguments(void) { return arguments; }

const char *clinux_executed_file(void) { return (const char *)getauxval(AT_EXECFN); }

int clinux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
