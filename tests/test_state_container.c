/*
 * test_state_container.c - containers by cgroups and by events; users of hosts and containers.
 */
#include "mkstate.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static void process_in(struct mkstate *m, int64_t pid, const char *cgroups, size_t len,
		       const char *env)
{
	struct mkcap_proc p = {
		.tid = pid,
		.pid = pid,
		.ptid = 1,
		.comm = "c",
		.exe = "c",
		.cwd = "/",
		.vtid = pid,
		.vpid = pid,
		.cgroups = cgroups,
		.cgroups_len = len,
		.fdlimit = 1,
		.env = env,
		.env_len = env != NULL ? strlen(env) + 1 : 0,
		.loginuid = UINT32_MAX,
	};

	mkcap_processes(&m->cap, 9, 76, &p, 1);
}

static void test_state_container_cgroup_patterns(void)
{
	static const struct {
		const char *cgroup, *id;
		int type;
		const char *env;
	} rows[] = {
		{ "cpu=/libpod-" HEX64 ".scope", "0123456789ab", 11, NULL },
		{ "cpu=/machine.slice/libpod-" HEX64 ".scope/container", "0123456789ab", 11, NULL },
		{ "cpu=/libpod-" HEX64, "0123456789ab", 11, NULL },
		{ "cpu=/user/podman-77.scope/" HEX64, "0123456789ab", 11, NULL },
		{ "name=systemd=/user.slice/user-1000.slice/x/" HEX64, "0123456789ab", 11, NULL },
		{ "cpu=/docker/" HEX64, "0123456789ab", 0, NULL },
		{ "cpu=/system.slice/docker-" HEX64 ".scope", "0123456789ab", 0, NULL },
		{ "cpu=/kubepods/burstable/pod1/" HEX64, "0123456789ab", 0, NULL },
		{ "cpu=/k.slice/cri-containerd-" HEX64 ".scope", "0123456789ab", 6, NULL },
		{ "cpu=/k.slice/crio-" HEX64 ".scope", "0123456789ab", 6, NULL },
		{ "cpu=/k.slice/crio-" HEX64, "0123456789ab", 6, NULL },
		{ "cpu=/system.slice/x.service:cri-containerd:" HEX64, "0123456789ab", 6, NULL },
		{ "cpu=/default/redis-very-long-name", "redis-very-l", 7, NULL },
		{ "cpu=/lxc/web/init", "web", 1, NULL },
		{ "cpu=/lxc.payload/web", "web", 1, NULL },
		{ "cpu=/lxc.payload.web2/x", "web2", 1, NULL },
		{ "cpu=/machine/vm1.libvirt-lxc", "vm1", 2, NULL },
		{ "cpu=/machine.slice/machine-lxc\\x2dvm2.scope", "vm2", 2, NULL },
		{ "cpu=/machine.slice/machine-lxc\\x2dvm3.scope/libvirt", "vm3", 2, NULL },
		{ "cpu=/libvirt/lxc/vm4", "vm4", 2, NULL },
		{ "cpu=/mesos/" UUID, UUID, 3, "MESOS_TASK_ID=t" },
		{ "cpu=/mesos/" UUID, NULL, 0, "OTHER=t" },
		{ "cpu=/garden/bpm-job.scope", "job", 9, NULL },
		{ "cpu=/", NULL, 0, NULL },
		{ "cpu=/system.slice/ssh.service", NULL, 0, NULL },
		{ "cpu=/default/x.service", NULL, 0, NULL },
		{ "cpu=/docker/" HEX64 "0", NULL, 0, NULL },
		{ "cpu=/docker/x" HEX64, NULL, 0, NULL },
		{ "", NULL, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mkstate m;
		const struct thread_view *v;

		mkstate_init(&m, false, 0);
		process_in(&m, 100, rows[i].cgroup, strlen(rows[i].cgroup) + 1, rows[i].env);
		v = mkstate_thread(&m, 100);
		if (rows[i].id == NULL) {
			CU_ASSERT_PTR_NULL(v->container);
		} else {
			CU_ASSERT_PTR_NOT_NULL_FATAL(v->container);
			CHECK_STR(v->container->id->s, rows[i].id);
			CU_ASSERT_EQUAL(v->container->type, rows[i].type);
		}
		mkstate_end(&m);
	}
}

static void test_state_container_child_and_exec(void)
{
	struct mkstate m;
	struct mkcap_task t = { .res = 0,
				.tid = 200,
				.pid = 200,
				.ptid = 100,
				.exe = "sh",
				.comm = "sh",
				.vtid = 200,
				.vpid = 200,
				.cgroups = "cpu=/docker/" HEX64,
				.cgroups_len = 12 + 64 + 1 };
	uint32_t n;

	mkstate_init(&m, false, 0);
	process_in(&m, 100, "cpu=/", 6, NULL);
	mkcap_clone_full(&m.cap, mkstate_tick(&m), 200, 223, 21, &t);
	CHECK_STR(mkstate_last(&m)->thread->container->id->s, "0123456789ab");
	t.tid = t.pid = 100;
	t.ptid = 1;
	mkcap_execve_full(&m.cap, mkstate_tick(&m), 100, 293, 31, &t);
	CHECK_STR(mkstate_last(&m)->thread->container->id->s, "0123456789ab");
	state_containers(m.s, &n);
	CU_ASSERT_EQUAL(n, 1);
	mkstate_end(&m);
}

static const char json[] =
	"{\"container\":{\"id\":\"0123456789ab\",\"full_id\":\"" HEX64
	"\",\"type\":7,\"name\":\"web\","
	"\"image\":\"nginx:1\",\"imagerepo\":\"nginx\",\"imagetag\":\"1\",\"privileged\":true,"
	"\"lookup_state\":1}}";

static void check_json(const struct container_view *c)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(c->type, 7);
	CHECK_STR(c->full_id->s, HEX64);
	CHECK_STR(c->name->s, "web");
	CHECK_STR(c->image->s, "nginx:1");
	CHECK_STR(c->image_repo->s, "nginx");
	CHECK_STR(c->image_tag->s, "1");
	CHECK_STR(c->image_digest->s, "");
	CU_ASSERT_EQUAL(c->privileged, 1);
	CHECK_STR(c->json->s, json);
}

