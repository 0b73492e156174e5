// Verdicts: is the time lost in moving data to and from the device, and why?
#include "devices.h"

static double ms(uint64_t ns) { return (double)ns / 1e6; }

static int number_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void begin(detector *d, const evidence *known, const char *rule, uint32_t severity, double confidence) {
    report *r = &d->report;
    report_begin(r, rule, severity, confidence, known->start, known->end);
    report_balance(r, &d->balance);
    for (size_t i = 0; i < d->task_count; i++) report_task(r, d->tasks[i]);
}

static void show_devices(detector *d) {
    for (size_t i = 0; i < d->device_count && i < 6; i++) {
        const device *one = &d->devices[i];
        report_measured(&d->report, one->path, "%llu transfers, %llu waits, %llu other requests, %llu mappings", (unsigned long long)one->transfers,
            (unsigned long long)one->waits, (unsigned long long)one->requests, (unsigned long long)one->mappings);
    }
}

static void show_rung(detector *d, const evidence *known) {
    const char *link = d->link.is_known ? ", and C, the link as sysfs tells it" : "";
    if (known == &d->called)
        report_measured(&d->report, "Evidence", "A, calls of %llu functions of %s%s", (unsigned long long)d->functions, d->library, link);
    else
        report_measured(&d->report, "Evidence", "B, calls on device files%s; copies that the device does by itself are not seen%s%s%s", link,
            d->unprobed[0] ? " (" : "", d->unprobed, d->unprobed[0] ? ")" : "");
    if (d->link.is_known)
        report_measured(&d->report, "Link", "%s: %s, %.1f GB/s", d->link.name, d->link.description, d->link.bandwidth / 1e9);
}

