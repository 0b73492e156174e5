/* Small programs that are traced by several tracers or backends and must give the same lines:
 * `corpus NAME` runs one, `corpus` lists them. Everything here is deterministic but for pids,
 * addresses, ports and times. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char dir[64], path[256], other[256];

static void in_directory(void)
{
	snprintf(dir, sizeof dir, "/tmp/renacer-corpus-%d", getpid());
	if (mkdir(dir, 0700) || chdir(dir))
		exit(99);
	snprintf(path, sizeof path, "%s", "file");
	snprintf(other, sizeof other, "%s", "other");
}

static void leave_directory(void)
{
	if (chdir("/") || rmdir(dir))
		exit(98);
}

static int file_with(const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0640);
	if (write(fd, text, strlen(text)) < 0)
		exit(97);
	return fd;
}

static void open_read_write(void)
{
	char buf[100];
	int fd = file_with("hello, world\n\t\x01\xff\n");
	lseek(fd, 0, SEEK_SET);
	read(fd, buf, sizeof buf);
	read(fd, buf, sizeof buf);
	read(fd, NULL, 10);
	write(fd, "a long line of text that will not fit in what is shown", 54);
	close(fd);
	close(fd);
	open("no/such/file", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	open(path, O_WRONLY | O_APPEND | O_NONBLOCK);
	unlink(path);
}

static void stat_family(void)
{
	struct stat st;
	struct statx stx;
	struct statfs sfs;
	close(file_with("12345"));
	stat(path, &st);
	lstat("/proc/self", &st);
	fstat(0, &st);
	stat("/nonexistent", &st);
	stat("/dev/null", &st);
	statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_SIZE, &stx);
	statfs("/proc", &sfs);
	access(path, R_OK | W_OK);
	faccessat(AT_FDCWD, path, X_OK, 0);
	unlink(path);
}

static void directories(void)
{
	mkdir("d", 0755);
	mkdir("d", 0755);
	close(open("d/x", O_CREAT | O_WRONLY, 0600));
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	char buf[4096];
	syscall(SYS_getdents64, fd, buf, sizeof buf);
	syscall(SYS_getdents64, fd, buf, sizeof buf);
	fchdir(fd);
	chdir("..");
	close(fd);
	unlink("d");
	unlink("d/x");
	rmdir("d");
	getcwd(buf, sizeof buf);
	getcwd(buf, 2);
}

static void links_and_names(void)
{
	char buf[64];
	close(file_with("x"));
	link(path, other);
	symlink("target", "sym");
	readlink("sym", buf, sizeof buf);
	readlink(path, buf, sizeof buf);
	rename(other, "third");
	renameat2(AT_FDCWD, "third", AT_FDCWD, path, RENAME_NOREPLACE);
	unlinkat(AT_FDCWD, "third", 0);
	unlink("sym");
	unlink(path);
}

static void permissions(void)
{
	int fd = file_with("x");
	chmod(path, 0400);
	fchmod(fd, 04755);
	fchmodat(AT_FDCWD, path, 0600, 0);
	chown(path, -1, -1);
	fchown(fd, getuid(), -1);
	lchown(path, -1, getgid());
	umask(umask(077));
	close(fd);
	unlink(path);
}

static void sizes_and_sync(void)
{
	int fd = file_with("0123456789");
	ftruncate(fd, 4);
	truncate(path, 8);
	fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	fsync(fd);
	fdatasync(fd);
	sync_file_range(fd, 0, 4, SYNC_FILE_RANGE_WRITE);
	readahead(fd, 0, 4);
	lseek(fd, -2, SEEK_END);
	lseek(fd, 0, SEEK_HOLE);
	close(fd);
	unlink(path);
}

static void descriptors(void)
{
	int fd = file_with("x");
	int copy = dup(fd);
	dup2(fd, 20);
	dup3(fd, 21, O_CLOEXEC);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_DUPFD_CLOEXEC, 30);
	close(copy);
	syscall(SYS_close_range, 20, 30, 0);
	close(fd);
	unlink(path);
}

static void locks(void)
{
	int fd = file_with("x");
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 2};
	flock(fd, LOCK_EX | LOCK_NB);
	flock(fd, LOCK_UN);
	fcntl(fd, F_SETLK, &l);
	fcntl(fd, F_GETLK, &l);
	l.l_type = F_UNLCK;
	fcntl(fd, F_SETLKW, &l);
	fcntl(fd, F_OFD_SETLK, &l);
	close(fd);
	unlink(path);
}

static void positioned_and_vectored(void)
{
	char a[4], b[8];
	struct iovec in[2] = {{a, sizeof a}, {b, sizeof b}}, out[2] = {{"abc", 3}, {"defghij", 7}};
	int fd = file_with("");
	writev(fd, out, 2);
	pwrite(fd, "XY", 2, 1);
	pread(fd, a, 3, 5);
	lseek(fd, 0, SEEK_SET);
	readv(fd, in, 2);
	preadv(fd, in, 2, 2);
	pwritev2(fd, out, 1, 0, 0);
	readv(fd, (void *) 1, 2);
	close(fd);
	unlink(path);
}

static void moving_data(void)
{
	int p[2], q[2];
	pipe(p);
	pipe2(q, O_CLOEXEC | O_NONBLOCK);
	int fd = file_with("0123456789");
	off_t at = 2;
	sendfile(p[1], fd, &at, 4);
	tee(p[0], q[1], 4, 0);
	lseek(fd, 0, SEEK_SET);
	splice(fd, NULL, q[1], NULL, 3, SPLICE_F_MOVE);
	struct iovec v = {"vm", 2};
	vmsplice(p[1], &v, 1, SPLICE_F_NONBLOCK);
	int to = open(other, O_CREAT | O_RDWR, 0600);
	loff_t from = 1;
	copy_file_range(fd, &from, to, NULL, 5, 0);
	unlink(path);
	unlink(other);
}

static void extended_attributes(void)
{
	char buf[64];
	close(file_with("x"));
	setxattr(path, "user.renacer", "value\n", 6, XATTR_CREATE);
	getxattr(path, "user.renacer", buf, sizeof buf);
	listxattr(path, buf, sizeof buf);
	removexattr(path, "user.renacer");
	getxattr(path, "user.renacer", buf, sizeof buf);
	unlink(path);
}

static void file_times(void)
{
	int fd = file_with("x");
	struct timespec t[2] = {{1000000000, 5}, {.tv_nsec = UTIME_OMIT}};
	utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW);
	futimens(fd, NULL);
	close(fd);
	unlink(path);
}

static void watching(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int w = inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	inotify_rm_watch(fd, w);
	inotify_rm_watch(fd, 77);
	close(fd);
}

static void special_files(void)
{
	mknod("fifo", S_IFIFO | 0600, 0);
	int fd = open("fifo", O_RDWR | O_NONBLOCK);
	char c;
	read(fd, &c, 1);
	close(fd);
	unlink("fifo");
	mknod("dev", S_IFCHR | 0600, (1 << 8) | 3);
	unlink("dev");
}

static void memory(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(p, 4096, PROT_READ);
	mprotect(p, 4096, PROT_NONE);
	madvise(p, 8192, MADV_DONTNEED);
	mlock(p + 4096, 4096);
	munlock(p + 4096, 4096);
	unsigned char vec[2];
	mincore(p, 8192, vec);
	msync(p, 8192, MS_SYNC);
	p = mremap(p, 8192, 16384, MREMAP_MAYMOVE);
	munmap(p, 16384);
	mmap(NULL, 0, PROT_READ, MAP_SHARED, -1, 0);
	int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ftruncate(fd, 4096);
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
	fcntl(fd, F_GET_SEALS);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	munmap(p, 4096);
	close(fd);
}

static void clocks(void)
{
	struct timespec t, wait = {0, 1000};
	struct timeval tv;
	syscall(SYS_clock_getres, CLOCK_MONOTONIC, &t);
	nanosleep(&wait, &t);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &wait, NULL);
	syscall(SYS_clock_gettime, 99, &t);
	syscall(SYS_gettimeofday, NULL, NULL);
	(void) tv;
}

static void timers(void)
{
	struct itimerval it = {{0, 0}, {1000, 5}}, old;
	setitimer(ITIMER_REAL, &it, NULL);
	memset(&it, 0, sizeof it);
	setitimer(ITIMER_VIRTUAL, &it, &old);
	alarm(0);
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct itimerspec its = {{0, 0}, {0, 1}};
	timerfd_settime(fd, 0, &its, NULL);
	struct pollfd p = {fd, POLLIN, 0};
	poll(&p, 1, -1);
	uint64_t n;
	read(fd, &n, sizeof n);
	close(fd);
	timer_t id;
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_create(CLOCK_REALTIME, &ev, &id);
	timer_settime(id, 0, &its, NULL);
	timer_getoverrun(id);
	timer_delete(id);
}

static volatile int hits;
static void handler(int sig) { hits += sig > 0; }
static void info_handler(int sig, siginfo_t *i, void *c) { hits += sig > 0; }

static void signals(void)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
	sigemptyset(&a.sa_mask);
	sigaddset(&a.sa_mask, SIGCHLD);
	sigaddset(&a.sa_mask, SIGRTMIN + 2);
	sigaction(SIGUSR1, &a, &old);
	kill(getpid(), SIGUSR1);
	sigset_t s;
	sigfillset(&s);
	sigdelset(&s, SIGCONT); /* some tracers leave one pending */
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGUSR1);
	sigpending(&s);
	sigemptyset(&s);
	sigsuspend(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	a.sa_handler = SIG_IGN;
	sigaction(SIGUSR2, &a, NULL);
	kill(getpid(), SIGUSR2);
	kill(getpid(), 0);
	kill(getpid(), 99);
	struct timespec zero = {0, 0};
	sigaddset(&s, SIGHUP);
	sigtimedwait(&s, NULL, &zero);
}

