/*
 * text_number.c - the text of numbers: plain ones, errors, flags, modes, signals, times.
 *
 * Each function appends the text of one present value. Numbers print as the schema's format says;
 * like sysdig, decimal ones are shown signed whatever their type. No printf but for fractions of
 * seconds.
 */
#include "events/text_internal.h"

static void add_octal(struct buf *out, uint64_t x)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + (x & 7));
		x >>= 3;
	} while (x != 0);
	if (digits[at] != '0') {
		digits[--at] = '0';
	}
	buf_add(out, digits + at, sizeof(digits) - at);
}

/* bits is x without its sign extension. */
static void add_number(struct buf *out, unsigned int fmt, int64_t x, uint64_t bits)
{
	switch (fmt) {
	case FMT_HEX: buf_add_hex(out, bits, true); break;
	case FMT_OCT: add_octal(out, bits); break;
	case FMT_PADDED_DEC:
		if (x >= 0) {
			buf_add_u64_pad(out, (uint64_t)x, 9);
			break;
		}
		/* fall through */
	default: buf_add_s64(out, x); break;
	}
}

void text_int8(const struct text_value *t, struct buf *out)
{
	add_number(out, t->fmt, (int8_t)t->v.p[0], t->v.p[0]);
}

void text_uint8(const struct text_value *t, struct buf *out)
{
	add_number(out, t->fmt, t->v.p[0], t->v.p[0]);
}

void text_int16(const struct text_value *t, struct buf *out)
{
	uint16_t x = load_le16(t->v.p);

	add_number(out, t->fmt, (int16_t)x, x);
}

void text_uint16(const struct text_value *t, struct buf *out)
{
	uint16_t x = load_le16(t->v.p);

	add_number(out, t->fmt, x, x);
}

/* Ports are read by people in decimal, whatever the schema's format says. */
void text_port(const struct text_value *t, struct buf *out)
{
	buf_add_u64(out, load_le16(t->v.p));
}

void text_int32(const struct text_value *t, struct buf *out)
{
	uint32_t x = load_le32(t->v.p);

	add_number(out, t->fmt, (int32_t)x, x);
}

void text_int64(const struct text_value *t, struct buf *out)
{
	uint64_t x = load_le64(t->v.p);

	add_number(out, t->fmt, (int64_t)x, x);
}

void text_add_errno_name(struct buf *out, int64_t res)
{
	const char *name = res < 0 ? schema_errno_name(0 - (uint64_t)res) : NULL;

	if (name != NULL) {
		buf_adds(out, name);
	}
}

/* Addresses (results of mmap) are hexadecimal, errors always decimal. */
void text_errno(const struct text_value *t, struct buf *out)
{
	int64_t res = (int64_t)load_le64(t->v.p);

	add_number(out, res < 0 ? FMT_DEC : t->fmt, res, (uint64_t)res);
}

void text_errno_name(const struct text_value *t, struct buf *out)
{
	text_add_errno_name(out, (int64_t)load_le64(t->v.p));
}

/* ---- flags ---- */

static uint32_t flags_value(const struct text_value *t)
{
	switch (t->type) {
	case PT_FLAGS8:
	case PT_ENUMFLAGS8: return t->v.p[0];
	case PT_FLAGS16:
	case PT_ENUMFLAGS16: return load_le16(t->v.p);
	default: return load_le32(t->v.p);
	}
}

void text_flags(const struct text_value *t, struct buf *out)
{
	buf_add_u64(out, flags_value(t));
}

static void add_name(struct buf *out, size_t start, const struct schema_name_value *row)
{
	if (out->len > start) {
		buf_addc(out, '|');
	}
	buf_add(out, row->name, row->len);
}

void text_add_flags(struct buf *out, const struct schema_flags *table, uint32_t value)
{
	size_t start = out->len;
	uint32_t left = value;

	for (unsigned int i = 0; i < table->count; i++) {
		const struct schema_name_value *row = &table->rows[i];

		if (row->value == 0 ? value != 0 : left == 0 || (left & row->value) != row->value) {
			continue;
		}
		add_name(out, start, row);
		if (row->value == value) {
			break;
		}
		left &= ~row->value;
	}
}

void text_add_enum(struct buf *out, const struct schema_flags *table, uint32_t value)
{
	size_t start = out->len;

	for (unsigned int i = 0; i < table->count; i++) {
		if (table->rows[i].value == value) {
			add_name(out, start, &table->rows[i]);
		}
	}
}

void text_flags_names(const struct text_value *t, struct buf *out)
{
	if (t->row->flags != NULL) {
		text_add_flags(out, t->row->flags, flags_value(t));
	}
}

