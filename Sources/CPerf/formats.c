#define _GNU_SOURCE
#include "formats.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <traceevent/event-parse.h>
#include <unistd.h>

// The order of a tracepoint's fields is that in which decode.c asks for them; those behind `required` may be
// missing in older kernels.
static const struct {
    const char *system, *name;
    int required;
    const char *fields[FIELDS];
} wanted[CPERF_TRACEPOINTS] = {
    [CPERF_ENTER] = {"raw_syscalls", "sys_enter", 2, {"id", "args"}},
    [CPERF_EXIT] = {"raw_syscalls", "sys_exit", 2, {"id", "ret"}},
    [CPERF_NEW_TASK] = {"task", "task_newtask", 3, {"pid", "clone_flags", "comm"}},
    [CPERF_EXEC] = {"sched", "sched_process_exec", 1, {"old_pid"}},
    [CPERF_GONE] = {"sched", "sched_process_exit", 0, {"group_dead"}},
    [CPERF_SENT] = {"signal", "signal_generate", 5, {"sig", "errno", "code", "pid", "result"}},
    [CPERF_TAKEN] = {"signal", "signal_deliver", 5, {"sig", "errno", "code", "sa_handler", "sa_flags"}},
    [CPERF_RENAME] = {"task", "task_rename", 2, {"pid", "newcomm"}},
};

static int has_events(const char *root) {
    char path[64];
    snprintf(path, sizeof path, "%s/events", root);
    return access(path, R_OK | X_OK) == 0;
}