static void signal_details(void)
{
	struct sigaction a = {.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO};
	sigaction(SIGRTMIN + 1, &a, NULL);
	sigaction(SIGALRM, &a, NULL);
	union sigval v = {.sival_int = 42};
	sigqueue(getpid(), SIGRTMIN + 1, v);
	stack_t ss = {.ss_sp = malloc(SIGSTKSZ), .ss_size = SIGSTKSZ};
	sigaltstack(&ss, NULL);
	int fd;
	sigset_t s, none;
	sigemptyset(&none);
	sigemptyset(&s);
	sigaddset(&s, SIGALRM);
	sigprocmask(SIG_BLOCK, &s, NULL);
	struct itimerval it = {{0, 0}, {0, 1000}};
	setitimer(ITIMER_REAL, &it, NULL);
	sigsuspend(&none);
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	fd = signalfd(-1, &s, SFD_CLOEXEC | SFD_NONBLOCK);
	kill(getpid(), SIGUSR1);
	struct pollfd p = {fd, POLLIN, 0};
	poll(&p, 1, 1000);
	close(fd);
}

static void segfault_handled(void)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESETHAND};
	sigaction(SIGFPE, &a, NULL);
	raise(SIGFPE);
}

static void killed_by_signal(void) { raise(SIGTERM); }
static void aborts(void) { struct rlimit r = {0, 0}; setrlimit(RLIMIT_CORE, &r); raise(SIGABRT); }

