// Programs whose descriptors refer to many things, and to other things in quick succession.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char byte;

static int make(const char *name) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(fd, name, strlen(name));
    return fd;
}

/// One number stands for two files by turns; each file's first byte is its name.
static void reuse(void) {
    close(make("A"));
    close(make("B"));
    for (int i = 0; i < 4000; i++) {
        int fd = open(i & 1 ? "B" : "A", O_RDONLY);
        read(fd, &byte, 1);
        close(fd);
    }
}

static void files(void) {
    int gone = make("gone"), moved = make("moved"), odd = make("o<d>\nd"), deceptive = make("x (deleted)");
    unlink("gone");
    write(gone, "1", 1);
    rename("moved", "elsewhere");
    write(moved, "2", 1);
    write(odd, "3", 1);
    write(deceptive, "4", 1);
    dup2(odd, gone);
    write(fcntl(odd, F_DUPFD, 100), "5", 1);
    mkdir("inner", 0700);
    int inner = open("inner", O_RDONLY | O_DIRECTORY);
    mkdirat(inner, "most", 0700);
    unlinkat(inner, "most", AT_REMOVEDIR);
    chdir("inner");
    close(openat(AT_FDCWD, "../elsewhere", O_RDONLY));
    rmdir("../inner");
    close(openat(AT_FDCWD, "x", O_RDONLY));
    fchdir(inner);
    chdir("/");
    int root = open("/", O_PATH);
    close(root);
    // A path of 3 KiB.
    char deep[] = "/tmp/descriptors-XXXXXX";
    if (!mkdtemp(deep)) return;
    chdir(deep);
    char name[251];
    memset(name, 'd', 250);
    name[250] = 0;
    for (int i = 0; i < 12; i++) {
        mkdir(name, 0700);
        chdir(name);
    }
    int bottom = open(".", O_RDONLY);
    fstat(bottom, &(struct stat){0});
    for (int i = 0; i < 12; i++) {
        chdir("..");
        rmdir(name);
    }
    fstat(bottom, &(struct stat){0});
    rmdir(deep);
}

static void objects(void) {
    int p[2];
    pipe(p);
    write(p[1], "1", 1);
    read(p[0], &byte, 1);
    write(memfd_create("some memory", 0), "2", 1);
    int event = eventfd(5, EFD_SEMAPHORE);
    read(event, &(uint64_t){0}, 8);
    read(event, &(uint64_t){0}, 8);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    close(signalfd(-1, &set, 0));
    int self = syscall(SYS_pidfd_open, getpid(), 0);
    syscall(SYS_pidfd_send_signal, self, 0, NULL, 0);
    close(open("/dev/null", O_RDWR));
    close(open("/proc/self/ns/uts", O_RDONLY));
    struct pollfd polled[2] = {{.fd = p[0], .events = POLLIN}, {.fd = event, .events = POLLIN}};
    poll(polled, 2, 0);
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(p[0], &reads);
    FD_SET(event, &reads);
    select(event + 1, &reads, NULL, NULL, &(struct timeval){0});
}

static void pass(int to, int fd) {
    char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec v = {"x", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    sendmsg(to, &m, 0);
}

static void take(int from) {
    char control[128];
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(from, &m, 0);
}

static void sockets(void) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pass(pair[0], make("passed"));
    take(pair[1]);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    unlink("socket");
    int bound = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(bound, (void *)&name, sizeof name);
    listen(bound, 1);
    connect(client, (void *)&name, sizeof name);
    int accepted = accept(bound, NULL, NULL);
    write(client, "1", 1);
    read(accepted, &byte, 1);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    int server = socket(AF_INET, SOCK_STREAM, 0), peer = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (void *)&here, sizeof here);
    listen(server, 1);
    getsockname(server, (void *)&here, &length);
    connect(peer, (void *)&here, sizeof here);
    accepted = accept(server, NULL, NULL);
    write(peer, "2", 1);
    read(accepted, &byte, 1);
    close(peer);
    write(accepted, "3", 1);
    int datagrams = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 there = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons(9)};
    connect(datagrams, (void *)&there, sizeof there);
    write(datagrams, "4", 1);
    int link = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    bind(link, (void *)&(struct sockaddr_nl){.nl_family = AF_NETLINK}, sizeof(struct sockaddr_nl));
    close(link);
    close(socket(AF_PACKET, SOCK_RAW, 0));
}

static void commands(void) {
    prctl(PR_SET_NAME, "a<b> c");
    pid_t child = fork();
    if (!child) {
        kill(getppid(), 0);
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    waitpid(-1, NULL, 0);
    prctl(PR_SET_NAME, "last");
    kill(getpid(), 0);
}

int main(int count, char **arguments) {
    if (count < 3 || chdir(arguments[2])) return 2;
    signal(SIGPIPE, SIG_IGN);
    const struct { const char *name; void (*run)(void); } all[] = {
        {"reuse", reuse}, {"files", files}, {"objects", objects}, {"sockets", sockets}, {"commands", commands},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(arguments[1], all[i].name)) continue;
        all[i].run();
        return 0;
    }
    return 2;
}
