#include "ring.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int64_t cbpf_make_ring(struct ring *r, uint32_t wanted, uint32_t least) {
    uint32_t size = wanted;
    while ((r->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, size, NULL)) == -ENOMEM && size > least) size /= 2;
    r->mask = size - 1;
    return r->fd < 0 ? r->fd : (int64_t)size;
}

/// What is mapped of the ring at once.
enum { RING_PART = 256 << 10 };

/// Maps the ring's data as far as `end`, which lies in its first or second copy; false if that cannot be.
static int map_data(struct ring *r, size_t end) {
    if (r->error) return 0;
    size_t all = 2 * (r->mask + 1), rounded = (end + RING_PART - 1) & ~(size_t)(RING_PART - 1);
    size_t until = rounded < all ? rounded : all;
    if (until < end) {
        r->error = EPROTO;
        return 0;
    }
    char *from = (char *)(uintptr_t)r->data + r->mapped;
    long page = sysconf(_SC_PAGESIZE);
    if (mmap(from, until - r->mapped, PROT_READ, MAP_SHARED | MAP_FIXED, r->fd, 2 * page + (off_t)r->mapped) == MAP_FAILED) {
        r->error = errno;
        return 0;
    }
    r->mapped = until;
    return 1;
}

int cbpf_map_ring(struct ring *r) {
    size_t size = r->mask + 1;
    long page = sysconf(_SC_PAGESIZE);
    void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (consumer == MAP_FAILED) return -errno;
    r->consumer = consumer;
    // Room for all of it, of which parts are mapped as they are come to: most traces are short, and to map and unmap what
    // nobody looks at took a tenth of their start.
    char *rest = mmap(NULL, page + 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rest == MAP_FAILED) return -errno;
    r->producer = (const uint64_t *)rest;
    r->data = (const uint8_t *)rest + page;
    if (mmap(rest, page, PROT_READ, MAP_SHARED | MAP_FIXED, r->fd, page) == MAP_FAILED) r->error = errno;
    if (map_data(r, 1)) return 0;
    munmap(rest, page + 2 * size);
    r->producer = NULL;
    r->data = NULL;
    return -r->error;
}

const struct capture_header *cbpf_next_record(struct ring *r, uint64_t *position) {
    while (*position < r->end || *position < (r->end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE))) {
        size_t at = *position & r->mask;
        if (at + BPF_RINGBUF_HDR_SZ > r->mapped && !map_data(r, at + BPF_RINGBUF_HDR_SZ)) return NULL;
        uint32_t length = __atomic_load_n((const uint32_t *)(r->data + at), __ATOMIC_ACQUIRE);
        if (length & BPF_RINGBUF_BUSY_BIT) return NULL;
        uint64_t taken = (((uint64_t)length & ~BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
        if (at + taken > r->mapped && !map_data(r, at + taken)) return NULL;
        const void *record = r->data + at + BPF_RINGBUF_HDR_SZ;
        *position += taken;
        if (!(length & BPF_RINGBUF_DISCARD_BIT)) return record;
    }
    return NULL;
}

void cbpf_close_ring(struct ring *r) {
    long page = sysconf(_SC_PAGESIZE);
    if (r->data) munmap((void *)(uintptr_t)r->producer, page + 2 * (r->mask + 1));
    if (r->consumer) munmap(r->consumer, page);
    if (r->fd >= 0) close(r->fd);
}
