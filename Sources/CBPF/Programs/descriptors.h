// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What descriptors refer to, at the moment of the call: from the task's table to the file,
// and from its dentry up to the root, as d_path does.
//
// Nothing is locked. A directory that moves while the walk is below it shows where it was;
// one whose name changes at the very moment shows nothing.
#pragma once
#include "namespaces.h"

/// Sends what was captured so far ahead of its record.
__noinline int send_ahead(struct task_state *t) {
    if (!t) return 0;
    uint32_t used = t->used;
    if (used > sizeof t->data) return 0;
    // The header of the call's record serves for this one, too; its end fills it in anew.
    uint64_t id = ids_kept(t);
    t->call.header.kind = CAPTURE_AHEAD;
    t->call.header.size = sizeof t->call + used;
    t->call.header.tid = id;
    t->call.header.pid = id >> 32;
    // It is called too deep to call.
    if (!output(&t->call, sizeof t->call + used, wakes_now())) t->lost_ahead = 1;
    t->call.ahead++;
    t->used = 0;
    return 0;
}

#define LAYOUT configuration.layout

enum {
    /// NAME_MAX and a NUL.
    NAME_ROOM = 256,
    /// Names are not appended behind this.
    NAMES_END = sizeof ((struct task_state *)0)->data - NAME_ROOM,
    /// PATH_MAX without the NUL: the kernel tells no longer ones.
    MOST_NAMES = 4095,
    MOST_STEPS_UP = 2100,
};

enum { S_TYPE = 0170000, S_SOCKET = 0140000, S_CHARACTER = 0020000, S_BLOCK = 0060000 };
enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };
enum { NAMESPACE_MAGIC = 0x6e736673, PID_MAGIC = 0x50494446, SOCKET_MAGIC = 0x534f434b };

static void *(*cast)(const void *, uint32_t) = (void *)CAPTURE_CAST;

// Loads from the kernel's memory; 0 where there is none. Through a cast they are single instructions, where a helper
// costs some thirty nanoseconds.

static __always_inline uint64_t word(uint64_t address) {
    return LAYOUT.word_type ? *(uint64_t *)cast((void *)address, LAYOUT.word_type) : word_at(address);
}

static __always_inline uint32_t half(uint64_t address) {
    return LAYOUT.half_type ? *(uint32_t *)cast((void *)address, LAYOUT.half_type) : half_at(address);
}

/// Appends the NUL-terminated name at `name`; false if there is no room or none.
static __always_inline bool append_name(struct task_state *t, uint64_t name) {
    uint32_t a = t->climb.at;
    // Kept apart from what came before, so that the verifier sees the bound.
    asm volatile("" : "+r"(a));
    if (a > NAMES_END) return false;
    long n = bpf_probe_read_kernel_str(t->data + a, NAME_ROOM, (void *)name);
    if (n > 0) t->climb.at = a + n;
    return n > 0;
}

/// Appends a dentry's name; false if there is no room.
static __always_inline bool append_component(struct task_state *t, uint64_t dentry) {
    uint64_t name = dentry + LAYOUT.dentry_name, text = word(name + LAYOUT.name_text);
    uint32_t length = half(name + LAYOUT.name_length);
    if (!LAYOUT.word_type || length >= 4 * 8) return append_name(t, text);
    uint32_t a = t->climb.at;
    asm volatile("" : "+r"(a));
    if (a > NAMES_END) return false;
    uint8_t *to = t->data + a;
    *(uint64_t *)to = word(text);
    if (length >= 8) *(uint64_t *)(to + 8) = word(text + 8);
    if (length >= 16) *(uint64_t *)(to + 16) = word(text + 16);
    if (length >= 24) *(uint64_t *)(to + 24) = word(text + 24);
    asm volatile("" : "+r"(length));
    if (length >= 4 * 8) return false;
    to[length] = 0;
    t->climb.at = a + length + 1;
    return true;
}

