/*
 * pcapng_copy.c - see pcapng_copy.h. Any thread.
 */
#include "writers/pcapng_copy.h"

#include "base/cursor.h"
#include "writers/pcapng.h"

enum { BLOCK_NAMES = 4, BLOCK_SECRETS = 0xA };

bool pcapng_copy_names(struct buf *out, const uint8_t *body, size_t len, bool be)
{
	struct cursor c = cur_make(body, len);
	size_t start = out->len;
	struct pcapng_block k = pcapng_begin(out, BLOCK_NAMES);
	struct cur_option record;
	bool any = false;

	while (cur_option(&c, be, &record)) {	/* addresses and names: bytes in any order of the machine */
		pcapng_option(out, record.code, record.value.p, record.value.left);
		any = true;
	}
	if (!any) {
		out->len = out->failed ? out->len : start;
		return false;
	}
	pcapng_options_end(out);	/* of the records; options of the block are texts about the server: left out */
	pcapng_end(&k);
	return true;
}

bool pcapng_copy_secrets(struct buf *out, const uint8_t *body, size_t len, bool be)
{
	struct cursor c = cur_make(body, len);
	uint32_t type = cur_u32(&c, be);
	uint32_t size = cur_u32(&c, be);
	const uint8_t *secrets = cur_take(&c, size);
	struct pcapng_block k;

	if (c.bad || secrets == NULL) {
		return false;
	}
	k = pcapng_begin(out, BLOCK_SECRETS);
	pcapng_u32(out, type);
	pcapng_u32(out, size);
	buf_add(out, secrets, size);
	pcapng_end(&k);
	return true;
}

bool pcapng_copy_custom(struct buf *out, const uint8_t *body, size_t len, bool be)
{
	struct cursor c = cur_make(body, len);
	uint32_t enterprise = cur_u32(&c, be);
	struct pcapng_block k;

	/* Wireshark's are little-endian always. */
	if (c.bad || (be && enterprise != PCAPNG_ENTERPRISE_WIRESHARK)) {
		return false;
	}
	k = pcapng_custom_begin(out, enterprise);
	buf_add(out, c.p, c.left);
	pcapng_end(&k);
	return true;
}

/* One number of 4 or 8 bytes. */
static void copy_number(struct buf *out, const struct cur_option *o, bool be)
{
	struct cursor v = o->value;

	if (v.left == 4) {
		pcapng_option_u32(out, o->code, cur_u32(&v, be));
	} else if (v.left == 8) {
		pcapng_option_u64(out, o->code, cur_u64(&v, be));
	}
}

static void copy_process(struct buf *out, const struct cur_option *o, bool be)
{
	struct cursor v = o->value;
	size_t at = pcapng_option_begin(out, o->code);

	pcapng_u32(out, cur_u32(&v, be));
	pcapng_u32(out, cur_u32(&v, be));
	pcapng_option_end(out, at);
}

/* The options of other makers, which may be copied: text or bytes behind the enterprise's number. */
static void copy_custom_option(struct buf *out, const struct cur_option *o, bool be)
{
	struct cursor v = o->value;
	uint32_t enterprise = cur_u32(&v, be);
	size_t at;

	if (!v.bad) {
		at = pcapng_option_begin(out, o->code);
		pcapng_u32(out, enterprise);
		buf_add(out, v.p, v.left);
		pcapng_option_end(out, at);
	}
}

bool pcapng_copy_packet_options(struct buf *out, const uint8_t *options, size_t len, bool be)
{
	enum { FLAGS = 2, HASH = 3, DROPS = 4, ID = 5, QUEUE = 6, VERDICT = 7, CUSTOM_TEXT = 2988, CUSTOM_BYTES = 2989,
	       CUSTOM_TEXT_HERE = 19372, CUSTOM_BYTES_HERE = 19373, APPLE = 32769, APPLE_EFFECTIVE = 32771 };
	struct cursor c = cur_make(options, len);
	struct cur_option o;
	bool process = false;

	while (cur_option(&c, be, &o)) {
		switch (o.code) {
		case PCAPNG_COMMENT:
		case HASH:
			pcapng_option(out, o.code, o.value.p, o.value.left);
			break;
		case FLAGS:
		case DROPS:
		case ID:
		case QUEUE:
			copy_number(out, &o, be);
			break;
		case PCAPNG_PROCESS_THREAD:
			if (o.value.left == 8 && !process) {
				copy_process(out, &o, be);
				process = true;
			}
			break;
		case CUSTOM_TEXT:
		case CUSTOM_BYTES:
			if (o.code == CUSTOM_TEXT || !be) {
				copy_custom_option(out, &o, be);
			}
			break;
		case CUSTOM_TEXT_HERE:	/* not to be copied, says their maker */
		case CUSTOM_BYTES_HERE:
		case APPLE:	/* numbers of blocks, which mean nothing in another file */
		case APPLE_EFFECTIVE:
			break;
		default:
			if (!be) {
				pcapng_option(out, o.code, o.value.p, o.value.left);
			}
			break;
		}
	}
	return process;
}
