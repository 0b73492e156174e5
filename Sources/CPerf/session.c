#define _GNU_SOURCE
#include "session.h"
#include <csampler.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

enum { SMALLEST_RING = 64 << 10 };

/// The event by which `cperf_usable` found out; -1 if it did not.
static int probe = -1;

// MARK: Events

/// What all events have in common.
static struct perf_event_attr attributes(const struct cperf *s, int kind) {
    struct perf_event_attr a;
    memset(&a, 0, sizeof a);
    a.size = sizeof a;
    a.type = PERF_TYPE_TRACEPOINT;
    a.config = (uint64_t)s->formats[kind].id;
    a.sample_period = 1;
    a.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
    a.read_format = s->counts_losses ? PERF_FORMAT_LOST : 0;
    a.sample_id_all = 1;
    a.disabled = 1;
    a.use_clockid = 1;
    a.clockid = CLOCK_MONOTONIC;
    a.watermark = 1;
    a.wakeup_watermark = s->plan.prompt ? 1 : (uint32_t)(s->ring_size / 4);
    return a;
}

static int remember(struct cperf *s, int fd) {
    if (s->event_count == s->event_room) {
        size_t room = s->event_room ? s->event_room * 2 : 64;
        int *events = realloc(s->events, room * sizeof *events);
        if (!events) return -ENOMEM;
        s->events = events;
        s->event_room = room;
    }
    s->events[s->event_count++] = fd;
    return 0;
}

static int poll_too(struct cperf *s, int fd) {
    if (s->polled_count == s->polled_room) {
        size_t room = s->polled_room ? s->polled_room * 2 : 64;
        struct pollfd *polled = realloc(s->polled, room * sizeof *polled);
        if (!polled) return -ENOMEM;
        s->polled = polled;
        s->polled_room = room;
    }
    s->polled[s->polled_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return 0;
}

/// Lets as many descriptors be open as the hard limit allows: there is one for each event.
static int raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return 0;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// Opens an event that records into `r`, whose first it may be: a descriptor or a negative errno.
static int open_event(struct cperf *s, struct ring *r, struct perf_event_attr *a, const char *filter, pid_t pid, unsigned long flags) {
    int fd;
    while ((fd = (int)syscall(SYS_perf_event_open, a, pid, r->cpu, -1, PERF_FLAG_FD_CLOEXEC | flags)) < 0) {
        if (errno == EMFILE && raise_limit()) continue;
        if (errno == EINVAL && s->counts_losses && !s->event_count) {
            // Before Linux 6.0 only records tell of losses.
            s->counts_losses = 0;
            a->read_format = 0;
            continue;
        }
        return -errno;
    }
    int status = 0;
    if (r->fd >= 0 && ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, r->fd) < 0) status = -errno;
    if (!status && filter && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0) status = -errno;
    if (!status) status = remember(s, fd);
    if (!status && s->is_started && ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0) status = -errno;
    if (status < 0) {
        if (s->event_count && s->events[s->event_count - 1] == fd) s->event_count--;
        close(fd);
        return status;
    }
    return fd;
}

/// Records the calls of `pid` on one CPU: the descriptor of the event that outlives the others, or a negative errno.
static int open_calls(struct cperf *s, struct ring *r, pid_t pid, int inherits, unsigned long flags) {
    const char *filter = s->filter;
    char both[4096];
    struct perf_event_attr a = attributes(s, CPERF_ENTER);
    a.inherit = inherits != 0;
    a.sample_type |= s->enter_registers ? PERF_SAMPLE_REGS_USER : 0;
    a.sample_regs_user = s->enter_registers;
    a.sample_type |= s->plan.stack ? PERF_SAMPLE_STACK_USER : 0;
    a.sample_stack_user = s->plan.stack;
    int enter = open_event(s, r, &a, filter, pid, flags);
    if (enter < 0) return enter;

    a = attributes(s, CPERF_EXIT);
    a.inherit = inherits != 0;
    int exit;
    if (!s->plan.late_arguments) {
        snprintf(both, sizeof both, filter ? "(ret >= 0 || ret < -4095) && (%s)" : "ret >= 0 || ret < -4095", filter);
        exit = open_event(s, r, &a, both, pid, flags);
        if (exit < 0) return exit;
        snprintf(both, sizeof both, filter ? "ret < 0 && ret >= -4095 && (%s)" : "ret < 0 && ret >= -4095", filter);
        filter = both;
    }
    // A call that a seccomp filter answered ends without having been entered.
    a.sample_type |= PERF_SAMPLE_REGS_USER;
    a.sample_regs_user = s->exit_registers;
    exit = open_event(s, r, &a, filter, pid, flags);
    return exit < 0 ? exit : enter;
}

