#define _GNU_SOURCE
#include "programs.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What is being loaded, for libbpf's handlers, which take no argument.
struct loading {
    struct programs *programs;
    enum part part;
    /// Where the program is called, if links have no cookies; otherwise 0.
    enum capture_side side;
};

static _Thread_local struct loading *loading;

/// The first of them, of whichever thread: what follows only says that something failed.
static char warning[256];
static pthread_mutex_t warning_lock = PTHREAD_MUTEX_INITIALIZER;

static void forget_warning(void) {
    pthread_mutex_lock(&warning_lock);
    warning[0] = 0;
    pthread_mutex_unlock(&warning_lock);
}

void cbpf_copy_warning(char *text, size_t size) {
    pthread_mutex_lock(&warning_lock);
    snprintf(text, size, "%s", warning);
    pthread_mutex_unlock(&warning_lock);
}

static int note(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (getenv("RENACER_BPF_DEBUG")) return vfprintf(stderr, format, arguments);
    if (level != LIBBPF_WARN) return 0;
    pthread_mutex_lock(&warning_lock);
    if (!*warning) vsnprintf(warning, sizeof warning, format, arguments);
    warning[strcspn(warning, "\n")] = 0;
    pthread_mutex_unlock(&warning_lock);
    return 0;
}

static uint32_t type_of(const struct cbpf_kernel *kernel, const char *section) {
    static const struct { const char *name; size_t offset; } targets[] = {
        {"btf/sched_process_fork", offsetof(struct cbpf_kernel, fork)},
        {"btf/signal_generate", offsetof(struct cbpf_kernel, signal_generate)},
        {"btf/task_rename", offsetof(struct cbpf_kernel, rename)},
        {"tasks/", offsetof(struct cbpf_kernel, iterator)},
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (!strncmp(section, targets[i].name, strlen(targets[i].name)))
            return *(const uint32_t *)((const char *)kernel + targets[i].offset);
    return 0;
}

/// Leaves out which line of the source each instruction is of: only the verifier's log would show it, and the kernel
/// would check, move and keep thousands of them.
static void forget_lines(struct bpf_prog_load_opts *options) {
    if (getenv("RENACER_BPF_DEBUG")) return;
    options->line_info = NULL;
    options->line_info_cnt = 0;
}

/// Puts in what is known only now: libbpf would look the function up in all of the kernel's types.
static void complete(struct bpf_program *program) {
    struct bpf_insn *i = (struct bpf_insn *)bpf_program__insns(program), *end = i + bpf_program__insn_cnt(program);
    for (; i < end; i++) {
        if (i->code != (BPF_JMP | BPF_CALL) || i->src_reg) continue;
        if (i->imm == CAPTURE_CAST && loading->programs->kernel.cast) {
            i->src_reg = BPF_PSEUDO_KFUNC_CALL;
            i->imm = loading->programs->kernel.cast;
        } else if (i->imm == BPF_FUNC_get_attach_cookie && loading->side) {
            *i = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = loading->side};
        }
    }
}

/// Tells who waits for the maps.
static void tell(struct programs *p) {
    if (p->has_told) return;
    p->has_told = true;
    sem_post(&p->maps_made);
}

static int prepare_raw(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie) {
    (void)cookie;
    forget_lines(options);
    complete(program);
    if (loading->part != PART_CALLS) return 0;
    // The maps are there by now.
    loading->programs->has_maps = true;
    tell(loading->programs);
    return 0;
}

static int prepare_typed(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie) {
    (void)cookie;
    bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
    forget_lines(options);
    options->attach_btf_id = type_of(&loading->programs->kernel, bpf_program__section_name(program));
    complete(program);
    return 0;
}

// Sections of our own, and the programs' true type only as they are loaded: libbpf would read
// all of the kernel's types for such programs.
static void register_sections(void) {
    LIBBPF_OPTS(libbpf_prog_handler_opts, raw, .prog_prepare_load_fn = prepare_raw);
    LIBBPF_OPTS(libbpf_prog_handler_opts, typed, .prog_prepare_load_fn = prepare_typed);
    libbpf_register_prog_handler("raw/", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &raw);
    libbpf_register_prog_handler("btf/", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_RAW_TP, &typed);
    libbpf_register_prog_handler("tasks/", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_ITER, &typed);
    libbpf_set_print(note);
}

/// Programs on raw tracepoints, and where each is called.
static const struct {
    enum capture_side side;
    enum part part;
    const char *program, *tracepoint;
} sides[] = {
    {CAPTURE_ENTRY_SIDE, PART_CALLS, "calls", "sys_enter"},
    {CAPTURE_EXIT_SIDE, PART_CALLS, "calls", "sys_exit"},
    {CAPTURE_EXEC_SIDE, PART_TASKS, "events", "sched_process_exec"},
    {CAPTURE_SIGNAL_SIDE, PART_TASKS, "events", "signal_deliver"},
    {CAPTURE_SIDES, PART_TASKS, "ends", "sched_process_exit"},
};

