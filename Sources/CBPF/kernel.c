// The kernel's own types, read from its BTF (Documentation/bpf/btf.rst).
//
// libbpf can do this too, but copies and indexes every type first: 15 ms at each start,
// where one walk over the kernel's own pages takes less than one.
#define _GNU_SOURCE
#include "programs.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
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

/// Bytes that follow a `struct btf_type`: always, and for each of its elements. From a table, because which kind comes
/// next no processor can guess.
static size_t trailing(uint32_t info) {
    static const struct { uint8_t fixed, each; } sizes[32] = {
        [BTF_KIND_INT] = {4}, [BTF_KIND_ARRAY] = {sizeof(struct btf_array)}, [BTF_KIND_VAR] = {4}, [BTF_KIND_DECL_TAG] = {4},
        [BTF_KIND_STRUCT] = {0, sizeof(struct btf_member)}, [BTF_KIND_UNION] = {0, sizeof(struct btf_member)},
        [BTF_KIND_ENUM] = {0, sizeof(struct btf_enum)}, [BTF_KIND_ENUM64] = {0, 12},
        [BTF_KIND_FUNC_PROTO] = {0, sizeof(struct btf_param)}, [BTF_KIND_DATASEC] = {0, sizeof(struct btf_var_secinfo)},
    };
    uint32_t kind = BTF_INFO_KIND(info);
    return sizes[kind].fixed + BTF_INFO_VLEN(info) * (size_t)sizes[kind].each;
}

/// A type to be found by name.
struct wanted_type {
    const char *name;
    uint32_t kind;
    uint32_t *id;
};

/// A member's offset to be found, and its structure's id if somebody wants it; `thread_info.status`
/// lies in `task_struct`.
struct wanted_member {
    const char *structure, *member;
    uint32_t *offset, *id;
};

enum {
    /// Of those that lead somewhere, and in all.
    MOST_OF_ONE = 64, MOST_MEMBERS = 3 * MOST_OF_ONE,
    /// A place in the data is remembered for one in so many types.
    STRIDE = 256,
    MOST_PLACES = 4096,
    MOST_NESTED = 4,
};

/// A walk over all types, in the order of their ids.
struct walk {
    const struct btf_header *header;
    const char *strings, *end;
    /// Where every `STRIDE`th type is, as far as the walk has come.
    const char *places[MOST_PLACES];
};

/// The type at `*p`, and `*p` behind it; NULL at the end.
static const struct btf_type *next_type(const struct walk *w, const char **p) {
    const struct btf_type *type = (const void *)*p;
    if (*p + sizeof *type > w->end) return NULL;
    *p += sizeof *type + trailing(type->info);
    return *p <= w->end && type->name_off < w->header->str_len ? type : NULL;
}

/// The type with an id; NULL if there is none.
static const struct btf_type *type_with(const struct walk *w, uint32_t id) {
    uint32_t place = id / STRIDE;
    if (place >= MOST_PLACES) return NULL;
    while (place > 0 && !w->places[place]) place--;
    const char *p = w->places[place];
    const struct btf_type *type = NULL;
    // The first is that of id 1.
    for (uint32_t i = place ? place * STRIDE : 1; p && i <= id; i++) if (!(type = next_type(w, &p))) return NULL;
    return type;
}

/// The offset in bytes of a member, looked for in nameless members too; -1 if there is none.
static int64_t offset_of(const struct walk *w, const struct btf_type *type, const char *name, int depth) {
    uint32_t kind = BTF_INFO_KIND(type->info);
    if (depth > MOST_NESTED || (kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION)) return -1;
    const struct btf_member *m = (const void *)(type + 1);
    for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
        if (m[i].name_off >= w->header->str_len) continue;
        uint32_t bits = BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;
        if (m[i].name_off) {
            if (!strcmp(w->strings + m[i].name_off, name)) return bits / 8;
            continue;
        }
        const struct btf_type *nested = type_with(w, m[i].type);
        int64_t inside = nested ? offset_of(w, nested, name, depth + 1) : -1;
        if (inside >= 0) return bits / 8 + inside;
    }
    return -1;
}

