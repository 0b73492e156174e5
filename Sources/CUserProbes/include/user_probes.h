// Probes on functions of programs and libraries: uprobes that a BPF program tells of through a ring.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A function was entered or returned.
struct user_probe_record {
    /// `CLOCK_MONOTONIC`, ns.
    uint64_t time;
    /// In renacer's pid namespace; 0 of a task outside of it.
    uint32_t tid, pid;
    /// What it was attached with, times 2; and 1 if it returned.
    uint64_t cookie;
    /// The first six integer arguments, at entry.
    uint64_t arguments[6];
    /// What it returns, at its return.
    uint64_t result;
};

typedef struct user_probes user_probes;

/// Makes the ring, of so many bytes (a power of two), and loads the program.
///
/// Returns NULL with errno, and in `step` what failed: a static string.
user_probes *user_probes_open(uint32_t ring_size, const char **step);

/// Probes entries and returns at offsets in a file, whoever maps it (Linux 6.6). Returns 0 or a negative errno.
int user_probes_attach(user_probes *probes, const char *path, const uint64_t *offsets, const uint64_t *cookies, uint32_t count);

/// Copies the next record; 0 if there is none.
int user_probes_next(user_probes *probes, struct user_probe_record *record);

/// Records that found no room in the ring, so far.
uint64_t user_probes_lost(const user_probes *probes);

/// Detaches all.
void user_probes_close(user_probes *probes);

#ifdef __cplusplus
}
#endif
