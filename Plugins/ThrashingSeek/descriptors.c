// Descriptors of processes, and the open file descriptions behind them.
#include "files.h"

static process *process_of(detector *d, int32_t pid) {
    process *p = table_get(&d->processes, (uint64_t)pid);
    if (p) return p;
    p = calloc(1, sizeof *p);
    if (!p || !table_put(&d->processes, (uint64_t)pid, p)) {
        free(p);
        d->is_out_of_memory = 1;
        return NULL;
    }
    p->pid = pid;
    p->next = d->process_list;
    d->process_list = p;
    return p;
}

static file **slot(detector *d, int32_t pid, int32_t fd) {
    process *p = fd >= 0 && fd < 1 << 20 ? process_of(d, pid) : NULL;
    if (!p) return NULL;
    if ((size_t)fd >= p->capacity) {
        size_t capacity = p->capacity ? p->capacity : 64;
        while (capacity <= (size_t)fd) capacity *= 2;
        file **files = realloc(p->files, capacity * sizeof *files);
        if (!files) {
            d->is_out_of_memory = 1;
            return NULL;
        }
        memset(files + p->capacity, 0, (capacity - p->capacity) * sizeof *files);
        p->files = files;
        p->capacity = capacity;
    }
    return &p->files[fd];
}

void file_free(file *f) {
    spans_free(&f->read);
    spans_free(&f->busy);
    spans_free(&f->wasted);
    spans_free(&f->advised);
    spans_free(&f->prefetched);
    for (range *r = f->range_list, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    for (place *p = f->place_list, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    table_free(&f->ranges);
    table_free(&f->places);
    free(f->weights);
    free(f->tree);
    free(f->distances);
    free(f);
}

// Lets go of a descriptor's file. One that no descriptor has any more is judged, and forgotten.
static void release(detector *d, file *f) {
    if (!f || --f->references) return;
    for (file **at = &d->files; *at; at = &(*at)->next) {
        if (*at != f) continue;
        *at = f->next;
        break;
    }
    judge(d, f);
    file_free(f);
}

static void put(detector *d, int32_t pid, int32_t fd, file *f) {
    file **at = slot(d, pid, fd);
    if (!at) return;
    if (f) f->references++;
    file *before = *at;
    *at = f;
    release(d, before);
}

void file_share(detector *d, int32_t pid, int32_t fd, file *f) { put(d, pid, fd, f); }
void file_close(detector *d, int32_t pid, int32_t fd) {
    process *p = table_get(&d->processes, (uint64_t)pid);
    if (p && fd >= 0 && (size_t)fd < p->capacity && p->files[fd]) put(d, pid, fd, NULL);
}

void files_inherit(detector *d, int32_t parent, int32_t child) {
    process *p = table_get(&d->processes, (uint64_t)parent);
    if (!p || parent == child) return;
    for (size_t fd = 0; fd < p->capacity; fd++) {
        file *f = p->files[fd];
        if (f) put(d, child, (int32_t)fd, f);
        // The table may have moved.
        p = table_get(&d->processes, (uint64_t)parent);
    }
}

void files_forget(detector *d, int32_t pid) {
    process *p = table_get(&d->processes, (uint64_t)pid);
    if (!p) return;
    for (size_t fd = 0; fd < p->capacity; fd++) {
        file *f = p->files[fd];
        p->files[fd] = NULL;
        release(d, f);
    }
}

static int starts_with(const char *s, const char *start) { return !strncmp(s, start, strlen(start)); }

void file_look_up(file *f, const renacer_host *host, int32_t tid, int32_t fd) {
    f->is_looked_up = 1;
    f->pid = tid;
    f->fd = fd;
    renacer_descriptor about = { .size = sizeof about };
    if (host->descriptor(host, tid, fd, &about) == RENACER_OK) {
        report_text(f->path, sizeof f->path, "%.*s", (int)about.path.length, about.path.data);
        f->device_major = about.device_major;
        f->device_minor = about.device_minor;
        f->inode = about.inode;
        f->size = about.file_size;
        f->is_interesting = about.kind == RENACER_FILE_REGULAR || about.kind == RENACER_FILE_BLOCK_DEVICE;
    } else {
        // Closed already, or the task is gone: what it was opened as is known.
        f->is_interesting = f->path[0] != 0;
    }
    // What is made up at every read is not read again.
    if (starts_with(f->path, "/proc/") || starts_with(f->path, "/sys/") || starts_with(f->path, "/dev/") || starts_with(f->path, "anon_inode:")) f->is_interesting = 0;
}

static file *file_make(detector *d, const renacer_event *e, int32_t fd) {
    file *f = calloc(1, sizeof *f);
    if (!f) {
        d->is_out_of_memory = 1;
        return NULL;
    }
    f->pid = e->tid;
    f->fd = fd;
    f->first = e->time;
    f->next = d->files;
    d->files = f;
    return f;
}

file *file_open(detector *d, const renacer_event *e, int32_t fd) {
    file *f = file_make(d, e, fd);
    if (!f) return NULL;
    f->is_position_known = 1;
    renacer_value v = { .size = sizeof v };
    uint32_t field = e->call == d->openat ? d->path_openat : e->call == d->open ? d->path_open : 0;
    if (field && d->host->value(d->host, e, field, &v) == RENACER_OK && v.text.length) {
        size_t length = v.text.length < sizeof f->path ? v.text.length : sizeof f->path - 1;
        memcpy(f->path, v.text.data, length);
    }
    put(d, e->pid, fd, f);
    return f;
}

file *file_at(detector *d, const renacer_event *e, int32_t fd) {
    file **at = slot(d, e->pid, fd);
    if (!at) return NULL;
    if (*at) return *at;
    // Inherited, received, or opened before the trace: it may be one that is known.
    file *f = file_make(d, e, fd);
    if (!f) return NULL;
    file_look_up(f, d->host, e->tid, fd);
    file *same = NULL;
    for (file *other = d->files; other && f->inode; other = other->next) {
        if (!other->is_looked_up) file_look_up(other, d->host, other->pid, other->fd);
        if (other == f || other->inode != f->inode || other->device_major != f->device_major || other->device_minor != f->device_minor) continue;
        if (d->host->same_description(d->host, e->tid, fd, other->pid, other->fd) == 1) {
            same = other;
            break;
        }
    }
    if (same) {
        d->files = f->next;
        file_free(f);
        f = same;
    }
    put(d, e->pid, fd, f);
    return f;
}