static long climb_step(uint32_t index, struct loop *l) {
    (void)index;
    struct task_state *t = l->task;
    struct climb *c = &t->climb;
    if (c->dentry == c->top) {
        uint64_t mount = c->mount - LAYOUT.mount_mnt, parent = word(mount + LAYOUT.mount_parent);
        if (!parent || parent == mount) {
            c->done = parent != 0;
            return 1;
        }
        c->dentry = word(mount + LAYOUT.mount_mountpoint);
        c->mount = parent + LAYOUT.mount_mnt;
        c->top = word(c->mount + LAYOUT.mnt_root);
        return 0;
    }
    uint64_t dentry = c->dentry, parent = word(dentry + LAYOUT.dentry_parent);
    uint32_t sequence = half(dentry + LAYOUT.dentry_sequence);
    if (!parent) return 1;
    if (!append_component(t, dentry)) {
        c->full = 1;
        return 1;
    }
    // A rename is under way: neither name holds.
    if (sequence & 1 || half(dentry + LAYOUT.dentry_sequence) != sequence) return 1;
    if (parent == dentry) {
        c->flags |= CAPTURE_PATHLESS;
        c->done = 1;
        return 1;
    }
    c->dentry = parent;
    return 0;
}

/// Addresses and ports of a socket, or what stands for them in its family.
static __always_inline void describe_socket(struct task_state *t, struct capture_descriptor *d, uint64_t file) {
    uint64_t socket = word(file + LAYOUT.file_private), sock = word(socket + LAYOUT.socket_sock);
    if (!sock) return;
    d->socket.family = half(sock + LAYOUT.sock_family);
    d->socket.protocol = half(sock + LAYOUT.sock_protocol);
    d->flags |= CAPTURE_DETAILED;
    t->is_netlink = d->socket.family == FAMILY_NETLINK;
    if (!(DESCRIPTORS & CAPTURE_SOCKETS)) return;
    switch (d->socket.family) {
    case FAMILY_INET:
    case FAMILY_INET6:
        d->socket.source_port = half(sock + LAYOUT.sock_port);
        d->socket.destination_port = __builtin_bswap16(half(sock + LAYOUT.sock_destination_port));
        bool short_addresses = d->socket.family == FAMILY_INET;
        uint32_t source = short_addresses ? LAYOUT.sock_source : LAYOUT.sock_source6;
        uint32_t destination = short_addresses ? LAYOUT.sock_destination : LAYOUT.sock_destination6;
        bpf_probe_read_kernel(d->socket.source, 16, (void *)(sock + source));
        bpf_probe_read_kernel(d->socket.destination, 16, (void *)(sock + destination));
        return;
    case FAMILY_UNIX: {
        uint64_t peer = word(sock + LAYOUT.unix_peer), address = word(sock + LAYOUT.unix_address);
        uint64_t other = peer ? word(peer + LAYOUT.sock_socket) : 0;
        d->socket.peer = other ? word(other + LAYOUT.socket_inode + LAYOUT.inode_number) : 0;
        d->socket.name_length = 0;
        if (!address) return;
        // Behind the family.
        uint32_t length = half(address + LAYOUT.unix_length) - 2;
        uint32_t a = t->climb.at;
        asm volatile("" : "+r"(length));
        asm volatile("" : "+r"(a));
        if (length > NAME_ROOM || a > NAMES_END) return;
        if (bpf_probe_read_kernel(t->data + a, length, (void *)(address + LAYOUT.unix_name + 2))) return;
        d->socket.name_length = length;
        t->climb.at = a + length;
        return;
    }
    case FAMILY_NETLINK: d->socket.netlink_port = half(sock + LAYOUT.netlink_port);
    }
}

/// The first eight bytes of an anonymous inode's name tell what is behind it.
#define NAMED(a, b, c, d, e, f, g, h) \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 | \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

/// The id of a process that still is one.
static __always_inline void describe_process(struct capture_descriptor *d, uint64_t pid) {
    if (!word(pid + LAYOUT.pid_tasks)) d->pid = -1;
    else d->pid = ASKED(namespace) ? number_of(pid) : (int32_t)half(pid + LAYOUT.pid_numbers);
    d->flags |= CAPTURE_DETAILED;
}

