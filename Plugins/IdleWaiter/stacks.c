// Where calls were made from, in words; each text is kept once.
#include "futexes.h"

enum { ASKED_FRAMES = 32, SHOWN_FRAMES = 8, STACK_LIMIT = 1 << 14 };

typedef struct text {
    struct text *next;
    char words[];
} text;

static const char *file_name(renacer_string path, int *length) {
    const char *slash = memrchr(path.data, '/', path.length);
    size_t before = slash ? (size_t)(slash - path.data) + 1 : 0;
    *length = (int)(path.length - before);
    return path.data + before;
}

// `fsync < store (store.c:41) < run`: who was called, and by whom.
static size_t in_words(const renacer_frame *frames, size_t count, char *to, size_t size) {
    size_t n = 0;
    int shown = 0;
    to[0] = 0;
    for (size_t i = 0; i < count && shown < SHOWN_FRAMES && n < size; i++) {
        const renacer_frame *f = &frames[i];
        if (!f->symbol.length && !f->module.length) continue;
        int length;
        const char *name = f->symbol.length ? f->symbol.data : file_name(f->module, &length);
        if (f->symbol.length) {
            // Without the version that the library gives it.
            const char *version = memchr(name, '@', f->symbol.length);
            length = (int)(version && version > name ? (size_t)(version - name) : f->symbol.length);
        }
        n += (size_t)snprintf(to + n, size - n, "%s%.*s", shown++ ? " < " : "", length < 80 ? length : 80, name);
        if (n < size && !f->symbol.length) n += (size_t)snprintf(to + n, size - n, "+%#llx", (unsigned long long)f->module_address);
        if (n < size && f->is_own && f->line) {
            name = file_name(f->source, &length);
            n += (size_t)snprintf(to + n, size - n, " (%.*s:%u)", length < 60 ? length : 60, name, f->line);
        }
    }
    return n < size ? n : size - 1;
}

const char *stack_of(detector *d, const renacer_event *e) {
    if (d->has_no_stacks || d->stack_table.count >= STACK_LIMIT) return NULL;
    renacer_frame frames[ASKED_FRAMES];
    frames[0].size = sizeof *frames;
    size_t count = ASKED_FRAMES;
    renacer_status status = RENACER_HAS(d->host, frames) ? d->host->frames(d->host, e, frames, &count) : RENACER_FAILED;
    if (status == RENACER_FAILED) d->has_no_stacks = 1;
    if (status != RENACER_OK) return NULL;
    char words[480];
    size_t length = in_words(frames, count, words, sizeof words);
    if (!length) return NULL;
    uint64_t key = 0;
    for (size_t i = 0; i < length; i++) key = table_mix(key, (unsigned char)words[i] + 1);
    text *known = table_get(&d->stack_table, key);
    if (known && !strcmp(known->words, words)) return known->words;
    known = malloc(sizeof *known + length + 1);
    if (!known || !table_put(&d->stack_table, key, known)) {
        free(known);
        d->is_out_of_memory = 1;
        return NULL;
    }
    memcpy(known->words, words, length + 1);
    known->next = d->stacks;
    d->stacks = known;
    return known->words;
}

void stacks_free(detector *d) {
    for (text *t = d->stacks, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    table_free(&d->stack_table);
}