static void fork_wait(void)
{
	int status;
	pid_t c = fork();
	if (c == 0)
		_exit(7);
	waitpid(c, &status, 0);
	c = fork();
	if (c == 0) {
		raise(SIGKILL);
	}
	wait4(-1, &status, __WALL, NULL);
	wait(&status);
	siginfo_t i;
	waitid(P_ALL, 0, &i, WEXITED | WNOHANG);
}

static void fork_tree(void)
{
	for (int i = 0; i < 3; ++i) {
		pid_t c = fork();
		if (c == 0) {
			pid_t g = fork();
			if (g == 0)
				_exit(i);
			waitpid(g, NULL, 0);
			_exit(i + 10);
		}
		waitpid(c, NULL, 0);
	}
}

static void vfork_exec(void)
{
	pid_t c = vfork();
	if (c == 0) {
		execl("/bin/true", "true", "arg", (char *) NULL);
		_exit(127);
	}
	waitpid(c, NULL, 0);
	execl("/nonexistent", "x", (char *) NULL);
	char *argv[] = {"echo", "done", NULL}, *envp[] = {"A=1", NULL};
	execve("/bin/echo", argv, envp);
}

/* What a child gives to exec lies in pages that nobody has touched in it yet. */
static void fork_exec(void)
{
	in_directory();
	int fd = open("script", O_CREAT | O_WRONLY, 0700);
	if (write(fd, "#!/bin/true -x\n", 15) != 15 || close(fd))
		exit(98);
	pid_t c = fork();
	if (c == 0) {
		execl("/bin/true", "a name of its own", "first", "second", (char *) NULL);
		_exit(127);
	}
	waitpid(c, NULL, 0);
	c = fork();
	if (c == 0) {
		execl("./script", "./script", "behind the interpreter's", (char *) NULL);
		_exit(127);
	}
	waitpid(c, NULL, 0);
	unlink("script");
}

