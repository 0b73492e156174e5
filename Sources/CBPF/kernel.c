// The kernel's own types, read from its BTF (Documentation/bpf/btf.rst).
//
// libbpf can do this too, but copies and indexes every type first: 15 ms at each start,
// where one walk over the kernel's own pages takes less than one.
#define _GNU_SOURCE
#include "cbpf.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// The BTF data and how to let go of it.
struct types {
    char *data;
    size_t size;
    int is_mapped;
};

static int read_all(int fd, struct types *t) {
    t->data = malloc(t->size);
    if (!t->data) return -ENOMEM;
    for (size_t done = 0; done < t->size;) {
        ssize_t n = read(fd, t->data + done, t->size - done);
        if (n <= 0) return n < 0 ? -errno : -EIO;
        done += n;
    }
    return 0;
}

// Without sysfs the kernel still gives its types to those who may load programs.
static int read_by_id(struct types *t) {
    int fd = bpf_btf_get_fd_by_id(1);
    if (fd < 0) return fd;
    struct bpf_btf_info info = {0};
    __u32 length = sizeof info;
    int r = bpf_obj_get_info_by_fd(fd, &info, &length);
    if (!r) {
        t->size = info.btf_size;
        t->data = malloc(t->size);
        struct bpf_btf_info full = {.btf = (__u64)(uintptr_t)t->data, .btf_size = t->size};
        length = sizeof full;
        r = t->data ? bpf_obj_get_info_by_fd(fd, &full, &length) : -ENOMEM;
    }
    close(fd);
    return r;
}

static int open_types(struct types *t) {
    int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return read_by_id(t);
    struct stat s;
    int r = fstat(fd, &s) < 0 ? -errno : 0;
    if (!r) {
        t->size = s.st_size;
        // Since Linux 6.16; before, it has to be copied.
        t->data = mmap(NULL, t->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        t->is_mapped = t->data != MAP_FAILED;
        if (!t->is_mapped) r = read_all(fd, t);
    }
    close(fd);
    return r;
}

static void close_types(struct types *t) {
    if (t->is_mapped) munmap(t->data, t->size);
    else free(t->data);
}

/// Bytes that follow a `struct btf_type`.
static size_t trailing(uint32_t info) {
    size_t n = BTF_INFO_VLEN(info);
    switch (BTF_INFO_KIND(info)) {
    case BTF_KIND_INT: return 4;
    case BTF_KIND_ARRAY: return sizeof(struct btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: return n * sizeof(struct btf_member);
    case BTF_KIND_ENUM: return n * sizeof(struct btf_enum);
    case BTF_KIND_ENUM64: return n * 12;
    case BTF_KIND_FUNC_PROTO: return n * sizeof(struct btf_param);
    case BTF_KIND_VAR: return 4;
    case BTF_KIND_DATASEC: return n * sizeof(struct btf_var_secinfo);
    case BTF_KIND_DECL_TAG: return 4;
    default: return 0;
    }
}

/// A type to be found by name.
struct wanted_type {
    const char *name;
    uint32_t kind;
    uint32_t *id;
};

/// A member's offset to be found; `thread_info.status` lies in `task_struct`.
struct wanted_member {
    const char *structure, *member;
    uint32_t *offset;
};


int cbpf_read_kernel(struct cbpf_kernel *k) {
    *k = (struct cbpf_kernel){0};
    struct types t = {0};
    int r = open_types(&t);
    if (r < 0) return r;
    const struct btf_header *h = (const void *)t.data;
    if (t.size < sizeof *h || h->magic != BTF_MAGIC || h->hdr_len + h->type_off + (size_t)h->type_len > t.size ||
        h->hdr_len + h->str_off + (size_t)h->str_len > t.size) {
        close_types(&t);
        return -EPROTO;
    }
    uint32_t thread_info = 0, status = 0;
    const struct wanted_type types[] = {
        {"btf_trace_sys_enter", BTF_KIND_TYPEDEF, &k->sys_enter},
        {"btf_trace_sys_exit", BTF_KIND_TYPEDEF, &k->sys_exit},
        {"btf_trace_sched_process_fork", BTF_KIND_TYPEDEF, &k->fork},
        {"btf_trace_sched_process_exec", BTF_KIND_TYPEDEF, &k->exec},
        {"btf_trace_sched_process_exit", BTF_KIND_TYPEDEF, &k->exit},
        {"btf_trace_signal_deliver", BTF_KIND_TYPEDEF, &k->signal_deliver},
        {"btf_trace_signal_generate", BTF_KIND_TYPEDEF, &k->signal_generate},
        {"bpf_iter_task", BTF_KIND_FUNC, &k->iterator},
    };
    const struct wanted_member members[] = {
        {"task_struct", "pid", &k->offsets.task_pid},
        {"task_struct", "tgid", &k->offsets.task_tgid},
        {"task_struct", "exit_code", &k->offsets.task_exit_code},
        {"task_struct", "signal", &k->offsets.task_signal},
        {"task_struct", "thread_info", &thread_info},
#ifdef __x86_64__
        {"thread_info", "status", &status},
#endif
        {"signal_struct", "group_exit_code", &k->offsets.signal_group_exit_code},
        {"signal_struct", "flags", &k->offsets.signal_flags},
        {"signal_struct", "live", &k->offsets.signal_live},
    };
    enum { TYPES = sizeof types / sizeof *types, MEMBERS = sizeof members / sizeof *members };
    unsigned found_types = 0, found_members = 0;
    const char *strings = t.data + h->hdr_len + h->str_off;
    const char *p = t.data + h->hdr_len + h->type_off, *end = p + h->type_len;
    for (uint32_t id = 1; p + sizeof(struct btf_type) <= end; id++) {
        const struct btf_type *type = (const void *)p;
        uint32_t kind = BTF_INFO_KIND(type->info);
        p += sizeof *type + trailing(type->info);
        if (p > end || type->name_off >= h->str_len) break;
        const char *name = strings + type->name_off;
        if (kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_FUNC) {
            // All names wanted start so.
            if (strncmp(name, "btf_trace_s", 11) && strncmp(name, "bpf_iter_t", 10)) continue;
            for (int i = 0; i < TYPES; i++) {
                if (kind == types[i].kind && !*types[i].id && !strcmp(name, types[i].name)) {
                    *types[i].id = id;
                    found_types++;
                }
            }
        } else if (kind == BTF_KIND_STRUCT && (*name == 't' || *name == 's')) {
            for (int i = 0; i < MEMBERS; i++) {
                if (strcmp(name, members[i].structure)) continue;
                const struct btf_member *m = (const void *)(type + 1);
                for (uint32_t j = 0; j < BTF_INFO_VLEN(type->info); j++) {
                    if (m[j].name_off >= h->str_len || strcmp(strings + m[j].name_off, members[i].member)) continue;
                    uint32_t bits = BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(m[j].offset) : m[j].offset;
                    *members[i].offset = bits / 8;
                    found_members++;
                }
            }
        }
        if (found_types == TYPES && found_members == MEMBERS) break;
    }
    for (int i = 0; i < TYPES && !k->missing; i++) if (!*types[i].id) k->missing = types[i].name;
    if (found_members < MEMBERS && !k->missing) k->missing = "a member of task_struct or signal_struct";
    k->offsets.task_status = thread_info + status;
    close_types(&t);
    return 0;
}