// MARK: Rings

static int map_ring(struct cperf *s, struct ring *r) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    r->mapped = page + s->ring_size;
    void *memory = mmap(NULL, r->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (memory == MAP_FAILED) return -errno;
    r->page = memory;
    r->data = (const uint8_t *)memory + page;
    r->mask = s->ring_size - 1;
    r->next = UINT64_MAX;
    return 0;
}

/// Makes a CPU's ring: that of the event of taken signals, which a record is rarest of.
static int open_ring(struct cperf *s, struct ring *r) {
    struct perf_event_attr a = attributes(s, CPERF_TAKEN);
    int fd = open_event(s, r, &a, NULL, -1, 0);
    if (fd < 0) return fd;
    r->fd = fd;
    int status = map_ring(s, r);
    return status < 0 ? status : poll_too(s, fd);
}

/// The CPUs of a list like `0-3,8`: how many, -1 if it cannot be read.
static int online(int *cpus, int room) {
    FILE *f = fopen("/sys/devices/system/cpu/online", "re");
    if (!f) return -1;
    int n = 0, first, last;
    while (fscanf(f, "%d", &first) == 1) {
        last = first;
        int c = fgetc(f);
        if (c == '-') {
            if (fscanf(f, "%d", &last) != 1) break;
            c = fgetc(f);
        }
        for (int i = first; i <= last && n < room; i++) cpus[n++] = i;
        if (c != ',') break;
    }
    fclose(f);
    return n ? n : -1;
}

static void close_rings(struct cperf *s) {
    for (int i = 0; i < s->ring_count; i++)
        if (s->rings[i].page) munmap(s->rings[i].page, s->rings[i].mapped);
    for (size_t i = 0; i < s->event_count; i++) close(s->events[i]);
    s->ring_count = 0;
    s->event_count = s->polled_count = 0;
}

/// Makes a ring for each of the CPUs, all of one size.
static int open_rings_of(struct cperf *s, const int *cpus, int n) {
    for (int i = 0; i < n; i++) {
        struct ring *r = &s->rings[s->ring_count++];
        *r = (struct ring){.cpu = cpus[i], .fd = -1};
        int status = open_ring(s, r);
        // A CPU may have gone offline meanwhile.
        if (status == -ENODEV) s->ring_count--;
        else if (status < 0) return status;
    }
    return s->ring_count ? 0 : -ENODEV;
}

static int open_rings(struct cperf *s) {
    int cpus[4096];
    int n = online(cpus, 4096);
    if (n < 0) return -ENOENT;
    s->rings = calloc((size_t)n, sizeof *s->rings);
    if (!s->rings) return -ENOMEM;
    int status;
    while ((status = open_rings_of(s, cpus, n)) < 0) {
        // The kernel refuses more than a user may lock: EPERM, though the same means that no event may be opened at all.
        int is_size = (status == -EPERM && s->event_count) || status == -ENOMEM;
        close_rings(s);
        if (!is_size || s->ring_size <= SMALLEST_RING) return status;
        s->ring_size /= 2;
    }
    s->watched = s->polled_count;
    return 0;
}

/// What watches over tasks is for all of the system: rare, it costs nobody anything, no fork has to inherit it, and
/// it tells of what others do to the traced tasks.
static int open_lifecycle(struct cperf *s) {
    static const int kinds[] = {CPERF_NEW_TASK, CPERF_EXEC, CPERF_GONE, CPERF_SENT, CPERF_RENAME};
    for (int i = 0; i < s->ring_count; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            if (kinds[k] == CPERF_RENAME && !s->plan.renames) continue;
            struct perf_event_attr a = attributes(s, kinds[k]);
            int fd = open_event(s, &s->rings[i], &a, NULL, -1, 0);
            if (fd < 0) return fd;
        }
    }
    return 0;
}

// MARK: Session

