// The ring that records come through, mapped as far as it is read.
#pragma once
#include <stddef.h>
#include "capture.h"

/// Positions on a page each, then the data twice in a row.
struct ring {
    /// Negative if there is none.
    int fd;
    uint64_t *consumer;
    const uint64_t *producer;
    const uint8_t *data;
    /// Its size, a power of two, less one.
    uint64_t mask;
    /// Bytes from `data` on that are mapped already, and why no more could be: an errno, or 0.
    size_t mapped;
    int error;
    /// Where the producer was when it was last asked: that takes the cache line from who writes to it at every record.
    uint64_t end;
};

/// Makes a ring as large as can be had: its size, or a negative errno.
int64_t cbpf_make_ring(struct ring *r, uint32_t wanted, uint32_t least);
/// Maps its positions and the first of its data: 0 or a negative errno.
int cbpf_map_ring(struct ring *r);
/// As `cbpf_next`.
const struct capture_header *cbpf_next_record(struct ring *r, uint64_t *position);
void cbpf_close_ring(struct ring *r);
