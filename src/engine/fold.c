/*
 * fold.c - the one serial stage: in file order, one batch at a time per lane, keeps the books, lets state
 * stamp the events and sorts packets to the shards of their flows (shards.c). A section that holds syscalls gets its
 * state with its first such batch.
 */
#include "engine/engine_internal.h"

#include "state/state.h"

static bool reads_no_fds(const struct engine *en)
{
	return (en->wants & (WANT_FDS | WANT_REFS | WANT_COUNTS)) == 0;
}

static int section_state(struct engine *en, struct section *sec, struct err *e)
{
	if (sec->state != NULL || !sec->has_scap) {
		return 0;
	}
	return state_new(sec, en->wants | (hide_skip(en->hide) != NULL && reads_no_fds(en) ? WANT_NO_FDS : 0),
			 &sec->state, e);
}

/* The lane goes on to another section; the old one is finished when its batches are out of use. */
static int leave_section(struct lane *ln, uint64_t last_serial)
{
	if (ln->fold_section == NULL ||
	    (ln->fold_section->state == NULL && ln->fold_section->net == NULL)) {
		return 0;
	}
	if (ln->folded_count == ln->folded_cap) {
		uint32_t cap = ln->folded_cap == 0 ? 4 : ln->folded_cap * 2;
		struct folded_section *grown = realloc(ln->folded, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		ln->folded = grown;
		ln->folded_cap = cap;
	}
	ln->folded[ln->folded_count].section = ln->fold_section;
	ln->folded[ln->folded_count++].last_serial = last_serial;
	return 0;
}

/* shards: of its flows that nobody has finished yet. */
static int finish_section(struct section *sec, uint32_t shards)
{
	if (sec->state != NULL) {
		state_finish(sec->state);
	}
	return shards_finish(sec, shards) == 0 ? shards_freeze(sec) : ERR_NOMEM;
}

static int finish_released(struct lane *ln, uint64_t released)
{
	uint32_t kept = 0;
	int rc = 0;

	for (uint32_t i = 0; i < ln->folded_count; i++) {
		if (rc == 0 && ln->folded[i].last_serial < released) {
			rc = finish_section(ln->folded[i].section,
					    shards_unfinished(ln->folded[i].section));
		} else {
			ln->folded[kept++] = ln->folded[i];
		}
	}
	ln->folded_count = kept;
	return rc;
}

static int fold_state(struct engine *en, struct batch *b, uint64_t released, struct err *e)
{
	int rc = section_state(en, b->section, e);

	if (rc != 0 || b->section->state == NULL) {
		return rc;
	}
	if (released > 0) {
		state_batch_released(b->section->state, released - 1);
	}
	state_set_ordinals(b->section->state, b->first_num, b->first_raw_num, b->first_packet_num);
	return state_fold(b->section->state, b, e);
}

int fold_slot(struct engine *en, struct lane *ln, struct slot *s, uint64_t released, struct err *e)
{
	struct batch *b = &s->batch;
	int rc = account_batch(en, ln, s);

	if (rc != 0) {
		return err_nomem(e, "a section");
	}
	if (b->section == NULL) {
		return 0;
	}
	if (ln->fold_section != b->section) {
		if (leave_section(ln, b->serial) != 0) {
			return err_nomem(e, "a section");
		}
		ln->fold_section = b->section;
	}
	if (finish_released(ln, released) != 0) {
		return err_nomem(e, "a section");
	}
	rc = en->opt.fold ? fold_state(en, b, released, e) : 0;
	return rc == 0 ? shards_fold(en, b, e) : rc;
}

int fold_finish(struct lane *ln)
{
	int rc = finish_released(ln, UINT64_MAX);

	free(ln->folded);
	ln->folded = NULL;
	ln->folded_count = 0;
	ln->folded_cap = 0;
	if (rc == 0 && ln->fold_section != NULL) {
		rc = finish_section(ln->fold_section, 0);
	}
	ln->fold_section = NULL;
	return rc;
}
