// A log of equal items that grows to a limit and then forgets its older half.
#pragma once
#include <stdlib.h>
#include <string.h>

// Makes room for one more item of `size` bytes: where the items are now; NULL without memory, and they are where they were.
static inline void *log_room(void *items, size_t *count, size_t *capacity, size_t size, size_t limit) {
    if (*count < *capacity) return items;
    if (*capacity >= limit) {
        size_t kept = *count / 2;
        memmove(items, (char *)items + (*count - kept) * size, kept * size);
        *count = kept;
        return items;
    }
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *more = realloc(items, wanted * size);
    if (more) *capacity = wanted;
    return more;
}