enum { SIDES = sizeof sides / sizeof *sides };

/// Where the program is that is called at a side.
static enum part part_of(const struct programs *p, size_t side) {
    bool is_first = !side || strcmp(sides[side - 1].program, sides[side].program);
    return p->has_cookies || is_first ? sides[side].part : PART_SIDES + sides[side].side;
}

static bool is_needed(const struct programs *p, enum capture_side side) {
    if (side == CAPTURE_SIGNAL_SIDE) return p->signals;
    return side != CAPTURE_EXEC_SIDE || !p->configuration.summary || p->configuration.detaches_at_exec;
}

/// Whether a program is of a part, and needed.
static bool is_wanted(const struct programs *p, enum part part, const struct bpf_program *program) {
    const char *section = bpf_program__section_name(program);
    if (!strcmp(section, "tasks/adopt")) return part == PART_WALKS && p->adopts;
    if (!strncmp(section, "tasks/", 6)) return part == PART_WALKS;
    for (size_t i = 0; i < SIDES; i++)
        if (!strcmp(section + 4, sides[i].program) && part_of(p, i) == part && is_needed(p, sides[i].side)) return true;
    if (part != PART_TASKS) return false;
    if (!strcmp(section, "btf/signal_generate")) return p->signals;
    if (!strcmp(section, "btf/task_rename")) return p->renames;
    if (!strcmp(section, "btf/sched_process_fork"))
        return p->configuration.follows || p->configuration.scope || p->configuration.identities;
    return false;
}

/// Gives the maps their sizes and contents: of the part that makes them.
static int set_maps(struct programs *p, struct bpf_object *object) {
    while (sem_wait(&p->memory_made)) {}
    // Should the part be loaded anew.
    sem_post(&p->memory_made);
    if (p->lacks_memory) return -ENOMEM;
    struct bpf_map *ring = bpf_object__find_map_by_name(object, "ring"), *shared = bpf_object__find_map_by_name(object, ".bss");
    struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
    struct bpf_map *statistics = bpf_object__find_map_by_name(object, "statistics");
    if (!ring || !shared || !constants || !statistics) return -ENOENT;
    int r = bpf_map__set_max_entries(ring, p->ring_size);
    if (!r) r = bpf_map__reuse_fd(ring, p->ring);
    if (!r) r = bpf_map__reuse_fd(shared, p->shared);
    if (!r && p->counting_cpus) r = bpf_map__set_max_entries(statistics, CAPTURE_ROWS * p->counting_cpus);
    // The section's only variable.
    return r ? r : bpf_map__set_initial_value(constants, &p->configuration, sizeof p->configuration);
}

/// Takes the maps of the part that has made them: they come in the same order.
static int share_maps(const struct programs *p, struct bpf_object *object) {
    struct bpf_map *map, *made = NULL;
    int r = 0;
    bpf_object__for_each_map(map, object) {
        made = bpf_object__next_map(p->parts[PART_CALLS], made);
        if (!made) return -ENOENT;
        // Of the size that the object file gives it, it need not be.
        if (!r) r = bpf_map__set_max_entries(map, bpf_map__max_entries(made));
        if (!r) r = bpf_map__reuse_fd(map, bpf_map__fd(made));
    }
    return r;
}

static int load_part(struct loading *l) {
    struct programs *p = l->programs;
    loading = l;
    const char *level = getenv("RENACER_BPF_DEBUG");
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "renacer", .kernel_log_level = level ? atoi(level) : 0);
    struct bpf_object *object = bpf_object__open_mem(p->object, p->object_size, &options);
    if (!object) return -errno;
    p->parts[l->part] = object;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object)
        bpf_program__set_autoload(program, is_wanted(p, l->part, program));
    int r = l->part == PART_CALLS ? set_maps(p, object) : share_maps(p, object);
    if (!r) r = bpf_object__load(object);
    loading = NULL;
    return r;
}

static void unload(struct programs *p, enum part part) {
    bpf_object__close(p->parts[part]);
    p->parts[part] = NULL;
}

/// What `BPF_RAW_TRACEPOINT_OPEN` takes since Linux 6.10.
struct tracepoint_attributes {
    uint64_t name;
    uint32_t program, reserved;
    uint64_t cookie;
};

/// A link, or a negative errno.
static int attach_side(struct programs *p, size_t side) {
    struct bpf_program *program = bpf_object__find_program_by_name(p->parts[part_of(p, side)], sides[side].program);
    if (!program) return -ENOENT;
    if (!p->has_cookies) return bpf_raw_tracepoint_open(sides[side].tracepoint, bpf_program__fd(program));
    struct tracepoint_attributes a = {(uint64_t)(uintptr_t)sides[side].tracepoint, bpf_program__fd(program), 0, sides[side].side};
    int fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &a, sizeof a);
    return fd < 0 ? -errno : fd;
}

