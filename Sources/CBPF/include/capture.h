// What the BPF programs and the backend that loads them say to each other: records in the
// ring, capture operations, and the constants and counters they share.
//
// Read by two compilers, for BPF and for Swift: fixed widths only, no padding.
#pragma once
#ifdef __BPF__
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef short int16_t;
typedef unsigned int uint32_t;
typedef int int32_t;
typedef unsigned long long uint64_t;
typedef long long int64_t;
#else
#include <stdint.h>
#endif

enum {
    /// Captured bytes a task collects before they are sent ahead of their record.
    CAPTURE_AREA = 4096,
    /// The most that one read of memory takes; a power of two.
    CAPTURE_CHUNK = 1024,
    /// Places for the numbers of one personality's calls; the last is for those that no table knows.
    CAPTURE_CALLS = 600,
    /// Places for all personalities' calls: the next power of two.
    CAPTURE_PLACES = 2048,
    /// Operations of all capture programs together; a power of two.
    CAPTURE_OPERATIONS = 8192,
    /// Places for programs chosen by arguments; a power of two, and how many of them are looked at.
    CAPTURE_CHOICES = 4096,
    CAPTURE_PROBES = 16,
    /// `struct siginfo` as far as the kernel fills it.
    CAPTURE_SIGINFO = 48,
    CAPTURE_CPUS = 1024,
    /// Buckets of a latency histogram: powers of two of a nanosecond.
    CAPTURE_BUCKETS = 40,
    /// Pid namespaces, one within the other, that are looked at.
    CAPTURE_LEVELS = 16,
    /// Calls that are counted in the kernel, of one CPU; the first row stays empty.
    CAPTURE_ROWS = 256,
    /// Ids of threads that may be traced are marked in as many bits; a power of two.
    CAPTURE_MARKS = 1 << 15,
    /// A call that is not counted in a row, but sent; one that nobody wants.
    CAPTURE_NO_ROW = 0xffff,
    CAPTURE_UNWANTED_ROW = 0xfffe,
};

// MARK: Records

enum capture_kind {
    /// A call that ended: `struct capture_call` and segments.
    CAPTURE_CALL = 1,
    /// Segments of a call whose record follows: `struct capture_header`.
    CAPTURE_AHEAD,
    /// A call that has not ended yet, or never will: as `CAPTURE_CALL`.
    CAPTURE_ENTERED,
    CAPTURE_UNFINISHED,
    CAPTURE_SIGNAL,
    CAPTURE_FORK,
    CAPTURE_EXEC,
    CAPTURE_EXIT,
    /// The task is traced from here on, or no longer.
    CAPTURE_ATTACH,
    CAPTURE_DETACH,
    /// The task's `comm` changed to `command`.
    CAPTURE_RENAME,
    /// What a task is called in pid namespaces, and which namespaces it is in: `struct capture_identity`.
    CAPTURE_IDENTITY,
};

enum {
    /// The call's entry was not seen: there is no time of it, nor memory.
    CAPTURE_NO_ENTRY = 1,
    /// Memory was left out: there was more of it than is ever captured.
    CAPTURE_CUT = 2,
    /// A record of its own has told of the call's entry.
    CAPTURE_TOLD = 4,
    /// It only says that tracing is over: `seen` does not count it.
    CAPTURE_UNCOUNTED = 8,
};

struct capture_header {
    uint8_t kind;
    uint8_t personality;
    uint16_t flags;
    /// Bytes of the whole record.
    uint32_t size;
    uint32_t tid, pid;
    /// `CLOCK_MONOTONIC`, ns: when it happened; of a call, its end.
    uint64_t time;
};

struct capture_call {
    struct capture_header header;
    uint64_t entered;
    int64_t result;
    uint64_t arguments[6];
    uint64_t instruction_pointer, stack_pointer;
    int32_t number;
    /// Records of this call's memory that went ahead.
    uint32_t ahead;
};

