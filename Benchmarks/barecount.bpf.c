/* The least that counts every call of one task with its time: its entry time in task storage, and at its end a
 * count, a total and a histogram by powers of two. bare.c loads it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct;

struct call {
	__u64 entered, number;
	char unused[240];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call);
} tasks SEC(".maps");

/* Nothing is sent; bare.c reads one. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

enum { CALLS = 512, BUCKETS = 64 };

struct row {
	__u64 calls, total, histogram[BUCKETS];
};

__u64 lost;
struct row rows[CALLS];

SEC("raw_tp/sys_enter")
int entered(__u64 *context)
{
	struct call *c = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	if (c) {
		c->number = context[1];
		c->entered = bpf_ktime_get_ns();
	}
	return 0;
}

SEC("raw_tp/sys_exit")
int ended(__u64 *context)
{
	(void) context;
	struct call *c = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	if (!c)
		return 0;
	__u64 time = bpf_ktime_get_ns() - c->entered;
	struct row *row = &rows[c->number & (CALLS - 1)];
	row->calls++;
	row->total += time;
	__u32 bucket = 0;
	for (int step = 32; step; step /= 2) {
		if (time >> step) {
			time >>= step;
			bucket |= step;
		}
	}
	row->histogram[bucket & (BUCKETS - 1)]++;
	return 0;
}

char terms[] SEC("license") = "GPL";