void text_enum_names(const struct text_value *t, struct buf *out)
{
	if (t->row->flags != NULL) {
		text_add_enum(out, t->row->flags, flags_value(t));
	}
}

void text_mode(const struct text_value *t, struct buf *out)
{
	text_int32(t, out);
}

/* As flags, but a row equal to the whole value ends the list whatever was named before it. */
void text_mode_names(const struct text_value *t, struct buf *out)
{
	const struct schema_flags *table = t->row->flags;
	size_t start = out->len;
	uint32_t value = load_le32(t->v.p);
	uint32_t left = value;

	for (unsigned int i = 0; table != NULL && i < table->count; i++) {
		const struct schema_name_value *row = &table->rows[i];

		if (row->value == value) {
			add_name(out, start, row);
			break;
		}
		if (row->value != 0 && left != 0 && (left & row->value) == row->value) {
			add_name(out, start, row);
			left &= ~row->value;
		}
	}
}

/* ---- signals and system calls ---- */

void text_signal(const struct text_value *t, struct buf *out)
{
	buf_add_u64(out, t->v.p[0]);
}

void text_signal_name(const struct text_value *t, struct buf *out)
{
	const char *name = schema_signal_name(t->v.p[0]);

	if (name != NULL) {
		buf_adds(out, name);
	}
}

void text_sigset(const struct text_value *t, struct buf *out)
{
	uint32_t set = load_le32(t->v.p);
	size_t start = out->len;

	for (unsigned int bit = 0; bit < 32; bit++) {
		const char *name = set & (UINT32_C(1) << bit) ? schema_signal_name(bit + 1) : NULL;

		if (name != NULL) {
			if (out->len > start) {
				buf_addc(out, ' ');
			}
			buf_adds(out, name);
		}
	}
}

void text_syscall(const struct text_value *t, struct buf *out)
{
	uint16_t code = load_le16(t->v.p);

	if (schema_syscall_name(code) == NULL) {
		buf_adds(out, "<unknown syscall>");
	} else {
		buf_add_u64(out, code);
	}
}

void text_syscall_name(const struct text_value *t, struct buf *out)
{
	const char *name = schema_syscall_name(load_le16(t->v.p));

	if (name != NULL) {
		buf_adds(out, name);
	}
}

/* ---- times ---- */

void text_reltime(const struct text_value *t, struct buf *out)
{
	uint64_t ns = load_le64(t->v.p);

	if (ns == UINT64_MAX) {
		buf_adds(out, "none");
	} else {
		buf_add_u64(out, ns);
	}
}

void text_reltime_seconds(const struct text_value *t, struct buf *out)
{
	uint64_t ns = load_le64(t->v.p);

	if (ns != UINT64_MAX) {
		buf_printf(out, "%gs", (double)ns / (double)NSEC_PER_SEC);
	}
}

/* Civil date of a day since 1970, by the usual shift of the year to March. */
static void civil_from_days(uint64_t days, unsigned int *ret_year, unsigned int *ret_month,
			    unsigned int *ret_day)
{
	uint64_t z = days + 719468;
	uint64_t era = z / 146097;
	unsigned int doe = (unsigned int)(z % 146097);
	unsigned int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned int mp = (5 * doy + 2) / 153;

	*ret_day = doy - (153 * mp + 2) / 5 + 1;
	*ret_month = mp < 10 ? mp + 3 : mp - 9;
	*ret_year = (unsigned int)(yoe + era * 400) + (*ret_month <= 2 ? 1 : 0);
}

void text_add_time(struct buf *out, uint64_t ns)
{
	uint64_t sec = ns / NSEC_PER_SEC;
	unsigned int year, month, day;
	unsigned int rest = (unsigned int)(sec % 86400);

	civil_from_days(sec / 86400, &year, &month, &day);
	buf_add_u64_pad(out, year, 4);
	buf_addc(out, '-');
	buf_add_u64_pad(out, month, 2);
	buf_addc(out, '-');
	buf_add_u64_pad(out, day, 2);
	buf_addc(out, ' ');
	buf_add_u64_pad(out, rest / 3600, 2);
	buf_addc(out, ':');
	buf_add_u64_pad(out, rest / 60 % 60, 2);
	buf_addc(out, ':');
	buf_add_u64_pad(out, rest % 60, 2);
	buf_addc(out, '.');
	buf_add_u64_pad(out, ns % NSEC_PER_SEC, 9);
}

void text_abstime(const struct text_value *t, struct buf *out)
{
	uint64_t ns = load_le64(t->v.p);

	if (ns == UINT64_MAX) {
		buf_adds(out, "none");
	} else {
		text_add_time(out, ns);
	}
}