/// Where descriptors lead to.
static unsigned layout_members(struct capture_layout *l, struct wanted_member *m) {
    const struct wanted_member all[] = {
        {"task_struct", "files", &l->task_files}, {"task_struct", "fs", &l->task_fs},
        {"files_struct", "fdt", &l->files_table},
        {"fdtable", "max_fds", &l->table_size}, {"fdtable", "fd", &l->table_files},
        {"fs_struct", "pwd", &l->fs_pwd},
        {"file", "f_path", &l->file_path}, {"file", "private_data", &l->file_private},
        {"path", "mnt", &l->path_mnt}, {"path", "dentry", &l->path_dentry},
        {"dentry", "d_parent", &l->dentry_parent}, {"dentry", "d_name", &l->dentry_name},
        {"dentry", "d_hash", &l->dentry_hash}, {"dentry", "d_inode", &l->dentry_inode},
        {"dentry", "d_sb", &l->dentry_super}, {"dentry", "d_seq", &l->dentry_sequence},
        {"qstr", "name", &l->name_text}, {"qstr", "len", &l->name_length}, {"hlist_bl_node", "pprev", &l->hash_link},
        {"vfsmount", "mnt_root", &l->mnt_root},
        {"mount", "mnt", &l->mount_mnt}, {"mount", "mnt_parent", &l->mount_parent},
        {"mount", "mnt_mountpoint", &l->mount_mountpoint},
        {"inode", "i_mode", &l->inode_mode}, {"inode", "i_rdev", &l->inode_device},
        {"inode", "i_ino", &l->inode_number}, {"inode", "i_private", &l->inode_private},
        {"super_block", "s_magic", &l->super_magic},
        {"ns_common", "ops", &l->namespace_operations}, {"proc_ns_operations", "name", &l->namespace_name},
        {"socket", "sk", &l->socket_sock}, {"socket_alloc", "vfs_inode", &l->socket_inode},
        {"sock", "sk_socket", &l->sock_socket}, {"sock", "sk_protocol", &l->sock_protocol},
        {"sock_common", "skc_family", &l->sock_family},
        {"sock_common", "skc_dport", &l->sock_destination_port}, {"sock_common", "skc_num", &l->sock_port},
        {"sock_common", "skc_daddr", &l->sock_destination}, {"sock_common", "skc_rcv_saddr", &l->sock_source},
        {"sock_common", "skc_v6_daddr", &l->sock_destination6}, {"sock_common", "skc_v6_rcv_saddr", &l->sock_source6},
        {"unix_sock", "addr", &l->unix_address}, {"unix_sock", "peer", &l->unix_peer},
        {"unix_address", "len", &l->unix_length}, {"unix_address", "name", &l->unix_name},
        {"netlink_sock", "portid", &l->netlink_port},
        {"eventfd_ctx", "count", &l->event_count}, {"eventfd_ctx", "id", &l->event_id},
        {"eventfd_ctx", "flags", &l->event_flags},
        {"signalfd_ctx", "sigmask", &l->signal_mask},
        {"pid", "tasks", &l->pid_tasks}, {"pid", "numbers", &l->pid_numbers},
        {"timespec64", "tv_sec", &l->first, &l->word_type}, {"upid", "nr", &l->first, &l->half_type},
    };
    enum { COUNT = sizeof all / sizeof *all };
    _Static_assert((int)COUNT <= (int)MOST_OF_ONE, "room for them");
    memcpy(m, all, sizeof all);
    return COUNT;
}

/// What tells of namespaces.
static unsigned namespace_members(struct capture_namespace_layout *l, struct wanted_member *m) {
    const struct wanted_member all[] = {
        {"task_struct", "thread_pid", &l->task_pid}, {"task_struct", "nsproxy", &l->task_proxy},
        {"task_struct", "cred", &l->task_credentials}, {"signal_struct", "pids", &l->signal_pids},
        {"pid", "level", &l->pid_level}, {"upid", "ns", &l->upid_namespace}, {"pid_namespace", "ns", &l->pid_namespace},
        {"ns_common", "inum", &l->inode},
        {"nsproxy", "cgroup_ns", &l->holders[CAPTURE_CGROUP_NAMESPACE]}, {"cgroup_namespace", "ns", &l->commons[CAPTURE_CGROUP_NAMESPACE]},
        {"nsproxy", "ipc_ns", &l->holders[CAPTURE_IPC_NAMESPACE]}, {"ipc_namespace", "ns", &l->commons[CAPTURE_IPC_NAMESPACE]},
        {"nsproxy", "mnt_ns", &l->holders[CAPTURE_MNT_NAMESPACE]}, {"mnt_namespace", "ns", &l->commons[CAPTURE_MNT_NAMESPACE]},
        {"nsproxy", "net_ns", &l->holders[CAPTURE_NET_NAMESPACE]}, {"net", "ns", &l->commons[CAPTURE_NET_NAMESPACE]},
        {"nsproxy", "time_ns", &l->holders[CAPTURE_TIME_NAMESPACE]}, {"time_namespace", "ns", &l->commons[CAPTURE_TIME_NAMESPACE]},
        {"cred", "user_ns", &l->holders[CAPTURE_USER_NAMESPACE]}, {"user_namespace", "ns", &l->commons[CAPTURE_USER_NAMESPACE]},
        {"nsproxy", "uts_ns", &l->holders[CAPTURE_UTS_NAMESPACE]}, {"uts_namespace", "ns", &l->commons[CAPTURE_UTS_NAMESPACE]},
    };
    enum { COUNT = sizeof all / sizeof *all };
    _Static_assert((int)COUNT <= (int)MOST_OF_ONE, "room for them");
    memcpy(m, all, sizeof all);
    return COUNT;
}

/// Tells most names apart by how they start.
static uint8_t start_of(const char *name) { return *name ? name[0] + 7 * name[1] : 0; }

