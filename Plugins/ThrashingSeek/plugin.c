// thrashing-seek: files of which the same is read again and again, or that are sought more than read.
#include "files.h"
#include "../Support/option.h"

enum { ADVICE_WILLNEED = 3, COMMAND_DUPFD = 0, COMMAND_DUPFD_CLOEXEC = 1030 };

static renacer_status create(const renacer_host *host, void **instance) {
    detector *d = calloc(1, sizeof *d);
    if (!d) return RENACER_FAILED;
    *instance = d;
    d->host = host;
    const struct { uint32_t *id; const char *name; } calls[] = {
        { &d->open, "open" }, { &d->openat, "openat" }, { &d->openat2, "openat2" }, { &d->creat, "creat" }, { &d->dup, "dup" },
        { &d->dup2, "dup2" }, { &d->dup3, "dup3" }, { &d->fcntl, "fcntl" }, { &d->close, "close" }, { &d->close_range, "close_range" },
        { &d->read, "read" }, { &d->pread, "pread64" }, { &d->readv, "readv" }, { &d->preadv, "preadv" }, { &d->preadv2, "preadv2" },
        { &d->lseek, "lseek" }, { &d->write, "write" }, { &d->writev, "writev" }, { &d->fadvise, "fadvise64" }, { &d->readahead, "readahead" },
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        *calls[i].id = host->call(host, report_string(calls[i].name));
        // An id that no event has.
        if (!*calls[i].id) *calls[i].id = UINT32_MAX;
    }
    d->path_open = host->field(host, report_string("open.pathname"));
    d->path_openat = host->field(host, report_string("openat.pathname"));
    d->minimum = (uint64_t)option_number(host, "min-calls", 32);
    d->ratio = option_number(host, "ratio", 2);
    d->severe = option_number(host, "severe", 5);
    d->seek_share = option_number(host, "seek-share", 0.5);
    d->stride_share = option_number(host, "stride-share", 0.5);
    return RENACER_OK;
}

static void call_ended(detector *d, const renacer_event *e) {
    int32_t fd = (int32_t)e->arguments[0];
    uint64_t result = (uint64_t)e->result;
    if (e->call == d->openat || e->call == d->open || e->call == d->openat2 || e->call == d->creat) {
        file_open(d, e, (int32_t)result);
    } else if (e->call == d->dup || e->call == d->dup2 || e->call == d->dup3
               || (e->call == d->fcntl && (e->arguments[1] == COMMAND_DUPFD || e->arguments[1] == COMMAND_DUPFD_CLOEXEC))) {
        // dup2(3, 3) does nothing.
        if ((int32_t)result != fd) file_share(d, e->pid, (int32_t)result, file_at(d, e, fd));
    } else if (e->call == d->close) {
        file_close(d, e->pid, fd);
    } else if (e->call == d->close_range) {
        // The third argument's CLOSE_RANGE_CLOEXEC, 4, closes nothing now.
        if (!(e->arguments[2] & 4))
            for (uint64_t n = (uint32_t)e->arguments[0]; n <= (uint32_t)e->arguments[1] && n < 65536; n++) file_close(d, e->pid, (int32_t)n);
    } else if (e->call == d->lseek) {
        file *f = file_at(d, e, fd);
        if (f) file_seek(d, f, e, result);
    } else if (e->call == d->pread || e->call == d->preadv || (e->call == d->preadv2 && e->arguments[3] != UINT64_MAX)) {
        file *f = file_at(d, e, fd);
        if (f) file_read(d, f, e, e->arguments[3], result);
    } else if (e->call == d->read || e->call == d->readv || e->call == d->preadv2) {
        file *f = file_at(d, e, fd);
        if (!f) return;
        if (f->is_position_known) file_read(d, f, e, f->position, result);
        f->position += result;
        f->has_sought = 0;
    } else if (e->call == d->write || e->call == d->writev) {
        file *f = file_at(d, e, fd);
        if (!f) return;
        f->position += result;
        f->has_sought = 0;
    } else if ((e->call == d->fadvise && e->arguments[3] == ADVICE_WILLNEED) || e->call == d->readahead) {
        file *f = file_at(d, e, fd);
        uint64_t length = e->arguments[2] ? e->arguments[2] : INT64_MAX;
        if (f && e->arguments[1] <= INT64_MAX && length <= INT64_MAX) spans_add(&f->advised, e->arguments[1], e->arguments[1] + length);
    }
}

