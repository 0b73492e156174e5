#define _GNU_SOURCE
#include "cplugin.h"
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_others(int kept) {
    if (kept > 3) syscall(SYS_close_range, 3, kept - 1, 0);
    syscall(SYS_close_range, kept + 1, ~0U, 0);
}

int cplugin_fork_helper(int *process) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return -error;
    }
    if (child == 0) {
        // A grandchild: the tracer waits for its children, and this one is none of them.
        pid_t helper = fork();
        if (helper) _exit(helper < 0);
        close_others(ends[1]);
        // The terminal's ^C is for the tracer, which ends this process by closing its end.
        setsid();
        // A crash is told of in one line, without the backtrace of a runtime.
        static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP };
        for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        prctl(PR_SET_NAME, "renacer-plugin");
        pid_t own = getpid();
        if (write(ends[1], &own, sizeof own) != sizeof own) _exit(1);
        *process = 0;
        return ends[1];
    }
    close(ends[1]);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (read(ends[0], process, sizeof *process) != sizeof *process) {
        close(ends[0]);
        return -EIO;
    }
    return ends[0];
}

int cplugin_pidfd(int process) {
    int fd = (int)syscall(SYS_pidfd_open, process, 0);
    return fd < 0 ? -errno : fd;
}

void cplugin_kill(int pidfd) { syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); }

bool cplugin_is_function(const void *symbol) {
    Dl_info about;
    void *entry = NULL;
    if (!dladdr1(symbol, &about, &entry, RTLD_DL_SYMENT) || !entry) return true;
    return ELF64_ST_TYPE(((const ElfW(Sym) *)entry)->st_info) != STT_OBJECT;
}