static __always_inline void describe_anonymous(struct capture_descriptor *d, uint64_t name, uint64_t file) {
    uint64_t object = word(file + LAYOUT.file_private);
    uint32_t wanted = DESCRIPTORS;
    if (wanted & CAPTURE_EVENTFDS && name == NAMED('[', 'e', 'v', 'e', 'n', 't', 'f', 'd')) {
        d->event.count = word(object + LAYOUT.event_count);
        d->event.id = half(object + LAYOUT.event_id);
        d->event.flags = half(object + LAYOUT.event_flags);
        d->flags |= CAPTURE_DETAILED;
    } else if (wanted & CAPTURE_SIGNALFDS && name == NAMED('[', 's', 'i', 'g', 'n', 'a', 'l', 'f')) {
        d->signals = ~word(object + LAYOUT.signal_mask);
        d->flags |= CAPTURE_DETAILED;
    } else if (wanted & CAPTURE_PIDFDS && name == NAMED('[', 'p', 'i', 'd', 'f', 'd', ']', 0)) {
        describe_process(d, object);
    }
}

/// Of what has no path: what kind of thing it is.
static __always_inline void describe_pathless(
    struct task_state *t, struct capture_descriptor *d, uint64_t dentry, uint64_t inode, uint64_t file, uint32_t names
) {
    d->inode = word(inode + LAYOUT.inode_number);
    d->magic = word(word(dentry + LAYOUT.dentry_super) + LAYOUT.super_magic);
    if ((d->mode & S_TYPE) == S_SOCKET) describe_socket(t, d, file);
    else if (d->magic == NAMESPACE_MAGIC) {
        uint64_t operations = word(word(inode + LAYOUT.inode_private) + LAYOUT.namespace_operations);
        append_name(t, word(operations + LAYOUT.namespace_name));
    } else if (d->magic == PID_MAGIC) {
        if (DESCRIPTORS & CAPTURE_PIDFDS) describe_process(d, word(inode + LAYOUT.inode_private));
    } else if (names <= NAMES_END) {
        describe_anonymous(d, *(uint64_t *)(t->data + names), file);
    }
}

/// Appends a segment about what is at a `struct path`; 1 if there was no room for it.
///
/// `file`: 0 for the working directory. `key`: the descriptor, and the moment above it.
__noinline int describe_path(struct task_state *t, uint64_t path, uint64_t file, uint64_t key) {
    if (!t || !DESCRIPTORS || DESCRIPTORS == CAPTURE_PROTOCOLS) return 0;
    uint32_t used = t->used;
    if (used > CAPTURE_AREA) return 1;
    struct capture_segment *s = (void *)(t->data + used);
    struct capture_descriptor *d = (void *)(s + 1);
    uint64_t dentry = word(path + LAYOUT.path_dentry), inode = word(dentry + LAYOUT.dentry_inode);
    uint32_t start = used + sizeof *s + sizeof *d;
    struct climb *c = &t->climb;
    c->dentry = dentry;
    c->mount = word(path + LAYOUT.path_mnt);
    c->top = word(c->mount + LAYOUT.mnt_root);
    c->at = start;
    c->flags = c->done = c->full = 0;
    *d = (struct capture_descriptor){.mode = half(inode + LAYOUT.inode_mode) & 0xffff};
    struct loop l = {t};
    bpf_loop(MOST_STEPS_UP, climb_step, &l, 0);
    if (c->full && used) return 1;
    d->flags = c->flags;
    uint32_t length = c->at - start;
    if (!c->done || length > MOST_NAMES) d->flags |= CAPTURE_INCOMPLETE;
    uint32_t type = d->mode & S_TYPE;
    if (c->flags & CAPTURE_PATHLESS) {
        if (file) describe_pathless(t, d, dentry, inode, file, start);
    } else if (!word(dentry + LAYOUT.dentry_hash + LAYOUT.hash_link) && word(dentry + LAYOUT.dentry_parent) != dentry) {
        d->flags |= CAPTURE_DELETED;
    }
    if (DESCRIPTORS & CAPTURE_DEVICES && (type == S_CHARACTER || type == S_BLOCK)) {
        d->device = half(inode + LAYOUT.inode_device);
    }
    length = c->at - start;
    if (d->magic == SOCKET_MAGIC && d->socket.family == FAMILY_UNIX) length -= d->socket.name_length;
    d->names = length;
    s->address = (int32_t)key;
    s->length = sizeof *d + (c->at - start);
    s->error = 0;
    s->moment = key >> 32;
    t->used = used + sizeof *s + ((s->length + 7) & ~7u);
    return 0;
}