static void test_state_container_json_events(void)
{
	for (int kind = 0; kind < 3; kind++) {
		struct mkstate m;
		const struct container_view *before;

		mkstate_init(&m, false, 0);
		process_in(&m, 100, "cpu=/docker/" HEX64, 12 + 64 + 1, NULL);
		before = mkstate_thread(&m, 100)->container;
		CU_ASSERT_EQUAL(before->type, 0);
		CU_ASSERT_EQUAL(before->privileged, -1);
		if (kind == 0) {
			mkcap_container_json(&m.cap, mkstate_tick(&m), json);
		} else if (kind == 1) {
			mkcap_container_json16(&m.cap, mkstate_tick(&m), json);
		} else {
			mkcap_container_async(&m.cap, mkstate_tick(&m), "container", json);
		}
		mkstate_fold(&m);
		check_json(mkstate_thread(&m, 100)->container);
		/* What earlier batches show is as it was. */
		CHECK_STR(before->name->s, "");
		mkcap_container_async(&m.cap, mkstate_tick(&m), "container_removed", json);
		mkstate_fold(&m);
		check_json(mkstate_thread(&m, 100)->container);
		mkstate_end(&m);
	}
}

static void test_state_container_event_before_its_threads(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkcap_container_json(&m.cap, mkstate_tick(&m), json);
	mkstate_fold(&m);
	process_in(&m, 100, "cpu=/docker/" HEX64, 12 + 64 + 1, NULL);
	check_json(mkstate_thread(&m, 100)->container);
	mkstate_end(&m);
}

static void test_state_container_old_event_and_bare_json(void)
{
	struct mkstate m;
	const struct container_view *const *all;
	uint32_t n;

	mkstate_init(&m, false, 0);
	mkcap_container_old(&m.cap, mkstate_tick(&m), "aaaaaaaaaaaa", 1, "old", "img");
	mkcap_container_json(&m.cap, mkstate_tick(&m),
			     "{\"id\":\"bbbbbbbbbbbb\",\"type\":0,\"name\":\"bare\"}");
	/* A failed look-up tells only id and type. */
	mkcap_container_json(&m.cap, mkstate_tick(&m),
			     "{\"container\":{\"id\":\"cccccccccccc\",\"type\":6,\"name\":\"no\","
			     "\"lookup_state\":2}}");
	mkstate_fold(&m);
	all = state_containers(m.s, &n);
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CHECK_STR(all[0]->name->s, "old");
	CHECK_STR(all[0]->image->s, "img");
	CU_ASSERT_EQUAL(all[0]->type, 1);
	CHECK_STR(all[1]->name->s, "bare");
	CHECK_STR(all[2]->name->s, "");
	CU_ASSERT_EQUAL(all[2]->type, 6);
	CU_ASSERT_EQUAL(all[2]->id_index, 2);
	mkstate_end(&m);
}

