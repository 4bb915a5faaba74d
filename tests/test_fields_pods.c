/*
 * test_fields_pods.c - Kubernetes pods and labels from the records of containers; the texts that are kept parsed.
 */
#include "mkfield.h"

#define ID "0123456789ab"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SANDBOX "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void process_in(struct mkfield *m, int64_t pid, const char *cgroups)
{
	struct mkcap_proc p = {
		.tid = pid,
		.pid = pid,
		.ptid = 1,
		.vtid = pid,
		.vpid = pid,
		.comm = "app",
		.exe = "app",
		.cgroups = cgroups,
		.cgroups_len = strlen(cgroups) + 1,
	};

	mkcap_processes(&m->st.cap, 9, 76, &p, 1);
}

static const char pod_text[] =
	"{\"container\":{\"id\":\"" ID
	"\",\"type\":7,\"name\":\"web\",\"ip\":\"10.1.2.3\",\"cni_json\":\"{}\","
	"\"labels\":{\"tier\":\"front\",\"app\":\"shop\"},\"pod_sandbox_id\":\"" SANDBOX "\","
	"\"pod_sandbox_labels\":{\"io.kubernetes.pod.name\":\"shop-1\",\"io.kubernetes.pod."
	"namespace\":\"prod\","
	"\"io.kubernetes.pod.uid\":\"u-77\",\"app\":\"shop\"}}}";

static void touch(struct mkfield *m, int64_t tid)
{
	mkcap_chdir(&m->st.cap, mkstate_tick(&m->st), tid, 0, "/");
	mkfield_last(m);
}

static void test_fields_pods_of_a_container(void)
{
	struct mkfield m;

	mkfield_init(&m);
	mkcap_container_json(&m.st.cap, mkstate_tick(&m.st), pod_text);
	mkfield_last(&m);
	process_in(&m, 100, "cpu=/kubepods/burstable/pod1/" HEX64);
	touch(&m, 100);
	LINE(&m, "%container.id %container.name", ID " web");
	LINE(&m, "%k8s.pod.name %k8s.ns.name %k8s.pod.uid %k8s.pod.id", "shop-1 prod u-77 u-77");
	LINE(&m, "%k8s.pod.sandbox_id|%k8s.pod.full_sandbox_id", "fedcba987654|" SANDBOX);
	LINE(&m, "%k8s.pod.label.app|%k8s.pod.label[app]", "shop|shop");
	LINE(&m, "%k8s.pod.label.nosuch", NULL);
	LINE(&m, "%k8s.pod.labels",
	     "app:shop, io.kubernetes.pod.name:shop-1, io.kubernetes.pod.namespace:prod, "
	     "io.kubernetes.pod.uid:u-77");
	LINE(&m, "%k8s.pod.ip %k8s.pod.cni.json %container.ip", "10.1.2.3 {} 10.1.2.3");
	LINE(&m, "%container.label.tier|%container.labels", "front|app:shop, tier:front");
	LINE(&m, "%k8s.rc.name", NULL);
	LINE(&m, "*%k8s.svc.label.x %k8s.deployment.labels", "<NA> <NA>");
	mkfield_end(&m);
}

static void test_fields_pods_none_without_sandbox(void)
{
	struct mkfield m;

	mkfield_init(&m);
	mkcap_container_json(
		&m.st.cap, mkstate_tick(&m.st),
		"{\"container\":{\"id\":\"" ID "\",\"type\":0,\"pod_sandbox_labels\":"
		"{\"io.kubernetes.pod.name\":\"x\"},\"ip\":\"10.1.2.3\",\"labels\":{}}}");
	mkfield_last(&m);
	process_in(&m, 100, "cpu=/docker/" HEX64);
	process_in(&m, 200, "cpu=/");
	touch(&m, 100);
	LINE(&m, "%k8s.pod.name", NULL);
	LINE(&m, "%k8s.pod.ip", NULL);
	LINE(&m, "%container.labels", NULL);
	LINE(&m, "%container.ip", "10.1.2.3");
	touch(&m, 200);
	LINE(&m, "%k8s.pod.name", NULL);
	LINE(&m, "%container.id", "host");
	mkfield_end(&m);
}

/* A record without the pod's labels: those of its sandbox, told before it. */
static void test_fields_pods_labels_of_the_sandbox(void)
{
	struct mkfield m;

	mkfield_init(&m);
	mkcap_container_json(&m.st.cap, mkstate_tick(&m.st),
			     "{\"container\":{\"id\":\"fedcba987654\",\"type\":7,\"is_pod_"
			     "sandbox\":true,\"pod_sandbox_labels\":"
			     "{\"io.kubernetes.pod.name\":\"shop-2\",\"zone\":\"b\"}}}");
	mkcap_container_json(&m.st.cap, mkstate_tick(&m.st),
			     "{\"container\":{\"id\":\"" ID
			     "\",\"type\":7,\"name\":\"web\",\"ip\":\"10.1.2.3\","
			     "\"pod_sandbox_id\":\"" SANDBOX "\",\"pod_sandbox_labels\":null}}");
	mkfield_last(&m);
	process_in(&m, 100, "cpu=/kubepods/burstable/pod1/" HEX64);
	touch(&m, 100);
	LINE(&m, "%k8s.pod.name %k8s.pod.label.zone %k8s.pod.sandbox_id", "shop-2 b fedcba987654");
	LINE(&m, "%k8s.pod.labels|%k8s.pod.ip", "io.kubernetes.pod.name:shop-2, zone:b|10.1.2.3");
	LINE(&m, "%k8s.ns.name", NULL);
	mkfield_end(&m);
}

/* A record told anew counts from then on, though another was parsed before; many containers share the slots. */
static void test_fields_pods_record_replaced(void)
{
	struct mkfield m;
	char text[256];
	char cgroups[64];

	mkfield_init(&m);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text),
				 "{\"container\":{\"id\":\"box%d\",\"type\":1,\"ip\":\"10.0.%d.%"
				 "d\"}}",
				 i, round, i);
			mkcap_container_json(&m.st.cap, mkstate_tick(&m.st), text);
		}
		mkfield_last(&m);
		for (int i = 0; i < 20; i++) {
			snprintf(cgroups, sizeof(cgroups), "cpu=/lxc/box%d", i);
			process_in(&m, 100 + i, cgroups);
		}
		for (int i = 0; i < 20; i++) {
			touch(&m, 100 + i);
			snprintf(text, sizeof(text), "box%d 10.0.%d.%d", i, round, i);
			LINE(&m, "%container.id %container.ip", text);
			LINE(&m, "%container.id %container.ip", text);
		}
	}
	mkfield_end(&m);
}

void suite_fields_pods(CU_pSuite suite);
void suite_fields_pods(CU_pSuite suite)
{
	CU_add_test(suite, "test_fields_pods_of_a_container", test_fields_pods_of_a_container);
	CU_add_test(suite, "test_fields_pods_none_without_sandbox",
		    test_fields_pods_none_without_sandbox);
	CU_add_test(suite, "test_fields_pods_labels_of_the_sandbox",
		    test_fields_pods_labels_of_the_sandbox);
	CU_add_test(suite, "test_fields_pods_record_replaced", test_fields_pods_record_replaced);
}
