// pcie-bottleneck: time that goes into moving data between the host and a GPU.
#include "devices.h"
#include "../Support/option.h"
#include <fnmatch.h>

static renacer_status create(const renacer_host *host, void **instance) {
    detector *d = calloc(1, sizeof *d);
    if (!d) return RENACER_FAILED;
    *instance = d;
    d->host = host;
    const struct { uint32_t *id; const char *name; } calls[] = {
        { &d->open, "open" }, { &d->openat, "openat" }, { &d->openat2, "openat2" }, { &d->close, "close" }, { &d->dup, "dup" },
        { &d->dup2, "dup2" }, { &d->dup3, "dup3" }, { &d->ioctl, "ioctl" }, { &d->read, "read" }, { &d->write, "write" },
        { &d->pread, "pread64" }, { &d->pwrite, "pwrite64" }, { &d->readv, "readv" }, { &d->writev, "writev" }, { &d->mmap, "mmap" },
        { &d->poll, "poll" }, { &d->ppoll, "ppoll" },
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        *calls[i].id = host->call(host, report_string(calls[i].name));
        // An id that no event has.
        if (!*calls[i].id) *calls[i].id = UINT32_MAX;
    }
    d->path_open = host->field(host, report_string("open.pathname"));
    d->path_openat = host->field(host, report_string("openat.pathname"));
    d->threshold = option_number(host, "threshold", 0.7);
    d->minimum = (uint64_t)option_number(host, "min-calls", 16);
    const struct { const char *name; char *to; size_t size; } texts[] = {
        { "devices", d->patterns, sizeof d->patterns }, { "sysfs", d->sysfs, sizeof d->sysfs }, { "libraries", d->libraries, sizeof d->libraries }
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        renacer_value v = { .size = sizeof v };
        if (host->option(host, report_string(texts[i].name), &v) != RENACER_OK || v.text.length >= texts[i].size) {
            host->fail(host, report_string("an option's text is too long"));
            return RENACER_FAILED;
        }
        memcpy(texts[i].to, v.text.data, v.text.length);
    }
    probe_libraries(d);
    return RENACER_OK;
}

// ---- Which descriptors are devices

static int is_device_path(const detector *d, const char *path) {
    char all[sizeof d->patterns], *rest = all;
    memcpy(all, d->patterns, sizeof all);
    for (char *one; (one = strsep(&rest, ":"));)
        if (*one && !fnmatch(one, path, 0)) return 1;
    return 0;
}

static uint64_t descriptor_key(int32_t pid, int32_t fd) { return (uint64_t)(uint32_t)pid << 32 | (uint32_t)fd; }

// Remembers what a descriptor is: 1 for no device, or 2 and the device's place.
static void remember(detector *d, int32_t pid, int32_t fd, size_t what) {
    if (!table_put(&d->descriptors, descriptor_key(pid, fd), (void *)(uintptr_t)what)) d->is_out_of_memory = 1;
}

static size_t device_at(detector *d, const char *path, const renacer_descriptor *about) {
    if (!is_device_path(d, path)) return 1;
    for (size_t i = 0; i < d->device_count; i++)
        if (!strcmp(d->devices[i].path, path)) return i + 2;
    if (d->device_count == DEVICES) return 1;
    device *one = &d->devices[d->device_count++];
    report_text(one->path, sizeof one->path, "%s", path);
    one->driver = driver_of(d, path, about);
    return d->device_count + 1;
}

static size_t look_up(detector *d, int32_t tid, int32_t fd) {
    char path[256];
    renacer_descriptor about = { .size = sizeof about };
    if (d->host->descriptor(d->host, tid, fd, &about) != RENACER_OK) return 1;
    report_text(path, sizeof path, "%.*s", (int)about.path.length, about.path.data);
    return device_at(d, path, &about);
}

static void opened(detector *d, const renacer_event *e) {
    uint32_t field = e->call == d->openat ? d->path_openat : e->call == d->open ? d->path_open : 0;
    renacer_value v = { .size = sizeof v };
    size_t what = 0;
    if (field && d->host->value(d->host, e, field, &v) == RENACER_OK && v.text.length && v.text.data[0] == '/') {
        char path[256];
        report_text(path, sizeof path, "%.*s", (int)v.text.length, v.text.data);
        // What is opened by its own name needs no look at the descriptor, which may be closed by now.
        what = 1;
        // A library that is loaded is a program's own copy: one that lies elsewhere than usual.
        if (is_gpu_library(path)) probe_library(d, path);
        if (is_device_path(d, path)) {
            what = look_up(d, e->tid, (int32_t)e->result);
            if (what == 1) what = device_at(d, path, NULL);
        }
    }
    if (!what) what = look_up(d, e->tid, (int32_t)e->result);
    remember(d, e->pid, (int32_t)e->result, what);
}

