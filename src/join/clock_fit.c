/*
 * clock_fit.c - a line through bounds: offset(t) = a + b t that lies above the lower bounds and below the
 * upper ones. One thread.
 *
 * The capture is cut into slots of time, and of each the few tightest bounds of both kinds are kept: the
 * others cannot touch the line. If some line satisfies all of them, the best is the one furthest from
 * both sides (a concave problem in b). If none does, some bounds are false: Marzullo's algorithm finds
 * the offset that most of them allow (each side has the same weight in all), with the drift taken out
 * that the medians of windows show, and the line goes through those that agree with it. A drift is
 * believed when it is bounded well, and when without it more bounds would be contradicted; otherwise the
 * clocks are taken to run alike.
 */
#include "join/match_internal.h"

#include <math.h>

#define SLOTS 512
#define PER_SLOT 4
#define WINDOWS 64
#define SLOPE_MAX 1e-3 /* two clocks slewed by 500 ppm each */
#define SLOPE_SURE 2e-5 /* a drift bounded that well is known */
#define ROUNDS 120 /* of searching in a concave function: beyond the precision of a double */
#define GAP_MIN (-1.0) /* rounding must not turn a line that fits away */

struct point {
	double x, y;
};

struct side {
	struct point at[SLOTS * PER_SLOT];
	size_t count;
};

/* One edge of Marzullo's sweep. */
struct edge {
	double y;
	bool high;
};

struct fit {
	struct side low, high;
	struct edge edges[2 * SLOTS * PER_SLOT];
	uint64_t base_t;
	int64_t base_v;
	uint64_t from_t, to_t;
};

/* ---- thinning -------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct bound *x = a;
	const struct bound *y = b;

	if (x->t_ns != y->t_ns) {
		return x->t_ns < y->t_ns ? -1 : 1;
	}
	return x->value_ns < y->value_ns ? -1 : x->value_ns > y->value_ns;
}

static void sort_bounds(struct bounds *b)
{
	if (b->count > 1) {
		qsort(b->at, b->count, sizeof(*b->at), by_time);
	}
}

/* The time of most bounds: single ones far away must not stretch the slots. */
static void find_range(struct fit *f, const struct bounds *a, const struct bounds *b)
{
	const struct bounds *both[2] = { a, b };
	bool any = false;

	for (unsigned int i = 0; i < 2; i++) {
		size_t n = both[i]->count;
		size_t skip = n / 200;

		if (n == 0) {
			continue;
		}
		f->from_t =
			any ? min_u64(f->from_t, both[i]->at[skip].t_ns) : both[i]->at[skip].t_ns;
		f->to_t = any ? max_u64(f->to_t, both[i]->at[n - 1 - skip].t_ns)
			      : both[i]->at[n - 1 - skip].t_ns;
		any = true;
	}
	f->base_t = f->from_t + (f->to_t - f->from_t) / 2;
}

static size_t slot_of(const struct fit *f, uint64_t t)
{
	uint64_t width = (f->to_t - f->from_t) / SLOTS + 1;

	if (t <= f->from_t) {
		return 0;
	}
	return (size_t)min_u64((t - f->from_t) / width, SLOTS - 1);
}

static struct point point_of(const struct fit *f, const struct bound *b)
{
	return (struct point){ (double)((__int128)b->t_ns - f->base_t),
			       (double)((__int128)b->value_ns - f->base_v) };
}

/* Of sorted bounds, the PER_SLOT tightest of each slot. */
static void keep_tight(const struct fit *f, const struct bounds *b, bool low, struct side *s)
{
	size_t slot = SIZE_MAX;
	size_t first = 0;

	s->count = 0;
	for (size_t i = 0; i < b->count; i++) {
		size_t here = slot_of(f, b->at[i].t_ns);
		struct point p = point_of(f, &b->at[i]);
		size_t at;

		if (here != slot) {
			slot = here;
			first = s->count;
		}
		if (s->count - first < PER_SLOT) {
			at = s->count++;
		} else if (low ? p.y > s->at[s->count - 1].y : p.y < s->at[s->count - 1].y) {
			at = s->count - 1;
		} else {
			continue;
		}
		for (; at > first && (low ? s->at[at - 1].y < p.y : s->at[at - 1].y > p.y); at--) {
			s->at[at] = s->at[at - 1];
		}
		s->at[at] = p;
	}
}

