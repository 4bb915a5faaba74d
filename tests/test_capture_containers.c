/*
 * test_capture_containers.c - containers by cgroup, described by folders as docker, containerd, CRI-O and podman leave
 * them. Keys and values as those programs write them.
 */
#include "mkroot.h"

#include "capture/containers.h"
#include "capture/redact.h"
#include "mkstate.h"

#include <jansson.h>

#define A64 "aaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define B64 "cccccccccccc0000000000000000000000000000000000000000000000000000"
#define I64 "1111111111111111111111111111111111111111111111111111111111111111"
#define TS UINT64_C(1700000000000000000)

struct fixture {
	struct mkroot root;
	struct containers *c;
	struct buf out;
	json_t *event;	/* owns; of the last find */
};

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	mkroot_init(&f->root);
	buf_init(&f->out, (size_t)16 << 20);
	CU_ASSERT_EQUAL_FATAL(containers_new(f->root.path, NULL, &f->c, NULL), 0);
}

static void end(struct fixture *f)
{
	json_decref(f->event);
	containers_free(f->c);
	buf_release(&f->out);
	mkroot_end(&f->root);
}

/* The object of the event that find adds; NULL: it adds none. Byte by byte as the format has it. */
static json_t *find(struct fixture *f, const char *path)
{
	char cgroups[512];
	int n = snprintf(cgroups, sizeof(cgroups), "cpu=%s", path);
	struct cursor c;
	uint32_t len;
	bool told;

	json_decref(f->event);
	f->event = NULL;
	buf_reset(&f->out);
	told = containers_find(f->c, cgroups, (size_t)n + 1, TS, &f->out);
	CU_ASSERT_EQUAL(told, f->out.len > 0);
	if (!told) {
		return NULL;
	}
	c = cur_make(f->out.data, f->out.len);
	CU_ASSERT_EQUAL(cur_le32(&c), 0x221);
	CU_ASSERT_EQUAL(cur_le32(&c), f->out.len);
	CU_ASSERT_EQUAL(cur_le16(&c), 0);
	CU_ASSERT_EQUAL(cur_le64(&c), TS);
	CU_ASSERT_EQUAL(cur_le64(&c), UINT64_MAX);
	len = cur_le32(&c);
	CU_ASSERT_EQUAL(cur_le16(&c), 324);
	CU_ASSERT_EQUAL(cur_le32(&c), 1);
	CU_ASSERT_EQUAL(cur_le32(&c), len - 30);
	CU_ASSERT_EQUAL_FATAL(c.bad, false);
	CU_ASSERT_EQUAL(c.p[len - 31], '\0');
	f->event = json_loads((const char *)c.p, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->event);
	return json_object_get(f->event, "container");
}

static void check_text(json_t *o, const char *key, const char *want)
{
	const char *have = json_string_value(json_object_get(o, key));

	if (have == NULL || strcmp(have, want) != 0) {
		printf("\n    %s: %s, not %s\n", key, have != NULL ? have : "(none)", want);
		CU_FAIL("text differs");
	}
}

static void check_number(json_t *o, const char *key, int64_t want)
{
	json_t *x = json_object_get(o, key);

	CU_ASSERT_TRUE(json_is_integer(x));
	CU_ASSERT_EQUAL(json_integer_value(x), want);
}

static void check_bool(json_t *o, const char *key, bool want)
{
	json_t *x = json_object_get(o, key);

	CU_ASSERT_TRUE(json_is_boolean(x));
	CU_ASSERT_EQUAL(json_is_true(x), want);
}

/* ---- docker ---- */

static const char docker_config[] =
	"{\"StreamConfig\":{},\"State\":{\"Running\":true,\"Pid\":4242,\"StartedAt\":\"2024-03-01T10:00:01.5Z\"},\"ID\":\"" A64 "\","
	"\"Created\":\"2024-03-01T12:00:00.123456789+02:00\",\"Path\":\"nginx\",\"Args\":[],"
	"\"Config\":{\"Hostname\":\"aaaaaaaaaaaa\",\"User\":\"www\",\"Env\":[\"DB_PASSWORD=hunter2\"],\"Image\":\"reg.io:5000/shop/web:1.25\","
	"\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"curl -f http://u:pw@localhost/ || exit 1\"]},"
	"\"Labels\":{\"com.docker.compose.service\":\"web\",\"maintainer\":\"x\"}},"
	"\"Image\":\"sha256:" I64 "\",\"NetworkSettings\":{\"Networks\":{\"shop\":{\"IPAddress\":\"172.18.0.3\"}},"
	"\"Ports\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}],\"443/tcp\":null}},\"Name\":\"/shop-web-1\","
	"\"Driver\":\"overlay2\",\"MountPoints\":{\"/data\":{\"Source\":\"/srv/data\",\"Destination\":\"/data\",\"RW\":false,\"Name\":\"\","
	"\"Driver\":\"\",\"Type\":\"bind\",\"Relabel\":\"z\",\"Propagation\":\"rprivate\"}}}";

