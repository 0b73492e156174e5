// Entry points of GPU libraries: copies with sizes and directions, launches, waits, allocations. From the vendors' headers
// cuda.h, cuda_runtime_api.h, hip_runtime_api.h and ze_api.h: names and the order of arguments.
#include "devices.h"
#include <glob.h>

typedef enum role { TO_DEVICE, FROM_DEVICE, COPY, COPY_BY_KIND, LAUNCH, WAIT, ALLOCATE } role;

// `size` is the argument that is the number of bytes, `kind` the one that is an enum cudaMemcpyKind or hipMemcpyKind.
static const struct row {
    const char *library, *name;
    role role;
    int is_asynchronous, size, kind;
} rows[] = {
    { "libcuda.so", "cuMemcpyHtoD_v2", TO_DEVICE, 0, 2, 0 },
    { "libcuda.so", "cuMemcpyDtoH_v2", FROM_DEVICE, 0, 2, 0 },
    { "libcuda.so", "cuMemcpyHtoDAsync_v2", TO_DEVICE, 1, 2, 0 },
    { "libcuda.so", "cuMemcpyDtoHAsync_v2", FROM_DEVICE, 1, 2, 0 },
    { "libcuda.so", "cuMemcpy", COPY, 0, 2, 0 },
    { "libcuda.so", "cuMemcpyAsync", COPY, 1, 2, 0 },
    { "libcuda.so", "cuLaunchKernel", LAUNCH, 1, 0, 0 },
    { "libcuda.so", "cuLaunchKernelEx", LAUNCH, 1, 0, 0 },
    { "libcuda.so", "cuGraphLaunch", LAUNCH, 1, 0, 0 },
    { "libcuda.so", "cuCtxSynchronize", WAIT, 0, 0, 0 },
    { "libcuda.so", "cuStreamSynchronize", WAIT, 0, 0, 0 },
    { "libcuda.so", "cuEventSynchronize", WAIT, 0, 0, 0 },
    { "libcuda.so", "cuMemAlloc_v2", ALLOCATE, 0, 1, 0 },
    { "libcuda.so", "cuMemAllocManaged", ALLOCATE, 0, 1, 0 },
    { "libcudart.so", "cudaMemcpy", COPY_BY_KIND, 0, 2, 3 },
    { "libcudart.so", "cudaMemcpyAsync", COPY_BY_KIND, 1, 2, 3 },
    { "libcudart.so", "cudaLaunchKernel", LAUNCH, 1, 0, 0 },
    { "libcudart.so", "cudaDeviceSynchronize", WAIT, 0, 0, 0 },
    { "libcudart.so", "cudaStreamSynchronize", WAIT, 0, 0, 0 },
    { "libcudart.so", "cudaEventSynchronize", WAIT, 0, 0, 0 },
    { "libcudart.so", "cudaMalloc", ALLOCATE, 0, 1, 0 },
    { "libamdhip64.so", "hipMemcpy", COPY_BY_KIND, 0, 2, 3 },
    { "libamdhip64.so", "hipMemcpyAsync", COPY_BY_KIND, 1, 2, 3 },
    { "libamdhip64.so", "hipMemcpyHtoD", TO_DEVICE, 0, 2, 0 },
    { "libamdhip64.so", "hipMemcpyDtoH", FROM_DEVICE, 0, 2, 0 },
    { "libamdhip64.so", "hipLaunchKernel", LAUNCH, 1, 0, 0 },
    { "libamdhip64.so", "hipModuleLaunchKernel", LAUNCH, 1, 0, 0 },
    { "libamdhip64.so", "hipDeviceSynchronize", WAIT, 0, 0, 0 },
    { "libamdhip64.so", "hipStreamSynchronize", WAIT, 0, 0, 0 },
    { "libamdhip64.so", "hipEventSynchronize", WAIT, 0, 0, 0 },
    { "libamdhip64.so", "hipMalloc", ALLOCATE, 0, 1, 0 },
    { "libze_loader.so", "zeCommandListAppendMemoryCopy", COPY, 1, 3, 0 },
    { "libze_loader.so", "zeCommandQueueExecuteCommandLists", LAUNCH, 1, 0, 0 },
    { "libze_loader.so", "zeCommandQueueSynchronize", WAIT, 0, 0, 0 },
    { "libze_loader.so", "zeFenceHostSynchronize", WAIT, 0, 0, 0 },
    { "libze_loader.so", "zeEventHostSynchronize", WAIT, 0, 0, 0 },
    { "libze_loader.so", "zeMemAllocDevice", ALLOCATE, 0, 2, 0 },
};
enum { ROWS = sizeof rows / sizeof *rows };

