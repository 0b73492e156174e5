// bpf(2) as it is needed for uprobes: the attributes are spelled out, since headers may be older than the kernel.
#define _GNU_SOURCE
#include "user_probes.h"
#include <errno.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    UPROBE_MULTI = 48, UPROBE_MULTI_RETURN = 1, LINKS = 64,
    HELPER_KTIME = 5, HELPER_NS_PID = 120, HELPER_RESERVE = 131, HELPER_SUBMIT = 132, HELPER_COOKIE = 174
};

struct user_probes {
    int ring, losses, program;
    int links[LINKS];
    unsigned link_count;
    uint32_t size;
    // What is read up to, what is written up to, and twice in a row the records.
    uint64_t *consumed;
    const uint64_t *produced;
    const char *records;
    const uint64_t *lost;
};

static int bpf(int command, void *attributes, size_t size) { return (int)syscall(SYS_bpf, command, attributes, size); }

static int make_map(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags) {
    struct { uint32_t type, key_size, value_size, max_entries, map_flags; uint32_t rest[12]; } a = { type, key, value, entries, flags, { 0 } };
    return bpf(BPF_MAP_CREATE, &a, sizeof a);
}

// ---- The program

typedef struct bpf_insn insn;

static insn load(int to, int from, int offset) { return (insn){ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = (uint8_t)to & 15, .src_reg = (uint8_t)from & 15, .off = (int16_t)offset }; }
static insn store(int to, int offset, int from) { return (insn){ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = (uint8_t)to & 15, .src_reg = (uint8_t)from & 15, .off = (int16_t)offset }; }
static insn move(int to, int from) { return (insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (uint8_t)to & 15, .src_reg = (uint8_t)from & 15 }; }
static insn set(int to, int value) { return (insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (uint8_t)to & 15, .imm = value }; }
static insn add(int to, int value) { return (insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (uint8_t)to & 15, .imm = value }; }
static insn call(int helper) { return (insn){ .code = BPF_JMP | BPF_CALL, .imm = helper }; }

// Where the architecture's struct pt_regs has arguments and result.
#if defined(__x86_64__)
static const int16_t argument_places[6] = { 112, 104, 96, 88, 72, 64 };
static const int16_t result_place = 80;
#elif defined(__aarch64__)
static const int16_t argument_places[6] = { 0, 8, 16, 24, 32, 40 };
static const int16_t result_place = 0;
#endif

#if defined(__x86_64__) || defined(__aarch64__)
static int load_program(int ring, int losses, const char **step) {
    struct stat space;
    *step = "the pid namespace";
    if (stat("/proc/self/ns/pid", &space) != 0) return -1;
    insn code[64];
    int n = 0;
#define WIDE(to, from, value) do { \
        code[n++] = (insn){ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = to, .src_reg = from, .imm = (int32_t)(uint32_t)(value) }; \
        code[n++] = (insn){ .imm = (int32_t)(uint32_t)((uint64_t)(value) >> 32) }; \
    } while (0)
    code[n++] = move(6, 1);
    WIDE(1, BPF_PSEUDO_MAP_FD, (uint32_t)ring);
    code[n++] = set(2, sizeof(struct user_probe_record));
    code[n++] = set(3, 0);
    code[n++] = call(HELPER_RESERVE);
    int reserved = n;
    code[n++] = (insn){ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .imm = 0 };
    WIDE(1, BPF_PSEUDO_MAP_VALUE, (uint32_t)losses);
    code[n++] = set(2, 1);
    code[n++] = (insn){ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 1, .src_reg = 2, .imm = BPF_ADD };
    code[n++] = set(0, 0);
    code[n++] = (insn){ .code = BPF_JMP | BPF_EXIT };
    code[reserved].off = (int16_t)(n - reserved - 1);
    code[n++] = move(7, 0);
    code[n++] = call(HELPER_KTIME);
    code[n++] = store(7, offsetof(struct user_probe_record, time), 0);
    WIDE(1, 0, space.st_dev);
    WIDE(2, 0, space.st_ino);
    code[n++] = move(3, 7);
    code[n++] = add(3, offsetof(struct user_probe_record, tid));
    code[n++] = set(4, 8);
    code[n++] = call(HELPER_NS_PID);
    code[n++] = move(1, 6);
    code[n++] = call(HELPER_COOKIE);
    code[n++] = store(7, offsetof(struct user_probe_record, cookie), 0);
    for (int i = 0; i < 6; i++) {
        code[n++] = load(1, 6, argument_places[i]);
        code[n++] = store(7, (int)offsetof(struct user_probe_record, arguments) + 8 * i, 1);
    }
    code[n++] = load(1, 6, result_place);
    code[n++] = store(7, offsetof(struct user_probe_record, result), 1);
    code[n++] = move(1, 7);
    code[n++] = set(2, 0);
    code[n++] = call(HELPER_SUBMIT);
    code[n++] = set(0, 0);
    code[n++] = (insn){ .code = BPF_JMP | BPF_EXIT };

    union bpf_attr a;
    memset(&a, 0, sizeof a);
    a.prog_type = BPF_PROG_TYPE_KPROBE;
    a.insns = (uint64_t)(uintptr_t)code;
    a.insn_cnt = (uint32_t)n;
    a.license = (uint64_t)(uintptr_t) "GPL";
    a.expected_attach_type = UPROBE_MULTI;
    memcpy(a.prog_name, "user_probe", 11);
    *step = "its BPF program";
    return bpf(BPF_PROG_LOAD, &a, sizeof a);
}
#else
static int load_program(int ring, int losses, const char **step) {
    (void)ring;
    (void)losses;
    *step = "this architecture";
    errno = EOPNOTSUPP;
    return -1;
}
#endif