static device *device_of(detector *d, const renacer_event *e, int32_t fd) {
    if (fd < 0) return NULL;
    size_t what = (size_t)(uintptr_t)table_get(&d->descriptors, descriptor_key(e->pid, fd));
    if (!what) {
        what = look_up(d, e->tid, fd);
        remember(d, e->pid, fd, what);
    }
    return what >= 2 ? &d->devices[what - 2] : NULL;
}

// ---- Calls on them

void touched(detector *d, evidence *known, const renacer_event *e, spans *to) {
    uint64_t start = e->enter_time ? e->enter_time : e->time, end = e->exit_time ? e->exit_time : e->time;
    if (!known->start || start < known->start) known->start = start;
    if (end > known->end) known->end = end;
    if (to && !spans_add(to, start, end)) d->is_out_of_memory = 1;
    for (size_t i = 0; i < d->task_count; i++)
        if (d->tasks[i] == e->tid) return;
    if (d->task_count < 16) d->tasks[d->task_count++] = e->tid;
}

void remember_transfer(detector *d, evidence *known, uint64_t bytes, int is_from_device) {
    *(is_from_device ? &known->bytes_from : &known->bytes_to) += bytes;
    if (!known->sizes && !(known->sizes = malloc(SIZES * sizeof *known->sizes))) {
        d->is_out_of_memory = 1;
        return;
    }
    if (known->size_count < SIZES) known->sizes[known->size_count++] = bytes;
    // While there is traffic, now and then.
    if ((known->transfer_count++ & 1023) == 0) look_at_link(d);
}

static void transferred(detector *d, const renacer_event *e, device *one, uint64_t bytes, int is_from_device) {
    touched(d, &d->filed, e, &d->filed.transfers);
    one->transfers++;
    remember_transfer(d, &d->filed, bytes, is_from_device);
}

static void requested(detector *d, const renacer_event *e, device *one) {
    uint64_t request = e->arguments[1] & 0xffffffff;
    int is_from_device;
    if (is_wait_request(one->driver, request)) {
        one->waits++;
        touched(d, &d->filed, e, &d->filed.waits);
        return;
    }
    if (is_transfer_request(one->driver, request, &is_from_device) && e->outcome == RENACER_RETURNED) {
        // struct drm_i915_gem_pread, _pwrite: the size is the third word.
        uint64_t size;
        if (d->host->read(d->host, e, e->arguments[2] + 16, &size, sizeof size) == sizeof size) {
            transferred(d, e, one, size, is_from_device);
            return;
        }
    }
    one->requests++;
    if ((d->request_count++ & 1023) == 0) look_at_link(d);
    touched(d, &d->filed, e, &d->requests);
}

static void polled(detector *d, const renacer_event *e) {
    struct { int32_t fd; int16_t events, answer; } one;
    for (uint64_t i = 0; i < (uint32_t)e->arguments[1] && i < 8; i++) {
        if (d->host->read(d->host, e, e->arguments[0] + i * sizeof one, &one, sizeof one) != sizeof one) return;
        device *found = device_of(d, e, one.fd);
        if (!found) continue;
        found->waits++;
        touched(d, &d->filed, e, &d->filed.waits);
        return;
    }
}

static void call_ended(detector *d, const renacer_event *e) {
    int is_success = e->outcome == RENACER_RETURNED;
    int32_t fd = (int32_t)e->arguments[0];
    if (e->call == d->openat || e->call == d->open || e->call == d->openat2) {
        if (is_success) opened(d, e);
    } else if (e->call == d->close) {
        table_remove(&d->descriptors, descriptor_key(e->pid, fd));
    } else if (e->call == d->dup || e->call == d->dup2 || e->call == d->dup3) {
        // Looked up when it is used.
        if (is_success) table_remove(&d->descriptors, descriptor_key(e->pid, (int32_t)e->result));
    } else if (e->call == d->poll || e->call == d->ppoll) {
        // Without a device there is nothing to wait for.
        if (d->device_count) polled(d, e);
    } else if (e->call == d->mmap) {
        device *one = is_success ? device_of(d, e, (int32_t)e->arguments[4]) : NULL;
        if (!one) return;
        one->mappings++;
        touched(d, &d->filed, e, NULL);
    } else {
        device *one = device_of(d, e, fd);
        if (!one) return;
        int is_read = e->call == d->read || e->call == d->pread || e->call == d->readv;
        if (e->call == d->ioctl) requested(d, e, one);
        else if (is_success && e->result > 0) transferred(d, e, one, (uint64_t)e->result, is_read);
    }
}

