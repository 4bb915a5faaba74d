/*
 * test_schema.c - the generated tables: every row well formed, every conversion inside what was
 * stored, and samples of the conversions worked out by hand from the layouts of old releases.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#include "schema/schema.h"
#include "schema/tables.h"

_Static_assert(EV_GENERIC_E == 0 && EV_SYSCALL_OPEN_X == 3 && EV_SYSCALL_EXECVE_19_X == 293,
	       "codes are those of the files");
_Static_assert(PT_FD == 14 && PT_SYSCALLID == 18 && PT_DYN == 27 && PT_PID32 == 48,
	       "types are those of the files");
_Static_assert(PPM_AT_FDCWD == -100 && PPM_CAP_BPF == UINT64_C(1) << 39,
	       "constants keep their value");

static const struct schema_conv *conv_of(unsigned int type, unsigned int stored)
{
	return &schema_convs[schema_conv_index[type][stored]];
}

/* Where parameter i of today's layout comes from. */
static struct conv_source source_of(const struct schema_conv *conv, unsigned int i)
{
	struct conv_source own = { FROM_OWN, (uint8_t)i, FROM_EMPTY };

	return conv->sources != NULL ? conv->sources[i] : own;
}

static void check_param(const struct schema_event *ev, const struct schema_param *p)
{
	CU_ASSERT_FATAL(p->name != NULL);
	CU_ASSERT(p->name[0] != '\0');
	CU_ASSERT(p->name_len == strlen(p->name));
	CU_ASSERT(p->type > PT_NONE && p->type < PT_COUNT);
	CU_ASSERT(p->fmt <= FMT_OCT);
	CU_ASSERT(p->type != PT_DYN || p->dyn != NULL);
	CU_ASSERT((p->dirfd_param >= 0) == (p->type == PT_FSRELPATH));
	if (p->dirfd_param >= 0) {
		CU_ASSERT_FATAL(p->dirfd_param < ev->nparams);
		CU_ASSERT(ev->params[p->dirfd_param].type == PT_FD);
	}
	switch (p->type) {
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_MODE:
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32: CU_ASSERT(p->flags != NULL && p->flags->count > 0); break;
	default: break;
	}
}

static void test_schema_events_are_well_formed(void)
{
	for (unsigned int code = 0; code < SCHEMA_EVENTS; code++) {
		const struct schema_event *ev = &schema_events[code];

		CU_ASSERT_FATAL(ev->name != NULL && ev->enum_name != NULL);
		CU_ASSERT(ev->name[0] != '\0');
		CU_ASSERT(ev->is_exit == (code % 2 == 1));
		CU_ASSERT(ev->nparams <= 32 && (ev->nparams == 0) == (ev->params == NULL));
		CU_ASSERT(ev->category < EC_COUNT && ev->source < ES_COUNT);
		CU_ASSERT(ev->fd_param < (int)ev->nparams && ev->res_param <= 0);
		CU_ASSERT(schema_max_params((uint16_t)code) >= ev->nparams);
		for (unsigned int i = 0; i < ev->nparams; i++) {
			check_param(ev, &ev->params[i]);
		}
	}
	CU_ASSERT(schema_max_params(SCHEMA_EVENTS) == 0);
}

static void test_schema_event_names_are_unique(void)
{
	for (unsigned int a = 0; a < SCHEMA_EVENTS; a++) {
		for (unsigned int b = a + 1; b < SCHEMA_EVENTS; b++) {
			if (strcmp(schema_events[a].enum_name, schema_events[b].enum_name) == 0) {
				CU_FAIL("two codes with one name");
			}
		}
	}
}

