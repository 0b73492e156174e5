/* Attaches empty BPF programs to the entry and the exit of every system call: what the hooks
 * themselves cost on a machine, whatever is done in them. Says so once they are attached and
 * stays until it is killed. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

static int attach(const char *tracepoint)
{
	/* r0 = 0; exit */
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP);
	options.attach_btf_id = libbpf_find_vmlinux_btf_id(tracepoint, BPF_TRACE_RAW_TP);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", program, 2, &options);
	return fd < 0 ? fd : bpf_raw_tracepoint_open(NULL, fd);
}

int main(void)
{
	if (attach("sys_enter") < 0 || attach("sys_exit") < 0)
		return 1;
	puts("attached");
	fflush(stdout);
	pause();
}
