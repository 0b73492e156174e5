#define _GNU_SOURCE
#include "csampler.h"
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef PERF_FORMAT_LOST
#define PERF_FORMAT_LOST (1u << 4)
#endif

/// Of one CPU: a busy one fills half a second's worth of it.
enum { LARGEST_RING = 4 << 20, SMALLEST_RING = 64 << 10, MOST_CPUS = 4096 };

#if defined(__x86_64__)
// Numbers of <asm/perf_regs.h>, in the order of DWARF's: ax, dx, cx, bx, si, di, bp, sp, r8 to r15.
static const uint8_t dwarf_order[] = {0, 3, 2, 1, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23};
enum { POINTER = 8, STACK_POINTER = 7 };
#define REGISTERS 0xff01ffull
#elif defined(__aarch64__)
static const uint8_t dwarf_order[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
enum { POINTER = 32, STACK_POINTER = 31 };
#define REGISTERS 0x1ffffffffull
#endif

struct ring {
    /// The clock of what this thread launches, which those of other tasks are led to.
    int fd, cpu;
    struct perf_event_mmap_page *page;
    const uint8_t *data;
    /// What was taken, what of that the kernel may overwrite.
    uint64_t tail, released;
};

struct added {
    int fd, ring;
};

struct csampler {
    struct ring *rings;
    int ring_count, launches, kernel, counts_losses;
    size_t page_size, ring_size;
    uint64_t period, told;
    struct added *added;
    size_t added_count, added_room;
    uint64_t scratch[1 << 13];
};

static int open_clock(struct csampler *s, pid_t pid, int cpu, int inherits, int awaits_exec) {
    struct perf_event_attr a = {
        .size = sizeof a, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = s->period,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
        .sample_regs_user = REGISTERS, .sample_stack_user = CSAMPLER_STACK, .disabled = 1, .inherit = inherits != 0,
        .enable_on_exec = awaits_exec != 0, .exclude_kernel = !s->kernel, .exclude_callchain_user = 1, .exclude_hv = 1, .exclude_idle = 1,
        .use_clockid = 1, .clockid = CLOCK_MONOTONIC, .watermark = 1, .wakeup_watermark = LARGEST_RING,
        .read_format = s->counts_losses ? PERF_FORMAT_LOST : 0,
    };
    if (s->kernel) a.sample_type |= PERF_SAMPLE_CALLCHAIN;
    int fd;
    while ((fd = (int)syscall(SYS_perf_event_open, &a, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC)) < 0) {
        struct rlimit limit;
        if (errno == EINVAL && s->counts_losses) {
            // Before Linux 6.0 only records tell of losses.
            s->counts_losses = 0;
            a.read_format = 0;
        } else if (errno == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
            limit.rlim_cur = limit.rlim_max;
            if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -EMFILE;
        } else {
            return -errno;
        }
    }
    return fd;
}

static void unmap(struct csampler *s, struct ring *r) {
    if (r->page) munmap(r->page, s->page_size + s->ring_size);
    r->page = NULL;
}

/// Maps all rings, in one size: the kernel refuses more than a user may lock.
static int map_rings(struct csampler *s) {
    for (s->ring_size = LARGEST_RING;; s->ring_size /= 2) {
        int status = 0;
        for (int i = 0; i < s->ring_count && status == 0; i++) {
            struct ring *r = &s->rings[i];
            void *memory = mmap(NULL, s->page_size + s->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
            if (memory == MAP_FAILED) {
                status = -errno;
                break;
            }
            r->page = memory;
            r->data = (const uint8_t *)memory + s->page_size;
        }
        if (status == 0) return 0;
        for (int i = 0; i < s->ring_count; i++) unmap(s, &s->rings[i]);
        if ((status != -EPERM && status != -ENOMEM) || s->ring_size <= SMALLEST_RING) return status;
    }
}

struct csampler *csampler_open(uint64_t period, int kernel, int launches, int *status) {
    struct csampler *s = calloc(1, sizeof *s);
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    if (cpus < 1 || cpus > MOST_CPUS) cpus = MOST_CPUS;
    *status = -ENOMEM;
    if (!s) return NULL;
    s->page_size = (size_t)sysconf(_SC_PAGESIZE);
    s->period = period;
    s->launches = launches;
    s->kernel = kernel;
    s->counts_losses = 1;
    s->rings = calloc((size_t)cpus, sizeof *s->rings);
    if (!s->rings) goto failed;
    for (int cpu = 0; cpu < cpus; cpu++) {
        int fd = open_clock(s, 0, cpu, launches, launches);
        // Not online.
        if (fd == -ENODEV) continue;
        if (fd < 0) {
            *status = fd;
            goto failed;
        }
        s->rings[s->ring_count++] = (struct ring){.fd = fd, .cpu = cpu};
    }
    *status = s->ring_count ? 0 : -ENODEV;
    // Whether as much may be locked shows here; what is mapped is of no use to a child.
    if (*status == 0) *status = map_rings(s);
    for (int i = 0; i < s->ring_count; i++) unmap(s, &s->rings[i]);
    if (*status == 0) return s;
failed:
    csampler_close(s);
    return NULL;
}

int csampler_add(struct csampler *s, pid_t tid, int inherits) {
    for (int i = 0; i < s->ring_count; i++) {
        if (s->added_count == s->added_room) {
            size_t more = s->added_room ? s->added_room * 2 : 64;
            struct added *added = realloc(s->added, more * sizeof *added);
            if (!added) return -ENOMEM;
            s->added = added;
            s->added_room = more;
        }
        int fd = open_clock(s, tid, s->rings[i].cpu, inherits, 0);
        if (fd < 0) return fd;
        s->added[s->added_count++] = (struct added){.fd = fd, .ring = i};
    }
    return 0;
}

int csampler_start(struct csampler *s) {
    int status = map_rings(s);
    for (size_t i = 0; i < s->added_count && status == 0; i++) {
        const struct added *a = &s->added[i];
        if (ioctl(a->fd, PERF_EVENT_IOC_SET_OUTPUT, s->rings[a->ring].fd) < 0 || ioctl(a->fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
            status = -errno;
    }
    return status;
}

// MARK: Samples

static uint64_t word_at(const struct csampler *s, const struct ring *r, uint64_t position) {
    uint64_t w;
    memcpy(&w, r->data + (position & (s->ring_size - 1)), 8);
    return w;
}

static uint64_t value_of(const uint64_t *values, int number) {
    return values[__builtin_popcountll(REGISTERS & ((1ull << number) - 1))];
}

uint64_t csampler_register_mask(void) { return REGISTERS; }

void csampler_order_registers(const uint64_t *values, uint64_t registers[CSAMPLER_REGISTERS]) {
    for (size_t i = 0; i < sizeof dwarf_order; i++) registers[i] = value_of(values, dwarf_order[i]);
}

/// The part of a callchain that is addresses of the kernel's: between marks of where whose begin.
static void take_chain(const uint64_t *chain, size_t count, struct csampler_sample *out) {
    const uint64_t first_mark = (uint64_t)PERF_CONTEXT_MAX;
    size_t from = 0;
    while (from < count && chain[from] >= first_mark) from++;
    size_t to = from;
    while (to < count && chain[to] < first_mark) to++;
    out->kernel = chain + from;
    out->kernel_size = to - from;
}

/// Takes a sample of `size` bytes apart: 0 if it is not whole.
static int decode(const uint8_t *at, size_t size, int has_chain, struct csampler_sample *out) {
    size_t head = 8 + 8 + 8;
    uint64_t abi, values[64], dynamic, links;
    if (size < head + 16) return 0;
    memset(out, 0, sizeof *out);
    memcpy(&out->pid, at + 8, 4);
    memcpy(&out->tid, at + 12, 4);
    memcpy(&out->time, at + 16, 8);
    if (has_chain) {
        memcpy(&links, at + head, 8);
        if (links > (size - head - 16) / 8) return 0;
        // Records and their parts are aligned to words.
        take_chain((const void *)(at + head + 8), links, out);
        head += 8 + links * 8;
    }
    memcpy(&abi, at + head, 8);
    out->is_foreign = abi != PERF_SAMPLE_REGS_ABI_64;
    if (out->is_foreign) return 1;
    const size_t count = (size_t)__builtin_popcountll(REGISTERS);
    size_t next = head + 8 + count * 8;
    if (size < next + 8) return 0;
    memcpy(values, at + head + 8, count * 8);
    csampler_order_registers(values, out->registers);
    out->instruction_pointer = value_of(values, POINTER);
    out->stack_pointer = out->registers[STACK_POINTER];
    uint64_t room;
    memcpy(&room, at + next, 8);
    next += 8;
    if (room == 0) return 1;
    if (room > size - next || size - next - room < 8) return 0;
    memcpy(&dynamic, at + next + room, 8);
    out->stack = at + next;
    out->stack_size = dynamic < room ? dynamic : room;
    return 1;
}

/// The time of the sample at the ring's tail, behind what is none; UINT64_MAX if there is none.
static uint64_t look(struct csampler *s, struct ring *r) {
    uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
    while (head - r->tail >= sizeof(struct perf_event_header)) {
        uint64_t word = word_at(s, r, r->tail);
        struct perf_event_header h;
        memcpy(&h, &word, sizeof h);
        // The kernel writes no such record: what follows cannot be told apart.
        if (h.size < sizeof h || h.size > head - r->tail) {
            r->tail = head;
            break;
        }
        if (h.type == PERF_RECORD_SAMPLE && h.size >= 24) return word_at(s, r, r->tail + 16);
        if (h.type == PERF_RECORD_LOST && h.size >= 24) s->told += word_at(s, r, r->tail + 16);
        r->tail += h.size;
    }
    return UINT64_MAX;
}

static const uint8_t *whole(struct csampler *s, const struct ring *r, size_t size) {
    uint64_t at = r->tail & (s->ring_size - 1), room = s->ring_size - at;
    if (size <= room) return r->data + at;
    memcpy(s->scratch, r->data + at, room);
    memcpy((uint8_t *)s->scratch + room, r->data, size - room);
    return (const uint8_t *)s->scratch;
}

int csampler_next(struct csampler *s, uint64_t until, struct csampler_sample *sample) {
    for (;;) {
        struct ring *first = NULL;
        uint64_t earliest = UINT64_MAX;
        for (int i = 0; i < s->ring_count; i++) {
            struct ring *r = &s->rings[i];
            if (!r->page) continue;
            // The sample before has been looked at by now.
            if (r->released != r->tail) {
                r->released = r->tail;
                __atomic_store_n(&r->page->data_tail, r->tail, __ATOMIC_RELEASE);
            }
            uint64_t time = look(s, r);
            if (time < earliest) {
                earliest = time;
                first = r;
            }
        }
        if (!first || earliest > until) return 0;
        uint64_t word = word_at(s, first, first->tail);
        struct perf_event_header h;
        memcpy(&h, &word, sizeof h);
        const uint8_t *record = whole(s, first, h.size);
        first->tail += h.size;
        if (decode(record, h.size, s->kernel, sample)) return 1;
    }
}

static uint64_t lost_of(int fd) {
    uint64_t values[2] = {0, 0};
    return read(fd, values, sizeof values) == sizeof values ? values[1] : 0;
}

uint64_t csampler_lost(const struct csampler *s) {
    uint64_t counted = 0;
    if (s->counts_losses) {
        for (int i = 0; i < s->ring_count; i++) counted += lost_of(s->rings[i].fd);
        for (size_t i = 0; i < s->added_count; i++) counted += lost_of(s->added[i].fd);
    }
    return counted > s->told ? counted : s->told;
}

void csampler_close(struct csampler *s) {
    if (!s) return;
    for (int i = 0; i < s->ring_count; i++) {
        unmap(s, &s->rings[i]);
        close(s->rings[i].fd);
    }
    for (size_t i = 0; i < s->added_count; i++) close(s->added[i].fd);
    free(s->rings);
    free(s->added);
    free(s);
}