int is_gpu_library(const char *path) {
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    for (size_t i = 0; i < ROWS; i++)
        if (!strncmp(name, rows[i].library, strlen(rows[i].library))) return 1;
    return 0;
}

void probe_library(detector *d, const char *path) {
    if (!RENACER_HAS(d->host, probe) || d->probed_count == LIBRARIES) return;
    char real[PATH_MAX];
    if (!realpath(path, real)) return;
    for (size_t i = 0; i < d->probed_count; i++)
        if (!strcmp(d->probed[i], real)) return;
    char *copy = strdup(real);
    if (!copy) return;
    d->probed[d->probed_count++] = copy;
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    renacer_function functions[ROWS];
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++)
        if (!strncmp(name, rows[i].library, strlen(rows[i].library)))
            functions[count++] = (renacer_function){ sizeof *functions, (int32_t)i, report_string(rows[i].name) };
    uint32_t found = 0;
    renacer_string problem = { 0 };
    renacer_status status = d->host->probe(d->host, report_string(real), functions, count, &found, &problem);
    if (status == RENACER_OK) {
        d->functions += found;
        report_text(d->library, sizeof d->library, "%s", name);
    } else if (status == RENACER_FAILED) {
        report_text(d->unprobed, sizeof d->unprobed, "%.*s", (int)problem.length, problem.data);
    }
}

void probe_libraries(detector *d) {
    char all[sizeof d->libraries], *rest = all;
    memcpy(all, d->libraries, sizeof all);
    for (char *one; (one = strsep(&rest, ":"));) {
        glob_t found;
        if (!*one || glob(one, 0, NULL, &found) != 0) continue;
        for (size_t i = 0; i < found.gl_pathc; i++) probe_library(d, found.gl_pathv[i]);
        globfree(&found);
    }
}

// Directions of a copy by its kind: 1 to the device, 2 from it; 0 stays on the host, 3 on the device; 4 is for the driver
// to find out.
void function_called(detector *d, const renacer_event *e) {
    if (e->code < 0 || e->code >= ROWS) return;
    const struct row *row = &rows[e->code];
    evidence *known = &d->called;
    // A library's call of another: one copy, not two.
    int is_outermost = e->status == 0;
    touched(d, known, e, NULL);
    uint64_t bytes = e->arguments[row->size];
    role direction = row->role;
    if (direction == COPY_BY_KIND) {
        uint32_t kind = (uint32_t)e->arguments[row->kind];
        if (kind == 0 || kind == 3) return;
        direction = kind == 1 ? TO_DEVICE : kind == 2 ? FROM_DEVICE : COPY;
    }
    switch (direction) {
    case LAUNCH:
        known->launches += is_outermost;
        break;
    case WAIT:
        known->wait_count += is_outermost;
        touched(d, known, e, &known->waits);
        break;
    case ALLOCATE:
        if (is_outermost) known->allocated += bytes;
        break;
    default:
        if (!is_outermost) return;
        remember_transfer(d, known, bytes, direction == FROM_DEVICE);
        known->unknown_direction += direction == COPY;
        // When an asynchronous copy is done is not known: whoever waits for it is in a call for that.
        if (row->is_asynchronous) known->asynchronous++; else touched(d, known, e, &known->transfers);
    }
}
