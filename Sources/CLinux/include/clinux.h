#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>

// Requests of ptrace(2) under plain functions: the library's is variadic. Each returns
// what ptrace returned, or a negative errno.

long clinux_seize(pid_t tid, unsigned long options);
long clinux_interrupt(pid_t tid);
/// `signal` is delivered to the tracee as it goes on; 0 for none.
long clinux_resume_to_syscall(pid_t tid, int signal);
long clinux_resume(pid_t tid, int signal);
/// Keeps a task in its group-stop while its next event is waited for.
long clinux_listen(pid_t tid);
long clinux_detach(pid_t tid, int signal);
long clinux_event_message(pid_t tid, unsigned long *message);
enum { clinux_register_count = 33 };
/// Registers of a task in a ptrace-stop, numbered as DWARF does for the architecture.
long clinux_registers(pid_t tid, uint64_t registers[clinux_register_count], uint64_t *instruction_pointer);
/// Copies the 128 bytes of `siginfo_t`.
long clinux_signal_info(pid_t tid, void *info);

enum {
    clinux_option_sysgood = 1,
    clinux_option_fork = 1 << 1,
    clinux_option_vfork = 1 << 2,
    clinux_option_clone = 1 << 3,
    clinux_option_exec = 1 << 4,
    clinux_option_exit = 1 << 6,
    clinux_option_seccomp = 1 << 7,
    clinux_option_exitkill = 1 << 20,
};

enum {
    clinux_sys_execve = SYS_execve,
    clinux_sys_execveat = SYS_execveat,
    clinux_sys_exit = SYS_exit,
    clinux_sys_exit_group = SYS_exit_group,
    clinux_sys_clone = SYS_clone,
#ifdef SYS_fork
    clinux_sys_fork = SYS_fork,
    clinux_sys_vfork = SYS_vfork,
#else
    clinux_sys_fork = -1,
    clinux_sys_vfork = -2,
#endif
    clinux_sys_clone3 = 435,
    clinux_sys_mmap = SYS_mmap,
    clinux_sys_munmap = SYS_munmap,
    clinux_sys_mprotect = SYS_mprotect,
    clinux_sys_pkey_mprotect = SYS_pkey_mprotect,
    clinux_sys_mremap = SYS_mremap,
    clinux_sys_remap_file_pages = SYS_remap_file_pages,
    clinux_sys_brk = SYS_brk,
    clinux_sys_shmat = SYS_shmat,
    clinux_sys_shmdt = SYS_shmdt,
    clinux_sys_map_shadow_stack = 453,
    clinux_sys_seccomp = SYS_seccomp,
    clinux_sys_restart_syscall = SYS_restart_syscall,
    clinux_sys_sched_setaffinity = SYS_sched_setaffinity,
    clinux_sys_sched_getaffinity = SYS_sched_getaffinity,
};

/// `struct ptrace_syscall_info` of <linux/ptrace.h> with its union laid flat.
struct clinux_syscall_info {
    uint8_t op; // 0 none, 1 entry, 2 exit, 3 seccomp
    uint8_t reserved;
    uint16_t flags;
    uint32_t arch;
    uint64_t instruction_pointer;
    uint64_t stack_pointer;
    /// The number at entry, the result at exit.
    uint64_t value;
    /// The arguments at entry; at exit the first byte says whether `value` is an error.
    uint64_t arg0, arg1, arg2, arg3, arg4, arg5;
    uint64_t seccomp_data;
};

long clinux_syscall_info(pid_t tid, struct clinux_syscall_info *info);
/// Makes the call that `tid` is about to do number `number`; -1 for none.
long clinux_set_syscall_number(pid_t tid, int number);
/// Sets what the call that `tid` has ended will have returned.
long clinux_set_syscall_result(pid_t tid, int64_t result);

/// A program to start. It and what it points to must live as long as the caller: a process
/// that shares the caller's memory reads it.
struct clinux_launch {
    const char *file;
    char *const *argv;
    char *const *envp;
    /// Replaces descriptor 1; -1 to inherit it.
    int standard_output;
    /// Whether to take the identity below.
    int has_user;
    uid_t uid, effective_uid;
    gid_t gid, effective_gid;
    const gid_t *groups;
    size_t group_count;
    /// `struct sock_filter` array for seccomp(2); NULL for none.
    const void *filter;
    unsigned short filter_count;
    int no_new_privileges;
    /// The caller becomes the program, and its grandchild goes on as the tracer: 1 in the
    /// same process group, 2 in its own, 3 in its own session.
    int daemonize;
    /// Stands before ": exec: MESSAGE" if the program cannot be executed.
    const char *name;
    /// Exit status in that case; 0 for the shell's 126 and 127.
    int failure_status;
    /// Stop by SIGSTOP before the exec and what leads to it.
    int stops;
};