/// Bytes of the task's memory, followed by as many as `length` says, up to the next multiple of 8.
struct capture_segment {
    uint64_t address;
    uint32_t length;
    /// `errno`, positive: why there are no more.
    uint16_t error;
    /// `enum capture_moment`.
    uint16_t moment;
};

enum capture_moment {
    CAPTURE_AT_ENTRY,
    CAPTURE_AT_EXIT,
    /// Wanted at entry, but only the call itself made it readable.
    CAPTURE_LATE,
    /// Added to one of these: the segment is no memory but a `struct capture_descriptor`, and its
    /// address a descriptor's number.
    CAPTURE_DESCRIBES = 0x80,
    /// No memory but registers that functions preserve: bx, bp, r12 to r15; x19 to x30.
    CAPTURE_CALLEE_SAVED = 0x40,
};

enum {
    /// Instead of a number: the working directory (`AT_FDCWD`).
    CAPTURE_WORKING_DIRECTORY = -100,
};

/// What a descriptor refers to. Names follow, each with its NUL: of a path from its last
/// component upwards; of what has no path the one it has, of a socket its protocol's.
struct capture_descriptor {
    uint64_t inode;
    uint32_t mode;
    /// The kernel's `dev_t` of a device.
    uint32_t device;
    /// The kind of file system; 0 of what has a path.
    uint32_t magic;
    uint16_t flags;
    /// Bytes of names.
    uint16_t names;
    union {
        struct {
            uint16_t family, protocol, source_port, destination_port;
            union {
                struct {
                    uint8_t source[16], destination[16];
                };
                struct {
                    /// The peer's inode.
                    uint64_t peer;
                    /// Bytes of the socket's name, behind the names.
                    uint32_t name_length;
                };
                uint32_t netlink_port;
            };
        } socket;
        struct {
            uint64_t count;
            uint32_t id, flags;
        } event;
        uint64_t signals;
        int32_t pid;
    };
};

enum {
    CAPTURE_DELETED = 1,
    /// Below no root: there is no path.
    CAPTURE_PATHLESS = 2,
    /// It could not be followed to the end.
    CAPTURE_INCOMPLETE = 4,
    /// Details were captured.
    CAPTURE_DETAILED = 8,
};

struct capture_signal {
    struct capture_header header;
    uint32_t number;
    /// The default action is taken.
    uint32_t is_default;
    uint64_t instruction_pointer;
    uint8_t info[CAPTURE_SIGINFO];
};

/// Fork, exec, exit, attach, rename.
struct capture_task_change {
    struct capture_header header;
    /// Fork: the child. Exec: the id the task had before.
    uint32_t other_tid, other_pid;
    /// Exit: `exit_code` of the task and of its process, as wait(2) gives them.
    uint32_t status, group_status;
    /// Exit: whether it was the process' last thread, and whether `group_status` holds for all.
    uint32_t is_last, is_group;
    /// Traced tasks that are left.
    uint32_t live, reserved;
    char command[16];
};

/// The namespaces of a task.
enum capture_namespace {
    CAPTURE_CGROUP_NAMESPACE,
    CAPTURE_IPC_NAMESPACE,
    CAPTURE_MNT_NAMESPACE,
    CAPTURE_NET_NAMESPACE,
    CAPTURE_TIME_NAMESPACE,
    CAPTURE_USER_NAMESPACE,
    CAPTURE_UTS_NAMESPACE,
    CAPTURE_NAMESPACES,
};

/// A task's number in a pid namespace, and that namespace's inode.
struct capture_number {
    uint32_t number, namespace;
};

struct capture_identity {
    struct capture_header header;
    /// How many pid namespaces see it; the first one is that of the whole machine, the last its own.
    uint32_t levels;
    /// Inodes of the others; 0 of what could not be read.
    uint32_t namespaces[CAPTURE_NAMESPACES];
    struct capture_number seen[CAPTURE_LEVELS];
};

