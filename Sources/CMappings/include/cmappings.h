#pragma once
#include <stdint.h>

// What processes map executable, as the kernel tells it through perf_event_open(2): for whoever gets addresses of
// programs that may be gone when somebody looks.

enum cmappings_kind {
    /// `pid` mapped a file or other code.
    CMAPPINGS_MAP,
    /// It executed another program: nothing of the one before is mapped.
    CMAPPINGS_EXEC,
    /// It has a child, `other`.
    CMAPPINGS_FORK,
    CMAPPINGS_EXIT,
};

struct cmappings_record {
    /// CLOCK_MONOTONIC, ns.
    uint64_t time;
    int32_t pid, other;
    uint8_t kind;
    /// Of MAP. The path is the kernel's own spelling and lives until the next `cmappings_gather`.
    uint64_t start, length, offset, inode;
    const char *path;
};

struct cmappings;

/// Follows every process of the system from now on: NULL with a negative errno in `*status`.
struct cmappings *cmappings_open(int *status);
/// Takes what happened since: how many records there are, in order of time.
long cmappings_gather(struct cmappings *m);
const struct cmappings_record *cmappings_at(const struct cmappings *m, long i);
/// Records that found no room since this was last asked.
uint64_t cmappings_lost(struct cmappings *m);
void cmappings_close(struct cmappings *m);
/// The vdso of this process; NULL if it has none.
const void *cmappings_vdso(void);
