// What is read where: ranges, re-reads and how far apart they are.
#include "files.h"

static void remember_task(file *f, const access *a) {
    f->last = a->time;
    for (size_t i = 0; i < f->task_count; i++)
        if (f->tasks[i] == a->tid) return;
    if (f->task_count < TASKS) f->tasks[f->task_count++] = a->tid;
}

// ---- Distinct bytes between two accesses

static void tree_add(file *f, size_t access, uint64_t bytes, int is_taken) {
    for (size_t i = access; i <= f->access_capacity; i += i & -i) f->tree[i] += is_taken ? -bytes : bytes;
}

static uint64_t tree_sum(const file *f, size_t access) {
    uint64_t sum = 0;
    for (size_t i = access; i; i -= i & -i) sum += f->tree[i];
    return sum;
}

static int tree_grow(file *f) {
    size_t capacity = f->access_capacity ? f->access_capacity * 2 : 64;
    if (capacity > ACCESS_LIMIT) return 0;
    uint64_t *weights = realloc(f->weights, (capacity + 1) * sizeof *weights);
    if (!weights) return 0;
    f->weights = weights;
    uint64_t *tree = realloc(f->tree, (capacity + 1) * sizeof *tree);
    if (!tree) return 0;
    f->tree = tree;
    memset(weights + f->accesses + 1, 0, (capacity - f->accesses) * sizeof *weights);
    memset(tree, 0, (capacity + 1) * sizeof *tree);
    f->access_capacity = capacity;
    for (size_t i = 1; i <= f->accesses; i++)
        if (weights[i]) tree_add(f, i, weights[i], 0);
    return 1;
}

static void remember_distance(file *f, uint64_t distance) {
    if (f->distance_count == f->distance_capacity) {
        size_t capacity = f->distance_capacity ? f->distance_capacity * 2 : 64;
        if (capacity > ACCESS_LIMIT) return;
        uint64_t *distances = realloc(f->distances, capacity * sizeof *distances);
        if (!distances) return;
        f->distances = distances;
        f->distance_capacity = capacity;
    }
    f->distances[f->distance_count++] = distance;
}

// A range is read: whether it was before, and what a cache would have had to hold to still have it.
static int again(detector *d, file *f, uint64_t offset, uint64_t length) {
    range *r = table_get(&f->ranges, offset + 1);
    int is_again = r != NULL;
    if (!r) {
        if (f->ranges.count >= ACCESS_LIMIT) return 0;
        r = calloc(1, sizeof *r);
        if (!r || !table_put(&f->ranges, offset + 1, r)) {
            free(r);
            d->is_out_of_memory = 1;
            return 0;
        }
        r->offset = offset;
        r->next = f->range_list;
        f->range_list = r;
    }
    r->count++;
    r->bytes += length;
    if (length > r->length) r->length = length;
    if (f->accesses == f->access_capacity && !tree_grow(f)) return is_again;
    if (is_again && r->last) {
        uint64_t between = tree_sum(f, f->accesses) - tree_sum(f, r->last);
        if (between) f->evictions++; else f->repeats++;
        remember_distance(f, between + r->length);
        tree_add(f, r->last, f->weights[r->last], 1);
        f->weights[r->last] = 0;
    }
    r->last = ++f->accesses;
    f->weights[r->last] = r->length;
    tree_add(f, r->last, r->length, 0);
    return is_again;
}

// ---- Strides

// The commonest distances between starts, by counting candidates up and others down.
static void remember_stride(file *f, int64_t delta) {
    f->deltas++;
    size_t least = 0;
    for (size_t i = 0; i < STRIDES; i++) {
        if (f->strides[i].count && f->strides[i].delta == delta) {
            f->strides[i].count++;
            return;
        }
        if (f->strides[i].count < f->strides[least].count) least = i;
    }
    if (f->strides[least].count) {
        for (size_t i = 0; i < STRIDES; i++) f->strides[i].count--;
    } else {
        f->strides[least].delta = delta;
        f->strides[least].count = 1;
    }
}

// ---- Accesses

static void remember_read(detector *d, file *f, const access *a) {
    uint64_t offset = a->offset, length = a->length;
    if (f->reads) {
        if (offset != f->expected) f->jumps++;
        remember_stride(f, (int64_t)(offset - f->last_start));
    }
    f->reads++;
    f->bytes += length;
    f->expected = offset + length;
    f->last_start = offset;
    if (f->advised.count) {
        // What of it had been asked for ahead.
        spans one = { 0 };
        if (spans_add(&one, offset, offset + length) && spans_common(&f->advised, &one)) spans_add(&f->prefetched, offset, offset + length);
        spans_free(&one);
    }
    if (again(d, f, offset, length)) spans_add(&f->wasted, a->begin, a->end);
    if (!spans_add(&f->read, offset, offset + length)) d->is_out_of_memory = 1;
}

static void remember_seek(detector *d, file *f, const access *a) {
    uint64_t offset = a->offset;
    f->seeks++;
    f->null_seeks += (uint64_t)a->is_null;
    f->dead_seeks += (uint64_t)a->is_dead;
    if (a->is_null || a->is_dead) spans_add(&f->wasted, a->begin, a->end);
    place *p = table_get(&f->places, offset + 1);
    if (!p) {
        if (f->places.count >= ACCESS_LIMIT || offset == UINT64_MAX) return;
        p = calloc(1, sizeof *p);
        if (!p || !table_put(&f->places, offset + 1, p)) {
            free(p);
            d->is_out_of_memory = 1;
            return;
        }
        p->offset = offset;
        p->next = f->place_list;
        f->place_list = p;
    } else {
        f->repeated_seeks++;
    }
    p->count++;
}

static void remember(detector *d, file *f, const access *a) {
    if (!f->is_interesting) return;
    remember_task(f, a);
    spans_add(&f->busy, a->begin, a->end);
    if (a->is_seek) remember_seek(d, f, a); else remember_read(d, f, a);
}

static void accessed(detector *d, file *f, const renacer_event *e, access a) {
    a.begin = e->enter_time ? e->enter_time : e->time;
    a.end = e->exit_time ? e->exit_time : e->time;
    a.time = e->time;
    a.tid = e->tid;
    if (!f->is_looked_up && !f->has_first) {
        f->has_first = 1;
        f->first_access = a;
        return;
    }
    // By who accesses it: who opened it may be gone.
    if (!f->is_looked_up) file_look_up(f, d->host, e->tid, (int32_t)e->arguments[0]);
    if (f->has_first) remember(d, f, &f->first_access);
    f->has_first = 0;
    remember(d, f, &a);
}

// ---- Calls

void file_read(detector *d, file *f, const renacer_event *e, uint64_t offset, uint64_t length) {
    f->has_sought = 0;
    if (!length || offset > INT64_MAX || length > INT64_MAX - offset) return;
    accessed(d, f, e, (access){ .offset = offset, .length = length });
}

void file_seek(detector *d, file *f, const renacer_event *e, uint64_t offset) {
    access a = { .is_seek = 1, .offset = offset };
    a.is_null = f->is_position_known && offset == f->position;
    a.is_dead = !a.is_null && f->has_sought;
    f->has_sought = 1;
    f->position = offset;
    f->is_position_known = 1;
    accessed(d, f, e, a);
}
