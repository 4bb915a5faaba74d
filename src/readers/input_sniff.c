/*
 * input_sniff.c - see input_sniff.h. Reads only the bytes given, through lengths tested first.
 */
#include "readers/input_sniff.h"

#include "base/cursor.h"

#define SKIPPABLE_FRAME UINT32_C(0x184D2A50)	/* zstd and lz4 share these 16 magics */

struct magic {
	uint8_t len;
	uint8_t bytes[8];
};

struct magic_content {
	struct magic magic;
	enum content content;
};

static const struct magic_content wrappings[] = {
	{ { 3, { 0x1f, 0x8b, 8 } }, CONTENT_GZIP },
	{ { 4, { 0x28, 0xb5, 0x2f, 0xfd } }, CONTENT_ZSTD },
	{ { 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } }, CONTENT_XZ },
	{ { 4, { 0x04, 0x22, 0x4d, 0x18 } }, CONTENT_LZ4 },
	{ { 4, { 0x02, 0x21, 0x4c, 0x18 } }, CONTENT_LZ4 },	/* its legacy frames */
	{ { 4, { 'P', 'K', 3, 4 } }, CONTENT_ZIP },
	{ { 4, { 'P', 'K', 5, 6 } }, CONTENT_ZIP },		/* without members */
	{ { 6, { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c } }, CONTENT_7Z },
	{ { 6, { '0', '7', '0', '7', '0', '1' } }, CONTENT_CPIO },
	{ { 6, { '0', '7', '0', '7', '0', '2' } }, CONTENT_CPIO },
	{ { 6, { '0', '7', '0', '7', '0', '7' } }, CONTENT_CPIO },
};

/* Formats that people mistake for readable ones: named, so that they know what to do. */
static const struct {
	struct magic magic;
	const char *reason;
} known[] = {
	{ { 4, { 0xa1, 0xb2, 0xcd, 0x34 } }, "modified pcap (magic a1b2cd34) is not supported" },
	{ { 4, { 0x34, 0xcd, 0xb2, 0xa1 } }, "modified pcap (magic a1b2cd34) is not supported" },
	{ { 4, { 0x0a, 0x0d, 0x0d, 0x0a } }, "not a capture (pcapng without a byte order magic)" },
	{ { 8, { 's', 'n', 'o', 'o', 'p', 0, 0, 0 } }, "snoop captures are not supported" },
	{ { 4, { 'R', 'a', 'r', '!' } }, "rar archives are not supported" },
	{ { 2, { 0x1f, 0x9d } }, "compress (.Z) is not supported" },
	{ { 4, { 'L', 'Z', 'I', 'P' } }, "lzip is not supported" },
	{ { 4, { 0x7f, 'E', 'L', 'F' } }, "not a capture (ELF program)" },
	{ { 4, { '%', 'P', 'D', 'F' } }, "not a capture (PDF)" },
};

static const char *const names[] = {
	[CONTENT_CAPTURE] = "",  [CONTENT_GZIP] = "gzip", [CONTENT_ZSTD] = "zstd",
	[CONTENT_XZ] = "xz",     [CONTENT_LZ4] = "lz4",   [CONTENT_BZIP2] = "bzip2",
	[CONTENT_TAR] = "tar",   [CONTENT_ZIP] = "zip",   [CONTENT_7Z] = "7z",
	[CONTENT_CPIO] = "cpio", [CONTENT_OTHER] = "",
};

_Static_assert(ARRAY_LEN(names) == CONTENT_OTHER + 1, "one name per kind of content");

const char *content_name(enum content c)
{
	return names[c];
}

bool content_is_archive(enum content c)
{
	return c >= CONTENT_TAR && c <= CONTENT_CPIO;
}

static bool begins(const uint8_t *p, size_t n, const struct magic *m)
{
	return n >= m->len && memcmp(p, m->bytes, m->len) == 0;
}

/* A pcapng file cut inside its first twelve bytes is still one: the framing reports the cut. */
static bool is_pcapng(const uint8_t *p, size_t n)
{
	if (n < 4 || load_be32(p) != UINT32_C(0x0A0D0D0A)) {
		return false;
	}
	return n < 12 || load_be32(p + 8) == UINT32_C(0x1A2B3C4D) ||
	       load_le32(p + 8) == UINT32_C(0x1A2B3C4D);
}

static bool is_pcap(const uint8_t *p, size_t n)
{
	uint32_t be = n >= 4 ? load_be32(p) : 0;

	return be == UINT32_C(0xA1B2C3D4) || be == UINT32_C(0xD4C3B2A1) ||
	       be == UINT32_C(0xA1B23C4D) || be == UINT32_C(0x4D3CB2A1);
}