static renacer_status consume(void *instance, const renacer_event *e, size_t count) {
    detector *d = instance;
    for (; count--; e = renacer_next(e)) {
        if (!d->start) d->start = e->time;
        d->end = e->time;
        if (e->kind == RENACER_LOSS) d->balance.lost += e->count;
        if (e->kind == RENACER_TASK) {
            if (e->code == RENACER_TASK_FORKED && !e->status) files_inherit(d, e->pid, e->child);
            // Which descriptors survive is looked up when they are used.
            if (e->code == RENACER_TASK_EXECUTED || (e->code == RENACER_TASK_EXITED && e->tid == e->pid)
                || (e->code == RENACER_TASK_KILLED && e->tid == e->pid))
                files_forget(d, e->pid);
        }
        if (e->kind != RENACER_CALL) continue;
        d->balance.seen++;
        if (e->outcome == RENACER_RETURNED) call_ended(d, e);
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
    for (file *f = d->files; f; f = f->next) judge(d, f);
    return RENACER_OK;
}

static void destroy(void *instance) {
    detector *d = instance;
    if (!d) return;
    for (file *f = d->files, *next; f; f = next) {
        next = f->next;
        file_free(f);
    }
    for (process *p = d->process_list, *next; p; p = next) {
        next = p->next;
        free(p->files);
        free(p);
    }
    table_free(&d->processes);
    free(d);
}

static const renacer_option options[] = {
    OPTION(RENACER_OPTION_INTEGER, "min-calls", "32", "reads or seeks from which a file is judged", 2, 1e9),
    OPTION(RENACER_OPTION_NUMBER, "ratio", "2", "bytes read for each distinct byte, from which it is reading again", 1, 1e6),
    OPTION(RENACER_OPTION_NUMBER, "severe", "5", "the same, from which it is severe", 1, 1e6),
    OPTION(RENACER_OPTION_NUMBER, "seek-share", "0.5", "moving seeks for each read, from which a file is seek-heavy", 0, 1e6),
    OPTION(RENACER_OPTION_NUMBER, "stride-share", "0.5", "of all steps that one stride has to have, to be a regular pattern", 0, 1),
};

static const renacer_subscription subscriptions[] = {
    { sizeof(renacer_subscription), RENACER_CALL, RENACER_TEXT("?open,openat,?openat2,?creat"), RENACER_NEEDS_MEMORY, 0, { 0 } },
    { sizeof(renacer_subscription), RENACER_CALL | RENACER_TASK | RENACER_LOSS,
        RENACER_TEXT("dup,?dup2,dup3,fcntl,close,?close_range,read,pread64,readv,preadv,?preadv2,lseek,write,writev,fadvise64,readahead"), 0, 0, { 0 } },
};

static const renacer_detector functions = { sizeof functions, 0, create, consume, finish, destroy, NULL };

static const renacer_string rules[] = {
    RENACER_TEXT("thrash"), RENACER_TEXT("re-read"), RENACER_TEXT("seek-heavy"), RENACER_TEXT("strided")
};

static const renacer_component component = {
    sizeof component, RENACER_DETECTOR, RENACER_TEXT("thrashing-seek"),
    RENACER_TEXT("files of which the same is read again and again, or that are sought more than read"), options,
    sizeof options / sizeof *options, subscriptions, sizeof subscriptions / sizeof *subscriptions, &functions, rules,
    sizeof rules / sizeof *rules
};

static const renacer_plugin plugin = {
    sizeof plugin, RENACER_ABI_MINOR, RENACER_EVENT_SCHEMA, 0, RENACER_TEXT("thrashing-seek"), RENACER_TEXT("1.0"), &component, 1
};

const renacer_plugin *renacer_plugin_v1(const renacer_host *host) {
    (void)host;
    return &plugin;
}
