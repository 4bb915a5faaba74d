/*
 * containers.h - which container a list of cgroups names, and what the files of its engine tell of it, without asking a
 * daemon.
 *
 *   docker       DATA-ROOT/containers/ID/{config.v2.json,hostconfig.json}
 *   containerd   /run/containerd/io.containerd.runtime.v2.task/NAMESPACE/ID/config.json
 *   CRI-O, podman   STORAGE/overlay-containers/ID/userdata/config.json, STORAGE/overlay-containers/containers.json
 *
 * Told as container events (type 324, JSON as libs writes it). A container whose files are not there (yet) is told with
 * its id and type only, and looked for again when its cgroup is seen again. One thread.
 */
#ifndef CAPTURE_CONTAINERS_H
#define CAPTURE_CONTAINERS_H

#include "base/buf.h"
#include "base/err.h"

struct containers;
struct redact;

/* root: "/"; tests give another. redact (or NULL) goes over every text told; borrowed until containers_free. */
int containers_new(const char *root, const struct redact *redact, struct containers **ret_c, struct err *e);
void containers_free(struct containers *c);

/*
 * cgroups as in lists and events: "subsystem=path", each ended by a NUL. True: an event with time ts_ns was appended to
 * out, because this container was not told since containers_forget, or more is known of it now. Cheap for cgroups met
 * before.
 */
bool containers_find(struct containers *c, const char *cgroups, size_t len, uint64_t ts_ns, struct buf *out);

/* A new file begins: every container is told again when it is met. What was read of files is kept. */
void containers_forget(struct containers *c);

/* Containers met so far. */
uint32_t containers_count(const struct containers *c);

#endif
