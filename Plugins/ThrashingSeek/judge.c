// Verdicts on an open file: thrash, re-read, seek-heavy, strided, or nothing worth telling.
#include "files.h"

static double ms(uint64_t ns) { return (double)ns / 1e6; }

static int number_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// The cache that would have kept nine of ten ranges until they were read again.
static uint64_t cache_needed(file *f) {
    if (!f->distance_count) return 0;
    qsort(f->distances, f->distance_count, sizeof *f->distances, number_order);
    return f->distances[(f->distance_count - 1) * 9 / 10];
}

static void show_ranges(const file *f, report *r) {
    const range *most[4] = { 0 };
    for (const range *one = f->range_list; one; one = one->next) {
        if (one->count < 2) continue;
        for (size_t i = 0; i < 4; i++) {
            if (most[i] && most[i]->count >= one->count) continue;
            memmove(most + i + 1, most + i, (3 - i) * sizeof *most);
            most[i] = one;
            break;
        }
    }
    for (size_t i = 0; i < 4 && most[i]; i++) {
        char name[64];
        report_text(name, sizeof name, "Offset %llu", (unsigned long long)most[i]->offset);
        report_measured(r, name, "%llu bytes read %llu times", (unsigned long long)most[i]->length, (unsigned long long)most[i]->count);
    }
}

void judge(detector *d, file *f) {
    if (!f->is_interesting || (f->reads < d->minimum && f->seeks < d->minimum)) return;
    uint64_t distinct = spans_total(&f->read), busy = spans_total(&f->busy), wasted_time = spans_total(&f->wasted);
    double ratio = distinct ? (double)f->bytes / (double)distinct : 0;
    uint64_t deltas = f->reads > 1 ? f->reads - 1 : 0;
    double jumps = deltas ? (double)f->jumps / (double)deltas : 0;
    uint64_t moving = f->seeks - f->null_seeks, vain = f->null_seeks + f->dead_seeks;
    double seeks = f->reads ? (double)moving / (double)f->reads : 0;
    uint64_t regular = 0;
    int64_t stride = 0;
    for (size_t i = 0; i < STRIDES; i++) {
        if (f->strides[i].count <= regular) continue;
        regular = f->strides[i].count;
        stride = f->strides[i].delta;
    }

    int is_enough = f->reads >= d->minimum;
    const char *rule;
    if (is_enough && ratio >= d->ratio && jumps >= 0.2 && f->evictions * 4 >= f->reads) rule = "thrash";
    else if (is_enough && ratio >= d->ratio) rule = "re-read";
    else if (f->seeks >= d->minimum && vain * 2 >= f->seeks) rule = "seek-heavy";
    else if (is_enough && f->jumps * 2 >= deltas && (double)regular >= d->stride_share * (double)deltas) rule = "strided";
    else if (is_enough && f->seeks >= d->minimum && seeks >= d->seek_share && jumps >= 0.2) rule = "seek-heavy";
    else return;
    int is_thrash = !strcmp(rule, "thrash"), is_reread = !strcmp(rule, "re-read"), is_strided = !strcmp(rule, "strided");

    uint64_t life = f->last > f->first ? f->last - f->first : 0;
    double share = percent((double)busy, (double)(life ? life : 1)) / 100;
    uint32_t severity = is_strided ? RENACER_INFORMATION : share < 0.01 ? RENACER_LOW
        : (is_thrash || is_reread) ? (ratio >= d->severe && share >= 0.05 ? RENACER_HIGH : RENACER_MEDIUM) : RENACER_LOW;
    // More samples make it surer, and so does a ratio further away from the threshold.
    double confidence = 0.7 + (f->reads + f->seeks >= 4 * d->minimum ? 0.15 : 0) + (ratio >= 2 * d->ratio || is_strided ? 0.1 : 0);
    report *r = &d->report;
    report_begin(r, rule, severity, confidence, f->first, f->last);
    report_balance(r, &d->balance);
    for (size_t i = 0; i < f->task_count; i++) report_task(r, f->tasks[i]);
    report_measured(r, "File", "%s", f->path[0] ? f->path : "unknown");
    report_measured(r, "Reads", "%llu calls, %llu bytes, of which %llu distinct (each %.1f times)", (unsigned long long)f->reads,
        (unsigned long long)f->bytes, (unsigned long long)distinct, ratio);
    if (f->seeks) {
        report_measured(r, "Seeks", "%llu, of which %llu to an offset sought before, %llu without moving, %llu without input or output behind them",
            (unsigned long long)f->seeks, (unsigned long long)f->repeated_seeks, (unsigned long long)f->null_seeks, (unsigned long long)f->dead_seeks);
    }
    report_measured(r, "Order", "%.0f%% of reads do not go on where the last one ended", jumps * 100);
    if (is_thrash || is_reread) {
        report_measured(r, "Read again", "%llu times after other ranges (evictions), %llu times at once", (unsigned long long)f->evictions, (unsigned long long)f->repeats);
        report_number(r, "Bytes read in vain", (double)(f->bytes - distinct), "bytes");
        report_number(r, "A cache that would have kept them", (double)cache_needed(f), "bytes");
        report_number(r, "Working set", (double)distinct, "bytes");
        show_ranges(f, r);
    }
    if (is_strided) report_measured(r, "Stride", "%lld bytes, %.0f%% of the steps", (long long)stride, percent((double)regular, (double)deltas));
    if (f->advised.count) {
        report_measured(r, "Prefetch", "%llu bytes asked for ahead, of which %llu were read", (unsigned long long)spans_total(&f->advised),
            (unsigned long long)spans_common(&f->advised, &f->prefetched));
    }
    report_measured(r, "Time", "%.2f ms in these calls, %.2f ms of it in vain", ms(busy), ms(wasted_time));
    if (is_thrash) {
        report_text(r->title, sizeof r->title, "Thrashing: the same ranges are read again after others, each %.1f times", ratio);
        report_text(r->reason, sizeof r->reason, "what was read is dropped before it is needed again: the cache in front of the file is too small");
        report_text(r->advice, sizeof r->advice, "keep %llu bytes of it in memory, or map it (mmap)", (unsigned long long)cache_needed(f));
    } else if (is_reread) {
        report_text(r->title, sizeof r->title, "The same bytes are read again and again, each %.1f times", ratio);
        report_text(r->reason, sizeof r->reason, "every re-read costs a call and a copy");
        report_text(r->advice, sizeof r->advice, "read it once and keep it");
    } else if (is_strided) {
        report_text(r->title, sizeof r->title, "The file is read with a stride of %lld bytes", (long long)stride);
        report_text(r->reason, sizeof r->reason, "a regular pattern: the kernel does not read ahead across it");
        report_text(r->advice, sizeof r->advice, "preadv for several pieces at a time, or posix_fadvise(POSIX_FADV_WILLNEED) for those to come");
    } else {
        report_text(r->title, sizeof r->title, "Seek-heavy: %llu seeks for %llu reads", (unsigned long long)f->seeks, (unsigned long long)f->reads);
        report_text(r->reason, sizeof r->reason, vain * 2 >= f->seeks ? "most of the seeks change nothing that is read" : "every read costs a second call to get there");
        report_text(r->advice, sizeof r->advice, "pread takes the offset along");
    }
    report_send(r, d->host);
}
