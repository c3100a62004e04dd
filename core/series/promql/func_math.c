/* SPDX-License-Identifier: MIT */
/* Functions of each value by itself. */
#include <math.h>

#include "core/series/promql/internal.h"

/* With NaN on either side NaN, which fmin() and fmax() are not, but for an infinity that nothing is beyond: as Go's. */
static double lesser(double one, double other)
{
	bool is_nan = isnan(one) || isnan(other), is_least = one == -INFINITY || other == -INFINITY;
	return is_nan && !is_least ? NAN : fmin(one, other);
}

static double greater(double one, double other)
{
	bool is_nan = isnan(one) || isnan(other), is_most = one == INFINITY || other == INFINITY;
	return is_nan && !is_most ? NAN : fmax(one, other);
}

static double clamp_min(double value, const double *args)
{
	return greater(args[0], value);
}

static double clamp_max(double value, const double *args)
{
	return lesser(args[0], value);
}

/* Of borders that are the wrong way round there is nothing between. */
static bool clamp(struct query *query, struct node *node, struct err *err)
{
	double least = node->kids[1]->scalar, most = node->kids[2]->scalar;
	const struct vector *vector = &node->kids[0]->vector;
	(void)query;
	for (size_t i = 0; !(most < least) && i < vector->count; i++)
		vector_add(&node->vector, vector->list[i].labels,
			greater(least, lesser(most, vector->list[i].value)));
	return vector_drop_names(node, node->kids[0], err);
}

static bool round_to(struct query *query, struct node *node, struct err *err)
{
	const struct vector *vector = &node->kids[0]->vector;
	/* The inverse loses less: 0.1 is no number of binary, 10 is one. */
	double inverse = 1 / (node->kid_count > 1 ? node->kids[1]->scalar : 1);
	(void)query;
	for (size_t i = 0; i < vector->count; i++)
		vector_add(&node->vector, vector->list[i].labels,
			floor(vector->list[i].value * inverse + 0.5) / inverse);
	return vector_drop_names(node, node->kids[0], err);
}

static double sign(double value, const double *args)
{
	(void)args;
	return value > 0 ? 1 : value < 0 ? -1 : value;
}

static double to_degrees(double value, const double *args)
{
	(void)args;
	return value * 180 / M_PI;
}

static double to_radians(double value, const double *args)
{
	(void)args;
	return value * M_PI / 180;
}

static bool pi(struct query *query, struct node *node, struct err *err)
{
	(void)query;
	(void)err;
	node->scalar = M_PI;
	return true;
}

/* clang-format off */
#define PLAIN(name, function) \
	static double name(double value, const double *args) \
	{ \
		(void)args; \
		return function(value); \
	}
PLAIN(of_abs, fabs)    PLAIN(of_ceil, ceil)   PLAIN(of_floor, floor) PLAIN(of_exp, exp)     PLAIN(of_sqrt, sqrt)
PLAIN(of_ln, log)      PLAIN(of_log2, log2)   PLAIN(of_log10, log10) PLAIN(of_sin, sin)     PLAIN(of_cos, cos)
PLAIN(of_tan, tan)     PLAIN(of_asin, asin)   PLAIN(of_acos, acos)   PLAIN(of_atan, atan)   PLAIN(of_sinh, sinh)
PLAIN(of_cosh, cosh)   PLAIN(of_tanh, tanh)   PLAIN(of_asinh, asinh) PLAIN(of_acosh, acosh) PLAIN(of_atanh, atanh)
	/* clang-format on */

	const struct function_way math_ways[] = {
		{.name = "abs", .value = of_abs},
		{.name = "ceil", .value = of_ceil},
		{.name = "floor", .value = of_floor},
		{.name = "exp", .value = of_exp},
		{.name = "sqrt", .value = of_sqrt},
		{.name = "ln", .value = of_ln},
		{.name = "log2", .value = of_log2},
		{.name = "log10", .value = of_log10},
		{.name = "sin", .value = of_sin},
		{.name = "cos", .value = of_cos},
		{.name = "tan", .value = of_tan},
		{.name = "asin", .value = of_asin},
		{.name = "acos", .value = of_acos},
		{.name = "atan", .value = of_atan},
		{.name = "sinh", .value = of_sinh},
		{.name = "cosh", .value = of_cosh},
		{.name = "tanh", .value = of_tanh},
		{.name = "asinh", .value = of_asinh},
		{.name = "acosh", .value = of_acosh},
		{.name = "atanh", .value = of_atanh},
		{.name = "sgn", .value = sign},
		{.name = "deg", .value = to_degrees},
		{.name = "rad", .value = to_radians},
		{.name = "clamp_min", .value = clamp_min},
		{.name = "clamp_max", .value = clamp_max},
		{.name = "clamp", .call = clamp},
		{.name = "round", .call = round_to},
		{.name = "pi", .call = pi},
		{.name = NULL},
};
