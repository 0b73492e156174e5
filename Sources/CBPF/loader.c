#define _GNU_SOURCE
#include "cbpf.h"
#include "beside.h"
#include "programs.h"
#include "ring.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cbpf {
    struct programs programs;
    /// Loads the calls' part.
    struct beside *beside;
    bool knows_maps;
    struct ring ring;
    int tasks, statistics, epoll, cpus;
    size_t watermark;
    struct capture_shared *shared;
    size_t shared_size;
    // Rows of all CPUs; NULL unless calls are counted.
    const struct capture_statistics *rows;
    size_t rows_size;
};

/// Makes the memory that both sides use, empty: libbpf would write all of it. A descriptor, or a negative errno.
static int make_shared(struct cbpf *b) {
    long page = sysconf(_SC_PAGESIZE);
    b->shared_size = (sizeof *b->shared + page - 1) & ~(size_t)(page - 1);
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "shared", sizeof(uint32_t), sizeof *b->shared, 1, &options);
    if (fd < 0) return fd;
    void *p = mmap(NULL, b->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        b->shared = p;
        return fd;
    }
    int error = errno;
    close(fd);
    return -error;
}

static int map_rows(struct cbpf *b) {
    long page = sysconf(_SC_PAGESIZE);
    b->rows_size = (sizeof *b->rows * CAPTURE_ROWS * b->cpus + page - 1) & ~(size_t)(page - 1);
    void *p = mmap(NULL, b->rows_size, PROT_READ, MAP_SHARED, b->statistics, 0);
    if (p == MAP_FAILED) return -errno;
    b->rows = p;
    return 0;
}

// Edge-triggered: the ring is readable as soon as anything is in it, but who waits is to be
// woken at the watermark only.
static int watch_ring(struct cbpf *b) {
    b->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.fd = b->ring.fd};
    return b->epoll < 0 || epoll_ctl(b->epoll, EPOLL_CTL_ADD, b->ring.fd, &e) ? -errno : 0;
}

static int failed(const char *what, int error, char *text, size_t size) {
    char warning[256];
    cbpf_copy_warning(warning, sizeof warning);
    if (*warning) snprintf(text, size, "%s: %s (%s)", what, strerror(error), warning);
    else snprintf(text, size, "%s: %s", what, strerror(error));
    return -error;
}

static int no_ring(uint32_t ring_size, int error, char *text, size_t size) {
    snprintf(text, size, "cannot make a ring of %u KiB: %s; use a smaller --ring-size", ring_size >> 10, strerror(error));
    return -error;
}

/// What another thread does: the longer half of loading.
static void load_calls(void *of) {
    struct cbpf *b = of;
    struct programs *p = &b->programs;
    p->kernel.error = cbpf_read_kernel(&p->kernel, &p->configuration);
    if (p->kernel.error || p->kernel.missing) sem_post(&p->maps_made);
    else cbpf_load_calls(p);
}

static int make_memory(struct cbpf *b, const struct cbpf_plan *plan, char *text, size_t size) {
    int64_t ring_size = cbpf_make_ring(&b->ring, plan->ring_size, plan->least_ring_size);
    if (ring_size == -EPERM) return failed("cannot make BPF maps", EPERM, text, size);
    if (ring_size < 0) return no_ring(plan->ring_size, (int)-ring_size, text, size);
    struct programs *p = &b->programs;
    p->ring = b->ring.fd;
    p->ring_size = ring_size;
    if (p->configuration.alarm) p->configuration.alarm = ring_size / 2;
    p->shared = make_shared(b);
    if (p->shared < 0) return failed("cannot make BPF maps", -p->shared, text, size);
    // Which number of the whole machine a task has is not known in a namespace: any may be traced.
    if (p->configuration.namespace) memset(b->shared->marks, 0xff, sizeof b->shared->marks);
    return 0;
}