static renacer_status consume(void *instance, const renacer_event *e, size_t count) {
    detector *d = instance;
    for (; count--; e = renacer_next(e)) {
        if (e->kind == RENACER_LOSS) d->balance.lost += e->count;
        if (e->kind == RENACER_FUNCTION) function_called(d, e);
        if (e->kind != RENACER_CALL && e->kind != RENACER_FUNCTION) continue;
        d->balance.seen++;
        if (e->kind != RENACER_CALL) continue;
        call_ended(d, e);
    }
    if (d->is_out_of_memory) {
        d->host->fail(d->host, report_string("out of memory"));
        return RENACER_FAILED;
    }
    return RENACER_OK;
}

static renacer_status finish(void *instance, const renacer_account *account) {
    detector *d = instance;
    if (account->lost > d->balance.lost) d->balance.lost = account->lost;
    judge(d);
    return RENACER_OK;
}

static void destroy(void *instance) {
    detector *d = instance;
    if (!d) return;
    for (evidence *known = &d->filed;; known = &d->called) {
        spans_free(&known->transfers);
        spans_free(&known->waits);
        free(known->sizes);
        if (known == &d->called) break;
    }
    for (size_t i = 0; i < d->probed_count; i++) free(d->probed[i]);
    spans_free(&d->requests);
    table_free(&d->descriptors);
    free(d);
}

static const renacer_option options[] = {
    OPTION(RENACER_OPTION_NUMBER, "threshold", "0.7", "share of the time that the device is in use, from which transfers are a bottleneck", 0, 1),
    OPTION(RENACER_OPTION_INTEGER, "min-calls", "16", "calls on the device from which there is a verdict", 1, 1e9),
    OPTION(RENACER_OPTION_TEXT, "devices", "/dev/nvidia*:/dev/dri/*:/dev/kfd", "device files, as patterns with colons between them", 0, 0),
    OPTION(RENACER_OPTION_TEXT, "libraries",
        "/usr/lib*/libcuda.so.1:/usr/lib*/*-linux-gnu/libcuda.so.1:/usr/local/cuda*/lib*/libcudart.so*:/usr/lib*/*-linux-gnu/libcudart.so*"
        ":/opt/rocm*/lib/libamdhip64.so*:/usr/lib*/*-linux-gnu/libamdhip64.so*:/usr/lib*/*-linux-gnu/libze_loader.so.1",
        "GPU libraries whose functions are probed from the start, as patterns with colons between them; others are once they are opened", 0, 0),
    OPTION(RENACER_OPTION_TEXT, "sysfs", "/sys", "where the link's speed is looked up", 0, 0),
};

static const renacer_subscription subscriptions[] = {
    { sizeof(renacer_subscription), RENACER_CALL, RENACER_TEXT("?open,openat,?openat2,ioctl,?poll,ppoll"), RENACER_NEEDS_MEMORY, 0, { 0 } },
    { sizeof(renacer_subscription), RENACER_CALL | RENACER_LOSS | RENACER_FUNCTION,
        RENACER_TEXT("close,dup,?dup2,dup3,read,write,pread64,pwrite64,readv,writev,mmap"), 0, 0, { 0 } },
};

static const renacer_detector functions = { sizeof functions, 0, create, consume, finish, destroy, NULL };

static const renacer_string rules[] = {
    RENACER_TEXT("too-few"), RENACER_TEXT("serialised"), RENACER_TEXT("link-saturated"), RENACER_TEXT("small-copy-bound"),
    RENACER_TEXT("pageable-or-numa-bound"), RENACER_TEXT("transfer-bound"), RENACER_TEXT("not-pcie"),
    RENACER_TEXT("degraded-link"), RENACER_TEXT("cannot-judge")
};

static const renacer_component component = {
    sizeof component, RENACER_DETECTOR, RENACER_TEXT("pcie-bottleneck"),
    RENACER_TEXT("time that goes into moving data between the host and a GPU"), options, sizeof options / sizeof *options, subscriptions,
    sizeof subscriptions / sizeof *subscriptions, &functions, rules,
    sizeof rules / sizeof *rules
};

static const renacer_plugin plugin = {
    sizeof plugin, RENACER_ABI_MINOR, RENACER_EVENT_SCHEMA, 0, RENACER_TEXT("pcie-bottleneck"), RENACER_TEXT("1.0"), &component, 1
};

const renacer_plugin *renacer_plugin_v1(const renacer_host *host) {
    (void)host;
    return &plugin;
}
