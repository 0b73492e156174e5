// A hash table from 64-bit keys to pointers: what the detectors remember things by.
#pragma once
#include <stdint.h>
#include <stdlib.h>

typedef struct table {
    uint64_t *keys;
    void **values;
    size_t capacity, count;
} table;

static inline uint64_t table_mix(uint64_t a, uint64_t b) {
    uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

static inline size_t table_place(const table *t, uint64_t key) {
    size_t i = table_mix(key, 1) & (t->capacity - 1);
    while (t->values[i] && t->keys[i] != key) i = (i + 1) & (t->capacity - 1);
    return i;
}

static inline void *table_get(const table *t, uint64_t key) {
    return t->capacity ? t->values[table_place(t, key)] : NULL;
}

// Puts a value that is not NULL; 0 if there is no memory for it.
static inline int table_put(table *t, uint64_t key, void *value) {
    if (t->count * 2 >= t->capacity) {
        table larger = { .capacity = t->capacity ? t->capacity * 2 : 64 };
        larger.keys = calloc(larger.capacity, sizeof *larger.keys);
        larger.values = calloc(larger.capacity, sizeof *larger.values);
        if (!larger.keys || !larger.values) {
            free(larger.keys);
            free(larger.values);
            return 0;
        }
        for (size_t i = 0; i < t->capacity; i++) {
            if (!t->values[i]) continue;
            size_t at = table_place(&larger, t->keys[i]);
            larger.keys[at] = t->keys[i];
            larger.values[at] = t->values[i];
        }
        larger.count = t->count;
        free(t->keys);
        free(t->values);
        *t = larger;
    }
    size_t at = table_place(t, key);
    if (!t->values[at]) t->count++;
    t->keys[at] = key;
    t->values[at] = value;
    return 1;
}

// Removes a key, and moves those behind it that would no longer be found.
static inline void table_remove(table *t, uint64_t key) {
    if (!t->capacity) return;
    size_t i = table_place(t, key);
    if (!t->values[i]) return;
    t->values[i] = NULL;
    t->count--;
    for (size_t j = (i + 1) & (t->capacity - 1); t->values[j]; j = (j + 1) & (t->capacity - 1)) {
        void *value = t->values[j];
        t->values[j] = NULL;
        size_t at = table_place(t, t->keys[j]);
        t->keys[at] = t->keys[j];
        t->values[at] = value;
    }
}

static inline void table_free(table *t) {
    free(t->keys);
    free(t->values);
    *t = (table){ 0 };
}