static void test_schema_param_sizes(void)
{
	const struct schema_event *ev = &schema_events[EV_SYSCALL_OPEN_X];

	CU_ASSERT_STRING_EQUAL(ev->name, "open");
	CU_ASSERT_STRING_EQUAL(ev->enum_name, "PPME_SYSCALL_OPEN_X");
	CU_ASSERT(ev->nparams == 6 && ev->is_exit && ev->res_param == 0);
	CU_ASSERT(ev->flags & EF_CREATES_FD && ev->flags & EF_MODIFIES_STATE);
	CU_ASSERT(ev->category == EC_FILE && ev->source == ES_SYSCALL);
	CU_ASSERT(ev->params[0].type == PT_FD && ev->params[0].size == 8);
	CU_ASSERT(ev->params[1].type == PT_FSPATH && ev->params[1].size == 0);
	CU_ASSERT(ev->params[2].type == PT_FLAGS32 && ev->params[2].size == 4);
	CU_ASSERT(ev->params[2].fmt == FMT_HEX);
	CU_ASSERT(ev->params[2].flags == schema_flags_by_name("file_flags"));
	CU_ASSERT(schema_events[EV_SYSCALL_READ_X].fd_param == 2);
	CU_ASSERT(schema_events[EV_SYSCALL_READ_E].fd_param == 0);
	CU_ASSERT(schema_events[EV_SCHEDSWITCH_6_E].fd_param == -1);
}

static void test_schema_flag_tables(void)
{
	CU_ASSERT(schema_flag_tables_count > 50);
	for (unsigned int i = 0; i < schema_flag_tables_count; i++) {
		const struct schema_flags *t = &schema_flag_tables[i];

		CU_ASSERT(schema_flags_by_name(t->name) == t);
		for (unsigned int k = 0; k < t->count; k++) {
			CU_ASSERT(t->rows[k].len == strlen(t->rows[k].name));
			CU_ASSERT(t->rows[k].len > 0);
		}
	}
	CU_ASSERT(schema_flags_by_name("no_such_table") == NULL);
	/* O_RDWR stands before its two halves: printing takes the first that matches. */
	for (unsigned int k = 0; k < schema_flags_by_name("file_flags")->count; k++) {
		if (schema_flags_by_name("file_flags")->rows[k].value == 2) {
			CU_FAIL("O_WRONLY before O_RDWR");
		}
		if (schema_flags_by_name("file_flags")->rows[k].value == 3) {
			break;
		}
	}
}

static void test_schema_names_of_numbers(void)
{
	CU_ASSERT_STRING_EQUAL(schema_errno_name(2), "ENOENT");
	CU_ASSERT_STRING_EQUAL(schema_errno_name(11), "EAGAIN");
	CU_ASSERT_STRING_EQUAL(schema_errno_name(115), "EINPROGRESS");
	CU_ASSERT(schema_errno_name(0) == NULL && schema_errno_name(41) == NULL);
	CU_ASSERT(schema_errno_name(UINT64_MAX) == NULL);
	CU_ASSERT_STRING_EQUAL(schema_signal_name(9), "SIGKILL");
	CU_ASSERT(schema_signal_name(0) == NULL && schema_signal_name(200) == NULL);
	CU_ASSERT_STRING_EQUAL(schema_capability_name(0), "CAP_CHOWN");
	CU_ASSERT_STRING_EQUAL(schema_capability_name(40), "CAP_CHECKPOINT_RESTORE");
	CU_ASSERT(schema_capability_name(41) == NULL);
	CU_ASSERT_STRING_EQUAL(schema_syscall_name(3), "read");
	CU_ASSERT(schema_syscall_name(60000) == NULL);
	CU_ASSERT_STRING_EQUAL(schema_category_name(EC_IO_READ), "io_read");
	CU_ASSERT(schema_category_name(EC_COUNT) == NULL);
	for (unsigned int i = 0; i < EC_COUNT; i++) {
		CU_ASSERT(schema_category_name(i) != NULL);
	}
}

static void test_schema_legacy_codes(void)
{
	CU_ASSERT(schema_legacy_code(292) == EV_SYSCALL_BPF_E);
	CU_ASSERT(schema_legacy_code(293) == EV_SYSCALL_BPF_X);
	CU_ASSERT(schema_legacy_code(294) == EV_SYSCALL_SECCOMP_E);
	CU_ASSERT(schema_legacy_code(295) == EV_SYSCALL_SECCOMP_X);
	CU_ASSERT(schema_legacy_code(291) == 0 && schema_legacy_code(296) == 0);
}