static bool is_bzip2(const uint8_t *p, size_t n)
{
	static const uint8_t block[6] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
	static const uint8_t end[6] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };

	return n >= 10 && memcmp(p, "BZh", 3) == 0 && p[3] >= '1' && p[3] <= '9' &&
	       (memcmp(p + 4, block, 6) == 0 || memcmp(p + 4, end, 6) == 0);
}

/* Octal digits between blanks and NULs. */
static bool octal_field(const uint8_t *p, size_t n, uint32_t *ret_value)
{
	uint32_t value = 0;
	size_t i = 0;
	size_t digits = 0;

	while (i < n && p[i] == ' ') {
		i++;
	}
	for (; i < n && p[i] >= '0' && p[i] <= '7' && digits < 8; i++, digits++) {
		value = value * 8 + (uint32_t)(p[i] - '0');
	}
	*ret_value = value;
	return digits > 0 && (i == n || p[i] == ' ' || p[i] == '\0');
}

/* The checksum of a tar header, over bytes taken as unsigned (or signed, in old archives) with
 * its own field as blanks. */
static bool tar_checksum_ok(const uint8_t *p)
{
	uint32_t want;
	uint32_t sum = 0;
	uint32_t high = 0;

	if (!octal_field(p + 148, 8, &want)) {
		return false;
	}
	for (size_t i = 0; i < 512; i++) {
		uint8_t c = i >= 148 && i < 156 ? (uint8_t)' ' : p[i];

		sum += c;
		high += c >= 128 ? 1 : 0;
	}
	return want == sum || want == sum - 256 * high;
}

static bool is_tar(const uint8_t *p, size_t n)
{
	/* The magic alone is enough: a damaged header is then reported as one. */
	if (n >= 262 && memcmp(p + 257, "ustar", 5) == 0) {
		return true;
	}
	return n >= 512 && p[0] != '\0' && tar_checksum_ok(p);
}

/* Old binary cpio: only 16 bits of magic, so the name must be where the header says. */
static bool is_binary_cpio(const uint8_t *p, size_t n)
{
	uint16_t name;

	if (n < 28 || (load_le16(p) != 070707 && load_be16(p) != 070707)) {
		return false;
	}
	name = load_le16(p) == 070707 ? load_le16(p + 20) : load_be16(p + 20);
	return name >= 2 && name <= n - 26 && p[26] != '\0' && p[26 + name - 1] == '\0' &&
	       memchr(p + 26, '\0', name) == p + 26 + name - 1;
}

/* Behind a skippable frame stands what it belongs to, when that is near enough to be seen. */
static enum content behind_skippable(const uint8_t *p, size_t n)
{
	uint32_t len = n >= 8 ? load_le32(p + 4) : 0;

	if (n >= 12 && len <= n - 12 && load_le32(p + 8 + len) == UINT32_C(0x184D2204)) {
		return CONTENT_LZ4;
	}
	return CONTENT_ZSTD;
}

enum content sniff_content(const uint8_t *p, size_t n)
{
	if (is_pcapng(p, n) || is_pcap(p, n)) {
		return CONTENT_CAPTURE;
	}
	for (size_t i = 0; i < ARRAY_LEN(wrappings); i++) {
		if (begins(p, n, &wrappings[i].magic)) {
			return wrappings[i].content;
		}
	}
	if (n >= 8 && (load_le32(p) & UINT32_C(0xFFFFFFF0)) == SKIPPABLE_FRAME) {
		return behind_skippable(p, n);
	}
	if (is_bzip2(p, n)) {
		return CONTENT_BZIP2;
	}
	if (is_tar(p, n)) {
		return CONTENT_TAR;
	}
	return is_binary_cpio(p, n) ? CONTENT_CPIO : CONTENT_OTHER;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != 0) {
			return false;
		}
	}
	return true;
}

static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] < ' ' && p[i] != '\n' && p[i] != '\r' && p[i] != '\t' && p[i] != 0x1b) {
			return false;
		}
	}
	return true;
}

const char *sniff_reason(const uint8_t *p, size_t n)
{
	if (n == 0) {
		return "empty file";
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (begins(p, n, &known[i].magic)) {
			return known[i].reason;
		}
	}
	if (all_zero(p, n)) {
		return "not a capture (zero bytes)";
	}
	return is_text(p, n) ? "not a capture (text)" : "not a capture (other data)";
}