/* ---- one slope ------------------------------------------------------------------------------- */

/* The lowest and the highest line of slope b that all bounds allow; lowest above highest: none. */
static double lowest(const struct fit *f, double b)
{
	double a = -INFINITY;

	for (size_t i = 0; i < f->low.count; i++) {
		a = fmax(a, f->low.at[i].y - b * f->low.at[i].x);
	}
	return a;
}

static double highest(const struct fit *f, double b)
{
	double a = INFINITY;

	for (size_t i = 0; i < f->high.count; i++) {
		a = fmin(a, f->high.at[i].y - b * f->high.at[i].x);
	}
	return a;
}

static double gap(const struct fit *f, double b)
{
	return highest(f, b) - lowest(f, b);
}

static int by_edge(const void *a, const void *b)
{
	const struct edge *x = a;
	const struct edge *y = b;

	if (x->y != y->y) {
		return x->y < y->y ? -1 : 1;
	}
	return (int)x->high - (int)y->high;
}

struct agreement {
	double from, to; /* offsets that most bounds allow */
	double weight; /* of those that do, 2 for all */
};

/* Marzullo: of points with x in [x_from, x_to), slope taken out. false: not both kinds. */
static bool agree(struct fit *f, double slope, double x_from, double x_to, struct agreement *ret)
{
	struct agreement most = { 0, 0, -1 };
	size_t low = 0;
	size_t n = 0;
	double weight;

	for (size_t i = 0; i < f->low.count; i++) {
		const struct point *p = &f->low.at[i];

		if (p->x >= x_from && p->x < x_to) {
			f->edges[n++] = (struct edge){ p->y - slope * p->x, false };
		}
	}
	low = n;
	for (size_t i = 0; i < f->high.count; i++) {
		const struct point *p = &f->high.at[i];

		if (p->x >= x_from && p->x < x_to) {
			f->edges[n++] = (struct edge){ p->y - slope * p->x, true };
		}
	}
	if (low == 0 || low == n) {
		return false;
	}
	qsort(f->edges, n, sizeof(*f->edges), by_edge);
	weight = 1; /* below all of them: every upper bound holds */
	for (size_t i = 0; i + 1 < n; i++) {
		double width = f->edges[i + 1].y - f->edges[i].y;

		weight += f->edges[i].high ? -1.0 / (double)(n - low) : 1.0 / (double)low;
		if (f->edges[i].high || !f->edges[i + 1].high) {
			continue; /* not between a lower and an upper bound */
		}
		if (weight > most.weight + 1e-9 ||
		    (weight > most.weight - 1e-9 && width > most.to - most.from)) {
			most = (struct agreement){ f->edges[i].y, f->edges[i + 1].y, weight };
		}
	}
	if (most.weight < 0) {
		return false;
	}
	*ret = most;
	return true;
}

/* ---- drift ----------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Median of the slopes between the middles of windows (Theil and Sen), beyond a slope known so far. */
static bool slope_beyond(struct fit *f, double slope, double *slopes, double *ret_more)
{
	double width = (double)(f->to_t - f->from_t) / WINDOWS + 1;
	double from = (double)((__int128)f->from_t - f->base_t);
	struct point middle[WINDOWS];
	size_t n = 0;
	size_t count = 0;

	for (unsigned int i = 0; i < WINDOWS; i++) {
		struct agreement a;
		double x = from + i * width;

		if (agree(f, slope, x, x + width, &a)) {
			middle[n++] = (struct point){ x + width / 2, (a.from + a.to) / 2 };
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			slopes[count++] = (middle[k].y - middle[i].y) / (middle[k].x - middle[i].x);
		}
	}
	if (count == 0) {
		return false;
	}
	qsort(slopes, count, sizeof(*slopes), by_number);
	*ret_more = slopes[count / 2];
	return true;
}

