// A libcuda.so.1, libamdhip64.so.6 or libze_loader.so.1 without a device: it sleeps as long as a link of 4 GB/s, and a kernel, would take.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static void rest(uint64_t ns) {
    struct timespec t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
    clock_nanosleep(CLOCK_MONOTONIC, 0, &t, 0);
}

static int copy(void *to, const void *from, size_t n) {
    // Every copy has a cost of its own.
    rest(2000000 + n / 4);
    memcpy(to, from, n);
    return 0;
}

static int allocate(void **to, size_t n) {
    static char memory[32 << 20];
    *to = memory;
    return n > sizeof memory;
}
static int synchronize(void) {
    rest(20000000);
    return 0;
}

#if defined HIP
// hip_runtime_api.h: 1 is to the device, 2 from it.
int hipMemcpy(void *to, const void *from, size_t n, int kind) { return kind < 1 || kind > 2 ? 1 : copy(to, from, n); }
int hipMalloc(void **to, size_t n) { return allocate(to, n); }
int hipLaunchKernel(void *function) { return !function; }
int hipDeviceSynchronize(void) { return synchronize(); }
#elif defined LEVEL_ZERO
// ze_api.h: a copy is put into a list, which a queue executes; when it is done is known when somebody waits.
int zeCommandListAppendMemoryCopy(void *list, void *to, const void *from, size_t n) {
    (void)list;
    memcpy(to, from, n);
    return 0;
}
int zeCommandQueueExecuteCommandLists(void *queue, uint32_t count, void **lists, void *fence) {
    (void)queue, (void)lists, (void)fence;
    return !count;
}
int zeCommandQueueSynchronize(void *queue, uint64_t timeout) {
    (void)queue, (void)timeout;
    return synchronize();
}
int zeMemAllocDevice(void *context, const void *about, size_t n, size_t alignment, void *device, void **to) {
    (void)context, (void)about, (void)alignment, (void)device;
    return allocate(to, n);
}
#else
int cuMemcpyHtoD_v2(void *to, const void *from, size_t n) { return copy(to, from, n); }
int cuMemcpyDtoH_v2(void *to, const void *from, size_t n) { return copy(to, from, n); }
int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t n, void *stream) {
    (void)stream;
    memcpy(to, from, n);
    return 0;
}
int cuMemAlloc_v2(void **to, size_t n) { return allocate(to, n); }
int cuLaunchKernel(void *function) { return !function; }
int cuCtxSynchronize(void) { return synchronize(); }
#endif
