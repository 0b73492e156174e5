// Programs with a GPU that is none: its file is a pipe whose other end is emptied slowly, its library sleeps.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];
static int device;

static void rest(long us) {
    struct timespec t = { us / 1000000, us % 1000000 * 1000 };
    clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

// The device: takes so many bytes at a time, and so long for each, until nobody writes any more.
static int drain(const char *path, size_t bytes, long us) {
    int in = open(path, O_RDONLY);
    static char sink[1 << 20];
    for (;;) {
        size_t got = 0;
        while (got < bytes) {
            ssize_t n = read(in, sink, bytes - got);
            if (n <= 0) return 0;
            got += (size_t)n;
        }
        rest(us);
    }
}

// A wait for the device, which takes this long.
static void await(long ms) {
    struct pollfd p = { device, 0, 0 };
    poll(&p, 1, (int)ms);
}

// Computes until everything was moved.
static _Atomic int is_moved;
static void *computing(void *p) {
    (void)p;
    while (!is_moved) await(100);
    return NULL;
}

static void put(size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = write(device, buffer, size - done);
        if (n <= 0) return;
        done += (size_t)n;
    }
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const char *what = argv[1], *path = argv[2];
    if (!strcmp(what, "library")) {
        // A library of that name, and no device: copies of unknown sizes, if they are any.
        void *library = dlopen(path, RTLD_NOW);
        int (*copy)(void *, const void *, size_t) = library ? (int (*)(void *, const void *, size_t))dlsym(library, "cuMemcpyHtoD_v2") : NULL;
        if (!copy) return 3;
        for (int i = 0; i < 20; i++) copy(buffer, buffer + 4096, 4096);
        return 0;
    }
    if (!strcmp(what, "disk")) {
        int file = open(path, O_RDWR | O_CREAT, 0600);
        for (int i = 0; i < 200; i++) pwrite(file, buffer, 1 << 16, 0);
        return 0;
    }
    if (!strcmp(what, "device") && argc == 5) return drain(path, (size_t)atol(argv[3]), atol(argv[4]));
    size_t unit = !strcmp(what, "chatty") || !strcmp(what, "few") ? 4096 : 1 << 20;
    device = open(path, O_WRONLY);
    fcntl(device, F_SETPIPE_SZ, unit < 65536 ? 4096 : 65536);
    if (!strcmp(what, "chatty")) for (int i = 0; i < 40; i++) put(unit);
    else if (!strcmp(what, "few")) for (int i = 0; i < 4; i++) put(unit);
    else if (!strcmp(what, "batched")) for (int i = 0; i < 20; i++) put(unit);
    else if (!strcmp(what, "serial")) for (int i = 0; i < 20; i++) { put(unit / 4); await(10); }
    else if (!strcmp(what, "overlapped")) {
        pthread_t t;
        pthread_create(&t, NULL, computing, NULL);
        for (int i = 0; i < 18; i++) put(unit);
        is_moved = 1;
        pthread_join(t, NULL);
    } else if (!strcmp(what, "computing")) for (int i = 0; i < 20; i++) { int one = 1; if (i < 17) write(device, &one, sizeof one); await(40); }
    else if (!strcmp(what, "requests")) for (int i = 0; i < 60; i++) { ioctl(device, 0xc020462a, buffer); rest(500); }
    else if (!strcmp(what, "opened")) rest(1000);
    else return 2;
    close(device);
    return 0;
}
