// The BPF programs: loaded in parts that share their maps, so that two load side by side and what
// is rarely needed only then.
#pragma once
#include "cbpf.h"
#include <bpf/libbpf.h>

enum part {
    /// What is called at both ends of every call; it makes the maps.
    PART_CALLS,
    /// The life of tasks, and signals.
    PART_TASKS,
    /// Walks over all tasks.
    PART_WALKS,
    /// One for each side, where links have no cookies (before Linux 6.10): a program then knows
    /// from the start where it is called. The first side of a program is in the part of that program.
    PART_SIDES,
    PARTS = PART_SIDES + CAPTURE_SIDES,
};

enum { MOST_LINKS = 16 };

struct programs {
    struct cbpf_kernel kernel;
    const void *object;
    size_t object_size;
    struct capture_configuration configuration;
    int signals, renames, adopts;
    /// CPUs whose calls are counted; 0 if none are.
    uint32_t counting_cpus;
    /// Descriptors of the ring and of the memory that both sides use, made beforehand.
    int ring, shared;
    uint32_t ring_size;
    /// What else is to be done while programs load, on the same CPU as the shorter part: 0 or a negative errno.
    int (*meanwhile)(void *);
    void *owner;
    /// Loads the tasks' part; what that came to.
    struct beside *beside;
    int tasks_result;
    struct bpf_object *parts[PARTS];
    /// The link tells a program where it is called.
    int has_cookies;
    int links[MOST_LINKS], link_count;
};

/// Loads what every trace needs, and does what is to be done meanwhile: 0 or a negative errno.
int cbpf_load_programs(struct programs *p);
/// Attaches them: 0 or a negative errno.
int cbpf_attach_programs(struct programs *p);
void cbpf_detach_programs(struct programs *p);
void cbpf_unload_programs(struct programs *p);
/// Runs one of the programs that walk over all tasks: 0 or a negative errno.
int cbpf_walk(struct programs *p, const char *name);
/// NULL if there is none, or nothing was loaded.
struct bpf_map *cbpf_map(struct programs *p, const char *name);
/// Events that programs missed because they were running on that CPU already.
uint64_t cbpf_missed_events(struct programs *p);
/// libbpf's last warning, which says more than an errno; empty if there was none.
const char *cbpf_warning(void);