const char *cperf_tracefs(int *status) {
    static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    *status = 0;
    for (size_t i = 0; i < 2; i++)
        if (has_events(roots[i])) return roots[i];
    *status = -errno;
    if (mount("tracefs", roots[0], "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 && has_events(roots[0])) {
        *status = 0;
        return roots[0];
    }
    // Who may not mount it is told that it cannot be read, if it is there.
    if (*status != -EACCES) *status = -errno;
    return NULL;
}

/// The functions of libtraceevent, which is loaded only here: linked in, it would cost every start.
struct parser {
    void *library;
    struct tep_handle *(*alloc)(void);
    void (*free)(struct tep_handle *);
    enum tep_errno (*parse)(struct tep_handle *, const char *, unsigned long, const char *);
    struct tep_event *(*find)(struct tep_handle *, const char *, const char *);
    struct tep_format_field *(*field)(struct tep_event *, const char *);
};

static int load(struct parser *p) {
    p->library = dlopen("libtraceevent.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!p->library) return -ENOENT;
    p->alloc = dlsym(p->library, "tep_alloc");
    p->free = dlsym(p->library, "tep_free");
    p->parse = dlsym(p->library, "tep_parse_event");
    p->find = dlsym(p->library, "tep_find_event_by_name");
    p->field = dlsym(p->library, "tep_find_any_field");
    // What it has to say of a text is said in one line of ours.
    void (*set_level)(enum tep_loglevel) = dlsym(p->library, "tep_set_loglevel");
    if (set_level) set_level(TEP_LOG_NONE);
    return p->alloc && p->free && p->parse && p->find && p->field ? 0 : -ENOENT;
}

/// A whole file of at most `size` bytes: its length or a negative errno.
static ssize_t slurp(const char *path, char *buffer, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    size_t n = 0;
    ssize_t got;
    while (n < size && (got = read(fd, buffer + n, size - n)) > 0) n += (size_t)got;
    close(fd);
    return (ssize_t)n;
}

/// Whether `line` begins with a word, which is then passed over.
static int skip(const char **line, const char *word) {
    size_t n = strlen(word);
    if (strncmp(*line, word, n)) return 0;
    *line += n;
    return 1;
}

static int skip_number(const char **line) {
    const char *at = *line;
    while (*at >= '0' && *at <= '9') at++;
    int digits = (int)(at - *line);
    *line = at;
    return digits > 0 && digits < 7;
}

/// Whether a line is one of those that the kernel writes of a field: `\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;`.
static int is_field(const char *line) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ *";
    if (!skip(&line, "\tfield:")) return 0;
    // Words, and at the end what makes an array of them.
    size_t words = strspn(line, letters);
    if (words == 0) return 0;
    line += words;
    if (skip(&line, "[") && (line += strspn(line, letters), !skip(&line, "]"))) return 0;
    line += strspn(line, letters);
    if (!skip(&line, ";\toffset:") || !skip_number(&line) || !skip(&line, ";\tsize:") || !skip_number(&line) || !skip(&line, ";")) return 0;
    return !*line || (skip(&line, "\tsigned:") && skip_number(&line) && skip(&line, ";") && !*line);
}

/// Whether a format has the form that all kernels give it: libtraceevent runs into null pointers with others.
static int is_format(char *text) {
    int line_number = 0;
    for (char *line = text; line; line_number++) {
        char *end = strchr(line, '\n');
        if (end) *end = 0;
        const char *rest = line;
        int is_good = line_number == 0 ? skip(&rest, "name: ") && *rest && !rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789_")]
                      : line_number == 1 ? skip(&rest, "ID: ") && skip_number(&rest) && !*rest
                      : line_number == 2 ? !strcmp(line, "format:")
                                         : !*line || is_field(line);
        if (end) *end = '\n';
        if (!is_good) return 0;
        line = end ? end + 1 : NULL;
    }
    return line_number > 3;
}

static int parse(const struct parser *p, struct tep_handle *tep, const char *text, size_t n, int kind, struct format *format) {
    // How a record is printed is no matter here, and expressions for it are what libtraceevent stumbles over: it gets none.
    static const char print[] = "\nprint fmt: \"\"\n";
    char fields[8192 + sizeof print];
    const char *end = memmem(text, n, print, sizeof "\nprint fmt:" - 1);
    size_t length = end ? (size_t)(end - text) : n;
    if (length > sizeof fields - sizeof print) return -EPROTO;
    memcpy(fields, text, length);
    fields[length] = 0;
    if (strlen(fields) != length || !is_format(fields)) return -EPROTO;
    memcpy(fields + length, print, sizeof print);
    p->parse(tep, fields, length + sizeof print - 1, wanted[kind].system);
    struct tep_event *event = p->find(tep, wanted[kind].system, wanted[kind].name);
    if (!event) return -EPROTO;
    format->id = event->id;
    for (int i = 0; i < FIELDS && wanted[kind].fields[i]; i++) {
        struct tep_format_field *f = p->field(event, wanted[kind].fields[i]);
        if (!f && i < wanted[kind].required) return -EPROTO;
        // No record is as long as that.
        if (f && (f->offset < 0 || f->offset > UINT16_MAX || f->size < 0 || f->size > UINT16_MAX)) return -EPROTO;
        format->fields[i] = f ? (struct field){(uint16_t)f->offset, (uint16_t)f->size} : (struct field){0, 0};
    }
    return 0;
}

static int read_format(const struct parser *p, struct tep_handle *tep, const char *root, int kind, struct format *format) {
    char path[128], text[8192];
    snprintf(path, sizeof path, "%s/events/%s/%s/format", root, wanted[kind].system, wanted[kind].name);
    ssize_t n = slurp(path, text, sizeof text);
    return n < 0 ? (int)n : parse(p, tep, text, (size_t)n, kind, format);
}

int cperf_format(const char *text, size_t size, int kind, struct format *format) {
    struct parser p;
    int status = load(&p);
    if (status < 0) return status;
    struct tep_handle *tep = p.alloc();
    if (!tep) return -ENOMEM;
    status = parse(&p, tep, text, size, kind, format);
    p.free(tep);
    dlclose(p.library);
    return status;
}

int cperf_formats(struct format formats[CPERF_TRACEPOINTS], char *error, size_t size) {
    int status;
    const char *root = cperf_tracefs(&status);
    if (!root) {
        snprintf(error, size, "tracefs at /sys/kernel/tracing cannot be read: %s; 'mount -t tracefs none /sys/kernel/tracing' and run it with sudo",
                 strerror(-status));
        return status;
    }
    struct parser p;
    if ((status = load(&p)) < 0) {
        snprintf(error, size, "libtraceevent.so.1 cannot be loaded: install libtraceevent (Debian: libtraceevent1)");
        return status;
    }
    struct tep_handle *tep = p.alloc();
    if (!tep) return -ENOMEM;
    for (int kind = 0; kind < CPERF_TRACEPOINTS && status == 0; kind++) {
        status = read_format(&p, tep, root, kind, &formats[kind]);
        if (status < 0)
            snprintf(error, size, "tracepoint %s:%s: %s", wanted[kind].system, wanted[kind].name,
                     status == -EPROTO ? "its format is not understood" : strerror(-status));
    }
    p.free(tep);
    dlclose(p.library);
    return status;
}
