/* SPDX-License-Identifier: MIT */
/* Sums that do not lose the small terms: Kahan's with Neumaier's improvement, as Prometheus adds. */
#ifndef BOTSWAIN_SERIES_PROMQL_KAHAN_H
#define BOTSWAIN_SERIES_PROMQL_KAHAN_H

#include <math.h>
#include <stdbool.h>

struct kahan {
	double sum, lost;
};

static inline void kahan_add(struct kahan *to, double term)
{
	double sum = to->sum + term;
	if (isinf(sum))
		to->lost = 0;
	else if (fabs(to->sum) >= fabs(term))
		to->lost += (to->sum - sum) + term;
	else
		to->lost += (term - sum) + to->sum;
	to->sum = sum;
}

static inline double kahan_total(const struct kahan *of)
{
	return isinf(of->sum) ? of->sum : of->sum + of->lost;
}

/* A mean by the sum, until that would overflow; from then on by steps of the mean itself. */
struct mean {
	struct kahan total; /* or the mean */
	double count;
	bool is_stepwise;
};

static inline void mean_add(struct mean *mean, double value)
{
	mean->count++;
	if (!mean->is_stepwise) {
		struct kahan next = mean->total;
		kahan_add(&next, value);
		if (mean->count == 1 || !isinf(next.sum)) {
			mean->total = next;
			return;
		}
		mean->is_stepwise = true;
		mean->total.sum /= mean->count - 1;
		mean->total.lost /= mean->count - 1;
	}
	double kept = (mean->count - 1) / mean->count;
	mean->total.sum *= kept;
	mean->total.lost *= kept;
	kahan_add(&mean->total, value / mean->count);
}

static inline double mean_result(const struct mean *mean)
{
	if (mean->is_stepwise)
		return mean->total.sum + mean->total.lost;
	return mean->total.sum / mean->count + mean->total.lost / mean->count;
}

/* Welford's: the squares of the distances from the mean. */
struct spread {
	struct kahan mean, squares;
	double count;
};

static inline void spread_add(struct spread *spread, double value)
{
	double distance = value - (spread->mean.sum + spread->mean.lost);
	spread->count++;
	kahan_add(&spread->mean, distance / spread->count);
	kahan_add(&spread->squares, distance * (value - (spread->mean.sum + spread->mean.lost)));
}

static inline double spread_variance(const struct spread *spread)
{
	return (spread->squares.sum + spread->squares.lost) / spread->count;
}

#endif
