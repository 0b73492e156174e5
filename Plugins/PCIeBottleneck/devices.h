// What is remembered of calls on GPU devices, and of the links they are behind.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Support/report.h"
#include "../Support/spans.h"
#include "../Support/table.h"
#include <limits.h>

enum { DEVICES = 16, SIZES = 1 << 16, LIBRARIES = 16 };

// Whose requests a device node understands.
typedef enum driver { DRIVER_UNKNOWN, DRIVER_NVIDIA, DRIVER_KFD, DRIVER_I915, DRIVER_XE, DRIVER_AMDGPU, DRIVER_DRM } driver;

typedef struct device {
    char path[128];
    driver driver;
    uint64_t transfers, waits, requests, mappings;
} device;

// A PCI Express link, from the device up through every bridge: the narrowest counts.
typedef struct pci_link {
    char name[32];
    int is_known, is_degraded;
    // Bytes per second in one direction, after encoding.
    double bandwidth, best;
    char description[160];
} pci_link;

// What was seen of transfers, on one rung: calls on device files, or calls of libraries.
typedef struct evidence {
    uint64_t start, end;
    spans transfers, waits;
    // Of the transfers, the first ones.
    uint64_t *sizes;
    size_t size_count;
    uint64_t transfer_count, bytes_to, bytes_from, wait_count;
    // Of functions only.
    uint64_t asynchronous, unknown_direction, launches, allocated;
} evidence;

typedef struct detector {
    const renacer_host *host;
    uint32_t open, openat, openat2, close, dup, dup2, dup3, ioctl, read, write, pread, pwrite, readv, writev, mmap, poll, ppoll;
    uint32_t path_open, path_openat;
    double threshold;
    uint64_t minimum;
    char patterns[512], sysfs[256], libraries[1024];
    // Libraries whose functions are probed, the last one's name, and why not.
    char *probed[LIBRARIES];
    size_t probed_count;
    uint64_t functions;
    char library[64], unprobed[256];

    // Which device a descriptor of a process is, by both: 1 for none.
    table descriptors;
    device devices[DEVICES];
    size_t device_count;
    // By rung B and by rung A.
    evidence filed, called;
    spans requests;
    uint64_t request_count;
    pci_link link;
    int32_t tasks[16];
    size_t task_count;
    balance balance;
    report report;
    int is_out_of_memory;
} detector;

driver driver_of(const detector *d, const char *path, const renacer_descriptor *about);
int is_wait_request(driver driver, uint64_t request);
int is_transfer_request(driver driver, uint64_t request, int *is_from_device);
void look_at_link(detector *d);
void touched(detector *d, evidence *known, const renacer_event *e, spans *to);
void remember_transfer(detector *d, evidence *known, uint64_t bytes, int is_from_device);
int is_gpu_library(const char *path);
// Probes the functions of a library; of all that the option names.
void probe_library(detector *d, const char *path);
void probe_libraries(detector *d);
void function_called(detector *d, const renacer_event *e);
void judge(detector *d);