/// Appends a segment about a socket that speaks netlink, that it does, or a device, which it is;
/// nothing else.
static __always_inline void describe_protocol(struct task_state *t, uint64_t path, uint64_t file, uint64_t key) {
    if (t->used > CAPTURE_AREA) send_ahead(t);
    uint32_t used = t->used;
    if (used > CAPTURE_AREA) return;
    uint64_t inode = word(word(path + LAYOUT.path_dentry) + LAYOUT.dentry_inode);
    uint32_t mode = half(inode + LAYOUT.inode_mode) & 0xffff, type = mode & S_TYPE;
    if (type != S_SOCKET && type != S_CHARACTER) return;
    struct capture_segment *s = (void *)(t->data + used);
    struct capture_descriptor *d = (void *)(s + 1);
    *d = (struct capture_descriptor){.mode = mode, .device = half(inode + LAYOUT.inode_device)};
    if ((AGAIN(d->mode) & S_TYPE) == S_SOCKET) {
        d->device = 0;
        d->magic = SOCKET_MAGIC;
        describe_socket(t, d, file);
        if (!t->is_netlink) return;
    } else {
        d->flags = CAPTURE_INCOMPLETE;
    }
    *s = (struct capture_segment){.address = (int32_t)key, .length = sizeof *d, .moment = key >> 32};
    t->used = used + sizeof *s + sizeof *d;
}

/// Captures what a descriptor refers to now.
__noinline int describe(struct task_state *t, int32_t number, uint32_t moment) {
    if (!t || !DESCRIPTORS) return 0;
    uint64_t task = (uint64_t)bpf_get_current_task_btf(), path, file = 0;
    if (number == CAPTURE_WORKING_DIRECTORY) {
        if (!(DESCRIPTORS & CAPTURE_PATHS)) return 0;
        path = word(task + LAYOUT.task_fs) + LAYOUT.fs_pwd;
    } else {
        uint64_t files = word(task + LAYOUT.task_files);
        uint64_t table = files ? word(files + LAYOUT.files_table) : 0;
        if (!table || number < 0 || (uint32_t)number >= half(table + LAYOUT.table_size)) return 0;
        file = word(word(table + LAYOUT.table_files) + 8ull * (uint32_t)number);
        if (!file) return 0;
        path = file + LAYOUT.file_path;
    }
    uint64_t key = (uint64_t)(moment | CAPTURE_DESCRIBES) << 32 | (uint32_t)number;
    if (DESCRIPTORS == CAPTURE_PROTOCOLS) {
        describe_protocol(t, path, file, key);
        return 0;
    }
    if (!describe_path(t, path, file, key)) return 0;
    send_ahead(t);
    describe_path(t, path, file, key);
    return 0;
}

static long describe_element(uint32_t index, struct loop *l) {
    struct task_state *t = l->task;
    struct enumeration *e = &t->enumeration;
    int32_t number = -1;
    if (bpf_probe_read_user(&number, sizeof number, (void *)(e->address + (uint64_t)index * e->stride))) return 1;
    if (number >= 0) describe(t, number, e->moment);
    return 0;
}

static long describe_bit(uint32_t index, struct loop *l) {
    struct task_state *t = l->task;
    struct enumeration *e = &t->enumeration;
    if (!(index & 63) && bpf_probe_read_user(&e->bits, 8, (void *)(e->address + index / 8))) return 1;
    if (e->bits >> (index & 63) & 1) describe(t, index, e->moment);
    return 0;
}

/// Of `count` descriptors `stride` bytes apart; of an `fd_set` where that is 0.
__noinline int describe_all(struct task_state *t, uint64_t address, uint32_t count, uint32_t stride, uint32_t moment) {
    if (!t || !DESCRIPTORS || DESCRIPTORS == CAPTURE_PROTOCOLS || address < LOWEST_ADDRESS) return 0;
    t->enumeration.address = address;
    t->enumeration.bits = 0;
    t->enumeration.stride = stride;
    t->enumeration.moment = moment;
    struct loop l = {t};
    if (count > MOST_ELEMENTS) count = MOST_ELEMENTS;
    if (stride) bpf_loop(count, describe_element, &l, 0);
    else bpf_loop(count, describe_bit, &l, 0);
    return 0;
}