static void choose_registers(struct cperf *s) {
#define BIT(r) (1ull << (r))
    uint64_t pointers = s->plan.pointers ? BIT(REGISTER_SP) | BIT(REGISTER_IP) : 0;
#if defined(__x86_64__)
    s->enter_registers = BIT(REGISTER_SI) | BIT(REGISTER_DI) | pointers;
    s->exit_registers = BIT(REGISTER_BX) | BIT(REGISTER_CX) | BIT(REGISTER_DX) | BIT(REGISTER_SI) | BIT(REGISTER_DI) |
                        BIT(REGISTER_BP) | BIT(REGISTER_8) | BIT(REGISTER_9) | BIT(REGISTER_10) | pointers;
#else
    s->enter_registers = BIT(REGISTER_0) | pointers;
    s->exit_registers = 0x3f | pointers;
#endif
#undef BIT
    if (s->plan.stack) s->enter_registers |= csampler_register_mask();
}

struct cperf *cperf_open(const struct cperf_plan *plan, int *status, char *error, size_t size) {
    struct cperf *s = calloc(1, sizeof *s);
    if (!s) {
        *status = -ENOMEM;
        return NULL;
    }
    *error = 0;
    s->plan = *plan;
    s->ring_size = plan->ring_size;
    s->current = -1;
    s->counts_losses = 1;
    choose_registers(s);
    *status = cperf_formats(s->formats, error, size);
    if (*status == 0 && plan->filter && !(s->filter = strdup(plan->filter))) *status = -ENOMEM;
    if (*status == 0) *status = open_rings(s);
    if (*status == 0) *status = open_lifecycle(s);
    s->watching_count = s->event_count;
    if (*status == 0) return s;
    cperf_close(s);
    return NULL;
}

int cperf_usable(char *error, size_t size) {
    struct cperf *s = calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    *error = 0;
    int status = cperf_formats(s->formats, error, size);
    if (status == 0) {
        struct ring r = {.fd = -1};
        struct perf_event_attr a = attributes(s, CPERF_TAKEN);
        int fd = open_event(s, &r, &a, NULL, -1, 0);
        if (fd < 0) status = fd;
        else probe = fd;
        // It stays open: to end the last event on a tracepoint takes a grace period of the kernel's, some 10 ms, and a
        // session has one on this tracepoint, too.
        s->event_count = 0;
    }
    cperf_close(s);
    return status;
}

size_t cperf_ring_size(const struct cperf *s) { return s->ring_size; }

int cperf_start(struct cperf *s) {
    s->is_started = 1;
    for (size_t i = 0; i < s->event_count; i++)
        if (ioctl(s->events[i], PERF_EVENT_IOC_ENABLE, 0) < 0) return -errno;
    return 0;
}

int cperf_map_again(struct cperf *s) {
    int status = 0;
    for (int i = 0; i < s->ring_count; i++) {
        s->rings[i].page = NULL;
        int mapped = map_ring(s, &s->rings[i]);
        if (mapped < 0) status = mapped;
    }
    return status;
}

int cperf_trace(struct cperf *s, pid_t tid) {
    size_t before = s->event_count;
    int status = 0, fd = -1;
    for (int i = 0; i < s->ring_count && status >= 0; i++) {
        status = open_calls(s, &s->rings[i], tid, s->plan.inherits, 0);
        if (i == 0) fd = status;
    }
    if (status >= 0) status = poll_too(s, fd);
    if (status >= 0) return 0;
    while (s->event_count > before) close(s->events[--s->event_count]);
    return status;
}

int cperf_trace_all(struct cperf *s, int cgroup) {
    for (int i = 0; i < s->ring_count; i++) {
        int fd = cgroup < 0 ? open_calls(s, &s->rings[i], -1, 0, 0)
                            : open_calls(s, &s->rings[i], cgroup, 0, PERF_FLAG_PID_CGROUP);
        if (fd < 0) return fd;
    }
    return 0;
}

