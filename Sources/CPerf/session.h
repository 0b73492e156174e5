#pragma once
#include "formats.h"
#include <linux/perf_event.h>
#include <poll.h>

/// A CPU's ring as the kernel maps it.
struct ring {
    int cpu, fd;
    struct perf_event_mmap_page *page;
    const uint8_t *data;
    size_t mapped;
    uint64_t mask;
    /// What was handed out, what of that the kernel may overwrite, and what there was to hand out.
    uint64_t tail, released, head;
    /// Time of the record at `tail`, UINT64_MAX if there is none; never before that of the one before it.
    uint64_t next, latest;
};

struct cperf {
    struct format formats[CPERF_TRACEPOINTS];
    struct cperf_plan plan;
    char *filter;
    /// Registers recorded at a call's entry and end.
    uint64_t enter_registers, exit_registers;
    struct ring *rings;
    int ring_count;
    size_t ring_size;
    uint64_t horizon, taken, told;
    /// The ring that the last record came from, and until when no other one's turn comes.
    int current;
    uint64_t limit;
    /// Every event, in order of opening.
    int *events;
    size_t event_count, event_room;
    /// The first of them are for all of the system and watch over tasks; the others are of calls.
    size_t watching_count;
    /// What is waited for: rings, then what the caller watches, then one event of each traced thread that lives.
    struct pollfd *polled;
    size_t polled_count, polled_room, watched;
    int is_started;
    /// Events count what of them is lost.
    int counts_losses;
    /// A record that lies across the ring's end.
    uint64_t scratch[1 << 13];
};

/// Takes a record apart. 0 if it is of no kind that is known.
int cperf_decode(const struct cperf *s, const uint8_t *record, size_t size, struct cperf_record *out);

#if defined(__x86_64__)
// Numbers of <asm/perf_regs.h>, whose order is that in a record.
enum { REGISTER_BX = 1, REGISTER_CX, REGISTER_DX, REGISTER_SI, REGISTER_DI, REGISTER_BP, REGISTER_SP, REGISTER_IP,
       REGISTER_8 = 16, REGISTER_9, REGISTER_10 };
#elif defined(__aarch64__)
enum { REGISTER_0, REGISTER_SP = 31, REGISTER_IP = 32 };
#endif