static void test_schema_refs_name_params_in_order(void)
{
	unsigned int lists = 0;

	for (unsigned int code = 0; code < SCHEMA_EVENTS; code++) {
		const struct schema_refs *refs = &schema_refs[code];
		int last = -1;
		bool list = false;

		for (unsigned int i = 0; i < refs->count; i++) {
			CU_ASSERT(refs->rows[i].param > last);
			CU_ASSERT_FATAL(refs->rows[i].param < schema_events[code].nparams);
			last = refs->rows[i].param;
			list = list || refs->rows[i].kind == REF_FDLIST;
		}
		CU_ASSERT(list == refs->has_list);
		lists += list ? 1 : 0;
	}
	CU_ASSERT(lists == 4); /* poll and ppoll, both directions */
	CU_ASSERT(schema_refs[EV_SYSCALL_CLOSE_X].count == 1);
	CU_ASSERT(schema_refs[EV_SYSCALL_CLOSE_X].rows[0].param == 1);
	CU_ASSERT(schema_refs[EV_SYSCALL_CLOSE_X].rows[0].kind == REF_FD);
}

/* ---- conversions ---- */

static void check_source(unsigned int type, unsigned int stored, struct conv_source s)
{
	switch (s.from) {
	case FROM_OWN:
	case FROM_OWN_DYN: CU_ASSERT(s.index < stored); break;
	case FROM_ENTER:
		CU_ASSERT(type % 2 == 1);
		CU_ASSERT(s.index < schema_max_params((uint16_t)(type - 1)));
		CU_ASSERT(s.if_missing == FROM_DEFAULT || s.if_missing == FROM_EMPTY);
		break;
	default: CU_ASSERT(s.from == FROM_DEFAULT || s.from == FROM_EMPTY); break;
	}
}

static void check_conv(unsigned int type, unsigned int stored)
{
	unsigned int index = schema_conv_index[type][stored];
	const struct schema_conv *conv = &schema_convs[index];

	CU_ASSERT_FATAL(index < schema_convs_count);
	if (index == 0) {
		return;
	}
	CU_ASSERT_FATAL(conv->type < SCHEMA_EVENTS);
	CU_ASSERT((conv->type & 1) == (type & 1));
	if (conv->action == CONV_DROP) {
		CU_ASSERT(conv->nparams == 0);
		return;
	}
	CU_ASSERT((schema_events[conv->type].flags & EF_UNUSED) == 0);
	CU_ASSERT(conv->nparams == schema_events[conv->type].nparams);
	for (unsigned int i = 0; conv->sources != NULL && i < conv->nparams; i++) {
		check_source(type, stored, conv->sources[i]);
	}
}

static void test_schema_conversions_stay_inside_what_is_stored(void)
{
	CU_ASSERT(schema_convs[0].action == CONV_KEEP && schema_convs[0].sources == NULL);
	for (unsigned int type = 0; type < SCHEMA_EVENTS; type++) {
		for (unsigned int n = 0; n < SCHEMA_CONV_PARAMS; n++) {
			check_conv(type, n);
		}
	}
}

/* A parameter that is there never loses to one filled in, as long as the type stays. */
static void test_schema_own_values_win(void)
{
	for (unsigned int type = 0; type < SCHEMA_EVENTS; type++) {
		for (unsigned int n = 0; n <= schema_events[type].nparams; n++) {
			const struct schema_conv *conv = conv_of(type, n);

			if (schema_conv_index[type][n] == 0 || conv->action == CONV_DROP ||
			    conv->type != type || (type == EV_SCHEDSWITCH_6_E && n == 5)) {
				continue;
			}
			for (unsigned int i = 0; i < n; i++) {
				CU_ASSERT(source_of(conv, i).from == FROM_OWN);
				CU_ASSERT(source_of(conv, i).index == i);
			}
		}
	}
}

/*
 * Rules name enter parameters by the enter event's converted layout, look-ups use the stored one.
 * The two agree because every enter event that is remembered keeps its stored parameters where
 * they were.
 */
static void test_schema_enter_indexes_are_stored_indexes(void)
{
	unsigned int remembered = 0;

	for (unsigned int type = 0; type < SCHEMA_EVENTS; type += 2) {
		for (unsigned int n = 0; n <= schema_max_params((uint16_t)type); n++) {
			const struct schema_conv *conv = conv_of(type, n);

			if (conv->action != CONV_STORE && conv->action != CONV_PASS) {
				continue;
			}
			remembered++;
			for (unsigned int i = 0; i < conv->nparams; i++) {
				struct conv_source s = source_of(conv, i);

				CU_ASSERT(s.from != FROM_ENTER);
				CU_ASSERT(s.from != FROM_OWN || s.index == i);
			}
		}
	}
	CU_ASSERT(remembered > 90);
}