static void test_state_container_broken_json(void)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{}",
		"{\"container\":3}",
		"{\"container\":{\"id\":5}}",
		"{\"container\":{\"id\":\"\"}}",
		"{\"container\":{\"type\":1}}",
		"\xff\xfe",
		"{\"container\":{\"id\":\"x\",\"type\":\"y\",\"name\":[],\"privileged\":7}}",
	};
	struct mkstate m;
	uint32_t n;

	mkstate_init(&m, false, 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		mkcap_container_json(&m.cap, mkstate_tick(&m), texts[i]);
		mkcap_container_async(&m.cap, mkstate_tick(&m), "container", texts[i]);
	}
	mkstate_fold(&m);
	state_containers(m.s, &n);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT(state_counts(m.s)->meta_malformed >= 18);
	mkstate_end(&m);
}

static void test_state_container_has_its_own_users(void)
{
	struct mkstate m;
	const char *const users[] = { "host-root" };
	const uint32_t uids[] = { 0 };

	mkstate_init(&m, false, 0);
	mkcap_users(&m.cap, true, users, uids, 1);
	process_in(&m, 100, "cpu=/", 6, NULL);
	process_in(&m, 200, "cpu=/docker/" HEX64, 12 + 64 + 1, NULL);
	CHECK_STR(mkstate_thread(&m, 100)->user_name->s, "host-root");
	CHECK_STR(mkstate_thread(&m, 200)->user_name->s, "");
	mkcap_user_added(&m.cap, mkstate_tick(&m), 0, 0, "inner", "0123456789ab");
	mkcap_group_added(&m.cap, mkstate_tick(&m), 0, "wheel", "0123456789ab");
	mkcap_user_added(&m.cap, mkstate_tick(&m), 0, 0, "renamed", "");
	mkstate_fold(&m);
	CHECK_STR(mkstate_thread(&m, 100)->user_name->s, "renamed");
	CHECK_STR(mkstate_thread(&m, 100)->group_name->s, "");
	CHECK_STR(mkstate_thread(&m, 200)->user_name->s, "inner");
	CHECK_STR(mkstate_thread(&m, 200)->group_name->s, "wheel");
	mkcap_event(&m.cap, mkstate_tick(&m), -1, EV_USER_DELETED_E);
	mkcap_p_u32(&m.cap, 0);
	mkcap_p_u32(&m.cap, 0);
	mkcap_p_str(&m.cap, "renamed");
	mkcap_p_str(&m.cap, "");
	mkcap_p_str(&m.cap, "");
	mkcap_p_str(&m.cap, "");
	mkcap_end(&m.cap);
	mkstate_fold(&m);
	CHECK_STR(mkstate_thread(&m, 100)->user_name->s, "");
	CHECK_STR(mkstate_thread(&m, 200)->user_name->s, "inner");
	mkstate_end(&m);
}

void suite_state_container(CU_pSuite suite);

void suite_state_container(CU_pSuite suite)
{
	CU_add_test(suite, "test_state_container_cgroup_patterns",
		    test_state_container_cgroup_patterns);
	CU_add_test(suite, "test_state_container_child_and_exec",
		    test_state_container_child_and_exec);
	CU_add_test(suite, "test_state_container_json_events", test_state_container_json_events);
	CU_add_test(suite, "test_state_container_event_before_its_threads",
		    test_state_container_event_before_its_threads);
	CU_add_test(suite, "test_state_container_old_event_and_bare_json",
		    test_state_container_old_event_and_bare_json);
	CU_add_test(suite, "test_state_container_broken_json", test_state_container_broken_json);
	CU_add_test(suite, "test_state_container_has_its_own_users",
		    test_state_container_has_its_own_users);
}