// MARK: What to capture

enum capture_code {
    /// Bytes at a register's address.
    CAPTURE_BYTES = 1,
    /// A NUL-terminated string of at most `limit` bytes, the NUL included.
    CAPTURE_STRING,
    /// A NULL-terminated array of strings: at most `count`, each as `CAPTURE_STRING`.
    CAPTURE_STRINGS,
    /// `struct iovec`s: the array and at most `limit` bytes of each, of `total` in all.
    CAPTURE_VECTORS,
    /// Loads `limit` bytes (1, 2, 4, 8) at a register's address plus `value` into register `length`.
    CAPTURE_LOAD,
    /// Leaves out the next `limit` operations unless register & `mask` == `value`.
    CAPTURE_UNLESS,
    /// Register `length` = (register >> `scale`) & `mask`, at most `limit` unless that is 0, plus `value`.
    CAPTURE_SET,
    /// Adds `value` to a register, counts register `length` down and, unless it came to 0, goes
    /// back to `limit` operations before this one.
    CAPTURE_REPEAT,
    /// What the descriptor in a register refers to.
    CAPTURE_DESCRIPTOR,
    /// What descriptors in memory refer to, at most `count`, `scale` bytes apart.
    CAPTURE_DESCRIPTORS,
    /// What descriptors of an `fd_set` refer to, at most `count`.
    CAPTURE_DESCRIPTOR_SET,
};

enum {
    /// Registers 0 to 5 are the arguments.
    CAPTURE_RESULT = 6,
    CAPTURE_STACK = 7,
    /// 8 to 15 are free.
    CAPTURE_REGISTERS = 16,
    CAPTURE_NO_LENGTH = 0xff,
    /// More than any message of netlink that programs send.
    CAPTURE_MESSAGE = 32768,
};

/// How an operation is done.
enum capture_flag {
    /// Read at exit even if the call failed.
    CAPTURE_EVEN_ON_ERROR = 1,
    /// The bytes left are those of the result: vectors that the kernel filled.
    CAPTURE_FILLED = 2,
    /// What a socket of netlink carries is captured whole.
    CAPTURE_MESSAGES = 4,
};

struct capture_operation {
    uint8_t code;
    uint8_t source;
    /// The register with the length or count; `CAPTURE_NO_LENGTH`: `limit` is it.
    uint8_t length;
    uint8_t flags;
    /// Bytes per unit of `length`.
    uint32_t scale;
    /// The most, in bytes.
    uint32_t limit;
    /// The most elements.
    uint32_t count;
    uint64_t mask, value;
};

/// What is done about one call.
struct capture_program {
    /// Its first operation; those for the exit follow those for the entry.
    uint16_t first;
    uint8_t entry;
    uint8_t exit;
    uint8_t flags;
    /// With `CAPTURE_CHOOSES`: which of several sets of choices is the call's.
    uint8_t set;
    /// The registers that choose, four bits each: the low half of the first, the second above it.
    uint8_t keys;
    /// Bits of the two that do not matter.
    uint8_t shift;
};

/// What is done instead about a call with certain arguments.
struct capture_choice {
    uint64_t key;
    struct capture_program program;
};

enum {
    CAPTURE_WANTED = 1,
    /// It never returns.
    CAPTURE_FINAL = 2,
    /// Another program is taken if `choices` has one for the call's arguments.
    CAPTURE_CHOOSES = 4,
    /// In `keys`: there is no second register.
    CAPTURE_NO_KEY = 15,
};

/// The first place in `choices` where a key of a set may be.
static inline uint32_t capture_place(uint64_t key, uint8_t set) {
    uint64_t mixed = (key + ((uint64_t)(set + 1) << 56)) * 0x9e3779b97f4a7c15u;
    return (uint32_t)((mixed ^ mixed >> 31) >> 20) & (CAPTURE_CHOICES - 1);
}