void judge(detector *d) {
    // What libraries were asked for says more than what their drivers asked the kernel for.
    int is_called = d->called.transfer_count || d->called.wait_count;
    evidence *known = is_called ? &d->called : &d->filed;
    uint64_t calls = known->transfer_count + known->wait_count + known->launches + (is_called ? 0 : d->request_count);
    if (!is_called)
        for (size_t i = 0; i < d->device_count; i++) calls += d->devices[i].waits;
    if (!calls || known->end <= known->start) return;
    double window = (double)(known->end - known->start);
    report *r = &d->report;

    if (d->link.is_degraded && calls >= d->minimum) {
        begin(d, known, "degraded-link", RENACER_MEDIUM, 0.8);
        report_text(r->title, sizeof r->title, "The GPU's PCIe link is slower than it could be");
        report_measured(r, "Link", "%s: %s", d->link.name, d->link.description);
        report_measured(r, "Bandwidth", "%.1f of %.1f GB/s in each direction", d->link.bandwidth / 1e9, d->link.best / 1e9);
        report_measured(r, "Evidence", "C, the link as sysfs told it while there was traffic");
        report_text(r->reason, sizeof r->reason, "every transfer takes %.1f times as long as it had to", d->link.best / d->link.bandwidth);
        report_text(r->advice, sizeof r->advice, "look at the slot, the riser and the BIOS; a link that is idle may be slow to save power");
        report_send(r, d->host);
    }

    uint64_t moving = spans_total(&known->transfers), waiting = spans_total(&known->waits), both = spans_common(&known->transfers, &known->waits);
    uint64_t exposed = moving - both;
    double share = (double)exposed / window, waits = (double)waiting / window, overlap = moving ? (double)both / (double)moving : 0;

    if (!known->transfer_count && !is_called) {
        if (d->request_count < d->minimum) return;
        begin(d, known, "cannot-judge", RENACER_INFORMATION, 0.3);
        r->finding.is_inconclusive = 1;
        report_text(r->title, sizeof r->title, "A GPU is used, but its copies do not pass the kernel: no verdict");
        report_measured(r, "Requests", "%llu in %.2f ms (%.0f%% of the time the device was in use)", (unsigned long long)d->request_count,
            ms(spans_total(&d->requests)), percent((double)spans_total(&d->requests), window));
        show_devices(d);
        show_rung(d, known);
        report_text(r->reason, sizeof r->reason, "sizes and directions of copies are known to the program and the device only");
        report_text(r->advice, sizeof r->advice, "use the driver's own profiler (nsys, rocprof) for the sizes of copies");
        report_send(r, d->host);
        return;
    }

    if (known->size_count) qsort(known->sizes, known->size_count, sizeof *known->sizes, number_order);
    uint64_t median = known->size_count ? known->sizes[known->size_count / 2] : 0, bytes = known->bytes_to + known->bytes_from;
    double rate = moving && !known->asynchronous ? (double)bytes / ((double)moving / 1e9) : 0;
    double use = d->link.is_known ? rate / (d->link.bandwidth * 0.9) : 0;
    const char *rule = NULL, *title = "PCIe Bottleneck detected", *reason = "", *advice = "";
    uint32_t severity = share >= 0.85 ? RENACER_HIGH : RENACER_MEDIUM;
    double confidence = 0.6;
    int is_enough = (is_called ? calls : known->transfer_count) >= d->minimum;

    if (!is_enough) {
        rule = "too-few";
        severity = RENACER_INFORMATION;
        confidence = 0.3;
        title = "A GPU is used, but too little to judge";
        reason = "a handful of transfers says nothing about those of a longer run";
        advice = "trace a longer run, or lower min-calls";
    } else if (share >= 0.2 && waits >= 0.1 && share + waits >= d->threshold && overlap < 0.1) {
        rule = "serialised";
        confidence = 0.75;
        reason = "the device waits while data is moved, and data waits while the device computes";
        advice = "copy the next piece while this one is computed: streams, pinned memory, asynchronous copies";
    } else if (share >= d->threshold && d->link.is_known && use >= 0.75) {
        rule = "link-saturated";
        confidence = 0.85;
        reason = "the link carries what it can: only less data or another link would help";
        advice = "Keep data on the GPU, move it in smaller types, or compress it";
    } else if (share >= d->threshold && median < 64 << 10) {
        rule = "small-copy-bound";
        confidence = 0.8;
        reason = "most of the time goes into many small transfers, each of which pays for a call and a round trip";
        advice = "Batch operations, keep data on GPU";
    } else if (share >= d->threshold && d->link.is_known && use < 0.5 && median >= 1 << 20) {
        rule = "pageable-or-numa-bound";
        confidence = 0.65;
        reason = "transfers are large, but far slower than the link: they are copied on the way, or cross a NUMA node";
        advice = "Use pinned memory, and run on the CPUs that the device is attached to";
    } else if (share >= d->threshold) {
        rule = "transfer-bound";
        confidence = 0.65;
        reason = "moving data takes longer than everything else that is done with the device";
        advice = "Batch operations, keep data on GPU";
    } else if (share < 0.05) {
        rule = "not-pcie";
        severity = RENACER_INFORMATION;
        confidence = 0.7;
        title = "Transfers to the GPU are no bottleneck";
        reason = "less than 5 % of the time that the device was in use went into transfers through its file";
        advice = "look elsewhere: at the kernels, and at what the CPU does between them";
    } else {
        return;
    }
    begin(d, known, rule, severity, confidence);
    if (!is_enough) r->finding.is_inconclusive = 1;
    report_text(r->title, sizeof r->title, "%s", title);
    report_measured(r, "GPU transfers", "%.2f ms (%.0f%% of the time the device was in use)", ms(exposed), share * 100);
    report_measured(r, "Waiting for the device", "%.2f ms (%.0f%%)", ms(waiting), waits * 100);
    report_measured(r, "Everything else", "%.2f ms (%.0f%%)", window / 1e6 - ms(exposed) - ms(waiting), 100 - share * 100 - waits * 100);
    report_measured(r, "Transfers", "%llu, median %llu bytes; %llu bytes to the device and %llu from it, %.3f GB/s", (unsigned long long)known->transfer_count,
        (unsigned long long)median, (unsigned long long)known->bytes_to, (unsigned long long)known->bytes_from, rate / 1e9);
    report_measured(r, "Overlap of transfers with waiting", "%.0f%%", overlap * 100);
    if (known->asynchronous)
        report_measured(r, "Asynchronous copies", "%llu, whose time is in the waits for them", (unsigned long long)known->asynchronous);
    if (known->unknown_direction)
        report_measured(r, "Copies of unknown direction", "%llu, counted as to the device", (unsigned long long)known->unknown_direction);
    if (is_called)
        report_measured(r, "Launches", "%llu; %llu waits; %llu bytes allocated on the device", (unsigned long long)known->launches,
            (unsigned long long)known->wait_count, (unsigned long long)known->allocated);
    if (d->request_count) report_measured(r, "Other requests", "%llu, whose copies and sizes are not known", (unsigned long long)d->request_count);
    show_devices(d);
    show_rung(d, known);
    report_text(r->reason, sizeof r->reason, "%s", reason);
    report_text(r->advice, sizeof r->advice, "%s", advice);
    report_send(r, d->host);
}