static const char docker_host[] =
	"{\"Binds\":[\"/srv/data:/"
	"data:ro\"],\"NetworkMode\":\"shop\",\"PidMode\":\"host\",\"IpcMode\":\"private\",\"Privileged\":true,"
	"\"CpuShares\":512,\"Memory\":268435456,\"MemorySwap\":-1,\"CpuPeriod\":100000,\"CpuQuota\":50000,"
	"\"CpusetCpus\":\"0-1,3\"}";

static const char docker_images[] =
	"{\"Repositories\":{\"reg.io:5000/shop/web\":{\"reg.io:5000/shop/web:1.25\":\"sha256:" I64 "\","
	"\"reg.io:5000/shop/web@sha256:feed\":\"sha256:" I64 "\"}}}";

static void put_docker(struct fixture *f, const char *data_root)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/containers/" A64 "/config.v2.json", data_root);
	mkroot_file(&f->root, path, docker_config);
	snprintf(path, sizeof(path), "%s/containers/" A64 "/hostconfig.json", data_root);
	mkroot_file(&f->root, path, docker_host);
	snprintf(path, sizeof(path), "%s/image/overlay2/repositories.json", data_root);
	mkroot_file(&f->root, path, docker_images);
}

static void check_docker(json_t *o)
{
	json_t *row;

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_text(o, "id", "aaaaaaaaaaaa");
	check_text(o, "full_id", A64);
	check_number(o, "type", 0);
	check_number(o, "lookup_state", 1);
	check_text(o, "name", "shop-web-1");
	check_text(o, "image", "reg.io:5000/shop/web:1.25");
	check_text(o, "imagerepo", "reg.io:5000/shop/web");
	check_text(o, "imagetag", "1.25");
	check_text(o, "imageid", I64);
	check_text(o, "imagedigest", "sha256:feed");
	check_text(o, "User", "www");
	check_text(o, "ip", "172.18.0.3");
	check_number(o, "created_time", 1709287200);	/* 2024-03-01T10:00:00Z */
	check_bool(o, "privileged", true);
	check_bool(o, "host_pid", true);
	check_bool(o, "host_network", false);
	check_bool(o, "host_ipc", false);
	check_bool(o, "is_pod_sandbox", false);
	check_number(o, "memory_limit", 268435456);
	check_number(o, "cpu_shares", 512);
	check_number(o, "cpu_quota", 50000);
	check_number(o, "cpu_period", 100000);
	check_number(o, "cpuset_cpu_count", 3);
	CU_ASSERT_PTR_NULL(json_object_get(o, "swap_limit"));
	CU_ASSERT_PTR_NULL(json_object_get(o, "env"));
	CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "Mounts")), 1);
	row = json_array_get(json_object_get(o, "Mounts"), 0);
	check_text(row, "Source", "/srv/data");
	check_text(row, "Destination", "/data");
	check_text(row, "Propagation", "rprivate");
	check_bool(row, "RW", false);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "port_mappings")), 1);
	row = json_array_get(json_object_get(o, "port_mappings"), 0);
	check_number(row, "HostIp", 0x7f000001);
	check_number(row, "HostPort", 8080);
	check_number(row, "ContainerPort", 80);
	check_text(json_object_get(o, "labels"), "com.docker.compose.service", "web");
	check_text(json_object_get(o, "Healthcheck"), "exe", "/bin/sh");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json_object_get(o, "Healthcheck"), "args")), 2);
}

static void test_capture_containers_docker(void)
{
	static const char *const paths[] = { "/docker/" A64, "/system.slice/docker-" A64 ".scope",
					     "/docker/" A64 "/init.scope", "/kubepods/burstable/pod1/" A64 };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct fixture f;

		begin(&f);
		put_docker(&f, "var/lib/docker");
		check_docker(find(&f, paths[i]));
		CU_ASSERT_PTR_NULL(find(&f, paths[i]));		/* told once */
		containers_forget(f.c);
		check_docker(find(&f, paths[i]));
		CU_ASSERT_EQUAL(containers_count(f.c), 1);
		end(&f);
	}
}

