/* Medians, clocks, processors. */
#include <err.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

void
sample_add(struct sample *s, double v)
{
	if (s->n < ARRAY_SIZE(s->v))
		s->v[s->n++] = v;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(const struct sample *s, double q)
{
	struct sample sorted = *s;

	if (s->n == 0)
		return 0;
	qsort(sorted.v, sorted.n, sizeof(sorted.v[0]), compare);
	return sorted.v[(size_t)(q * (double)(sorted.n - 1) + 0.5)];
}

double
median_of(double *v, size_t n)
{
	qsort(v, n, sizeof(v[0]), compare);
	return n > 0 ? v[n / 2] : 0;
}

double
sample_median(const struct sample *s)
{
	return quantile(s, 0.5);
}

double
sample_min(const struct sample *s)
{
	return quantile(s, 0);
}

double
sample_max(const struct sample *s)
{
	return quantile(s, 1);
}

double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void
pin(bool on)
{
	static cpu_set_t all;
	cpu_set_t one;

	if (CPU_COUNT(&all) == 0)
		sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all)) {
			CPU_SET(i, &one);
			break;
		}
	if (sched_setaffinity(0, sizeof(one), on ? &one : &all) < 0)
		err(1, "sched_setaffinity");
}