static double clamp(double b)
{
	return fmin(fmax(b, -SLOPE_MAX), SLOPE_MAX);
}

/* The slope that most bounds allow, near enough. */
static double search_slope(struct fit *f, double *slopes)
{
	struct agreement a;
	double best_weight = 0;
	double slope = 0;
	double best = 0;
	double more = 0;

	for (unsigned int i = 0; i < 6; i++) {
		if (agree(f, slope, -INFINITY, INFINITY, &a) && a.weight > best_weight) {
			best_weight = a.weight;
			best = slope;
		}
		if (!slope_beyond(f, slope, slopes, &more)) {
			break;
		}
		slope = clamp(slope + more);
	}
	for (double step = 2e-6; step > 1e-10; step /= 2) {
		for (int sign = -1; sign <= 1; sign += 2) {
			if (agree(f, clamp(best + sign * step), -INFINITY, INFINITY, &a) &&
			    a.weight > best_weight) {
				best_weight = a.weight;
				best = clamp(best + sign * step);
			}
		}
	}
	return best;
}

/* Keeps the bounds that the line allows. */
static void drop_outliers(struct side *s, bool low, double a, double b)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		double line = a + b * s->at[i].x;

		if (low ? s->at[i].y <= line : s->at[i].y >= line) {
			s->at[n++] = s->at[i];
		}
	}
	s->count = n;
}

/* ---- all lines that fit ---------------------------------------------------------------------- */

struct lines {
	double best; /* slope furthest from all bounds */
	double from, to; /* slopes of lines that fit */
};

/* Where a concave function of the slope is largest. */
static double peak(const struct fit *f, double (*value)(const struct fit *f, double b), double from,
		   double to)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		double third = (to - from) / 3;

		if (value(f, from + third) < value(f, to - third)) {
			from += third;
		} else {
			to -= third;
		}
	}
	return (from + to) / 2;
}

/* The border between a slope that fits and one that does not. */
static double border(const struct fit *f, double fits, double fails)
{
	if (gap(f, fails) >= GAP_MIN) {
		return fails;
	}
	for (unsigned int i = 0; i < ROUNDS; i++) {
		double mid = (fits + fails) / 2;

		if (gap(f, mid) >= GAP_MIN) {
			fits = mid;
		} else {
			fails = mid;
		}
	}
	return fits;
}

static double minus_lowest(const struct fit *f, double b)
{
	return -lowest(f, b);
}