int cperf_cgroup(uint64_t id) {
    FILE *mounts = fopen("/proc/self/mounts", "re");
    if (!mounts) return -errno;
    char line[1024], where[512], type[64];
    int root = -ENOENT;
    while (root < 0 && fgets(line, sizeof line, mounts))
        if (sscanf(line, "%*s %511s %63s", where, type) == 2 && !strcmp(type, "cgroup2"))
            root = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fclose(mounts);
    if (root < 0) return -ENOENT;
    enum { FILEID_KERNFS = 0xfe };
    struct {
        struct file_handle handle;
        uint64_t id;
    } h = {.handle = {.handle_bytes = 8, .handle_type = FILEID_KERNFS}};
    memcpy(h.handle.f_handle, &id, 8);
    int fd = open_by_handle_at(root, &h.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? -errno : fd;
    close(root);
    return status;
}

int cperf_pidfd(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

int cperf_watch(struct cperf *s, int fd) {
    int status = poll_too(s, fd);
    if (status < 0) return status;
    // Watched ones stand before the traced threads'.
    struct pollfd new = s->polled[s->polled_count - 1];
    memmove(&s->polled[s->watched + 1], &s->polled[s->watched], (s->polled_count - 1 - s->watched) * sizeof new);
    s->polled[s->watched++] = new;
    return 0;
}

/// Waits no more for threads that have ended.
static void drop_ended(struct cperf *s) {
    size_t kept = s->watched;
    for (size_t i = s->watched; i < s->polled_count; i++)
        if (!(s->polled[i].revents & (POLLHUP | POLLERR | POLLNVAL))) s->polled[kept++] = s->polled[i];
    s->polled_count = kept;
}

size_t cperf_live(struct cperf *s) {
    if (s->polled_count > s->watched) {
        for (size_t i = s->watched; i < s->polled_count; i++) s->polled[i].revents = 0;
        poll(s->polled + s->watched, s->polled_count - s->watched, 0);
        drop_ended(s);
    }
    return s->polled_count - s->watched;
}

int cperf_wait(struct cperf *s, int milliseconds) {
    int n = poll(s->polled, s->polled_count, milliseconds);
    if (n < 0) return -errno;
    if (n > 0) drop_ended(s);
    return n;
}

void cperf_stop(struct cperf *s) {
    for (size_t i = 0; i < s->event_count; i++) ioctl(s->events[i], PERF_EVENT_IOC_DISABLE, 0);
}

struct cperf_account cperf_account(struct cperf *s) {
    struct cperf_account a = {.taken = s->taken, .told = s->told};
    for (size_t i = 0; i < s->event_count; i++) {
        uint64_t values[2] = {0, 0};
        if (read(s->events[i], values, sizeof values) < (ssize_t)sizeof *values) continue;
        a.lost += values[1];
        // What watches over tasks is not in the balance: of signals between other tasks the kernel counts some, on a
        // busy machine, that it makes no record of.
        if (i < s->watching_count) continue;
        a.counted += values[0];
        a.missing += values[1];
    }
    if (!s->counts_losses) {
        a.lost = s->told;
        a.missing = s->told < a.counted - a.taken ? s->told : a.counted - a.taken;
    }
    return a;
}

/// Has a process of its own be the last to let go of the events, when this one has ended: of the last event on each tracepoint the
/// kernel takes some 50 ms, for which nobody who wants to see a trace should wait. It holds nothing else open, so that
/// readers of our pipes see their end. If there can be no such process the caller is the last.
static void leave_events(const struct cperf *s) {
    int last = probe > 2 ? probe : 2, ends[2];
    for (size_t i = 0; i < s->event_count; i++)
        if (s->events[i] > last) last = s->events[i];
    if (pipe2(ends, O_CLOEXEC) < 0) return;
    if (ends[0] > last) last = ends[0];
    uint8_t *is_kept = calloc((size_t)last + 1, 1);
    if (!is_kept) {
        close(ends[0]);
        close(ends[1]);
        return;
    }
    for (size_t i = 0; i < s->event_count; i++) is_kept[s->events[i]] = 1;
    if (probe >= 0) is_kept[probe] = 1;
    is_kept[ends[0]] = 1;
    // As fork(2), but no signal tells of its end, and no wait(2) for other children meets it.
    long child = syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
    if (child == 0) {
        close_range((unsigned)last + 1, ~0u, 0);
        for (int fd = 0; fd <= last; fd++)
            if (!is_kept[fd]) close(fd);
        char byte;
        // Comes back when the other end is closed, by whatever ends the process that has it.
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
        _exit(0);
    }
    free(is_kept);
    close(ends[0]);
    if (child < 0) close(ends[1]);
}

void cperf_close(struct cperf *s) {
    if (!s) return;
    if (s->is_started) leave_events(s);
    close_rings(s);
    free(s->rings);
    free(s->events);
    free(s->polled);
    free(s->filter);
    free(s);
}