/* An exit looks into its enter event only if that one is remembered for at least one count. */
static void test_schema_enter_sources_have_an_enter(void)
{
	for (unsigned int type = 1; type < SCHEMA_EVENTS; type += 2) {
		const struct schema_conv *exit_conv = conv_of(type, 1);
		bool uses = false, remembered = false;

		for (unsigned int i = 0; exit_conv->sources != NULL && i < exit_conv->nparams;
		     i++) {
			uses = uses || exit_conv->sources[i].from == FROM_ENTER;
		}
		for (unsigned int n = 0; n <= schema_max_params((uint16_t)(type - 1)); n++) {
			unsigned int action = conv_of(type - 1, n)->action;

			remembered = remembered || action == CONV_STORE || action == CONV_PASS;
		}
		CU_ASSERT(!uses || remembered);
	}
}

static void expect_source(const struct schema_conv *conv, unsigned int i, unsigned int from,
			  unsigned int index)
{
	struct conv_source s = source_of(conv, i);

	CU_ASSERT(s.from == from);
	CU_ASSERT(s.index == index);
}

/* res exe args tid pid ptid cwd fdlimit of 2014; then four releases added or moved parameters. */
static void test_schema_execve_of_2014_becomes_today_s(void)
{
	const struct schema_conv *conv = conv_of(EV_SYSCALL_EXECVE_8_X, 8);

	CU_ASSERT(conv->type == EV_SYSCALL_EXECVE_19_X && conv->action == CONV_KEEP);
	CU_ASSERT_FATAL(conv->nparams == 31 && conv->sources != NULL);
	for (unsigned int i = 0; i < 31; i++) {
		expect_source(conv, i, i < 8 ? FROM_OWN : FROM_EMPTY, i < 8 ? i : 0);
	}
}

/* The 14 parameter layout ended in env; today comm and cgroups stand before it. */
static void test_schema_execve_moves_env(void)
{
	const struct schema_conv *conv = conv_of(EV_SYSCALL_EXECVE_14_X, 14);

	CU_ASSERT(conv->type == EV_SYSCALL_EXECVE_19_X);
	expect_source(conv, 12, FROM_OWN, 12);
	expect_source(conv, 13, FROM_EMPTY, 0);
	expect_source(conv, 14, FROM_EMPTY, 0);
	expect_source(conv, 15, FROM_OWN, 13);
	expect_source(conv, 16, FROM_EMPTY, 0);
}

static void test_schema_execve_takes_filename_from_enter(void)
{
	expect_source(conv_of(EV_SYSCALL_EXECVE_19_X, 18), 30, FROM_ENTER, 0);
	expect_source(conv_of(EV_SYSCALL_EXECVE_19_X, 30), 30, FROM_ENTER, 0);
	expect_source(conv_of(EV_SYSCALL_EXECVE_18_X, 17), 30, FROM_ENTER, 0);
	/* Before the 18 parameter layout the enter event had no filename. */
	expect_source(conv_of(EV_SYSCALL_EXECVE_17_X, 17), 30, FROM_EMPTY, 0);
	CU_ASSERT(schema_conv_index[EV_SYSCALL_EXECVE_19_X][31] == 0);
}

struct sample {
	uint16_t type;
	uint8_t stored;
	uint8_t action;
	uint16_t today;
	uint8_t param;
	uint8_t from;
	uint8_t index;
	uint8_t if_missing;
};