static void *thread_body(void *arg)
{
	close(1000 + (int) (long) arg);
	return NULL;
}

static void threads(void)
{
	for (long i = 0; i < 4; ++i) {
		pthread_t t;
		pthread_create(&t, NULL, thread_body, (void *) i);
		pthread_join(t, NULL);
	}
}

static void *exec_body(void *arg)
{
	execl("/bin/true", "true", (char *) NULL);
	return arg;
}

static void thread_exec(void)
{
	pthread_t t;
	pthread_create(&t, NULL, exec_body, NULL);
	pause();
}

static void identity(void)
{
	getpid();
	getppid();
	getuid();
	geteuid();
	getgid();
	getegid();
	uid_t r, e, s;
	getresuid(&r, &e, &s);
	getresgid(&r, &e, &s);
	setuid(getuid());
	setreuid(-1, -1);
	gid_t groups[64];
	getgroups(64, groups);
	getpgid(0);
	getsid(0);
	setpgid(0, 0);
	setsid();
}

static void limits(void)
{
	struct rlimit r;
	struct rusage u;
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = 512;
	setrlimit(RLIMIT_NOFILE, &r);
	prlimit(0, RLIMIT_STACK, NULL, &r);
	getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, 1);
	(void) u;
}

static void scheduling(void)
{
	struct sched_param p = {0};
	sched_getparam(0, &p);
	sched_getscheduler(0);
	sched_setscheduler(0, SCHED_BATCH, &p);
	sched_get_priority_max(SCHED_RR);
	sched_yield();
	struct timespec t;
	sched_rr_get_interval(0, &t);
}

static void process_control(void)
{
	char name[16];
	int v;
	prctl(PR_SET_NAME, "renamed", 0, 0, 0);
	prctl(PR_GET_NAME, name, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	prctl(PR_GET_PDEATHSIG, &v, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(9999, 1, 2, 3, 4);
	struct utsname u;
	uname(&u);
}

static void socket_pair(void)
{
	int s[2];
	char buf[32];
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s);
	send(s[0], "ping", 4, MSG_NOSIGNAL);
	recv(s[1], buf, sizeof buf, 0);
	recv(s[1], buf, sizeof buf, MSG_DONTWAIT | MSG_PEEK);
	shutdown(s[0], SHUT_WR);
	read(s[1], buf, sizeof buf);
	close(s[0]);
	write(s[1], "x", 1);
}

static void tcp(void)
{
	int l = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), one = 1;
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	bind(l, (void *) &a, sizeof a);
	listen(l, 5);
	getsockname(l, (void *) &a, &n);
	int c = socket(AF_INET, SOCK_STREAM, 0);
	connect(c, (void *) &a, sizeof a);
	int s = accept4(l, (void *) &a, &n, SOCK_NONBLOCK);
	write(c, "request", 7);
	char buf[16];
	struct pollfd p = {s, POLLIN, 0};
	poll(&p, 1, -1);
	read(s, buf, sizeof buf);
	read(s, buf, sizeof buf);
	getpeername(c, (void *) &a, &n);
	int e;
	n = sizeof e;
	getsockopt(c, SOL_SOCKET, SO_ERROR, &e, &n);
	struct linger li = {1, 5};
	setsockopt(c, SOL_SOCKET, SO_LINGER, &li, sizeof li);
	close(s);
	close(c);
	close(l);
}

static void udp(void)
{
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in x = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof x;
	bind(a, (void *) &x, sizeof x);
	getsockname(a, (void *) &x, &n);
	sendto(b, "datagram", 8, 0, (void *) &x, sizeof x);
	char buf[16];
	recvfrom(a, buf, sizeof buf, 0, (void *) &x, &n);
	recvfrom(a, buf, sizeof buf, MSG_DONTWAIT, NULL, NULL);
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int s6 = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	connect(s6, (void *) &six, sizeof six);
}

static void unix_messages(void)
{
	int s[2], fd = open("/dev/null", O_RDONLY);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	char text[] = "with a descriptor", control[CMSG_SPACE(sizeof fd)] = {0}, buf[32];
	struct iovec v = {text, sizeof text};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	sendmsg(s[0], &m, 0);
	v.iov_base = buf;
	v.iov_len = sizeof buf;
	memset(control, 0, sizeof control);
	recvmsg(s[1], &m, MSG_CMSG_CLOEXEC);
	struct sockaddr_un u = {AF_UNIX, "\0renacer-abstract"};
	bind(s[0], (void *) &u, sizeof(sa_family_t) + 17);
	struct sockaddr_un w = {AF_UNIX, "nowhere"};
	connect(s[0], (void *) &w, sizeof w);
}

