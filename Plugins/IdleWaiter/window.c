// What of the trace is looked at: a span of time, or what lies between two marks that the program makes.
#include "futexes.h"

// A time such as 1.5s or 200ms, ns; 0 on failure.
static int time_in(const char *text, const char **end, uint64_t *ns) {
    char *behind;
    double n = strtod(text, &behind);
    if (behind == text || !(n >= 0 && n < 1e9)) return 0;
    double scale = 0;
    static const struct { const char *name; double scale; } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
    for (size_t i = 0; i < 4 && !scale; i++) {
        size_t length = strlen(units[i].name);
        if (!strncmp(behind, units[i].name, length)) {
            scale = units[i].scale;
            behind += length;
        }
    }
    *end = behind;
    *ns = (uint64_t)(n * scale);
    return scale != 0;
}

// `auto`, `FROM-TO` as times since the trace began, or `marker:TEXT[..TEXT]`.
int window_option(detector *d, const char *text) {
    if (!strcmp(text, "auto")) return 1;
    if (!strncmp(text, "marker:", 7)) {
        const char *dots = strstr(text + 7, "..");
        size_t length = dots ? (size_t)(dots - text - 7) : strlen(text + 7);
        if (!length || length >= sizeof d->mark) return 0;
        memcpy(d->mark, text + 7, length);
        report_text(d->end_mark, sizeof d->end_mark, "%s", dots ? dots + 2 : d->mark);
        return d->end_mark[0] != 0;
    }
    const char *at;
    return time_in(text, &at, &d->window_from) && *at == '-' && time_in(at + 1, &at, &d->window_to) && !*at
        && d->window_to > d->window_from;
}

void look_for_marks(detector *d, const renacer_event *e) {
    if (!d->mark[0] || d->marked_to) return;
    char text[256];
    size_t length = 0;
    renacer_value v = { .size = sizeof v };
    uint32_t path = e->call == d->ids.openat ? d->paths[0] : e->call == d->ids.open ? d->paths[1] : 0;
    if (path && d->host->value(d->host, e, path, &v) == RENACER_OK) {
        length = v.text.length < sizeof text ? v.text.length : sizeof text - 1;
        memcpy(text, v.text.data, length);
    } else if (e->call == d->ids.write && e->result > 0) {
        size_t count = (uint64_t)e->result < sizeof text ? (size_t)e->result : sizeof text - 1;
        // As much as was captured.
        for (; count && !length; count /= 2) length = d->host->read(d->host, e, e->arguments[1], text, count);
    }
    if (!length) return;
    text[length] = 0;
    if (!d->marked_from && memmem(text, length, d->mark, strlen(d->mark))) d->marked_from = e->time;
    else if (d->marked_from && memmem(text, length, d->end_mark, strlen(d->end_mark))) d->marked_to = e->time;
}