// ---- Life

user_probes *user_probes_open(uint32_t ring_size, const char **step) {
    user_probes *p = calloc(1, sizeof *p);
    *step = "memory";
    if (!p) return NULL;
    p->ring = p->losses = p->program = -1;
    p->size = ring_size;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *step = "a BPF ring";
    p->ring = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, ring_size, 0);
    if (p->ring < 0) goto failed;
    p->losses = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_MMAPABLE);
    if (p->losses < 0) goto failed;
    p->program = load_program(p->ring, p->losses, step);
    if (p->program < 0) goto failed;
    *step = "a mapping of the BPF ring";
    void *consumed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, p->ring, 0);
    if (consumed == MAP_FAILED) goto failed;
    p->consumed = consumed;
    void *produced = mmap(NULL, page + 2 * (size_t)ring_size, PROT_READ, MAP_SHARED, p->ring, (off_t)page);
    if (produced == MAP_FAILED) goto failed;
    p->produced = produced;
    p->records = (const char *)produced + page;
    void *lost = mmap(NULL, page, PROT_READ, MAP_SHARED, p->losses, 0);
    if (lost == MAP_FAILED) goto failed;
    p->lost = lost;
    return p;
failed:;
    int reason = errno;
    user_probes_close(p);
    errno = reason;
    return NULL;
}

int user_probes_attach(user_probes *p, const char *path, const uint64_t *offsets, const uint64_t *cookies, uint32_t count) {
    uint64_t *marked = malloc(count * sizeof *marked);
    if (!marked) return -ENOMEM;
    int result = 0;
    // Returns first: what is entered in between has no end, rather than an end without a beginning.
    for (uint32_t is_return = 2; is_return-- > 0 && !result;) {
        for (uint32_t i = 0; i < count; i++) marked[i] = cookies[i] << 1 | is_return;
        struct {
            uint32_t program, target, type, flags;
            uint64_t path, offsets, counters, cookies;
            uint32_t count, multi_flags, pid, rest;
        } a = {
            .program = (uint32_t)p->program, .type = UPROBE_MULTI, .path = (uint64_t)(uintptr_t)path, .offsets = (uint64_t)(uintptr_t)offsets,
            .cookies = (uint64_t)(uintptr_t)marked, .count = count, .multi_flags = is_return ? UPROBE_MULTI_RETURN : 0
        };
        int link = p->link_count < LINKS ? bpf(BPF_LINK_CREATE, &a, sizeof a) : (errno = ENOSPC, -1);
        if (link < 0) result = -errno; else p->links[p->link_count++] = link;
    }
    free(marked);
    return result;
}

int user_probes_next(user_probes *p, struct user_probe_record *record) {
    // Record headers of Documentation/bpf/ringbuf.rst: the length, and bits for busy and discarded.
    enum { HEADER = 8 };
    const uint32_t busy = 1u << 31, discarded = 1u << 30;
    for (;;) {
        uint64_t at = *p->consumed;
        if (at >= __atomic_load_n(p->produced, __ATOMIC_ACQUIRE)) return 0;
        const char *place = p->records + (at & (p->size - 1));
        uint32_t length = __atomic_load_n((const uint32_t *)(const void *)place, __ATOMIC_ACQUIRE);
        if (length & busy) return 0;
        int is_record = !(length & discarded) && (length & ~discarded) == sizeof *record;
        if (is_record) memcpy(record, place + HEADER, sizeof *record);
        uint64_t next = at + (((length & ~discarded) + HEADER + 7) & ~7ull);
        __atomic_store_n(p->consumed, next, __ATOMIC_RELEASE);
        if (is_record) return 1;
    }
}

uint64_t user_probes_lost(const user_probes *p) { return __atomic_load_n(p->lost, __ATOMIC_RELAXED); }

void user_probes_close(user_probes *p) {
    if (!p) return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (unsigned i = 0; i < p->link_count; i++) close(p->links[i]);
    if (p->consumed) munmap(p->consumed, page);
    if (p->produced) munmap((void *)(uintptr_t)p->produced, page + 2 * (size_t)p->size);
    if (p->lost) munmap((void *)(uintptr_t)p->lost, page);
    if (p->program >= 0) close(p->program);
    if (p->losses >= 0) close(p->losses);
    if (p->ring >= 0) close(p->ring);
    free(p);
}