/// Readies memory for what loading allocates: a megabyte at once, instead of a page fault for every page.
static void ready_heap(void) {
    enum { WANTED = 1 << 20 };
    mallopt(M_TOP_PAD, WANTED);
    // More than is free: the heap grows, by the pad as well.
    void *more = malloc(100 << 10);
    long page = sysconf(_SC_PAGESIZE);
    char *end = sbrk(0), *from = (char *)(((uintptr_t)more + page - 1) & ~(uintptr_t)(page - 1));
    if (more && end > from && (size_t)(end - from) <= 2 * WANTED) madvise(from, end - from, MADV_POPULATE_WRITE);
    free(more);
}

struct cbpf *cbpf_begin_loading(const struct cbpf_plan *plan, char *text, size_t size) {
    struct cbpf *b = calloc(1, sizeof *b);
    if (!b) {
        failed("BPF", ENOMEM, text, size);
        return NULL;
    }
    b->tasks = b->ring.fd = b->epoll = -1;
    b->watermark = plan->configuration.watermark;
    b->cpus = libbpf_num_possible_cpus();
    if (b->cpus < 1 || b->cpus > CAPTURE_CPUS) b->cpus = CAPTURE_CPUS;
    b->programs = (struct programs){
        .object = plan->object, .object_size = plan->object_size, .configuration = plan->configuration,
        .signals = plan->signals, .renames = plan->renames, .adopts = plan->adopts,
        .counting_cpus = plan->configuration.summary ? b->cpus : 0, .shared = -1,
    };
    ready_heap();
    cbpf_begin_programs(&b->programs);
    b->beside = cbpf_begin_beside(load_calls, b);
    int r = b->beside ? make_memory(b, plan, text, size) : failed("BPF", ENOMEM, text, size);
    b->programs.lacks_memory = r != 0;
    sem_post(&b->programs.memory_made);
    if (!r) return b;
    cbpf_close(b);
    return NULL;
}

int cbpf_set_captures(
    struct cbpf *b, const struct capture_program *programs, const struct capture_operation *operations, size_t count,
    const struct capture_choice *choices) {
    if (count > CAPTURE_OPERATIONS) return -E2BIG;
    memcpy(b->shared->programs, programs, sizeof b->shared->programs);
    memcpy(b->shared->operations, operations, sizeof *operations * count);
    if (choices) memcpy(b->shared->choices, choices, sizeof b->shared->choices);
    return 0;
}

static void await_maps(struct cbpf *b) {
    if (b->knows_maps) return;
    b->knows_maps = true;
    cbpf_ensure_beside(b->beside);
    while (sem_wait(&b->programs.maps_made)) {}
}

const struct cbpf_kernel *cbpf_kernel(struct cbpf *b) {
    await_maps(b);
    return &b->programs.kernel;
}

static void finish_beside(struct cbpf *b) {
    if (b->beside) cbpf_finish_beside(b->beside);
    b->beside = NULL;
}

int cbpf_finish_loading(struct cbpf *b, char *text, size_t size) {
    struct programs *p = &b->programs;
    await_maps(b);
    int r = p->has_maps ? cbpf_load_tasks(p) : 0;
    int mapped = cbpf_map_ring(&b->ring);
    finish_beside(b);
    r = cbpf_conclude_loading(p, r);
    // The programs keep it, and the mapping does.
    close(p->shared);
    p->shared = -1;
    if (r) return failed("cannot load the BPF programs", -r, text, size);
    if (mapped && b->ring.consumer) return no_ring(p->ring_size, -mapped, text, size);
    b->tasks = bpf_map__fd(cbpf_map(p, "tasks"));
    b->statistics = bpf_map__fd(cbpf_map(p, "statistics"));
    r = mapped;
    if (!r && p->configuration.summary) r = map_rows(b);
    if (!r) r = watch_ring(b);
    return r ? failed("cannot map the BPF programs' memory", -r, text, size) : 0;
}