/// Makes a process that waits for `clinux_launch_go`, then stops itself if it is to, and executes
/// the program.
///
/// Allocates nothing in it. Returns its pid, or a negative errno; `*channel` is for
/// `clinux_launch_go`.
pid_t clinux_launch(const struct clinux_launch *launch, int *channel);
void clinux_launch_go(int channel);

/// Goes on in a child, the tracer; the caller stays in front, passes signals on and ends
/// as the child does. 0 in the child, or a negative errno.
int clinux_split(void);
/// Lets the process, instead of ending, answer the stops of its tasks until they are gone.
void clinux_keep(void);

/// Blocks until a task changes state: its id, or a negative errno. `tid` is -1 for any
/// task. With `nohang` it does not block and returns 0. `usage` may be NULL.
pid_t clinux_wait(pid_t tid, int *status, struct rusage *usage, int nohang);
/// Reaps children that ended and are neither `mine` nor work for renacer itself: the program may have made
/// children of its own parent (CLONE_PARENT).
void clinux_reap_strays(pid_t mine);
/// Whether `pid`, which has ended, was a child that worked for renacer itself.
int clinux_forget_helper(pid_t pid);
/// Whether a thread is there.
int clinux_thread_exists(pid_t pid, pid_t tid);
/// Whether exec can give the caller no privileges.
int clinux_has_no_new_privileges(void);

/// Installs handlers that note INT, TERM, HUP, QUIT, PIPE and let a wait be interrupted; or
/// ignores these signals. What was in place before comes back in every launched program.
void clinux_catch_signals(int ignore_fatal, int ignore_tstp);
/// The signal that asked renacer to end, 0 if none did.
int clinux_caught_signal(void);
/// Takes SIGUSR2 as a request to show what there is, until `clinux_release_signals`.
void clinux_catch_request(void);
int clinux_catches_request(void);
/// Whether there was a request since the last look: for the backend, whose waits it interrupts.
int clinux_take_interruption(void);
/// Says that sinks have what there was when the request came.
void clinux_pass_request(void);
/// Whether a request was passed on since the last look: for the sink that answers it.
int clinux_take_request(void);
/// Puts back what `clinux_catch_signals` found.
void clinux_release_signals(void);
/// Sends the calling process a signal with its default action.
void clinux_die_of(int signal);
/// Interrupts waits from `deadline` (CLOCK_MONOTONIC ns) on; 0 for never.
void clinux_set_alarm(uint64_t deadline);

/// process_vm_readv(2) of one range: bytes read, 0 if none, -1 if the kernel has no such call.
ssize_t clinux_read_memory(pid_t tid, uint64_t address, void *buffer, size_t count);
/// How renacer was invoked.
const char *clinux_invocation(void);
/// The same without directories.
const char *clinux_invocation_name(void);

/// Keeps the calling process on the CPU it is on.
void clinux_pin_self(void);
/// Puts the caller and the stopped task `tid` on one CPU: 0, or -1 if that is not possible.
/// A guard process restores the task's mask if the caller is killed.
int clinux_pin(pid_t tid);
/// `clinux_pin` for a task yet to be launched: pins the caller, whose mask the task will
/// inherit; 0 or -1. `clinux_pin_launched` tells of the task; without one, `clinux_unpin(0)`.
int clinux_pin_launch(void);
void clinux_pin_launched(pid_t tid);
/// Restores both masks.
void clinux_unpin(pid_t tid);
/// Lets the guard process end: the pinned task does.
void clinux_pin_ending(void);
/// Ends the guard process and reaps it.
void clinux_pin_end(void);

uint64_t clinux_monotonic_ns(void);
/// Whether process `pid` has a thread `tid`.
int clinux_has_thread(pid_t pid, pid_t tid);

/// The id of a cgroup2 directory: 0, or a negative errno; `-ENOTSUP` if it is none.
int clinux_cgroup_id(const char *directory, uint64_t *id);

// Remembers on which CPUs the calling thread may run, before it may be told to keep to one of them.
void clinux_remember_cpus(void);
// Gives the calling thread the CPUs remembered.
void clinux_use_remembered_cpus(void);