static const struct sample samples[] = {
	{ EV_SYSCALL_CLOSE_X, 1, CONV_KEEP, EV_SYSCALL_CLOSE_X, 1, FROM_ENTER, 0, FROM_EMPTY },
	{ EV_SYSCALL_READ_X, 2, CONV_KEEP, EV_SYSCALL_READ_X, 2, FROM_ENTER, 0, FROM_EMPTY },
	{ EV_SYSCALL_READ_X, 2, CONV_KEEP, EV_SYSCALL_READ_X, 3, FROM_ENTER, 1, FROM_DEFAULT },
	{ EV_SOCKET_CONNECT_X, 2, CONV_KEEP, EV_SOCKET_CONNECT_X, 2, FROM_ENTER, 0, FROM_EMPTY },
	{ EV_SOCKET_CONNECT_X, 2, CONV_KEEP, EV_SOCKET_CONNECT_X, 3, FROM_ENTER, 1, FROM_DEFAULT },
	{ EV_SOCKET_CONNECT_E, 1, CONV_PASS, EV_SOCKET_CONNECT_E, 1, FROM_DEFAULT, 0, 0 },
	{ EV_SYSCALL_OPENAT_X, 1, CONV_KEEP, EV_SYSCALL_OPENAT_2_X, 2, FROM_ENTER, 1, FROM_EMPTY },
	{ EV_SYSCALL_OPENAT_2_E, 4, CONV_PASS, EV_SYSCALL_OPENAT_2_E, 1, FROM_OWN, 1, 0 },
	{ EV_SOCKET_ACCEPT_X, 3, CONV_KEEP, EV_SOCKET_ACCEPT_5_X, 3, FROM_DEFAULT, 0, 0 },
	{ EV_SOCKET_ACCEPT4_X, 3, CONV_KEEP, EV_SOCKET_ACCEPT4_6_X, 5, FROM_ENTER, 0,
	  FROM_DEFAULT },
	{ EV_SYSCALL_DUP_X, 1, CONV_KEEP, EV_SYSCALL_DUP_1_X, 1, FROM_ENTER, 0, FROM_EMPTY },
	{ EV_SYSCALL_BPF_X, 1, CONV_KEEP, EV_SYSCALL_BPF_2_X, 0, FROM_OWN_DYN, 0, 0 },
	{ EV_SYSCALL_BPF_X, 1, CONV_KEEP, EV_SYSCALL_BPF_2_X, 1, FROM_ENTER, 0, FROM_EMPTY },
	{ EV_SYSCALL_SECCOMP_E, 1, CONV_STORE, EV_SYSCALL_SECCOMP_E, 1, FROM_DEFAULT, 0, 0 },
	{ EV_SYSCALL_SECCOMP_X, 1, CONV_KEEP, EV_SYSCALL_SECCOMP_X, 2, FROM_ENTER, 1,
	  FROM_DEFAULT },
	{ EV_SCHEDSWITCH_1_E, 1, CONV_KEEP, EV_SCHEDSWITCH_6_E, 0, FROM_OWN, 0, 0 },
	{ EV_SCHEDSWITCH_1_E, 1, CONV_KEEP, EV_SCHEDSWITCH_6_E, 5, FROM_EMPTY, 0, 0 },
	{ EV_PROCEXIT_E, 0, CONV_KEEP, EV_PROCEXIT_1_E, 0, FROM_EMPTY, 0, 0 },
	{ EV_GENERIC_X, 1, CONV_KEEP, EV_GENERIC_X, 1, FROM_ENTER, 1, FROM_EMPTY },
	{ EV_SYSCALL_READ_E, 2, CONV_STORE, EV_SYSCALL_READ_E, 0, FROM_OWN, 0, 0 },
	{ EV_SYSCALL_EXECVE_17_E, 0, CONV_PASS, EV_SYSCALL_EXECVE_19_E, 0, FROM_EMPTY, 0, 0 },
	{ EV_SYSCALL_EXECVE_18_E, 1, CONV_PASS, EV_SYSCALL_EXECVE_19_E, 0, FROM_OWN, 0, 0 },
	/* The five parameters of 2014: two counters of another size, two of another task. */
	{ EV_SCHEDSWITCH_6_E, 5, CONV_KEEP, EV_SCHEDSWITCH_6_E, 0, FROM_OWN, 0, 0 },
	{ EV_SCHEDSWITCH_6_E, 5, CONV_KEEP, EV_SCHEDSWITCH_6_E, 3, FROM_EMPTY, 0, 0 },
	/* Counts no release is known to have stored. */
	{ EV_SYSCALL_READ_X, 3, CONV_KEEP, EV_SYSCALL_READ_X, 2, FROM_OWN, 2, 0 },
	{ EV_SYSCALL_READ_X, 3, CONV_KEEP, EV_SYSCALL_READ_X, 3, FROM_ENTER, 1, FROM_DEFAULT },
	{ EV_SYSCALL_EXECVE_19_X, 1, CONV_KEEP, EV_SYSCALL_EXECVE_19_X, 1, FROM_EMPTY, 0, 0 },
	{ EV_SYSCALL_SETPGID_E, 1, CONV_STORE, EV_SYSCALL_SETPGID_E, 0, FROM_OWN, 0, 0 },
};

