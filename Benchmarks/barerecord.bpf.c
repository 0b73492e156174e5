/* The least from which a line of text can be written for every call of one task: its entry time in task storage,
 * and at its end a record with its arguments and, of a read or a write, the first bytes. bare.c loads it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct;
struct registers {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, number, ip, cs, flags, sp;
};

struct record {
	__u64 thread, time, entered, number;
	__s64 result;
	__u64 arguments[6], ip;
	char bytes[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct record);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

__u64 lost;

SEC("raw_tp/sys_enter")
int entered(void *context)
{
	(void) context;
	struct record *r = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	if (r)
		r->entered = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/sys_exit")
int ended(__u64 *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record *r = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!r)
		return 0;
	struct registers *regs = (void *) bpf_task_pt_regs(task);
	r->thread = bpf_get_current_pid_tgid();
	r->number = regs->number;
	r->result = context[1];
	r->arguments[0] = regs->di;
	r->arguments[1] = regs->si;
	r->arguments[2] = regs->dx;
	r->arguments[3] = regs->r10;
	r->arguments[4] = regs->r8;
	r->arguments[5] = regs->r9;
	r->ip = regs->ip;
	__u64 count = r->number > 1 || r->result < 0 ? 0 : r->result;
	if (count > sizeof r->bytes)
		count = sizeof r->bytes;
	if (count)
		bpf_probe_read_user(r->bytes, count, (void *) r->arguments[1]);
	r->time = bpf_ktime_get_ns();
	if (bpf_ringbuf_output(&ring, r, sizeof *r, BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

char terms[] SEC("license") = "GPL";