int cbpf_attach(struct cbpf *b) { return cbpf_attach_calls(&b->programs); }
void cbpf_detach(struct cbpf *b) { cbpf_detach_programs(&b->programs); }

void cbpf_close(struct cbpf *b) {
    if (!b) return;
    finish_beside(b);
    cbpf_close_ring(&b->ring);
    if (b->shared) munmap(b->shared, b->shared_size);
    if (b->rows) munmap((void *)(uintptr_t)b->rows, b->rows_size);
    if (b->epoll >= 0) close(b->epoll);
    if (b->programs.shared >= 0) close(b->programs.shared);
    cbpf_unload_programs(&b->programs);
    free(b);
}

int cbpf_sweep(struct cbpf *b) { return cbpf_walk(&b->programs, "sweep"); }

int cbpf_adopt_threads(struct cbpf *b, pid_t pid, int one) {
    b->shared->adopting = pid;
    b->shared->adopts_one = one;
    b->shared->adopted = 0;
    int r = cbpf_walk(&b->programs, "adopt_threads");
    return r < 0 ? r : (int)b->shared->adopted;
}

/// Gives a task the state that it starts with; its first words say how (`struct task_state`).
static int adopt(struct cbpf *b, pid_t pid, int pidfd, uint32_t start, uint64_t flags) {
    struct bpf_map *map = cbpf_map(&b->programs, "tasks");
    uint32_t *state = calloc(1, bpf_map__value_size(map));
    if (!state) return -ENOMEM;
    state[0] = start;
    // The programs look for states of those that are marked only.
    __atomic_fetch_or(&b->shared->marks[(uint32_t)pid / 64 % (CAPTURE_MARKS / 64)], 1ull << (pid & 63), __ATOMIC_SEQ_CST);
    int r;
    // Others who keep something about the same task may be in the way, for a moment.
    do r = bpf_map_update_elem(b->tasks, &pidfd, state, flags); while (r == -EAGAIN);
    free(state);
    return r;
}

int cbpf_adopt_start(struct cbpf *b, pid_t pid, int pidfd) {
    enum { STARTING = 1 };
    int r = adopt(b, pid, pidfd, STARTING, BPF_NOEXIST);
    // Where all tasks are traced it has been met already.
    if (r == -EEXIST) return adopt(b, pid, pidfd, STARTING, BPF_EXIST);
    if (!r) __atomic_add_fetch(&b->shared->live, 1, __ATOMIC_RELAXED);
    return r;
}

int cbpf_exclude(struct cbpf *b, pid_t pid) {
    enum { EXCLUDED = 3 };
    int pidfd = cbpf_pidfd(pid);
    if (pidfd < 0) return pidfd;
    int r = adopt(b, pid, pidfd, EXCLUDED, BPF_ANY);
    close(pidfd);
    return r;
}

int cbpf_probe_ring(void) { return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL); }
int cbpf_probe_task_storage(void) { return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL); }

int cbpf_may_load(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return 0;
    uint64_t effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    uint64_t needed = 1ull << CAP_BPF | 1ull << CAP_PERFMON;
    return effective & 1ull << CAP_SYS_ADMIN || (effective & needed) == needed;
}

uint64_t cbpf_live(struct cbpf *b) { return __atomic_load_n(&b->shared->live, __ATOMIC_ACQUIRE); }
uint64_t cbpf_position(struct cbpf *b) { return __atomic_load_n(b->ring.consumer, __ATOMIC_RELAXED); }
void cbpf_release(struct cbpf *b, uint64_t position) { __atomic_store_n(b->ring.consumer, position, __ATOMIC_RELEASE); }
size_t cbpf_ring_size(struct cbpf *b) { return b->ring.mask + 1; }
size_t cbpf_pending(struct cbpf *b) { return __atomic_load_n(b->ring.producer, __ATOMIC_ACQUIRE) - *b->ring.consumer; }
int cbpf_is_due(struct cbpf *b) { return cbpf_pending(b) >= b->watermark; }

