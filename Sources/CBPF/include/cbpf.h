// Loads the BPF programs and reads what they send. No policy: what is captured, and of whom,
// the caller decides.
#pragma once
#include <stddef.h>
#include <sys/types.h>
#include "capture.h"

/// Programs and maps in the kernel, held by this process: all of it is gone with it.
struct cbpf;

/// The running kernel's types: ids of functions and of what tracepoints hand on.
struct cbpf_kernel {
    uint32_t fork, signal_generate, rename, iterator;
    /// `bpf_rdonly_cast`; 0 if there is none (before Linux 6.2).
    uint32_t cast;
    /// 0, or the negative errno of why there is nothing.
    int error;
    /// What was looked for and not found; NULL if nothing. And of what leads from a descriptor to its name, and of what
    /// tells of namespaces.
    const char *missing, *missing_layout, *missing_namespaces;
};

/// What to load.
struct cbpf_plan {
    /// The compiled programs: an ELF object, which must stay: some are loaded when they are needed.
    const void *object;
    size_t object_size;
    /// But for where the kernel has what, which loading finds out.
    struct capture_configuration configuration;
    /// Powers of two, at least a page: what is wanted, and what will do if there is no memory for it.
    uint32_t ring_size, least_ring_size;
    /// Signals are wanted.
    int signals;
    /// Changes of tasks' commands are wanted.
    int renames;
    /// Running tasks will be adopted.
    int adopts;
};

/// Starts to load everything; the longer half goes on beside what the caller does. NULL on failure, with a line in `error`.
struct cbpf *cbpf_begin_loading(const struct cbpf_plan *plan, char *error, size_t size);
/// What calls have captured: `programs`, CAPTURE_PLACES, of `count` operations, and `choices`, CAPTURE_CHOICES or NULL.
/// Any time before programs are attached: 0, or a negative errno if there are too many.
int cbpf_set_captures(
    struct cbpf *b, const struct capture_program *programs, const struct capture_operation *operations, size_t count,
    const struct capture_choice *choices);
/// Waits until the kernel's types are known.
const struct cbpf_kernel *cbpf_kernel(struct cbpf *b);
/// Loads the rest, and waits for the longer half; nothing is traced yet: 0, or a negative errno and a line in `error`.
int cbpf_finish_loading(struct cbpf *b, char *error, size_t size);
/// Attaches the programs: 0 or a negative errno.
int cbpf_attach(struct cbpf *b);
/// Detaches them; records stay readable.
void cbpf_detach(struct cbpf *b);
void cbpf_close(struct cbpf *b);

/// Starts tracing a process of one thread, from its exec on: 0 or a negative errno.
int cbpf_adopt_start(struct cbpf *b, pid_t pid, int pidfd);
/// Starts tracing all threads of process `pid` that are not traced yet, or `one` thread: how many,
/// or a negative errno.
int cbpf_adopt_threads(struct cbpf *b, pid_t pid, int one);
/// Never traces a process of one thread, nor what it forks from now on: 0 or a negative errno.
int cbpf_exclude(struct cbpf *b, pid_t pid);
/// Whether this process has the capabilities that loading and attaching take.
int cbpf_may_load(void);
/// Whether the kernel has such maps; negative if that cannot be found out.
int cbpf_probe_ring(void);
int cbpf_probe_task_storage(void);
/// Sends records of the calls that traced tasks are in; 0 or a negative errno.
int cbpf_sweep(struct cbpf *b);

/// Traced tasks alive.
uint64_t cbpf_live(struct cbpf *b);
/// Bytes the ring has.
size_t cbpf_ring_size(struct cbpf *b);
/// Bytes sent and not released yet.
size_t cbpf_pending(struct cbpf *b);
/// Whether they are as many as `cbpf_wait` waits for.
int cbpf_is_due(struct cbpf *b);
/// Where the first record starts that was not released.
uint64_t cbpf_position(struct cbpf *b);
/// The record at `*position`, which then is that of the next; NULL if there is none. Its bytes
/// stay until `cbpf_release` of a position behind it.
const struct capture_header *cbpf_next(struct cbpf *b, uint64_t *position);
/// Why a part of the ring could not be mapped, so that `cbpf_next` finds nothing more: an errno; 0 if it could.
int cbpf_map_error(struct cbpf *b);
void cbpf_release(struct cbpf *b, uint64_t position);
/// One more than the last row of statistics that is in use; row 0 never is.
uint32_t cbpf_rows(struct cbpf *b);
/// The sum over all CPUs of a row of statistics; returns its call's place among the programs.
/// Several rows may be of one call.
uint32_t cbpf_statistics(struct cbpf *b, uint32_t row, struct capture_statistics *sum);
/// Events that programs missed because they were running on that CPU already.
uint64_t cbpf_missed(struct cbpf *b);
/// A descriptor of a process, or a negative errno.
int cbpf_pidfd(pid_t pid);
/// Lets `cbpf_wait` return when a process has ended.
int cbpf_watch(struct cbpf *b, int pidfd);
/// Waits until the ring's watermark is reached, a watched process has ended, `timeout` ms
/// (-1: for ever) are over, or a signal comes: 1 if a process has ended, or a negative errno.
int cbpf_wait(struct cbpf *b, int timeout);
/// Sums of counters over all CPUs.
uint64_t cbpf_seen(struct cbpf *b);
uint64_t cbpf_lost(struct cbpf *b, enum capture_loss cause);
/// Between which times something was lost since the last call; nothing is changed if nothing was.
void cbpf_loss_window(struct cbpf *b, uint64_t *from, uint64_t *to);

// MARK: Back-pressure

/// A control group whose tasks can be made to wait together.
struct cbpf_freezer;

/// Makes one below the group of this process. NULL on failure, with the reason in `error`.
struct cbpf_freezer *cbpf_make_freezer(char *error, size_t size);
/// Moves a process into it: 0 or a negative errno.
int cbpf_freezer_take(struct cbpf_freezer *f, pid_t pid);
/// Starts a process that freezes the group while the ring is more than half full, and thaws and
/// removes it when this process is gone: 0 or a negative errno. The plan must have set `alarm`.
int cbpf_start_guard(struct cbpf *b, struct cbpf_freezer *f);
/// Thaws and removes the group; processes that are left in it go to the one above.
void cbpf_end_freezer(struct cbpf_freezer *f);
/// For the guard: asks to be woken when the ring is half full.
void cbpf_expect_alarm(struct cbpf *b);
int cbpf_ring_descriptor(struct cbpf *b);
