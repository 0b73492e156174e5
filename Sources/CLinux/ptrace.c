#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <elf.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <stddef.h>
#include <sys/user.h>
#endif

#define GET_SYSCALL_INFO 0x420e

static long request(int what, pid_t tid, unsigned long address, unsigned long data) {
    long r = ptrace(what, tid, (void *)address, (void *)data);
    return r == -1 ? -errno : r;
}

long clinux_seize(pid_t tid, unsigned long options) { return request(PTRACE_SEIZE, tid, 0, options); }
long clinux_interrupt(pid_t tid) { return request(PTRACE_INTERRUPT, tid, 0, 0); }
long clinux_resume_to_syscall(pid_t tid, int signal) { return request(PTRACE_SYSCALL, tid, 0, (unsigned long)signal); }
long clinux_resume(pid_t tid, int signal) { return request(PTRACE_CONT, tid, 0, (unsigned long)signal); }
long clinux_listen(pid_t tid) { return request(PTRACE_LISTEN, tid, 0, 0); }
long clinux_detach(pid_t tid, int signal) { return request(PTRACE_DETACH, tid, 0, (unsigned long)signal); }
long clinux_event_message(pid_t tid, unsigned long *message) {
    return request(PTRACE_GETEVENTMSG, tid, 0, (unsigned long)message);
}
long clinux_signal_info(pid_t tid, void *info) { return request(PTRACE_GETSIGINFO, tid, 0, (unsigned long)info); }

long clinux_syscall_info(pid_t tid, struct clinux_syscall_info *info) {
    return request(GET_SYSCALL_INFO, tid, sizeof *info, (unsigned long)info);
}

#if defined(__x86_64__)

long clinux_registers(pid_t tid, uint64_t registers[clinux_register_count], uint64_t *instruction_pointer) {
    struct user_regs_struct r;
    long result = request(PTRACE_GETREGS, tid, 0, (unsigned long)&r);
    if (result < 0) return result;
    uint64_t values[clinux_register_count] = {
        r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
    for (int i = 0; i < clinux_register_count; i++) registers[i] = values[i];
    *instruction_pointer = r.rip;
    return 0;
}

long clinux_set_syscall_number(pid_t tid, int number) {
    return request(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, orig_rax), (unsigned long)(long)number);
}

long clinux_set_syscall_result(pid_t tid, int64_t result) {
    return request(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax), (unsigned long)result);
}

#elif defined(__aarch64__)

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

long clinux_registers(pid_t tid, uint64_t registers[clinux_register_count], uint64_t *instruction_pointer) {
    unsigned long long r[34] = {0};
    struct iovec v = {r, sizeof r};
    long result = request(PTRACE_GETREGSET, tid, NT_PRSTATUS, (unsigned long)&v);
    if (result < 0) return result;
    // x0 to x30, sp, pc.
    for (int i = 0; i < clinux_register_count; i++) registers[i] = r[i];
    *instruction_pointer = r[32];
    return 0;
}

long clinux_set_syscall_number(pid_t tid, int number) {
    struct iovec v = {&number, sizeof number};
    return request(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, (unsigned long)&v);
}

long clinux_set_syscall_result(pid_t tid, int64_t result) {
    unsigned long long regs[34];
    struct iovec v = {regs, sizeof regs};
    long r = request(PTRACE_GETREGSET, tid, NT_PRSTATUS, (unsigned long)&v);
    if (r < 0) return r;
    regs[0] = (unsigned long long)result;
    return request(PTRACE_SETREGSET, tid, NT_PRSTATUS, (unsigned long)&v);
}

#endif

pid_t clinux_wait(pid_t tid, int *status, struct rusage *usage, int nohang) {
    // Tracees are the tracing thread's; children of others are waited for by who made them.
    pid_t r = wait4(tid, status, __WALL | __WNOTHREAD | (nohang ? WNOHANG : 0), usage);
    return r == -1 ? -errno : r;
}

static pid_t helpers[8];

void clinux_note_helper(pid_t pid) {
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++) {
        if (helpers[i] == 0) {
            helpers[i] = pid;
            return;
        }
    }
}

int clinux_forget_helper(pid_t pid) {
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++) {
        if (helpers[i] == pid) {
            helpers[i] = 0;
            return 1;
        }
    }
    return 0;
}

void clinux_reap_strays(pid_t mine) {
    for (;;) {
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) || info.si_pid == 0 || info.si_pid == mine) return;
        for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++) {
            if (helpers[i] == info.si_pid) return;
        }
        waitpid(info.si_pid, NULL, WNOHANG | __WALL | __WNOTHREAD);
    }
}

int clinux_thread_exists(pid_t pid, pid_t tid) { return syscall(SYS_tgkill, pid, tid, 0) == 0 || errno != ESRCH; }
int clinux_has_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }

uint64_t clinux_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int clinux_has_thread(pid_t pid, pid_t tid) { return syscall(SYS_tgkill, pid, tid, 0) == 0 || errno == EPERM; }

ssize_t clinux_read_memory(pid_t tid, uint64_t address, void *buffer, size_t count) {
    struct iovec here = {buffer, count}, there = {(void *)(uintptr_t)address, count};
    ssize_t n = process_vm_readv(tid, &here, 1, &there, 1, 0);
    return n >= 0 ? n : errno == ENOSYS ? -1 : 0;
}

const char *clinux_invocation(void) { return program_invocation_name; }
const char *clinux_invocation_name(void) { return program_invocation_short_name; }
