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

// What goes through the functions of a library, and through no file.
static int (*copy_in)(void *, const void *, size_t), (*copy_out)(void *, const void *, size_t);
static int (*copy_later)(void *, const void *, size_t, void *), (*allocate)(void **, size_t), (*launch)(void *), (*synchronize)(void);

static void *synchronizing(void *p) {
    while (!is_moved) synchronize();
    return p;
}

static int cuda(const char *what, const char *path) {
    void *library = dlopen(path, RTLD_NOW), *memory = NULL;
    if (!library) return 3;
    copy_in = dlsym(library, "cuMemcpyHtoD_v2");
    copy_out = dlsym(library, "cuMemcpyDtoH_v2");
    copy_later = dlsym(library, "cuMemcpyHtoDAsync_v2");
    allocate = dlsym(library, "cuMemAlloc_v2");
    launch = dlsym(library, "cuLaunchKernel");
    synchronize = dlsym(library, "cuCtxSynchronize");
    if (allocate(&memory, 32 << 20)) return 3;
    if (!strcmp(what, "chatty")) for (int i = 0; i < 60; i++) copy_in(memory, buffer, 4096);
    else if (!strcmp(what, "batched")) for (int i = 0; i < 20; i++) { copy_in(memory, buffer, sizeof buffer); copy_out(buffer, memory, sizeof buffer); }
    else if (!strcmp(what, "streaming")) {
        static char large[16 << 20];
        for (int i = 0; i < 30; i++) copy_in(memory, large, sizeof large);
    } else if (!strcmp(what, "serial")) for (int i = 0; i < 10; i++) {
        for (int k = 0; k < 4; k++) copy_in(memory, buffer, sizeof buffer);
        launch(memory);
        synchronize();
    } else if (!strcmp(what, "overlapped")) {
        pthread_t t;
        pthread_create(&t, NULL, synchronizing, NULL);
        for (int i = 0; i < 60; i++) { copy_in(memory, buffer, sizeof buffer); launch(memory); }
        is_moved = 1;
        pthread_join(t, NULL);
    } else if (!strcmp(what, "computing")) for (int i = 0; i < 20; i++) { copy_later(memory, buffer, 4096, NULL); launch(memory); synchronize(); }
    else return 2;
    return 0;
}

static int (*copy_kind)(void *, const void *, size_t, int);

static int hip(const char *what, const char *path) {
    void *library = dlopen(path, RTLD_NOW), *memory = NULL;
    if (!library) return 3;
    copy_kind = dlsym(library, "hipMemcpy");
    allocate = dlsym(library, "hipMalloc");
    launch = dlsym(library, "hipLaunchKernel");
    synchronize = dlsym(library, "hipDeviceSynchronize");
    if (allocate(&memory, 32 << 20)) return 3;
    if (!strcmp(what, "chatty")) for (int i = 0; i < 60; i++) copy_kind(memory, buffer, 4096, 1);
    else if (!strcmp(what, "batched")) for (int i = 0; i < 20; i++) { copy_kind(memory, buffer, sizeof buffer, 1); copy_kind(buffer, memory, sizeof buffer, 2); }
    else for (int i = 0; i < 20; i++) { copy_kind(memory, buffer, 4096, 1); launch(memory); synchronize(); synchronize(); synchronize(); }
    return 0;
}

static int level_zero(const char *path) {
    void *library = dlopen(path, RTLD_NOW), *memory = NULL, *list = &memory;
    if (!library) return 3;
    int (*append)(void *, void *, const void *, size_t) = dlsym(library, "zeCommandListAppendMemoryCopy");
    int (*execute)(void *, unsigned, void **, void *) = dlsym(library, "zeCommandQueueExecuteCommandLists");
    int (*wait)(void *, unsigned long) = dlsym(library, "zeCommandQueueSynchronize");
    int (*reserve)(void *, const void *, size_t, size_t, void *, void **) = dlsym(library, "zeMemAllocDevice");
    if (reserve(NULL, NULL, 32 << 20, 64, NULL, &memory)) return 3;
    for (int i = 0; i < 20; i++) {
        append(list, memory, buffer, 4096);
        execute(list, 1, &list, NULL);
        wait(list, ~0UL);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const char *what = argv[1], *path = argv[2];
    if (!strncmp(what, "cuda-", 5)) return cuda(what + 5, path);
    if (!strncmp(what, "hip-", 4)) return hip(what + 4, path);
    if (!strcmp(what, "ze-computing")) return level_zero(path);
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
    else if (!strcmp(what, "serial")) for (int i = 0; i < 20; i++) { put(unit / 2); await(10); }
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
