/* Runs a command traced by the two programs of a BPF object, which do the least that such a tracer must do
 * (barerecord.bpf.c, barecount.bpf.c): bare OBJECT COMMAND... What this costs the command a tracer of the same
 * kind cannot go below. Records are read and thrown away; writes to standard error how many came and were lost. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long records, sum;

static int take(void *context, void *data, size_t size)
{
	(void) context;
	records++;
	/* All of it is looked at, as somebody who shows it would. */
	for (size_t i = 0; i < size / 8; ++i)
		sum += ((unsigned long long *) data)[i];
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		return 1;
	struct bpf_program *program;
	bpf_object__for_each_program(program, object) {
		if (!bpf_program__attach(program))
			return 1;
	}
	struct ring_buffer *ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), take, NULL, NULL);
	int go[2];
	if (!ring || pipe2(go, 0))
		return 1;
	pid_t child = fork();
	if (!child) {
		char c;
		close(go[1]);
		if (read(go[0], &c, 1) == 1) {
			close(go[0]);
			execvp(argv[2], argv + 2);
		}
		_exit(127);
	}
	close(go[0]);
	int pidfd = syscall(SYS_pidfd_open, child, 0);
	char empty[256] = "";
	if (pidfd < 0 || bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "tasks"), &pidfd, empty, BPF_ANY))
		return 1;
	if (write(go[1], "", 1) != 1)
		return 1;
	int status = 0;
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	while (!poll(&end, 1, 2))
		ring_buffer__consume(ring);
	waitpid(child, &status, 0);
	ring_buffer__consume(ring);
	size_t size;
	const unsigned long long *lost = bpf_map__initial_value(bpf_object__find_map_by_name(object, ".bss"), &size);
	fprintf(stderr, "%llu records, %llu lost (%llu)\n", records, lost ? *lost : 0, sum);
	return WEXITSTATUS(status);
}