static void many_messages(void)
{
	int s[2];
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	struct iovec v[2] = {{"one", 3}, {"three", 5}};
	struct mmsghdr m[2] = {{{.msg_iov = v, .msg_iovlen = 1}}, {{.msg_iov = v + 1, .msg_iovlen = 1}}};
	sendmmsg(s[0], m, 2, 0);
	char a[8], b[8];
	struct iovec r[2] = {{a, 8}, {b, 8}};
	struct mmsghdr n[2] = {{{.msg_iov = r, .msg_iovlen = 1}}, {{.msg_iov = r + 1, .msg_iovlen = 1}}};
	recvmmsg(s[1], n, 2, MSG_DONTWAIT, NULL);
}

static void waiting_for_many(void)
{
	int p[2];
	pipe(p);
	struct pollfd f[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT | POLLERR, 0}};
	poll(f, 2, 0);
	poll(f, 1, 1);
	struct timespec t = {0, 1000};
	ppoll(f, 1, &t, NULL);
	fd_set r, w;
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	struct timeval tv = {0, 0};
	select(p[1] + 1, &r, &w, NULL, &tv);
	int e = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {EPOLLOUT | EPOLLET, {.u64 = 7}}, got[4];
	epoll_ctl(e, EPOLL_CTL_ADD, p[1], &ev);
	epoll_wait(e, got, 4, 100);
	epoll_ctl(e, EPOLL_CTL_DEL, p[1], NULL);
	epoll_wait(e, got, 4, 0);
	epoll_ctl(e, EPOLL_CTL_MOD, 99, &ev);
	int c = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
	uint64_t n;
	read(c, &n, 8);
}

static void futexes(void)
{
	static int word = 1;
	struct timespec t = {0, 1000};
	syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL);
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &t);
	syscall(SYS_futex, &word, FUTEX_WAKE, 1);
	syscall(SYS_futex, &word, FUTEX_REQUEUE, 1, 2, &word);
	syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, -1);
	syscall(SYS_futex, &word, 99, 0);
}

static void system_v_ipc(void)
{
	int m = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	void *p = shmat(m, NULL, SHM_RDONLY);
	struct shmid_ds ds;
	shmctl(m, IPC_STAT, &ds);
	shmdt(p);
	shmctl(m, IPC_RMID, NULL);
	int q = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	struct { long type; char text[8]; } b = {5, "text"};
	msgsnd(q, &b, 4, 0);
	msgrcv(q, &b, 8, 0, MSG_NOERROR);
	msgrcv(q, &b, 8, 0, IPC_NOWAIT);
	msgctl(q, IPC_RMID, NULL);
	int s = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	struct sembuf o = {0, 1, SEM_UNDO};
	semop(s, &o, 1);
	semctl(s, 0, GETVAL);
	semctl(s, 0, IPC_RMID);
}

static void message_queue(void)
{
	struct mq_attr a = {.mq_maxmsg = 2, .mq_msgsize = 16};
	mqd_t q = mq_open("/renacer-corpus", O_CREAT | O_RDWR | O_NONBLOCK, 0600, &a);
	mq_send(q, "hello", 5, 3);
	char buf[16];
	unsigned prio;
	mq_receive(q, buf, sizeof buf, &prio);
	mq_getattr(q, &a);
	mq_unlink("/renacer-corpus");
}

static void devices(void)
{
	int fd = open("/dev/null", O_RDWR), n;
	struct termios t;
	ioctl(fd, TCGETS, &t);
	ioctl(fd, FIONREAD, &n);
	ioctl(fd, 0x12345678, 0x1000);
	ioctl(0, TIOCGWINSZ, NULL);
	int p[2];
	pipe(p);
	write(p[1], "abc", 3);
	ioctl(p[0], FIONREAD, &n);
	n = 1;
	ioctl(p[0], FIONBIO, &n);
	int m = posix_openpt(O_RDWR | O_NOCTTY);
	ioctl(m, TIOCSPTLCK, &(int){0});
	ioctl(m, TIOCGPTN, &n);
	ioctl(m, TIOCSWINSZ, &(struct winsize){24, 80, 0, 0});
}