// MARK: Constants, set before the programs are loaded: the verifier leaves out what they rule out

/// Stands for a call of the kernel's `bpf_rdonly_cast`, whose number the loader puts there.
enum { CAPTURE_CAST = 0x7ca57 };

/// Details of descriptors, as `capture_configuration.descriptors` asks for them.
enum {
    CAPTURE_PATHS = 1,
    CAPTURE_SOCKETS = 2,
    CAPTURE_DEVICES = 4,
    CAPTURE_EVENTFDS = 8,
    CAPTURE_PIDFDS = 16,
    CAPTURE_SIGNALFDS = 32,
    /// Alone: which sockets speak netlink, and its protocol; numbers of devices; nothing else.
    CAPTURE_PROTOCOLS = 64,
};

/// Where the running kernel's structures have what leads from a descriptor to its name.
struct capture_layout {
    /// Structures that begin with a number of 64 bits and of 32: what `CAPTURE_CAST` makes of an
    /// address to load from it. 0 where the kernel has no such function.
    uint32_t word_type, half_type;
    /// Where that number is: at the start.
    uint32_t first;
    uint32_t task_files, task_fs, files_table, table_size, table_files, fs_pwd;
    uint32_t file_path, file_private, path_mnt, path_dentry;
    uint32_t dentry_parent, dentry_name, dentry_hash, dentry_inode, dentry_super, dentry_sequence;
    uint32_t name_text, name_length, hash_link;
    uint32_t mnt_root, mount_mnt, mount_parent, mount_mountpoint;
    uint32_t inode_mode, inode_device, inode_number, inode_private, super_magic;
    uint32_t namespace_operations, namespace_name;
    uint32_t socket_sock, socket_inode, sock_socket, sock_protocol, sock_family, sock_destination_port, sock_port;
    uint32_t sock_destination, sock_source, sock_destination6, sock_source6;
    uint32_t unix_address, unix_peer, unix_length, unix_name, netlink_port;
    uint32_t event_count, event_id, event_flags, signal_mask, pid_tasks, pid_numbers;
};

/// Where the running kernel's structures have what tells of namespaces.
struct capture_namespace_layout {
    uint32_t task_pid, task_proxy, task_credentials, signal_pids;
    uint32_t pid_level, upid_namespace, pid_namespace;
    uint32_t inode;
    /// By `enum capture_namespace`: what leads to the namespace, and its `struct ns_common` in it.
    uint32_t holders[CAPTURE_NAMESPACES], commons[CAPTURE_NAMESPACES];
};

struct capture_configuration {
    /// Children are traced too.
    uint32_t follows;
    /// Which tasks that nobody named are traced: 0 none, 1 all, 2 those below `cgroup`.
    uint32_t scope;
    /// Never traced: the tracer itself.
    uint32_t tracer;
    /// Count calls, and send no records of those that have a row.
    uint32_t summary;
    /// Bytes of the ring that may wait before the tracer is woken.
    uint32_t watermark;
    /// Outcomes that are not sent: 1 successful, 2 failed.
    uint32_t dropped_outcomes;
    /// Calls shorter than this, in ns, are not sent.
    uint64_t minimum_duration;
    /// Taken off the duration of every call that is counted, ns.
    uint64_t overhead;
    /// Signals that are sent: a bit for each number, from 1.
    uint64_t signals;
    uint64_t cgroup;
    /// Where fields are in the running kernel's structures.
    uint32_t task_pid, task_tgid, task_exit_code, task_signal, task_comm;
    uint32_t task_status, signal_group_exit_code, signal_flags, signal_live;
    uint32_t task_pending, task_state;
    uint32_t program_path, program_interpreter, program_stack;
    uint32_t reserved;
    /// Number of the native execve.
    uint32_t execve;
    /// Calls in flight when their task ends, or is let go of, are counted.
    uint32_t counts_unfinished, counts_detached;
    /// A task that executes another program is let go of.
    uint32_t detaches_at_exec;
    /// What is wanted of descriptors.
    uint32_t descriptors;
    struct capture_layout layout;
    /// Bytes of the ring that may wait before the guard is woken: what the caller sets says whether
    /// there is one.
    uint32_t alarm;
    /// Stacks are captured: registers are needed to unwind them.
    uint32_t stacks;
    /// The inode of the tracer's pid namespace, whose numbers records have; 0: it is that of the whole machine.
    uint32_t namespace;
    /// What tasks are called in other pid namespaces is told.
    uint32_t identities;
    struct capture_namespace_layout spaces;
};