int cbpf_read_kernel(struct cbpf_kernel *k, struct capture_configuration *c) {
    *k = (struct cbpf_kernel){0};
    struct types t = {0};
    int r = open_types(&t);
    if (r < 0) {
        close_types(&t);
        return r;
    }
    const struct btf_header *h = (const void *)t.data;
    if (t.size < sizeof *h || h->magic != BTF_MAGIC || h->hdr_len + h->type_off + (size_t)h->type_len > t.size ||
        h->hdr_len + h->str_off + (size_t)h->str_len > t.size) {
        close_types(&t);
        return -EPROTO;
    }
    uint32_t thread_info = 0, status = 0, pending = 0, pending_set = 0;
    const struct wanted_type types[] = {
        {"btf_trace_sched_process_fork", BTF_KIND_TYPEDEF, &k->fork},
        {"btf_trace_signal_generate", BTF_KIND_TYPEDEF, &k->signal_generate},
        {"btf_trace_task_rename", BTF_KIND_TYPEDEF, &k->rename},
        {"bpf_iter_task", BTF_KIND_FUNC, &k->iterator},
        // Where there is none it can be done without.
        {"bpf_rdonly_cast", BTF_KIND_FUNC, &k->cast},
    };
    enum { TYPES = sizeof types / sizeof *types, NEEDED_TYPES = TYPES - 1 };
    struct wanted_member members[MOST_MEMBERS] = {
        {"task_struct", "pid", &c->task_pid},
        {"task_struct", "tgid", &c->task_tgid},
        {"task_struct", "comm", &c->task_comm},
        {"task_struct", "__state", &c->task_state},
        {"task_struct", "exit_code", &c->task_exit_code},
        {"task_struct", "signal", &c->task_signal},
        {"task_struct", "thread_info", &thread_info},
        {"task_struct", "pending", &pending},
        {"sigpending", "signal", &pending_set},
        {"signal_struct", "group_exit_code", &c->signal_group_exit_code},
        {"signal_struct", "flags", &c->signal_flags},
        {"signal_struct", "live", &c->signal_live},
        {"linux_binprm", "filename", &c->program_path},
        {"linux_binprm", "interp", &c->program_interpreter},
        {"linux_binprm", "p", &c->program_stack},
#ifdef __x86_64__
        {"thread_info", "status", &status},
#endif
    };
    unsigned wanted = 0;
    while (members[wanted].structure) wanted++;
    const unsigned needed = wanted;
    wanted += layout_members(&c->layout, members + wanted);
    const unsigned layout = wanted;
    wanted += namespace_members(&c->spaces, members + wanted);
    unsigned found_types = 0, sought = wanted, left[MOST_MEMBERS];
    for (unsigned i = 0; i < wanted; i++) left[i] = i;
    const struct btf_type *structures[MOST_MEMBERS] = {0};
    struct walk walk = {.header = h, .strings = t.data + h->hdr_len + h->str_off}, *w = &walk;
    const char *p = t.data + h->hdr_len + h->type_off;
    w->end = p + h->type_len;
    w->places[0] = p;
    bool starts[256] = {0};
    for (unsigned i = 0; i < wanted; i++) starts[start_of(members[i].structure)] = true;
    for (uint32_t id = 1; ; id++) {
        if (id % STRIDE == 0 && id / STRIDE < MOST_PLACES) w->places[id / STRIDE] = p;
        const struct btf_type *type = next_type(w, &p);
        if (!type) break;
        uint32_t kind = BTF_INFO_KIND(type->info);
        const char *name = w->strings + type->name_off;
        if (kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_FUNC) {
            // All names wanted start so, and few others: the kernel has tens of thousands.
            if (name[0] != 'b' || name[1] == 0 || name[2] != 'f') continue;
            for (unsigned i = 0; i < TYPES; i++) {
                if (kind == types[i].kind && !*types[i].id && !strcmp(name, types[i].name)) {
                    *types[i].id = id;
                    found_types++;
                }
            }
        } else if (kind == BTF_KIND_STRUCT && starts[start_of(name)]) {
            for (unsigned i = 0; i < sought;) {
                unsigned m = left[i];
                if (strcmp(name, members[m].structure)) {
                    i++;
                    continue;
                }
                structures[m] = type;
                if (members[m].id) *members[m].id = id;
                left[i] = left[--sought];
            }
        }
        if (found_types == TYPES && !sought) break;
    }
    for (int i = 0; i < NEEDED_TYPES && !k->missing; i++) if (!*types[i].id) k->missing = types[i].name;
    for (unsigned i = 0; i < wanted; i++) {
        int64_t offset = structures[i] ? offset_of(w, structures[i], members[i].member, 0) : -1;
        if (offset >= 0) *members[i].offset = offset;
        else if (i < needed && !k->missing) k->missing = members[i].member;
        else if (i >= needed && i < layout && !k->missing_layout) k->missing_layout = members[i].member;
        else if (i >= layout && !k->missing_namespaces) k->missing_namespaces = members[i].member;
    }
    if (!k->cast || c->layout.first) c->layout.word_type = c->layout.half_type = 0;
    c->task_status = thread_info + status;
    c->task_pending = pending + pending_set;
    close_types(&t);
    return 0;
}