static void bad_pointers(void)
{
	void *bad = (void *) 0xdead0000;
	open(bad, O_RDONLY);
	open(NULL, O_RDONLY);
	read(0, bad, 0);
	write(1, bad, 10);
	syscall(SYS_nanosleep, bad, NULL);
	syscall(SYS_rt_sigaction, SIGUSR1, bad, NULL, 8);
	bind(0, bad, 16);
	connect(-1, NULL, 0);
	poll(bad, 2, 0);
	syscall(SYS_writev, 1, bad, 2);
	syscall(SYS_execve, bad, bad, bad);
	syscall(SYS_wait4, 1, bad, 0, bad);
	stat(bad, bad);
	syscall(SYS_futex, bad, FUTEX_WAKE, 1);
}

static void unknown_calls(void)
{
	syscall(400, 1, 2, 3);
	syscall(1023, 1, 2, 3, 4, 5, 6);
	syscall(-1L);
}

static void mounts(void)
{
	mount("none", "/nonexistent", "tmpfs", MS_NOSUID | MS_RDONLY, "size=1m");
	umount2("/nonexistent", MNT_DETACH);
	chroot("/nonexistent");
	syscall(SYS_fsopen, "nosuchfs", 1);
	syscall(SYS_open_tree, AT_FDCWD, "/nonexistent", 1);
	syscall(SYS_pivot_root, "/nonexistent", "/nonexistent");
}

static void stops_and_continues(void)
{
	pid_t c = fork();
	if (c == 0) {
		raise(SIGSTOP);
		_exit(3);
	}
	int status;
	waitpid(c, &status, WUNTRACED);
	kill(c, SIGCONT);
	waitpid(c, &status, 0);
}

static const struct { const char *name; void (*run)(void); int in_directory; } programs[] = {
	{"open-read-write", open_read_write, 1}, {"stat-family", stat_family, 1}, {"directories", directories, 1},
	{"links-and-names", links_and_names, 1}, {"permissions", permissions, 1}, {"sizes-and-sync", sizes_and_sync, 1},
	{"descriptors", descriptors, 1}, {"locks", locks, 1}, {"positioned-and-vectored", positioned_and_vectored, 1},
	{"moving-data", moving_data, 1}, {"extended-attributes", extended_attributes, 1}, {"file-times", file_times, 1},
	{"watching", watching, 1}, {"special-files", special_files, 1}, {"memory", memory, 0}, {"clocks", clocks, 0},
	{"timers", timers, 0}, {"signals", signals, 0}, {"signal-details", signal_details, 0},
	{"segfault-handled", segfault_handled, 0}, {"killed-by-signal", killed_by_signal, 0}, {"aborts", aborts, 0},
	{"fork-wait", fork_wait, 0}, {"fork-tree", fork_tree, 0}, {"vfork-exec", vfork_exec, 0}, {"fork-exec", fork_exec, 0}, {"threads", threads, 0},
	{"thread-exec", thread_exec, 0}, {"identity", identity, 0}, {"limits", limits, 0}, {"scheduling", scheduling, 0},
	{"process-control", process_control, 0}, {"socket-pair", socket_pair, 0}, {"tcp", tcp, 0}, {"udp", udp, 0},
	{"unix-messages", unix_messages, 0}, {"many-messages", many_messages, 0}, {"waiting-for-many", waiting_for_many, 0},
	{"futexes", futexes, 0}, {"system-v-ipc", system_v_ipc, 0}, {"message-queue", message_queue, 0},
	{"devices", devices, 0}, {"bad-pointers", bad_pointers, 0}, {"unknown-calls", unknown_calls, 0}, {"mounts", mounts, 0},
	{"stops-and-continues", stops_and_continues, 0},
};

int main(int argc, char **argv)
{
	/* corpus --clean PROG [ARG]...: runs PROG with no descriptors but the standard three and no signal blocked:
	   of a test's threads some block all. */
	if (argc > 2 && !strcmp(argv[1], "--clean")) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		syscall(SYS_close_range, 3, ~0U, 0);
		execv(argv[2], argv + 2);
		return 127;
	}
	for (size_t i = 0; i < sizeof programs / sizeof *programs; ++i) {
		if (argc < 2) {
			puts(programs[i].name);
		} else if (!strcmp(argv[1], programs[i].name)) {
			signal(SIGPIPE, SIG_IGN);
			if (programs[i].in_directory)
				in_directory();
			programs[i].run();
			if (programs[i].in_directory)
				leave_directory();
			return 0;
		}
	}
	return argc < 2 ? 0 : 2;
}
