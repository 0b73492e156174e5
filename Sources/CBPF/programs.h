// The BPF programs: loaded in parts that share their maps, so that two load side by side and what
// is rarely needed only then.
#pragma once
#include "cbpf.h"
#include <bpf/libbpf.h>
#include <semaphore.h>
#include <stdbool.h>

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
    /// Descriptors of the ring and of the memory that both sides use, which another thread makes: it tells once when that is
    /// done, or has failed.
    int ring, shared;
    uint32_t ring_size;
    sem_t memory_made;
    bool lacks_memory;
    /// The calls' part has made the maps, or will not: told once.
    sem_t maps_made;
    bool has_told, has_maps;
    /// What loading the calls' part came to, and attaching the tasks': 0 or a negative errno.
    int calls_result, tasks_attached;
    struct bpf_object *parts[PARTS];
    /// The link tells a program where it is called.
    int has_cookies;
    int links[MOST_LINKS], link_count;
};

/// Fills in where the kernel has what, and its types' ids: 0, or a negative errno if it tells nothing of them.
int cbpf_read_kernel(struct cbpf_kernel *k, struct capture_configuration *c);

/// Before programs are loaded.
void cbpf_begin_programs(struct programs *p);
/// Loads the calls' part, to `calls_result`. Half of what loading takes: by another thread than the rest.
void cbpf_load_calls(struct programs *p);
/// Loads the other parts once there are maps, and attaches the tasks': 0 or a negative errno. No task is traced yet, so
/// that these programs do nothing.
int cbpf_load_tasks(struct programs *p);
/// When both are done, given what loading tasks came to: 0 or a negative errno. Loads all anew where links have no cookies.
int cbpf_conclude_loading(struct programs *p, int result);
/// Attaches what is called at both ends of every call: 0 or a negative errno.
int cbpf_attach_calls(struct programs *p);
void cbpf_detach_programs(struct programs *p);
void cbpf_unload_programs(struct programs *p);
/// Runs one of the programs that walk over all tasks: 0 or a negative errno.
int cbpf_walk(struct programs *p, const char *name);
/// NULL if there is none, or nothing was loaded.
struct bpf_map *cbpf_map(struct programs *p, const char *name);
/// Events that programs missed because they were running on that CPU already.
uint64_t cbpf_missed_events(struct programs *p);
/// Copies libbpf's first warning since loading began, which says more than an errno; empty if there was none.
void cbpf_copy_warning(char *text, size_t size);
