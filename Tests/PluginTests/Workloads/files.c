// Programs that read a file: pathological ones and innocent look-alikes, by name.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 512 };
static char buffer[1 << 20];

static void get(int fd, long offset, size_t size) {
    lseek(fd, offset, SEEK_SET);
    read(fd, buffer, size);
}

// Models of a bundle in a cache that holds two of three: each is dropped before it is needed again.
static void thrash(int fd, int rounds) {
    static const long offsets[] = { 124, 20624, 61124, 101124 };
    for (int i = 0; i < rounds; i++)
        for (int k = 0; k < 4; k++) get(fd, offsets[k], 20000);
}

static void send_descriptor(int to, int fd) {
    char data = 0, control[CMSG_SPACE(sizeof fd)] = { 0 };
    struct iovec v = { &data, 1 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    sendmsg(to, &m, 0);
}

static int receive_descriptor(int from) {
    char data, control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec v = { &data, 1 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    int fd = -1;
    recvmsg(from, &m, 0);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const char *what = argv[1];
    int fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < PAGES; i++) write(fd, buffer, PAGE);
    close(fd);
    fd = open(argv[2], O_RDONLY);
    srand(7);

    if (!strcmp(what, "sequential")) {
        while (read(fd, buffer, PAGE) > 0) {}
    } else if (!strcmp(what, "strided")) {
        for (int i = 0; i < PAGES; i += 4) pread(fd, buffer, PAGE, (long)i * PAGE);
    } else if (!strcmp(what, "cached")) {
        // Reads all of it, then serves from memory; the header is looked at twice.
        for (int i = 0; i < 2; i++) get(fd, 0, 64);
        lseek(fd, 0, SEEK_SET);
        while (read(fd, buffer, 1 << 16) > 0) {}
    } else if (!strcmp(what, "prefetching")) {
        for (int i = 0; i < PAGES; i += 16) {
            posix_fadvise(fd, (long)i * PAGE, 16 * PAGE, POSIX_FADV_WILLNEED);
            for (int k = 0; k < 16; k++) read(fd, buffer, PAGE);
        }
    } else if (!strcmp(what, "random-once")) {
        static int order[PAGES];
        for (int i = 0; i < PAGES; i++) order[i] = i;
        for (int i = PAGES - 1; i > 0; i--) {
            int k = rand() % (i + 1), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        for (int i = 0; i < PAGES; i++) pread(fd, buffer, PAGE, (long)order[i] * PAGE);
    } else if (!strcmp(what, "thrashing")) {
        thrash(fd, 40);
    } else if (!strcmp(what, "thrashing-pread")) {
        for (int i = 0; i < 300; i++) pread(fd, buffer, PAGE, (long)(i * 7 % 30) * 2 * PAGE);
    } else if (!strcmp(what, "thrashing-shared")) {
        // Half by a child, through the descriptor it inherited: one open file.
        if (fork() == 0) {
            thrash(fd, 6);
            _exit(0);
        }
        wait(NULL);
        thrash(fd, 6);
    } else if (!strcmp(what, "thrashing-sent")) {
        int ends[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
        if (fork() == 0) {
            close(fd);
            close(ends[0]);
            thrash(receive_descriptor(ends[1]), 6);
            write(ends[1], "", 1);
            // Lives on, so that whoever stops nobody can still ask whose descriptors are the same.
            poll(NULL, 0, 300);
            _exit(0);
        }
        send_descriptor(ends[0], fd);
        read(ends[0], buffer, 1);
        thrash(fd, 6);
        wait(NULL);
    } else if (!strcmp(what, "separate")) {
        // As many reads of the same ranges, but by open files of their own: each reads everything once.
        for (int i = 0; i < 12; i++) {
            int own = open(argv[2], O_RDONLY);
            thrash(own, 1);
            close(own);
        }
    } else if (!strcmp(what, "header")) {
        for (int i = 0; i < 200; i++) pread(fd, buffer, 512, 0);
    } else if (!strcmp(what, "rescan")) {
        for (int i = 0; i < 6; i++) {
            lseek(fd, 0, SEEK_SET);
            while (read(fd, buffer, 1 << 16) > 0) {}
        }
    } else if (!strcmp(what, "seeking")) {
        for (int i = 0; i < 200; i++) get(fd, (long)(rand() % PAGES) * PAGE + i, 64);
    } else if (!strcmp(what, "dead-seeks")) {
        for (int i = 0; i < 100; i++) {
            lseek(fd, 0, SEEK_END);
            lseek(fd, 0, SEEK_SET);
            lseek(fd, (long)i * 1000, SEEK_SET);
            read(fd, buffer, 1000);
        }
    } else if (!strcmp(what, "polling")) {
        int stat = open("/proc/self/stat", O_RDONLY);
        for (int i = 0; i < 300; i++) pread(stat, buffer, 512, 0);
    } else {
        return 2;
    }
    return 0;
}
