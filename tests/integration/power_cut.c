/* Preloaded into a process, keeps a journal of what it writes, truncates, unlinks and syncs below one folder, and of
 * what it says on standard output, in order. A test replays the journal as a disk that forgets what was not synced.
 *
 * POWER_CUT_FOLDER is the folder, POWER_CUT_JOURNAL the journal. A record is a header and then the name and the bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct header {
    uint64_t what; /* W write, T truncate, U unlink, S sync, A said */
    uint64_t offset;
    uint64_t name_length;
    uint64_t data_length;
};

static int journal = -1;

__attribute__((constructor)) static void open_journal(void) {
    const char *path = getenv("POWER_CUT_JOURNAL");
    if (path != NULL) journal = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

static void record(char what, uint64_t offset, const char *name, const void *data, size_t length) {
    struct header header = {(uint64_t)what, offset, strlen(name), length};
    struct iovec parts[3] = {{&header, sizeof header}, {(void *)name, strlen(name)}, {(void *)data, length}};
    ssize_t whole = (ssize_t)(sizeof header + strlen(name) + length);
    if (writev(journal, parts, 3) != whole) abort();
}

static int is_watched(const char *name) {
    const char *folder = getenv("POWER_CUT_FOLDER");
    return journal >= 0 && folder != NULL && strncmp(name, folder, strlen(folder)) == 0;
}

static const char *watched(int fd) {
    static __thread char name[PATH_MAX];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0) return NULL;
    name[length] = 0;
    return is_watched(name) ? name : NULL;
}

static void wrote(int fd, const void *data, ssize_t done, off_t offset) {
    const char *name = watched(fd);
    if (name != NULL && done > 0) record('W', (uint64_t)offset, name, data, (size_t)done);
}

static int synced(int fd, int result) {
    const char *name = watched(fd);
    if (name != NULL && result == 0) record('S', 0, name, NULL, 0);
    return result;
}

static int truncated(int fd, off_t length, int result) {
    const char *name = watched(fd);
    if (name != NULL && result == 0) record('T', (uint64_t)length, name, NULL, 0);
    return result;
}

ssize_t write(int fd, const void *data, size_t length) {
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = syscall(SYS_write, fd, data, length);
    if (fd == STDOUT_FILENO && journal >= 0 && done > 0) record('A', 0, "", data, (size_t)done);
    else wrote(fd, data, done, offset);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    ssize_t done = real(fd, data, length, offset);
    wrote(fd, data, done, offset);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
    return pwrite(fd, data, length, offset);
}

int unlink(const char *name) {
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
    if (result == 0 && is_watched(name)) record('U', 0, name, NULL, 0);
    return result;
}

int fsync(int fd) { return synced(fd, (int)syscall(SYS_fsync, fd)); }

int fdatasync(int fd) { return synced(fd, (int)syscall(SYS_fdatasync, fd)); }

int ftruncate(int fd, off_t length) { return truncated(fd, length, (int)syscall(SYS_ftruncate, fd, length)); }

int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }
