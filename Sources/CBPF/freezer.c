// A control group of its own for what is traced, so that all of it can be made to wait
// (cgroups(7), Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).
#define _GNU_SOURCE
#include "cbpf.h"
#include "freezer.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// Whether `name` is one of the words of `list` that commas separate.
static int has_word(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
        if (!strncmp(p, name, n) && (!p[n] || p[n] == ',' || p[n] == '\n')) return 1;
    return 0;
}

/// Where the hierarchy is mounted, and which of its groups is the mount's root (`proc(5)`, mountinfo).
static int find_mount(int version, char *mount, char *root) {
    FILE *f = fopen("/proc/self/mountinfo", "re");
    if (!f) return 0;
    char *line = NULL;
    size_t size = 0;
    int found = 0;
    while (!found && getline(&line, &size, f) > 0) {
        char type[32], options[512] = "";
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(rest, " - %31s %*s %511s", type, options) < 1) continue;
        if (strcmp(type, version == 1 ? "cgroup" : "cgroup2") || version == 1 && !has_word(options, "freezer")) continue;
        found = sscanf(line, "%*s %*s %*s %255s %255s", root, mount) == 2;
    }
    free(line);
    fclose(f);
    return found;
}

/// The group that this process is in (`/proc/self/cgroup`).
static int find_group(int version, char *group) {
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (!f) return 0;
    char *line = NULL;
    size_t size = 0;
    int found = 0;
    while (!found && getline(&line, &size, f) > 0) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path) continue;
        *path++ = 0;
        found = version == 1 ? has_word(controllers + 1, "freezer") : !controllers[1];
        path[strcspn(path, "\n")] = 0;
        if (found) snprintf(group, 256, "%s", path);
    }
    free(line);
    fclose(f);
    return found;
}

/// Makes a group below the one this process is in: 0 or an errno; ENOENT if there is no such hierarchy.
static int make(struct cbpf_freezer *f, int version) {
    char mount[256], root[256], group[256];
    if (!find_mount(version, mount, root) || !find_group(version, group)) return ENOENT;
    size_t n = strcmp(root, "/") ? strlen(root) : 0;
    const char *below = !strncmp(group, root, n) ? group + n : "";
    snprintf(f->parent, sizeof f->parent, "%s%s", mount, strcmp(below, "/") ? below : "");
    snprintf(f->path, sizeof f->path, "%s/renacer-%d", f->parent, getpid());
    if (mkdir(f->path, 0755)) return errno;
    char state[sizeof f->path + 32];
    snprintf(state, sizeof state, "%s/%s", f->path, version == 1 ? "freezer.state" : "cgroup.freeze");
    f->version = version;
    f->state = open(state, O_WRONLY | O_CLOEXEC);
    if (f->state >= 0) return 0;
    int error = errno;
    rmdir(f->path);
    return error;
}

// Version 1 first: it lets more calls sleep on undisturbed while they are frozen, such as
// sigtimedwait and reads with a timeout, which fail with EINTR in version 2.
struct cbpf_freezer *cbpf_make_freezer(char *error, size_t size) {
    struct cbpf_freezer *f = calloc(1, sizeof *f);
    if (!f) {
        snprintf(error, size, "%s", strerror(ENOMEM));
        return NULL;
    }
    f->life = f->done = -1;
    int first = make(f, 1);
    if (!first) return f;
    char path[sizeof f->path];
    memcpy(path, f->path, sizeof path);
    int second = make(f, 2);
    if (!second) return f;
    if (second != ENOENT) {
        first = second;
        memcpy(path, f->path, sizeof path);
    }
    if (first == ENOENT) snprintf(error, size, "no control groups with a freezer are mounted");
    else snprintf(error, size, "%s: %s", path, strerror(first));
    free(f);
    return NULL;
}

/// Writes a process id into a group's file: 0 or a negative errno.
static int move(const char *group, const char *pid) {
    char file[512];
    snprintf(file, sizeof file, "%s/cgroup.procs", group);
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int r = write(fd, pid, strlen(pid)) < 0 ? -errno : 0;
    close(fd);
    return r;
}

int cbpf_freezer_take(struct cbpf_freezer *f, pid_t pid) {
    char text[16];
    snprintf(text, sizeof text, "%d", pid);
    return move(f->path, text);
}

void cbpf_set_frozen(struct cbpf_freezer *f, int is_frozen) {
    const char *word = f->version == 2 ? is_frozen ? "1" : "0" : is_frozen ? "FROZEN" : "THAWED";
    while (pwrite(f->state, word, strlen(word), 0) < 0 && errno == EINTR) {}
}

/// Moves all processes of the group to the one above.
static void empty(struct cbpf_freezer *f) {
    char file[512], text[4096];
    snprintf(file, sizeof file, "%s/cgroup.procs", f->path);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return;
    text[n] = 0;
    // A number that was cut off is read whole the next time.
    for (char *p = text, *end; (end = strchr(p, '\n')); p = end + 1) {
        *end = 0;
        move(f->parent, p);
    }
}

void cbpf_remove_freezer(struct cbpf_freezer *f) {
    cbpf_set_frozen(f, 0);
    enum { TRIES = 2000 };
    for (int i = 0; i < TRIES && rmdir(f->path) && errno == EBUSY; i++) {
        empty(f);
        struct timespec pause = {0, 500000};
        if (i > 8) nanosleep(&pause, NULL);
    }
}
