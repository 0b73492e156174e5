// The PCI Express link of the GPU, from sysfs: how fast it is, and how fast it could be.
#include "devices.h"
#include <dirent.h>
#include <limits.h>

static int read_line(const char *folder, const char *name, char *to, size_t size) {
    char path[PATH_MAX];
    report_text(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    if (!f) return 0;
    int is_read = fgets(to, (int)size, f) != NULL;
    fclose(f);
    if (is_read) to[strcspn(to, "\n")] = 0;
    return is_read;
}

// Bytes per second of a lane at so many GT/s: 8b/10b, 128b/130b, and PAM4 with FLITs.
static double lane(double rate) {
    if (rate <= 0) return 0;
    return rate * 1e9 / 8 * (rate < 6 ? 0.8 : rate < 40 ? 128.0 / 130 : 1);
}

// One device's own link; 0 if sysfs does not tell.
static int link_of(const char *folder, double *now, double *best, char *text, size_t size) {
    char speed[64], width[32], max_speed[64], max_width[32];
    if (!read_line(folder, "current_link_speed", speed, sizeof speed) || !read_line(folder, "current_link_width", width, sizeof width)
        || !read_line(folder, "max_link_speed", max_speed, sizeof max_speed) || !read_line(folder, "max_link_width", max_width, sizeof max_width))
        return 0;
    double lanes = strtod(width, NULL), max_lanes = strtod(max_width, NULL);
    *now = lane(strtod(speed, NULL)) * lanes;
    *best = lane(strtod(max_speed, NULL)) * max_lanes;
    report_text(text, size, "%s x%s of %s x%s", speed, width, max_speed, max_width);
    return *now > 0 && *best > 0;
}

// Goes up from a device through its bridges.
static int measure(const char *start, pci_link *l) {
    char folder[PATH_MAX];
    if (!realpath(start, folder)) return 0;
    const char *own = strrchr(folder, '/');
    report_text(l->name, sizeof l->name, "%s", own ? own + 1 : folder);
    for (int levels = 0; levels < 32; levels++) {
        double now, best;
        char text[160];
        if (link_of(folder, &now, &best, text, sizeof text)) {
            if (!l->is_known || now < l->bandwidth) {
                l->bandwidth = now;
                report_text(l->description, sizeof l->description, "%s", text);
            }
            if (!l->is_known || best < l->best) l->best = best;
            l->is_known = 1;
        }
        char *slash = strrchr(folder, '/');
        if (!slash || slash == folder) break;
        *slash = 0;
        const char *name = strrchr(folder, '/');
        // A bridge is called as every PCI device: DDDD:BB:DD.F
        if (!name || strlen(name + 1) != 12 || name[5] != ':') break;
    }
    l->is_degraded = l->is_known && l->bandwidth < l->best * 0.99;
    return l->is_known;
}

// The display controller with the widest link: sampled while there is traffic, since idle links slow down.
void look_at_link(detector *d) {
    char folder[400];
    report_text(folder, sizeof folder, "%s/bus/pci/devices", d->sysfs);
    DIR *directory = opendir(folder);
    if (!directory) return;
    pci_link found = { 0 };
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[PATH_MAX], class[32];
        if (entry->d_name[0] == '.') continue;
        report_text(path, sizeof path, "%s/%s", folder, entry->d_name);
        // Display controllers (0x03) and processing accelerators (0x12).
        if (!read_line(path, "class", class, sizeof class) || (strncmp(class, "0x03", 4) && strncmp(class, "0x12", 4))) continue;
        pci_link one = { 0 };
        if (measure(path, &one) && (!found.is_known || one.best > found.best)) found = one;
    }
    closedir(directory);
    // The fastest state that was seen is the one under load.
    if (found.is_known && (!d->link.is_known || found.bandwidth > d->link.bandwidth)) d->link = found;
}