/* hint: a slope that fits, or near one. */
static bool find_lines(const struct fit *f, double hint, struct lines *ret)
{
	ret->best = peak(f, gap, -SLOPE_MAX, SLOPE_MAX);
	if (gap(f, ret->best) < gap(f, hint)) {
		ret->best = hint;
	}
	if (gap(f, ret->best) < GAP_MIN) {
		return false;
	}
	ret->from = border(f, ret->best, -SLOPE_MAX);
	ret->to = border(f, ret->best, SLOPE_MAX);
	return true;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int64_t to_ns(const struct fit *f, double y)
{
	__int128 v = (__int128)f->base_v + (__int128)llround(fmin(fmax(y, -9e18), 9e18));

	return v < INT64_MIN ? INT64_MIN : v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static double value_at(const struct clock_pair *c, uint64_t t_ns)
{
	return c->drift_ppm * 1e-6 * (double)((__int128)t_ns - c->at_ns);
}

/* Counts all bounds, also those that were not kept, a nanosecond of rounding aside. */
static void count_outliers(const struct clock_bounds *b, double low, double high,
			   const struct fit *f, struct clock_pair *c)
{
	for (size_t i = 0; i < b->low.count; i++) {
		struct point p = point_of(f, &b->low.at[i]);

		c->outliers += p.y - value_at(c, b->low.at[i].t_ns) > high + 1;
	}
	for (size_t i = 0; i < b->high.count; i++) {
		struct point p = point_of(f, &b->high.at[i]);

		c->outliers += p.y - value_at(c, b->high.at[i].t_ns) < low - 1;
	}
}

static void without_drift(struct fit *f, double low, double high, struct clock_pair *c)
{
	c->low_ns = to_ns(f, low);
	c->high_ns = to_ns(f, high);
	c->offset_ns = to_ns(f, low + (high - low) / 2);
}

static void with_drift(struct fit *f, const struct lines *l, struct clock_pair *c)
{
	double at_low = peak(f, minus_lowest, l->from, l->to);
	double at_high = peak(f, highest, l->from, l->to);

	c->drift_known = true;
	c->drift_ppm = l->best * 1e6;
	c->low_ns = to_ns(f, lowest(f, at_low));
	c->high_ns = to_ns(f, highest(f, at_high));
	c->offset_ns = to_ns(f, (lowest(f, l->best) + highest(f, l->best)) / 2);
}

/* Both kinds are there. false: they contradict each other too much. */
static bool fit_both(struct fit *f, double *slopes, struct clock_pair *c, double *ret_low,
		     double *ret_high)
{
	struct agreement alike, drifting;
	struct lines lines;
	double slope = 0;
	bool all;

	if (!agree(f, 0, -INFINITY, INFINITY, &alike)) {
		return false;
	}
	all = find_lines(f, 0, &lines);
	drifting = alike;
	if (!all) {
		slope = search_slope(f, slopes);
		agree(f, slope, -INFINITY, INFINITY, &drifting);
		if (drifting.weight < 4.0 / 3) {
			return false;
		}
		drop_outliers(&f->low, true, (drifting.from + drifting.to) / 2, slope);
		drop_outliers(&f->high, false, (drifting.from + drifting.to) / 2, slope);
		if (f->low.count == 0 || f->high.count == 0 || !find_lines(f, slope, &lines)) {
			return false;
		}
	} else {
		drifting.weight = 2;
	}
	*ret_low = alike.from;
	*ret_high = alike.to;
	if (lines.to - lines.from > SLOPE_SURE &&
	    (alike.weight > drifting.weight - 0.02 || lines.to - lines.from > 5 * SLOPE_SURE)) {
		without_drift(f, alike.from, alike.to, c);
		return alike.weight >= 4.0 / 3;
	}
	if (gap(f, 0) >= GAP_MIN) { /* none is the best guess then */
		lines.best = 0;
	}
	with_drift(f, &lines, c);
	*ret_low = lowest(f, lines.best);
	*ret_high = highest(f, lines.best);
	return true;
}

static void one_sided(struct fit *f, struct clock_pair *c)
{
	if (f->low.count > 0) {
		c->offset_ns = c->low_ns = to_ns(f, lowest(f, 0));
	}
	if (f->high.count > 0) {
		c->offset_ns = c->high_ns = to_ns(f, highest(f, 0));
	}
}

int clock_fit(struct clock_bounds *b, struct clock_pair *io_c)
{
	struct fit *f = calloc(1, sizeof(*f));
	double *slopes = malloc(WINDOWS * WINDOWS * sizeof(*slopes));
	double low = 0;
	double high = 0;

	if (f == NULL || slopes == NULL) {
		free(f);
		free(slopes);
		return ERR_NOMEM;
	}
	io_c->low_ns = INT64_MIN;
	io_c->high_ns = INT64_MAX;
	io_c->bounds_low = b->low.count;
	io_c->bounds_high = b->high.count;
	io_c->flows = b->flows;
	sort_bounds(&b->low);
	sort_bounds(&b->high);
	find_range(f, &b->low, &b->high);
	io_c->at_ns = f->base_t;
	f->base_v = b->low.count > 0    ? b->low.at[b->low.count / 2].value_ns
		    : b->high.count > 0 ? b->high.at[b->high.count / 2].value_ns
					: 0;
	keep_tight(f, &b->low, true, &f->low);
	keep_tight(f, &b->high, false, &f->high);
	if (f->low.count == 0 || f->high.count == 0) {
		one_sided(f, io_c);
	} else if (fit_both(f, slopes, io_c, &low, &high)) {
		io_c->origin = CLOCK_ESTIMATED;
		count_outliers(b, low, high, f, io_c);
	}
	free(f);
	free(slopes);
	return 0;
}