int cbpf_map_error(struct cbpf *b) { return b->ring.error; }
const struct capture_header *cbpf_next(struct cbpf *b, uint64_t *position) { return cbpf_next_record(&b->ring, position); }

uint32_t cbpf_rows(struct cbpf *b) {
    uint64_t taken = __atomic_load_n(&b->shared->rows, __ATOMIC_ACQUIRE) + 1;
    return !b->rows ? 0 : taken < CAPTURE_ROWS ? taken : CAPTURE_ROWS;
}

uint32_t cbpf_statistics(struct cbpf *b, uint32_t row, struct capture_statistics *sum) {
    *sum = (struct capture_statistics){0};
    if (row >= cbpf_rows(b)) return 0;
    for (int i = 0; i < b->cpus; i++) {
        const struct capture_statistics *one = &b->rows[i * CAPTURE_ROWS + row];
        uint64_t calls = __atomic_load_n(&one->calls, __ATOMIC_RELAXED);
        if (!calls) continue;
        if (!sum->calls || one->minimum < sum->minimum) sum->minimum = one->minimum;
        if (one->maximum > sum->maximum) sum->maximum = one->maximum;
        sum->calls += calls;
        sum->errors += one->errors;
        sum->total += one->total;
        for (int k = 0; k < CAPTURE_BUCKETS; k++) sum->histogram[k] += one->histogram[k];
    }
    return b->shared->row_places[row];
}

uint64_t cbpf_missed(struct cbpf *b) { return cbpf_missed_events(&b->programs); }

int cbpf_pidfd(pid_t pid) {
    int fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

int cbpf_watch(struct cbpf *b, int pidfd) {
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.fd = pidfd};
    return epoll_ctl(b->epoll, EPOLL_CTL_ADD, pidfd, &e) ? -errno : 0;
}

int cbpf_wait(struct cbpf *b, int timeout) {
    __atomic_store_n(&b->shared->waiting, 1, __ATOMIC_SEQ_CST);
    struct epoll_event e = {0};
    // What was sent before `waiting` was set woke nobody.
    int n = cbpf_is_due(b) ? 0 : epoll_wait(b->epoll, &e, 1, timeout);
    int error = errno;
    __atomic_store_n(&b->shared->waiting, 0, __ATOMIC_RELAXED);
    return n < 0 ? -error : n > 0 && e.data.fd != b->ring.fd;
}

static uint64_t sum(struct cbpf *b, size_t offset) {
    uint64_t n = 0;
    for (int i = 0; i < b->cpus; i++)
        n += __atomic_load_n((uint64_t *)((char *)&b->shared->counters[i] + offset), __ATOMIC_RELAXED);
    return n;
}

uint64_t cbpf_seen(struct cbpf *b) {
    return sum(b, offsetof(struct capture_counters, calls)) + sum(b, offsetof(struct capture_counters, others));
}

uint64_t cbpf_lost(struct cbpf *b, enum capture_loss cause) {
    return sum(b, offsetof(struct capture_counters, lost) + cause * sizeof(uint64_t));
}

void cbpf_loss_window(struct cbpf *b, uint64_t *from, uint64_t *to) {
    uint64_t first = ~0ull, last = 0;
    for (int i = 0; i < b->cpus; i++) {
        struct capture_counters *c = &b->shared->counters[i];
        uint64_t f = __atomic_exchange_n(&c->first_loss, 0, __ATOMIC_RELAXED);
        if (!f) continue;
        uint64_t l = __atomic_load_n(&c->last_loss, __ATOMIC_RELAXED);
        if (f < first) first = f;
        if (l > last) last = l;
    }
    if (!last) return;
    *from = first;
    *to = last;
}

void cbpf_expect_alarm(struct cbpf *b) { __atomic_store_n(&b->shared->guard_waiting, 1, __ATOMIC_SEQ_CST); }
int cbpf_ring_descriptor(struct cbpf *b) { return b->ring.fd; }
