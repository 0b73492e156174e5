// What is remembered of calls on GPU devices, and of the links they are behind.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Support/report.h"
#include "../Support/spans.h"
#include "../Support/table.h"

enum { DEVICES = 16, SIZES = 1 << 16 };

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

typedef struct detector {
    const renacer_host *host;
    uint32_t open, openat, openat2, close, dup, dup2, dup3, ioctl, read, write, pread, pwrite, readv, writev, mmap, poll, ppoll;
    uint32_t path_open, path_openat;
    double threshold;
    uint64_t minimum;
    char patterns[512], sysfs[256];

    // Which device a descriptor of a process is, by both: 1 for none.
    table descriptors;
    device devices[DEVICES];
    size_t device_count;
    uint64_t start, end, traced_from, traced_to;
    spans transfers, waits, requests;
    uint64_t *sizes;
    size_t size_count;
    uint64_t transfer_count, bytes_to, bytes_from, request_count;
    pci_link link;
    int has_looked;
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
void judge(detector *d);
