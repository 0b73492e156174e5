// What is remembered of open files: open file descriptions, which descriptors of several processes may share.
#pragma once
#include "../Support/report.h"
#include "../Support/spans.h"
#include "../Support/table.h"

// A range that is read, known by where reading it starts.
typedef struct range {
    uint64_t offset, length, bytes, count;
    // Which access was its last, from 1.
    size_t last;
    struct range *next;
} range;

// Places that were sought, and how often.
typedef struct place {
    uint64_t offset, count;
    struct place *next;
} place;

enum { STRIDES = 8, ACCESS_LIMIT = 1 << 18, TASKS = 16 };

// A read or a seek.
typedef struct access {
    uint64_t begin, end, time;
    int32_t tid;
    int is_seek, is_null, is_dead;
    uint64_t offset, length;
} access;

typedef struct file {
    struct file *next;
    int references;
    // Whether it was looked up, which costs as much as all else here: not before its second access, since one is no pattern.
    int is_looked_up, has_first;
    access first_access;
    int is_interesting;
    // What it was opened as, until it is looked up.
    char path[512];
    uint32_t device_major, device_minor;
    uint64_t inode, size;
    // One descriptor of it, to compare others with.
    int32_t pid, fd;

    uint64_t position;
    int is_position_known, has_sought;
    uint64_t first, last;
    int32_t tasks[TASKS];
    size_t task_count;

    uint64_t reads, bytes, seeks, null_seeks, dead_seeks, repeated_seeks;
    uint64_t expected, last_start, jumps, deltas;
    struct { int64_t delta; uint64_t count; } strides[STRIDES];
    spans read, busy, wasted, advised, prefetched;
    table ranges, places;
    range *range_list;
    place *place_list;
    uint64_t evictions, repeats;

    // Distinct bytes read since any access: a binary indexed tree over accesses.
    uint64_t *weights, *tree;
    size_t accesses, access_capacity;
    uint64_t *distances;
    size_t distance_count, distance_capacity;
} file;

typedef struct process {
    struct process *next;
    int32_t pid;
    file **files;
    size_t capacity;
} process;

typedef struct detector {
    const renacer_host *host;
    uint32_t open, openat, creat, openat2, dup, dup2, dup3, fcntl, close, close_range, read, pread, readv, preadv, preadv2, lseek, write, writev, fadvise, readahead;
    uint32_t path_open, path_openat;
    uint64_t minimum;
    double ratio, severe, seek_share, stride_share;
    table processes;
    process *process_list;
    file *files;
    balance balance;
    uint64_t start, end;
    report report;
    int is_out_of_memory;
} detector;

// Finds out what a descriptor refers to.
void file_look_up(file *f, const renacer_host *host, int32_t tid, int32_t fd);
file *file_at(detector *d, const renacer_event *e, int32_t fd);
file *file_open(detector *d, const renacer_event *e, int32_t fd);
void file_share(detector *d, int32_t pid, int32_t fd, file *f);
void file_close(detector *d, int32_t pid, int32_t fd);
void files_inherit(detector *d, int32_t parent, int32_t child);
void files_forget(detector *d, int32_t pid);
void file_free(file *f);
void file_read(detector *d, file *f, const renacer_event *e, uint64_t offset, uint64_t length);
void file_seek(detector *d, file *f, const renacer_event *e, uint64_t offset);
void judge(detector *d, file *f);
