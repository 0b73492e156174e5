#define _GNU_SOURCE
#include "cmappings.h"
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// Of one CPU: a program maps some ten files when it starts, 150 bytes each.
enum { RING_BYTES = 1 << 19, LARGEST = 1 << 16, MOST_CPUS = 4096 };

struct ring {
    int fd;
    struct perf_event_mmap_page *page;
    const uint8_t *data;
};

/// A record whose path is at an offset as long as more are added.
struct cmappings {
    struct ring *rings;
    int ring_count;
    size_t page_size;
    struct cmappings_record *records;
    size_t count, room;
    char *paths;
    size_t path_bytes, path_room;
    uint64_t lost;
    uint8_t scratch[LARGEST];
};

static int open_ring(struct cmappings *m, int cpu) {
    struct perf_event_attr a = {
        .size = sizeof a, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY, .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
        .mmap = 1, .mmap2 = 1, .comm = 1, .comm_exec = 1, .task = 1, .sample_id_all = 1, .exclude_kernel = 1,
        .use_clockid = 1, .clockid = CLOCK_MONOTONIC, .watermark = 1, .wakeup_watermark = RING_BYTES / 2,
    };
    int fd = (int)syscall(SYS_perf_event_open, &a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    // Not online.
    if (fd < 0) return errno == ENODEV ? 0 : -errno;
    void *memory = mmap(NULL, m->page_size + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        int status = -errno;
        close(fd);
        return status;
    }
    m->rings[m->ring_count++] = (struct ring){.fd = fd, .page = memory, .data = (const uint8_t *)memory + m->page_size};
    return 0;
}

struct cmappings *cmappings_open(int *status) {
    struct cmappings *m = calloc(1, sizeof *m);
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    if (cpus < 1 || cpus > MOST_CPUS) cpus = MOST_CPUS;
    *status = -ENOMEM;
    if (m) {
        m->page_size = (size_t)sysconf(_SC_PAGESIZE);
        m->rings = calloc((size_t)cpus, sizeof *m->rings);
    }
    if (!m || !m->rings) goto failed;
    *status = 0;
    for (int cpu = 0; cpu < cpus && *status == 0; cpu++) *status = open_ring(m, cpu);
    if (*status == 0 && m->ring_count == 0) *status = -ENODEV;
    if (*status == 0) return m;
failed:
    cmappings_close(m);
    return NULL;
}

void cmappings_close(struct cmappings *m) {
    if (!m) return;
    for (int i = 0; i < m->ring_count; i++) {
        munmap(m->rings[i].page, m->page_size + RING_BYTES);
        close(m->rings[i].fd);
    }
    free(m->rings);
    free(m->records);
    free(m->paths);
    free(m);
}

static void add(struct cmappings *m, struct cmappings_record record, const char *path, size_t room) {
    size_t length = strnlen(path, room);
    if (m->count == m->room) {
        size_t more = m->room ? m->room * 2 : 256;
        struct cmappings_record *records = realloc(m->records, more * sizeof *records);
        if (!records) goto lost;
        m->records = records;
        m->room = more;
    }
    if (m->path_bytes + length + 1 > m->path_room) {
        size_t more = m->path_room * 2 + length + 4096;
        char *paths = realloc(m->paths, more);
        if (!paths) goto lost;
        m->paths = paths;
        m->path_room = more;
    }
    // An offset, since what it is in may move yet.
    record.path = (const char *)m->path_bytes;
    memcpy(m->paths + m->path_bytes, path, length);
    m->paths[m->path_bytes + length] = 0;
    m->path_bytes += length + 1;
    m->records[m->count++] = record;
    return;
lost:
    m->lost++;
}

static uint64_t word(const uint8_t *at) {
    uint64_t w;
    memcpy(&w, at, 8);
    return w;
}

static int32_t half(const uint8_t *at) {
    int32_t h;
    memcpy(&h, at, 4);
    return h;
}

/// Takes a record apart; its last 16 bytes say who ran, and when.
static void take(struct cmappings *m, const uint8_t *at, struct perf_event_header h) {
    if (h.size < 32) return;
    struct cmappings_record r = {.time = word(at + h.size - 8), .pid = half(at + 8)};
    switch (h.type) {
    case PERF_RECORD_MMAP2:
        if (h.size < 72 + 16) return;
        r.kind = CMAPPINGS_MAP;
        r.start = word(at + 16);
        r.length = word(at + 24);
        r.offset = word(at + 32);
        r.inode = word(at + 48);
        add(m, r, (const char *)at + 72, h.size - 72 - 16);
        break;
    case PERF_RECORD_COMM:
        if (!(h.misc & PERF_RECORD_MISC_COMM_EXEC)) return;
        r.kind = CMAPPINGS_EXEC;
        add(m, r, "", 0);
        break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
        // The child and its parent; of a thread both are its process.
        r.other = half(at + 12);
        if (h.type == PERF_RECORD_FORK) {
            if (r.pid == r.other) return;
            int32_t child = r.pid;
            r.pid = r.other;
            r.other = child;
            r.kind = CMAPPINGS_FORK;
        } else {
            if (half(at + 16) != r.pid) return;
            r.kind = CMAPPINGS_EXIT;
        }
        add(m, r, "", 0);
        break;
    case PERF_RECORD_LOST: m->lost += word(at + 16); break;
    }
}

static void drain(struct cmappings *m, struct ring *r) {
    uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE), tail = r->page->data_tail;
    while (head - tail >= sizeof(struct perf_event_header)) {
        uint64_t at = tail & (RING_BYTES - 1), room = RING_BYTES - at;
        struct perf_event_header h;
        memcpy(&h, r->data + at, sizeof h);
        // The kernel writes no such record: what follows cannot be told apart.
        if (h.size < sizeof h || h.size > head - tail) {
            tail = head;
            break;
        }
        const uint8_t *record = r->data + at;
        if (h.size > room) {
            memcpy(m->scratch, record, room);
            memcpy(m->scratch + room, r->data, h.size - room);
            record = m->scratch;
        }
        take(m, record, h);
        tail += h.size;
    }
    __atomic_store_n(&r->page->data_tail, tail, __ATOMIC_RELEASE);
}

/// By time; of one time in the order of their paths, which is that in which they came.
static int in_order(const void *a, const void *b) {
    const struct cmappings_record *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->path < y->path ? -1 : x->path > y->path;
}

long cmappings_gather(struct cmappings *m) {
    m->count = m->path_bytes = 0;
    for (int i = 0; i < m->ring_count; i++) drain(m, &m->rings[i]);
    if (m->count > 1) qsort(m->records, m->count, sizeof *m->records, in_order);
    for (size_t i = 0; i < m->count; i++) m->records[i].path = m->paths + (size_t)m->records[i].path;
    return (long)m->count;
}

const struct cmappings_record *cmappings_at(const struct cmappings *m, long i) { return &m->records[i]; }

uint64_t cmappings_lost(struct cmappings *m) {
    uint64_t lost = m->lost;
    m->lost = 0;
    return lost;
}

const void *cmappings_vdso(void) { return (const void *)getauxval(AT_SYSINFO_EHDR); }
