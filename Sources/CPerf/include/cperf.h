#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// perf_event_open(2) on tracepoints: events, the rings that their records come through, and those records in
// order of time.

/// Tracepoints that are recorded, and the one record that is none's.
enum cperf_kind {
    CPERF_ENTER,    ///< raw_syscalls:sys_enter
    CPERF_EXIT,     ///< raw_syscalls:sys_exit
    CPERF_NEW_TASK, ///< task:task_newtask
    CPERF_EXEC,     ///< sched:sched_process_exec
    CPERF_GONE,     ///< sched:sched_process_exit
    CPERF_SENT,     ///< signal:signal_generate
    CPERF_TAKEN,    ///< signal:signal_deliver
    CPERF_RENAME,   ///< task:task_rename
    CPERF_TRACEPOINTS,
    CPERF_LOST = CPERF_TRACEPOINTS,
};

/// A record, laid flat. What its kind does not say is undefined.
struct cperf_record {
    /// CLOCK_MONOTONIC ns; of a loss, when it began.
    uint64_t time;
    /// The process and the thread that ran.
    int32_t pid, tid;
    uint8_t kind;
    /// Of ENTER, and of EXIT if there are registers: whether the call is one of the 32-bit table.
    uint8_t is_compat;
    /// Of EXIT: `arguments` are known.
    uint8_t has_arguments;
    /// Number of the call as the kernel counts, x32's bit included.
    int64_t number;
    int64_t result;
    uint64_t arguments[6];
    /// 0 unless asked for.
    uint64_t instruction_pointer, stack_pointer;
    /// ENTER, if stacks are recorded: the user's registers as `csampler_order_registers` takes them, NULL if there are
    /// none, and what the stack holds from the stack pointer on. Valid until the next record is asked for.
    const uint64_t *registers;
    const uint8_t *stack;
    size_t stack_size;
    /// NEW_TASK: the child; EXEC: the thread's former id; SENT: the thread it is for; RENAME: the task.
    int32_t other;
    /// GONE: whether it was the last thread; -1 if the kernel does not say.
    int32_t is_last;
    /// Of signals: the first words of its siginfo.
    int32_t signal, error, code;
    /// SENT: what became of it, TRACE_SIGNAL_*.
    int32_t fate;
    /// TAKEN: the handler, 0 for the default, 1 for none.
    uint64_t handler;
    /// TAKEN: sa_flags; NEW_TASK: CLONE_*.
    uint64_t flags;
    /// LOST: how many, until when.
    uint64_t count, until;
    char command[16];
};

struct cperf_plan {
    /// Bytes of each CPU's ring, a power of two of at least a page.
    size_t ring_size;
    /// Follow children.
    int inherits;
    /// Record the instruction and the stack pointer.
    int pointers;
    /// Bytes of the stack to record at every call's entry, with all registers; a multiple of 8 below 60 KiB, 0 for none.
    uint32_t stack;
    /// Record the arguments of every call's end, not just of those that failed.
    int late_arguments;
    int renames;
    /// Wake who waits at every record, not just when a ring fills.
    int prompt;
    /// Filters of the kernel for the calls' numbers; NULL for none.
    const char *filter;
};

struct cperf;

/// Reads formats, makes rings and the events that watch over the life of tasks; nothing is recorded yet.
///
/// NULL with a line in `error`, a negative errno in `*status`.
struct cperf *cperf_open(const struct cperf_plan *plan, int *status, char *error, size_t size);
/// Bytes of each ring: less than asked for if the kernel refused that much.
size_t cperf_ring_size(const struct cperf *s);
/// Whether tracepoints can be recorded at all, found out by an event that stays open: 0, or a negative errno with a line in `error` if there is one.
int cperf_usable(char *error, size_t size);
/// Where tracefs was found or mounted; NULL with a negative errno in `*status`.
const char *cperf_tracefs(int *status);

/// Records from now on: 0 or a negative errno.
int cperf_start(struct cperf *s);
/// For a child of who opened the session: has the rings mapped, which the kernel leaves out of what a child has. They stay
/// while one process has them mapped: 0 or a negative errno.
int cperf_map_again(struct cperf *s);
/// Records the calls of a thread, and of its children if the plan says so: 0 or a negative errno.
int cperf_trace(struct cperf *s, pid_t tid);
/// Records everybody's calls, or those in a cgroup: a directory's descriptor, else -1.
int cperf_trace_all(struct cperf *s, int cgroup);
/// Opens a cgroup2 directory by its id: a descriptor or a negative errno.
int cperf_cgroup(uint64_t id);
/// A descriptor that can be read once the process has ended, or a negative errno.
int cperf_pidfd(pid_t pid);
/// Has `cperf_wait` come back when this descriptor can be read.
int cperf_watch(struct cperf *s, int fd);
/// Threads given to `cperf_trace` that live, or have living descendants that are recorded.
size_t cperf_live(struct cperf *s);
/// Records no more.
void cperf_stop(struct cperf *s);
void cperf_close(struct cperf *s);

/// Looks how far the rings are filled. Records up to `horizon` (ns) are handed out until the next call.
void cperf_gather(struct cperf *s, uint64_t horizon);
/// The next record in order of time, of equal ones that of the first CPU: 1, or 0 if there is none.
int cperf_next(struct cperf *s, struct cperf_record *record);
/// Looks ahead for a thread's next record, or a process' if `tid` is 0, without taking it: 1 or 0.
int cperf_peek(struct cperf *s, pid_t pid, pid_t tid, struct cperf_record *record);
/// Whether records are in the rings that were not handed out.
int cperf_pending(struct cperf *s);
/// Waits until a ring fills, a traced task ends or `milliseconds` are over.
int cperf_wait(struct cperf *s, int milliseconds);

/// Reads a tracepoint's format from a text, which may be anybody's, and takes a record apart by it: 1, 0 if it is none of
/// that tracepoint's, or a negative errno if the text is not understood.
///
/// @param record its bytes, aligned to 8; registers are expected behind a call's data.
int cperf_decode_by(const char *format, size_t length, int kind, const uint8_t *record, size_t size, struct cperf_record *out);

struct cperf_account {
    /// Records that found no room, of any kind: as events counted them, and as LOST records told of them.
    uint64_t lost, told;
    /// Of entries and ends of calls alone: hits that passed the filters, records handed out, records without room.
    uint64_t counted, taken, missing;
};
struct cperf_account cperf_account(struct cperf *s);