static void test_capture_containers_docker_elsewhere(void)
{
	struct fixture f;

	begin(&f);
	mkroot_file(&f.root, "etc/docker/daemon.json", "{\"data-root\": \"/mnt/big/docker\"}");
	put_docker(&f, "mnt/big/docker");
	check_docker(find(&f, "/docker/" A64));
	end(&f);
	begin(&f);
	mkroot_file(&f.root, "etc/passwd", "root:x:0:0:r:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
	put_docker(&f, "home/ann/.local/share/docker");
	check_docker(find(&f, "/user.slice/user-1000.slice/user@1000.service/docker-" A64 ".scope"));
	end(&f);
}

/* Links below the root stay below it. */
static void test_capture_containers_linked_root(void)
{
	struct fixture f;

	begin(&f);
	put_docker(&f, "srv/docker");
	mkroot_link(&f.root, "var/lib/docker", "/srv/docker");
	check_docker(find(&f, "/docker/" A64));
	end(&f);
}

/* ---- containerd ---- */

#define SPEC_HEAD                                                                                                                 \
	"{\"ociVersion\":\"1.1.0\",\"process\":{\"user\":{\"uid\":101,\"gid\":101},\"args\":[\"x\"],\"env\":[\"TOKEN=abc\"],"      \
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"]}},\"root\":{\"path\":\"rootfs\"},"                            \
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"                                           \
	"{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"/var/lib/kubelet/hosts\",\"options\":[\"rbind\",\"rslave\",\"ro\"]}]," \
	"\"linux\":{\"resources\":{\"memory\":{\"limit\":1048576},\"cpu\":{\"shares\":2,\"quota\":10000,\"period\":100000,\"cpus\":\"0\"}}," \
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\",\"path\":\"/proc/9/ns/ipc\"},{\"type\":\"mount\"}],"                 \
	"\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"]},"

static void check_spec(json_t *o)
{
	check_text(o, "User", "101");
	check_bool(o, "privileged", false);
	check_bool(o, "host_pid", false);
	check_bool(o, "host_network", true);
	check_bool(o, "host_ipc", false);
	check_number(o, "memory_limit", 1048576);
	check_number(o, "cpu_shares", 2);
	check_number(o, "cpuset_cpu_count", 1);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "Mounts")), 1);
	check_text(json_array_get(json_object_get(o, "Mounts"), 0), "Propagation", "rslave");
	check_bool(json_array_get(json_object_get(o, "Mounts"), 0), "RW", false);
}