static void test_schema_conversion_samples(void)
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct sample *s = &samples[i];
		const struct schema_conv *conv = conv_of(s->type, s->stored);
		struct conv_source from = source_of(conv, s->param);

		if (conv->action != s->action || conv->type != s->today || from.from != s->from ||
		    from.index != s->index ||
		    (s->from == FROM_ENTER && from.if_missing != s->if_missing)) {
			CU_FAIL("conversion differs");
			printf("\nsample %zu, %s\n", i, schema_events[s->type].enum_name);
		}
	}
}

static void test_schema_dropped_and_kept_events(void)
{
	CU_ASSERT(conv_of(EV_PROCEXIT_X, 0)->action == CONV_DROP); /* unused */
	CU_ASSERT(conv_of(EV_SYSCALL_CLONE_11_E, 0)->action == CONV_DROP); /* no rule */
	CU_ASSERT(conv_of(EV_SOCKET_ACCEPT_E, 0)->action == CONV_DROP);
	CU_ASSERT(schema_conv_index[EV_SCHEDSWITCH_6_E][6] == 0);
	CU_ASSERT(schema_conv_index[EV_SYSCALL_READ_X][4] == 0);
	CU_ASSERT(schema_conv_index[EV_SYSCALL_READ_X][5] == 0); /* a newer writer */
	CU_ASSERT(schema_conv_index[EV_SYSCALL_OPEN_X][4] == 0); /* the rest is absent */
	CU_ASSERT(conv_of(EV_CONTAINER_E, 4)->action == CONV_CONTAINER);
	CU_ASSERT(conv_of(EV_CONTAINER_E, 4)->type == EV_CONTAINER_JSON_2_E);
	CU_ASSERT(conv_of(EV_CONTAINER_JSON_E, 1)->action == CONV_KEEP);
	CU_ASSERT(conv_of(EV_CONTAINER_JSON_E, 1)->type == EV_CONTAINER_JSON_2_E);
	for (unsigned int type = 0; type < SCHEMA_EVENTS; type++) {
		if (schema_events[type].flags & EF_UNUSED) {
			CU_ASSERT(conv_of(type, 0)->action == CONV_DROP);
		}
	}
}

void suite_schema(CU_pSuite suite);

void suite_schema(CU_pSuite suite)
{
	CU_add_test(suite, "test_schema_events_are_well_formed",
		    test_schema_events_are_well_formed);
	CU_add_test(suite, "test_schema_event_names_are_unique",
		    test_schema_event_names_are_unique);
	CU_add_test(suite, "test_schema_param_sizes", test_schema_param_sizes);
	CU_add_test(suite, "test_schema_flag_tables", test_schema_flag_tables);
	CU_add_test(suite, "test_schema_names_of_numbers", test_schema_names_of_numbers);
	CU_add_test(suite, "test_schema_legacy_codes", test_schema_legacy_codes);
	CU_add_test(suite, "test_schema_refs_name_params_in_order",
		    test_schema_refs_name_params_in_order);
	CU_add_test(suite, "test_schema_conversions_stay_inside_what_is_stored",
		    test_schema_conversions_stay_inside_what_is_stored);
	CU_add_test(suite, "test_schema_own_values_win", test_schema_own_values_win);
	CU_add_test(suite, "test_schema_enter_indexes_are_stored_indexes",
		    test_schema_enter_indexes_are_stored_indexes);
	CU_add_test(suite, "test_schema_enter_sources_have_an_enter",
		    test_schema_enter_sources_have_an_enter);
	CU_add_test(suite, "test_schema_execve_of_2014_becomes_today_s",
		    test_schema_execve_of_2014_becomes_today_s);
	CU_add_test(suite, "test_schema_execve_moves_env", test_schema_execve_moves_env);
	CU_add_test(suite, "test_schema_execve_takes_filename_from_enter",
		    test_schema_execve_takes_filename_from_enter);
	CU_add_test(suite, "test_schema_conversion_samples", test_schema_conversion_samples);
	CU_add_test(suite, "test_schema_dropped_and_kept_events",
		    test_schema_dropped_and_kept_events);
}