/// What few traces ask for: programs are compiled with it and, `PLAIN`, without. What a plain one lacks the verifier
/// need not look at and leave out, which took half of the time that loading takes.
#define CAPTURE_EXTRAS(X) \
    X(scope) X(summary) X(dropped_outcomes) X(minimum_duration) X(detaches_at_exec) X(alarm) X(stacks) X(namespace) X(identities)

/// Whether a trace asks for no more than plain programs do.
static inline int capture_is_plain(const struct capture_configuration *c) {
#define CAPTURE_IS_NOT_ASKED(extra) !c->extra &&
    return CAPTURE_EXTRAS(CAPTURE_IS_NOT_ASKED) !(c->descriptors & ~CAPTURE_PROTOCOLS);
#undef CAPTURE_IS_NOT_ASKED
}

/// Where a program is called: cookies of the links of those that are called at several places.
enum capture_side {
    /// `calls`: the two ends of every call.
    CAPTURE_ENTRY_SIDE = 1,
    CAPTURE_EXIT_SIDE,
    /// `events`: of the running task.
    CAPTURE_EXEC_SIDE,
    CAPTURE_SIGNAL_SIDE,
    CAPTURE_SIDES,
};

// MARK: Counters

enum capture_loss {
    CAPTURE_RING_FULL,
    CAPTURE_NO_MEMORY,
    CAPTURE_LOSSES,
};

/// Of one CPU, on a cache line of its own.
struct capture_counters {
    /// Events that were to be told of: calls, and everything else. Counted before `live` is changed by them.
    uint64_t calls, others;
    uint64_t lost[CAPTURE_LOSSES];
    /// When something was lost (`CLOCK_MONOTONIC`, ns) since the tracer last put `first_loss` back to 0.
    uint64_t first_loss, last_loss;
    uint64_t reserved[3];
};

/// Memory that both sides read and write.
struct capture_shared {
    /// What to do about each call, by personality and number, and how; set before anything is traced.
    struct capture_program programs[CAPTURE_PLACES];
    struct capture_operation operations[CAPTURE_OPERATIONS];
    struct capture_choice choices[CAPTURE_CHOICES];
    struct capture_counters counters[CAPTURE_CPUS];
    /// Who has no bit here, by the low bits of its id, has no state: nothing is looked up for it.
    uint64_t marks[CAPTURE_MARKS / 64];
    /// Traced tasks alive.
    uint64_t live;
    /// The tracer sleeps and wants to be woken at the watermark.
    uint64_t waiting;
    /// The guard sleeps and wants to be woken at the alarm.
    uint64_t guard_waiting;
    /// The process whose threads are being adopted, or the one thread, and how many have been.
    uint64_t adopting, adopts_one, adopted;
    /// Rows taken, without the first, and the place in `programs` of each one's call.
    uint64_t rows;
    /// The row of each call; 0: it was not made yet.
    uint16_t call_rows[CAPTURE_PLACES];
    uint16_t row_places[CAPTURE_ROWS];
};

/// Of one call on one CPU; times in ns.
struct capture_statistics {
    uint64_t calls, errors, total, minimum, maximum;
    uint64_t histogram[CAPTURE_BUCKETS];
};