static void test_capture_containers_containerd(void)
{
	static const char notes[] = SPEC_HEAD
		"\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\",\"io.kubernetes.cri.container-type\":"
		"\"container\","
		"\"io.kubernetes.cri.image-name\":\"docker.io/library/"
		"nginx@sha256:beef\",\"io.kubernetes.cri.sandbox-id\":\"" B64 "\","
		"\"io.kubernetes.cri.sandbox-name\":\"web-7f\",\"io.kubernetes.cri.sandbox-namespace\":\"prod\","
		"\"io.kubernetes.cri.sandbox-uid\":\"123e4567-e89b\"}}";
	static const char sandbox[] =
		SPEC_HEAD "\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
			  "\"io.kubernetes.cri.sandbox-id\":\"" B64 "\",\"io.kubernetes.cri.sandbox-name\":\"web-7f\","
			  "\"io.kubernetes.cri.sandbox-namespace\":\"prod\"}}";
	struct fixture f;
	json_t *o;

	begin(&f);
	mkroot_file(&f.root, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" A64 "/config.json", notes);
	mkroot_file(&f.root, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" B64 "/config.json", sandbox);
	mkroot_file(&f.root, "run/containerd/io.containerd.runtime.v2.task/moby/x/config.json", "{}");
	o = find(&f, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod123e4567_e89b.slice/cri-containerd-" A64 ".scope");
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_spec(o);
	check_number(o, "type", 7);
	check_text(o, "name", "web");
	check_text(o, "image", "docker.io/library/nginx@sha256:beef");
	check_text(o, "imagerepo", "docker.io/library/nginx");
	check_text(o, "imagedigest", "sha256:beef");
	CU_ASSERT_PTR_NULL(json_object_get(o, "imagetag"));
	check_text(o, "pod_sandbox_id", B64);
	check_bool(o, "is_pod_sandbox", false);
	check_text(json_object_get(o, "labels"), "io.kubernetes.pod.name", "web-7f");
	check_text(json_object_get(o, "labels"), "io.kubernetes.pod.namespace", "prod");
	check_text(json_object_get(o, "labels"), "io.kubernetes.pod.uid", "123e4567-e89b");
	check_text(json_object_get(o, "labels"), "io.kubernetes.container.name", "web");
	check_text(json_object_get(o, "pod_sandbox_labels"), "io.kubernetes.pod.name", "web-7f");
	o = find(&f, "/kubepods.slice/x.slice:cri-containerd:" B64);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_bool(o, "is_pod_sandbox", true);
	check_text(o, "name", "web-7f");
	CU_ASSERT_PTR_NULL(json_object_get(o, "pod_sandbox_labels"));
	end(&f);
}

static void test_capture_containers_named(void)
{
	struct fixture f;
	json_t *o;

	begin(&f);
	mkroot_file(&f.root, "run/containerd/io.containerd.runtime.v2.task/default/redis-with-long-name/config.json",
		    SPEC_HEAD "\"x\":1}");
	o = find(&f, "/default/redis-with-long-name");
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_text(o, "id", "redis-with-l");
	check_text(o, "full_id", "redis-with-long-name");
	check_number(o, "type", 7);
	check_spec(o);
	o = find(&f, "/lxc.payload.my-long-container/init.scope");
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_text(o, "id", "my-long-container");
	check_text(o, "name", "my-long-container");
	check_number(o, "type", 1);
	CU_ASSERT_PTR_NULL(find(&f, "/default/x.service"));
	CU_ASSERT_PTR_NULL(find(&f, "/lxc/../x"));
	CU_ASSERT_PTR_NULL(find(&f, "/lxc/a\"b"));
	end(&f);
}

/* ---- CRI-O and podman ---- */

static void test_capture_containers_crio(void)
{
	static const char config[] = SPEC_HEAD
		"\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\",\"io.kubernetes.cri-o.ImageName\":\"quay.io/a/b:v2\","
		"\"io.kubernetes.cri-o.ImageRef\":\"" I64 "\",\"io.kubernetes.cri-o.Metadata\":\"{\\\"name\\\":\\\"api\\\",\\\"attempt\\\":1}\","
		"\"io.kubernetes.cri-o.Labels\":\"{\\\"io.kubernetes.pod.name\\\":\\\"api-0\\\",\\\"app\\\":\\\"api\\\"}\","
		"\"io.kubernetes.cri-o.SandboxID\":\"" B64 "\",\"io.kubernetes.cri-o.Created\":\"2024-03-01T10:00:00.5Z\","
		"\"io.kubernetes.cri-o.IP.0\":\"10.88.0.4\"}}";
	static const char pod[] = SPEC_HEAD "\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
					    "\"io.kubernetes.cri-o.Labels\":\"{\\\"io.kubernetes.pod.name\\\":\\\"api-"
					    "0\\\",\\\"tier\\\":\\\"back\\\"}\"}}";
	static const char stored[] = "[{\"id\":\"" A64 "\",\"names\":[\"k8s_api\"],\"image\":\"" I64 "\","
				     "\"metadata\":\"{\\\"privileged\\\":true,\\\"image-name\\\":\\\"other\\\"}\"}]";
	static const char images[] = "[{\"id\":\"" I64 "\",\"digest\":\"sha256:cafe\",\"names\":[\"quay.io/a/b:v2\"]}]";
	struct fixture f;
	json_t *o;

	begin(&f);
	mkroot_file(&f.root, "var/lib/containers/storage/overlay-containers/" A64 "/userdata/config.json", config);
	mkroot_file(&f.root, "run/containers/storage/overlay-containers/" B64 "/userdata/config.json", pod);
	mkroot_file(&f.root, "run/containers/storage/overlay-containers/volatile-containers.json", stored);
	mkroot_file(&f.root, "var/lib/containers/storage/overlay-images/images.json", images);
	o = find(&f, "/kubepods.slice/kubepods-pod1.slice/crio-" A64 ".scope");
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_number(o, "type", 8);
	check_text(o, "name", "api");
	check_text(o, "image", "quay.io/a/b:v2");
	check_text(o, "imageid", I64);
	check_text(o, "imagedigest", "sha256:cafe");
	check_number(o, "created_time", 1709287200);
	check_text(o, "ip", "10.88.0.4");
	check_bool(o, "privileged", true);
	check_text(json_object_get(o, "labels"), "app", "api");
	check_text(json_object_get(o, "pod_sandbox_labels"), "tier", "back");
	CU_ASSERT_PTR_NULL(find(&f, "/kubepods.slice/kubepods-pod1.slice/crio-conmon-" A64 ".scope"));
	end(&f);
}

static void test_capture_containers_podman(void)
{
	static const char stored[] = "[{\"id\":\"" B64 "\",\"names\":[\"other\"]},{\"id\":\"" A64
				     "\",\"names\":[\"web\"],\"image\":\"" I64 "\","
				     "\"metadata\":\"{\\\"image-name\\\":\\\"docker.io/library/"
				     "alpine:latest\\\",\\\"name\\\":\\\"web\\\"}\","
				     "\"created\":\"2024-03-01T10:00:00Z\"}]";
	static const char images[] =
		"[{\"id\":\"" I64 "\",\"digest\":\"sha256:cafe\",\"names\":[\"docker.io/library/alpine:latest\"]}]";
	static const struct {
		const char *store, *cgroup, *conf;
	} rows[] = {
		{ "var/lib/containers/storage", "/machine.slice/libpod-" A64 ".scope/container", NULL },
		{ "mnt/pods", "/machine.slice/libpod-" A64 ".scope", "[storage]\n# graphroot = \"/x\"\n graphroot = \"/mnt/pods\"\n" },
		{ "home/ann/.local/share/containers/storage", "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A64 ".scope", NULL },
		{ "home/ann/.local/share/containers/storage", "/user.slice/user-1000.slice/user@1000.service/user.slice/podman-7.scope/" A64, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture f;
		char path[256];
		json_t *o;

		begin(&f);
		mkroot_file(&f.root, "etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n");
		if (rows[i].conf != NULL) {
			mkroot_file(&f.root, "etc/containers/storage.conf", rows[i].conf);
		}
		snprintf(path, sizeof(path), "%s/overlay-containers/" A64 "/userdata/config.json", rows[i].store);
		mkroot_file(&f.root, path, SPEC_HEAD "\"annotations\":{\"io.container.manager\":\"libpod\"}}");
		snprintf(path, sizeof(path), "%s/overlay-containers/containers.json", rows[i].store);
		mkroot_file(&f.root, path, stored);
		snprintf(path, sizeof(path), "%s/overlay-images/images.json", rows[i].store);
		mkroot_file(&f.root, path, images);
		o = find(&f, rows[i].cgroup);
		CU_ASSERT_PTR_NOT_NULL_FATAL(o);
		check_spec(o);
		check_number(o, "type", 11);
		check_text(o, "name", "web");
		check_text(o, "image", "docker.io/library/alpine:latest");
		check_text(o, "imagetag", "latest");
		check_text(o, "imageid", I64);
		check_text(o, "imagedigest", "sha256:cafe");
		CU_ASSERT_PTR_NULL(find(&f, "/machine.slice/libpod-conmon-" A64 ".scope"));
		end(&f);
	}
}

/* ---- what is not there ---- */

static void test_capture_containers_later(void)
{
	struct fixture f;
	json_t *o;
	int met = 1;

	begin(&f);
	o = find(&f, "/docker/" A64);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	check_text(o, "id", "aaaaaaaaaaaa");
	check_number(o, "type", 0);
	check_number(o, "lookup_state", 2);
	CU_ASSERT_PTR_NULL(find(&f, "/docker/" A64));
	put_docker(&f, "var/lib/docker");
	for (o = NULL; o == NULL && met < 8; met++) {
		o = find(&f, "/docker/" A64);
	}
	check_docker(o);
	CU_ASSERT_PTR_NULL(find(&f, "/docker/" A64));
	end(&f);
}

static void test_capture_containers_host(void)
{
	static const char *const paths[] = { "/", "/system.slice/ssh.service", "/docker/" A64 "0", "/docker/x" A64, "/docker/" A64 "g",
					     "/process_api/f1d0bab533f2a93fdfcb8f12f05e2f36", "" };
	struct fixture f;

	begin(&f);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CU_ASSERT_PTR_NULL(find(&f, paths[i]));
	}
	CU_ASSERT_EQUAL(containers_count(f.c), 0);
	CU_ASSERT_FALSE(containers_find(f.c, "no equals sign", 14, TS, &f.out));
	CU_ASSERT_FALSE(containers_find(f.c, "", 0, TS, &f.out));
	end(&f);
}

/* Files of any other content are as good as none. */
static void test_capture_containers_damaged(void)
{
	static const char *const texts[] = { "", "[", "{", "[]", "{\"Config\":7,\"Name\":[],\"MountPoints\":{\"a\":3},\"NetworkSettings\":{\"Ports\":7}}",
					     "\"text\"", "{\"Config\":{\"Healthcheck\":{\"Test\":[\"CMD\"]},\"Labels\":{\"a\":1}}}" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct fixture f;

		begin(&f);
		mkroot_file(&f.root, "var/lib/docker/containers/" A64 "/config.v2.json", texts[i]);
		mkroot_file(&f.root, "var/lib/docker/containers/" A64 "/hostconfig.json", texts[i]);
		mkroot_file(&f.root, "etc/docker/daemon.json", texts[i]);
		mkroot_file(&f.root, "var/lib/containers/storage/overlay-containers/containers.json", texts[i]);
		mkroot_file(&f.root, "var/lib/containers/storage/overlay-containers/" A64 "/userdata/config.json",
			    texts[i]);
		check_text(find(&f, "/docker/" A64), "full_id", A64);
		end(&f);
	}
}

static void test_capture_containers_redacted(void)
{
	struct fixture f;
	struct redact *r;
	json_t *args;

	begin(&f);
	put_docker(&f, "var/lib/docker");
	containers_free(f.c);
	CU_ASSERT_EQUAL_FATAL(redact_new(NULL, 0, true, &r, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(containers_new(f.root.path, r, &f.c, NULL), 0);
	args = json_object_get(json_object_get(find(&f, "/docker/" A64), "Healthcheck"), "args");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(args, 1)), "curl -f http://u:**@localhost/ || exit 1");
	end(&f);
	redact_free(r);
}

/* The fold knows the container of a process by its cgroup and its names by the event. */
static void test_capture_containers_read_back(void)
{
	static const char cgroups[] = "cpu=/docker/" A64;
	struct mkcap_proc p = { .tid = 7, .pid = 7, .ptid = 1, .comm = "c", .exe = "c", .cwd = "/", .vtid = 7, .vpid = 7,
				.cgroups = cgroups, .cgroups_len = sizeof(cgroups), .loginuid = UINT32_MAX };
	struct fixture f;
	struct mkstate m;
	const struct thread_view *v;

	begin(&f);
	put_docker(&f, "var/lib/docker");
	mkstate_init(&m, false, 0);
	mkcap_processes(&m.cap, 9, 76, &p, 1);
	CU_ASSERT_TRUE(containers_find(f.c, cgroups, sizeof(cgroups), mkstate_tick(&m), &m.cap.out));
	v = mkstate_thread(&m, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v->container);
	CHECK_STR(v->container->name->s, "shop-web-1");
	CHECK_STR(v->container->image_tag->s, "1.25");
	CHECK_STR(v->container->full_id->s, A64);
	CU_ASSERT_EQUAL(v->container->privileged, 1);
	CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 0);
	mkstate_end(&m);
	end(&f);
}

void suite_capture_containers(CU_pSuite suite);
void suite_capture_containers(CU_pSuite suite)
{
	CU_add_test(suite, "test_capture_containers_docker", test_capture_containers_docker);
	CU_add_test(suite, "test_capture_containers_docker_elsewhere", test_capture_containers_docker_elsewhere);
	CU_add_test(suite, "test_capture_containers_linked_root", test_capture_containers_linked_root);
	CU_add_test(suite, "test_capture_containers_containerd", test_capture_containers_containerd);
	CU_add_test(suite, "test_capture_containers_named", test_capture_containers_named);
	CU_add_test(suite, "test_capture_containers_crio", test_capture_containers_crio);
	CU_add_test(suite, "test_capture_containers_podman", test_capture_containers_podman);
	CU_add_test(suite, "test_capture_containers_later", test_capture_containers_later);
	CU_add_test(suite, "test_capture_containers_host", test_capture_containers_host);
	CU_add_test(suite, "test_capture_containers_damaged", test_capture_containers_damaged);
	CU_add_test(suite, "test_capture_containers_redacted", test_capture_containers_redacted);
	CU_add_test(suite, "test_capture_containers_read_back", test_capture_containers_read_back);
}
