// Requests of GPU drivers, by device: numbers alone collide. From the kernel's uapi headers drm.h, i915_drm.h, xe_drm.h,
// amdgpu_drm.h and kfd_ioctl.h.
#include "devices.h"
#include <unistd.h>

driver driver_of(const detector *d, const char *path, const renacer_descriptor *about) {
    if (strstr(path, "nvidia")) return DRIVER_NVIDIA;
    if (strstr(path, "/kfd")) return DRIVER_KFD;
    if (!strstr(path, "/dri/")) return DRIVER_UNKNOWN;
    if (!about) return DRIVER_DRM;
    char link[400], target[256];
    report_text(link, sizeof link, "%s/dev/char/%u:%u/device/driver", d->sysfs, about->special_major, about->special_minor);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n <= 0) return DRIVER_DRM;
    target[n] = 0;
    const char *name = strrchr(target, '/');
    name = name ? name + 1 : target;
    return !strcmp(name, "i915") ? DRIVER_I915 : !strcmp(name, "xe") ? DRIVER_XE : !strcmp(name, "amdgpu") ? DRIVER_AMDGPU : DRIVER_DRM;
}

// Whether a request returns when the device is done with something.
int is_wait_request(driver driver, uint64_t request) {
    uint64_t type = request >> 8 & 0xff, number = request & 0xff;
    if (driver == DRIVER_KFD) return type == 'K' && number == 0x0c;
    if (type != 'd') return 0;
    // SYNCOBJ_WAIT, SYNCOBJ_TIMELINE_WAIT.
    if (number == 0xc3 || number == 0xca) return 1;
    switch (driver) {
    case DRIVER_I915: return number == 0x40 + 0x2c;
    case DRIVER_XE: return number == 0x40 + 0x0a;
    case DRIVER_AMDGPU: return number == 0x40 + 0x07 || number == 0x40 + 0x09 || number == 0x40 + 0x12;
    default: return 0;
    }
}

// Whether a request copies between the host's memory and the device's.
int is_transfer_request(driver driver, uint64_t request, int *is_from_device) {
    uint64_t type = request >> 8 & 0xff, number = request & 0xff;
    if (driver != DRIVER_I915 || type != 'd' || (number != 0x40 + 0x1c && number != 0x40 + 0x1d)) return 0;
    *is_from_device = number == 0x40 + 0x1c;
    return 1;
}
