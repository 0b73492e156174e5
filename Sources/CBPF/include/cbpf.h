// Loads the BPF programs and reads what they send. No policy: what is captured, and of whom,
// the caller decides.
#pragma once
#include <stddef.h>
#include <sys/types.h>
#include "capture.h"

/// Programs and maps in the kernel, held by this process: all of it is gone with it.
struct cbpf;

/// Where the running kernel keeps what the programs look at.
struct cbpf_kernel {
    uint32_t sys_enter, sys_exit, fork, exec, exit, signal_deliver, signal_generate, iterator;
    /// `task_struct` and `signal_struct` offsets, in the configuration's fields.
    struct capture_configuration offsets;
    /// What was looked for and not found; NULL if nothing.
    const char *missing;
};

/// Looks types up in the kernel's BTF: 0, or a negative errno if the kernel has none.
int cbpf_read_kernel(struct cbpf_kernel *kernel);

/// What to load.
struct cbpf_plan {
    /// The compiled programs: an ELF object.
    const void *object;
    size_t object_size;
    struct capture_configuration configuration;
    const struct capture_program *programs; // CAPTURE_CALLS * CAPTURE_PERSONALITIES
    const struct capture_operation *operations;
    size_t operation_count;
    /// A power of two, at least a page.
    uint32_t ring_size;
    /// Signals are wanted.
    int signals;
};

/// Loads everything; nothing is traced yet. NULL on failure, with a line in `error`.
struct cbpf *cbpf_load(const struct cbpf_kernel *kernel, const struct cbpf_plan *plan, char *error, size_t size);
/// Attaches the programs: 0 or a negative errno.
int cbpf_attach(struct cbpf *b);
/// Detaches them; records stay readable.
void cbpf_detach(struct cbpf *b);
void cbpf_close(struct cbpf *b);

/// Starts tracing the process `pid`, which has one thread; `starting`: from its exec on.
int cbpf_adopt_process(struct cbpf *b, pid_t pid, int starting);
/// Starts tracing all threads of `pid` that are not traced yet: how many, or a negative errno.
int cbpf_adopt_threads(struct cbpf *b, pid_t pid);
/// Sends records of the calls that traced tasks are in; 0 or a negative errno.
int cbpf_sweep(struct cbpf *b);

struct capture_shared *cbpf_shared(struct cbpf *b);
/// Bytes sent and not released yet.
size_t cbpf_pending(struct cbpf *b);
/// The next record from `*position` on (0 at first is wrong: start with `cbpf_position`);
/// NULL if there is none. Its bytes stay until `cbpf_release` of a position behind it.
const struct capture_header *cbpf_next(struct cbpf *b, uint64_t *position);
uint64_t cbpf_position(struct cbpf *b);
void cbpf_release(struct cbpf *b, uint64_t position);
/// Readable when records wait and the tracer asked to be woken.
int cbpf_ring_descriptor(struct cbpf *b);
/// The sum over all CPUs of the statistics at `index`.
int cbpf_statistics(struct cbpf *b, uint32_t index, struct capture_statistics *sum);
/// Events that programs missed because they were running on that CPU already.
uint64_t cbpf_missed(struct cbpf *b);