/// Takes a link; false if it is none.
static bool keep(struct programs *p, int link) {
    if (link < 0) return false;
    p->links[p->link_count++] = link;
    return true;
}

/// Attaches a part's programs on raw tracepoints: 0 or a negative errno.
static int attach_sides(struct programs *p, enum part part) {
    int link = 0;
    for (size_t i = 0; i < SIDES && link >= 0; i++)
        if (sides[i].part == part && is_needed(p, sides[i].side)) keep(p, link = attach_side(p, i));
    return link < 0 ? link : 0;
}

static int attach_tasks(struct programs *p) {
    int link = attach_sides(p, PART_TASKS);
    struct bpf_program *program;
    bpf_object__for_each_program(program, p->parts[PART_TASKS]) {
        int fd = bpf_program__fd(program);
        if (link < 0 || fd < 0 || strncmp(bpf_program__section_name(program), "btf/", 4)) continue;
        keep(p, link = bpf_raw_tracepoint_open(NULL, fd));
    }
    return link < 0 ? link : 0;
}

void cbpf_begin_programs(struct programs *p) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_sections);
    forget_warning();
    sem_init(&p->memory_made, 0, 0);
    sem_init(&p->maps_made, 0, 0);
    // To ask for the cookie takes a tenth of what counting a call takes.
    p->has_cookies = !p->configuration.summary;
}

void cbpf_load_calls(struct programs *p) {
    struct loading l = {.programs = p, .part = PART_CALLS, .side = p->has_cookies ? 0 : CAPTURE_ENTRY_SIDE};
    p->calls_result = load_part(&l);
    tell(p);
}

int cbpf_load_tasks(struct programs *p) {
    struct loading l = {.programs = p, .part = PART_TASKS, .side = p->has_cookies ? 0 : CAPTURE_EXEC_SIDE};
    int r = load_part(&l);
    for (size_t i = 0; i < SIDES && !r && !p->has_cookies; i++) {
        l = (struct loading){.programs = p, .part = part_of(p, i), .side = sides[i].side};
        if (l.part >= PART_SIDES && is_needed(p, l.side)) r = load_part(&l);
    }
    if (!r) p->tasks_attached = attach_tasks(p);
    return r;
}

int cbpf_conclude_loading(struct programs *p, int result) {
    // Without the first part's maps the others fail in ways of their own.
    if (p->calls_result) result = p->calls_result;
    if (!p->has_cookies || (result ? result : p->tasks_attached) != -EINVAL) return result;
    // This kernel's links have no cookies.
    cbpf_unload_programs(p);
    forget_warning();
    p->has_cookies = p->tasks_attached = 0;
    cbpf_load_calls(p);
    return p->calls_result ? p->calls_result : cbpf_load_tasks(p);
}

int cbpf_attach_calls(struct programs *p) {
    int r = p->tasks_attached;
    if (!r) r = attach_sides(p, PART_CALLS);
    if (r) cbpf_detach_programs(p);
    return r;
}

void cbpf_detach_programs(struct programs *p) {
    while (p->link_count > 0) close(p->links[--p->link_count]);
}

void cbpf_unload_programs(struct programs *p) {
    cbpf_detach_programs(p);
    for (int i = PARTS; i > 0; i--) unload(p, i - 1);
}

int cbpf_walk(struct programs *p, const char *name) {
    if (!p->parts[PART_WALKS]) {
        struct loading l = {.programs = p, .part = PART_WALKS};
        int r = load_part(&l);
        if (r) {
            unload(p, PART_WALKS);
            return r;
        }
    }
    struct bpf_program *program = bpf_object__find_program_by_name(p->parts[PART_WALKS], name);
    if (!program) return -ENOENT;
    int link = bpf_link_create(bpf_program__fd(program), 0, BPF_TRACE_ITER, NULL);
    if (link < 0) return link;
    int iterator = bpf_iter_create(link);
    int r = iterator < 0 ? iterator : 0;
    char nothing[64];
    if (!r) {
        while (read(iterator, nothing, sizeof nothing) > 0) {}
        close(iterator);
    }
    close(link);
    return r;
}

struct bpf_map *cbpf_map(struct programs *p, const char *name) {
    return p->parts[PART_CALLS] ? bpf_object__find_map_by_name(p->parts[PART_CALLS], name) : NULL;
}

uint64_t cbpf_missed_events(struct programs *p) {
    uint64_t sum = 0;
    struct bpf_program *program;
    for (int i = 0; i < PARTS; i++) {
        if (!p->parts[i]) continue;
        bpf_object__for_each_program(program, p->parts[i]) {
            struct bpf_prog_info info = {0};
            __u32 length = sizeof info;
            int fd = bpf_program__fd(program);
            if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length)) sum += info.recursion_misses;
        }
    }
    return sum;
}
