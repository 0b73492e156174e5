// What a thread did that others waited for.
#include "analysis.h"

static int doing_order(const void *a, const void *b) {
    const doing *x = a, *y = b;
    return x->time < y->time ? 1 : x->time > y->time ? -1 : 0;
}

deeds deeds_of(const thread *t, uint64_t from, uint64_t to) {
    deeds result = { 0 };
    spans in_calls = { 0 }, idle = { 0 };
    uint64_t begin = t->first > from ? t->first : from, end = t->ended && t->ended < to ? t->ended : to;
    for (size_t i = 0; i < t->call_count; i++) {
        uint64_t start = t->calls[i].start > begin ? t->calls[i].start : begin, stop = t->calls[i].end < end ? t->calls[i].end : end;
        if (stop <= start) continue;
        spans_add(&in_calls, start, stop);
        if (t->calls[i].is_idle) spans_add(&idle, start, stop);
        size_t k = 0;
        while (k < result.count && result.calls[k].call != t->calls[i].call) k++;
        if (k == sizeof result.calls / sizeof *result.calls) continue;
        if (k == result.count) result.calls[result.count++] = (doing){ t->calls[i].call, 0, 0, 0, NULL };
        result.calls[k].time += stop - start;
        result.calls[k].count++;
        if (t->calls[i].stack && stop - start > result.calls[k].longest) {
            result.calls[k].longest = stop - start;
            result.calls[k].stack = t->calls[i].stack;
        }
    }
    // A wait that has not ended is no call yet.
    if (t->under_way.start && t->under_way.end > t->under_way.start && t->under_way.outcome == WAIT_UNFINISHED) {
        uint64_t start = t->under_way.start > begin ? t->under_way.start : begin, stop = t->under_way.end < end ? t->under_way.end : end;
        spans_add(&in_calls, start, stop);
        spans_add(&idle, start, stop);
    }
    uint64_t whole = end > begin ? end - begin : 0, inside = spans_total(&in_calls);
    result.outside = whole > inside ? whole - inside : 0;
    result.idle = spans_total(&idle);
    result.is_measured = time_on_cpu(t, begin, end, &result.on_cpu, &result.ready);
    qsort(result.calls, result.count, sizeof *result.calls, doing_order);
    spans_free(&in_calls);
    spans_free(&idle);
    return result;
}

static const char *call_name(const detector *d, uint32_t call) {
    const char *name = table_get(&d->call_names, call);
    return name ? name : "an unknown call";
}

void describe_deeds(detector *d, report *r, const thread *t, uint64_t from, uint64_t to) {
    deeds done = deeds_of(t, from, to);
    char text[400];
    int n = done.is_measured
        ? snprintf(text, sizeof text, "on CPU %.2f ms (%.0f%%), ready %.2f ms", milliseconds(done.on_cpu), percent((double)done.on_cpu, (double)(to - from)), milliseconds(done.ready))
        : snprintf(text, sizeof text, "on CPU or ready %.2f ms (%.0f%%)", milliseconds(done.outside), percent((double)done.outside, (double)(to - from)));
    for (size_t i = 0; i < done.count && i < 4 && n > 0 && (size_t)n < sizeof text; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ", %s %.2f ms (%llu)", call_name(d, done.calls[i].call), milliseconds(done.calls[i].time),
            (unsigned long long)done.calls[i].count);
    char name[64];
    report_text(name, sizeof name, "Waited for thread %d (%s)", t->tid, t->command[0] ? t->command : "?");
    report_measured(r, name, "%s", text);
    int shown = 0;
    for (size_t i = 0; i < done.count && shown < 2; i++) {
        if (!done.calls[i].stack) continue;
        report_text(name, sizeof name, "Its %s of %.2f ms", call_name(d, done.calls[i].call), milliseconds(done.calls[i].longest));
        report_measured(r, name, "%s", done.calls[i].stack);
        shown++;
    }
}
