/*
 * redact.c - see redact.h. Patterns are compiled once and run over bytes, not characters.
 */
#include "capture/redact.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps one search may take: far above what a sane pattern needs over a snaplen of data, far below a noticeable
 * pause. */
#define MATCH_STEPS 200000u

struct redact {
	pcre2_code *codes[REDACT_PATTERNS_MAX * 2];
	uint32_t groups[REDACT_PATTERNS_MAX * 2];
	size_t count;
	pcre2_match_data *match;
	pcre2_match_context *context;
};

/* What secrets look like; each covers its groups. Names and separators stay readable. Repetitions that others follow
 * are bounded. */
static const char *const secret_patterns[] = {
	/* name=value, "name": "value", name: value; in queries, JSON, configuration. Not /etc/passwd: */
	"(?i)(?<![/.])(?:passw(?:or)?d|passphrase|_pwd|\\bpwd(?==[^/])|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
	"[\"']?[ \\t]*[=:][ \\t]*(?:\"([^\"\\x00]+)|'([^'\\x00]+)|([^\\s\"'&;,\\x00]+))",
	/* Variables of an environment, whose values may hold blanks. */
	"(?:^|\\x00)[A-Z0-9_]{0,64}(?:PASSW(?:OR)?D|PASSPHRASE|_PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)[A-Z0-9_]{0,64}=([^\\x00]+)",
	/* --password value, -token value */
	"(?i)(?<![^\\x00\\s])--?(?:password|passwd|passphrase|pass|token|secret|api-?key|access-?key)[\\x00\\s]+([^\\s\\x00]+)",
	"(?i)\\b(?:proxy-)?authorization[\"']?:[ \\t]*[\"']?(?:(?:basic|bearer|digest|negotiate|token)[ \\t]+)?([^\\r\\n\\x00\"']+)",
	"(?i)\\b(?:set-)?cookie:[ \\t]*([^\\r\\n\\x00]+)",
	/* scheme://user:password@host */
	"(?i)\\b[a-z][a-z0-9+.-]{0,20}://[^\\s/:@\\x00]{0,256}:([^\\s/@\\x00]{1,512})@",
	/* keys that tell themselves: AWS, GitHub, GitLab, Slack, Google, JSON web tokens, PEM */
	"\\b((?:AKIA|ASIA)[A-Z0-9]{16})\\b",
	"\\b(gh[pousr]_\\w{30,}|github_pat_\\w{20,}|glpat-[\\w-]{16,}|xox[abprs]-[\\w-]{10,}|AIza[\\w-]{30,})",
	"\\b(eyJ[\\w-]{8,4096}\\.[\\w-]{8,16384}\\.[\\w-]*)",
	"-----BEGIN [A-Z ]*PRIVATE KEY-----((?s).*?)(?:-----END|\\z)",
};

/* ---- life ---- */

static int add_pattern(struct redact *r, const char *pattern, struct err *e)
{
	PCRE2_SIZE at = 0;
	int code = 0;
	PCRE2_UCHAR why[128];

	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &code, &at, NULL);
	if (c == NULL) {
		pcre2_get_error_message(code, why, sizeof(why));
		return err_set(e, ERR_USAGE, "--redact: pattern '%s' does not compile: %s, at character %zu", pattern,
			       (const char *)why, (size_t)at);
	}
	/* Without a compiler for this machine it is interpreted: slower, the same matches. */
	pcre2_jit_compile(c, PCRE2_JIT_COMPLETE);
	pcre2_pattern_info(c, PCRE2_INFO_CAPTURECOUNT, &r->groups[r->count]);
	r->codes[r->count++] = c;
	return 0;
}

/* Room for the groups of any of the patterns. */
static int make_match(struct redact *r, struct err *e)
{
	uint32_t most = 0;

	for (size_t i = 0; i < r->count; i++) {
		most = r->groups[i] > most ? r->groups[i] : most;
	}
	r->match = pcre2_match_data_create(most + 1, NULL);
	r->context = pcre2_match_context_create(NULL);
	if (r->match == NULL || r->context == NULL) {
		return err_nomem(e, "redaction patterns");
	}
	pcre2_set_match_limit(r->context, MATCH_STEPS);
	return 0;
}

int redact_new(const char *const *patterns, size_t count, bool secrets, struct redact **ret_r, struct err *e)
{
	struct redact *r;
	int rc = 0;

	_Static_assert(ARRAY_LEN(secret_patterns) <= REDACT_PATTERNS_MAX, "built-in patterns fit beside the user's");
	if (count == 0 && !secrets) {
		*ret_r = NULL;
		return 0;
	}
	if (count > REDACT_PATTERNS_MAX) {
		return err_set(e, ERR_USAGE, "--redact: more than %d patterns", REDACT_PATTERNS_MAX);
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return err_nomem(e, "redaction patterns");
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = add_pattern(r, patterns[i], e);
	}
	for (size_t i = 0; secrets && i < ARRAY_LEN(secret_patterns) && rc == 0; i++) {
		rc = add_pattern(r, secret_patterns[i], e);
	}
	if (rc == 0) {
		rc = make_match(r, e);
	}
	if (rc != 0) {
		redact_free(r);
		return rc;
	}
	*ret_r = r;
	return 0;
}

void redact_free(struct redact *r)
{
	if (r == NULL) {
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		pcre2_code_free(r->codes[i]);
	}
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->context);
	free(r);
}

/* ---- work ---- */

static void cover(char *bytes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (bytes[i] != '\0') {
			bytes[i] = '*';
		}
	}
}

/* One match: its groups, or all of it. */
static void cover_match(const struct redact *r, uint32_t groups, char *bytes, size_t len)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->match);

	for (uint32_t g = groups > 0 ? 1 : 0; g <= groups; g++) {
		if (at[2 * g] != PCRE2_UNSET && at[2 * g + 1] <= len) {
			cover(bytes, at[2 * g], at[2 * g + 1]);
		}
	}
}

static size_t apply_one(const struct redact *r, size_t i, char *bytes, size_t len)
{
	size_t at = 0;
	size_t found = 0;

	while (at <= len) {
		int rc = pcre2_match(r->codes[i], (PCRE2_SPTR)bytes, len, at, 0, r->match, r->context);
		PCRE2_SIZE end;

		if (rc == PCRE2_ERROR_NOMATCH) {
			break;
		}
		if (rc < 0) {
			cover(bytes, 0, len);
			return found + 1;
		}
		cover_match(r, r->groups[i], bytes, len);
		found++;
		end = pcre2_get_ovector_pointer(r->match)[1];
		at = end > at ? end : at + 1;
	}
	return found;
}

size_t redact_apply(const struct redact *r, char *bytes, size_t len)
{
	size_t found = 0;

	if (r == NULL || len == 0) {
		return 0;
	}
	for (size_t i = 0; i < r->count; i++) {
		found += apply_one(r, i, bytes, len);
	}
	return found;
}
