/* The programs that tracers are measured on: workload KIND COUNT.
 *
 * With USAGE=FILE in the environment it writes there what CPU time it took itself, in ns. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long count;

static void getppids(void)
{
	for (long i = 0; i < count; ++i)
		syscall(SYS_getppid);
}

static void files(void)
{
	char buf[64];
	for (long i = 0; i < count; ++i) {
		struct stat st;
		int fd = open("/etc/hostname", O_RDONLY);
		fstat(fd, &st);
		if (read(fd, buf, sizeof buf) < 0)
			exit(1);
		close(fd);
	}
}

/* Two pairs of threads hand a token to each other; each hand-over reads a byte besides. */
static _Atomic int token[2];

static void *player(void *arg)
{
	int pair = (long) arg >> 1, me = (long) arg & 1;
	int zero = open("/dev/zero", O_RDONLY);
	char c;
	for (long i = 0; i < count; ++i) {
		while (atomic_load(&token[pair]) != me)
			syscall(SYS_futex, &token[pair], FUTEX_WAIT_PRIVATE, !me, NULL, NULL, 0);
		if (read(zero, &c, 1) != 1)
			exit(1);
		atomic_store(&token[pair], !me);
		syscall(SYS_futex, &token[pair], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	close(zero);
	return NULL;
}

static void threads(void)
{
	pthread_t t[4];
	for (long i = 0; i < 4; ++i)
		pthread_create(&t[i], NULL, player, (void *) i);
	for (int i = 0; i < 4; ++i)
		pthread_join(t[i], NULL);
}

static void forks(void)
{
	for (long i = 0; i < count; ++i) {
		pid_t child = fork();
		if (child == 0) {
			execl("/bin/true", "true", (char *) NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
	}
}

static void tell_usage(const char *file)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	FILE *f = fopen(file, "w");
	if (!f)
		exit(1);
	fprintf(f, "%lld\n", (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000ll
		+ (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000ll);
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	count = atol(argv[2]);
	if (!strcmp(argv[1], "getppid"))
		getppids();
	else if (!strcmp(argv[1], "files"))
		files();
	else if (!strcmp(argv[1], "threads"))
		threads();
	else if (!strcmp(argv[1], "forks"))
		forks();
	else
		return 2;
	const char *usage = getenv("USAGE");
	if (usage)
		tell_usage(usage);
	return 0;
}
