/*
 * mkcells.h - rows of the packet tables made by hand: a table, a section for it, texts. For the suites of src/stats.
 */
#ifndef MKCELLS_H
#define MKCELLS_H

#include "mkrun.h"
#include "stats/net_cells.h"

struct mkcells {
	struct net_cells cells;
	struct source source;
	struct section section;
	struct intern texts;
	const struct table *t;
};

static inline void mkcells_init(struct mkcells *m, const struct table_def *def)
{
	memset(m, 0, sizeof(*m));
	intern_init(&m->texts, 1 << 20);
	CU_ASSERT_FATAL(cells_init(&m->cells, def));
	m->source.shown = "web.pcapng";
	m->section.source = &m->source;
	m->section.index = 2;
	m->cells.section = &m->section;
	m->t = m->cells.table;
}

static inline void mkcells_release(struct mkcells *m)
{
	/* Rows are whole: one cell a column. */
	CU_ASSERT_EQUAL(m->t->at, 0);
	CU_ASSERT_FALSE(m->t->failed);
	cells_release(&m->cells);
	intern_release(&m->texts);
}

static inline const struct text *mkcells_textn(struct mkcells *m, const void *s, size_t n)
{
	const struct text *x = NULL;

	CU_ASSERT_EQUAL_FATAL(intern_get(&m->texts, s, n, &x), 0);
	return x;
}

static inline const struct text *mkcells_text(struct mkcells *m, const char *s)
{
	return mkcells_textn(m, s, strlen(s));
}

/* An end of a flow: IPv4 as a.b.c.d, port. */
static inline void mkcells_end(struct flow *f, unsigned int end, uint8_t a, uint8_t b, uint8_t c, uint8_t d,
			       uint16_t port)
{
	uint8_t ip[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d };

	memcpy(f->key.addr[end], ip, 16);
	f->key.port[end] = port;
	f->key.ip_version = 4;
}

/* From 10.0.0.2:40000 (end 1, the client) to 10.0.0.1. */
static inline void mkcells_flow(struct flow *f, uint8_t ip_proto, uint16_t server_port, uint32_t id)
{
	memset(f, 0, sizeof(*f));
	mkcells_end(f, 0, 10, 0, 0, 1, server_port);
	mkcells_end(f, 1, 10, 0, 0, 2, 40000);
	f->key.ip_proto = ip_proto;
	f->client = 1;
	f->id = id;
}

/* Each of the columns named, up to a NULL, is unknown in the row. */
static inline void mkcells_unknown(const struct table *t, size_t row, const char *const *columns)
{
	for (; *columns != NULL; columns++) {
		if (!run_unknown(t, row, *columns)) {
			printf("\n%s: %s is not unknown\n", t->def->name, *columns);
		}
		CU_ASSERT_TRUE(run_unknown(t, row, *columns));
	}
}

#endif
