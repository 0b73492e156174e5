// A collector that takes everything and keeps nothing: HTTP/1.1 on a port of the kernel's choice, which it prints.
// On SIGTERM it prints requests and bytes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_ulong requests, bytes;

static void *serve(void *argument) {
    int fd = (int)(long)argument;
    size_t room = 1 << 20, have = 0;
    char *buffer = malloc(room + 1);
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for (;;) {
        char *end;
        buffer[have] = 0;
        while (!(end = strstr(buffer, "\r\n\r\n"))) {
            ssize_t n = read(fd, buffer + have, room - have);
            if (n <= 0) goto out;
            have += (size_t)n;
            buffer[have] = 0;
        }
        char *length = strcasestr(buffer, "\r\ncontent-length:");
        size_t body = length ? strtoul(length + 17, NULL, 10) : 0;
        size_t rest = have - (size_t)(end + 4 - buffer);
        size_t left = body > rest ? body - rest : 0;
        while (left > 0) {
            ssize_t n = read(fd, buffer, left < room ? left : room);
            if (n <= 0) goto out;
            left -= (size_t)n;
        }
        // Requests are not sent ahead of answers: nothing follows the body.
        have = 0;
        requests++;
        bytes += body;
        if (write(fd, answer, sizeof answer - 1) < 0) break;
    }
out:
    close(fd);
    free(buffer);
    return NULL;
}

static void *accept_all(void *argument) {
    int listener = (int)(long)argument, fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(long)fd) == 0) pthread_detach(thread);
    }
    return NULL;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 16) != 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_t thread;
    pthread_create(&thread, NULL, accept_all, (void *)(long)listener);
    int signal;
    sigwait(&ends, &signal);
    printf("%lu %lu\n", requests, bytes);
    return 0;
}
