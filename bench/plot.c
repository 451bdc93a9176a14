/*
 * Draws what the bench measured: throughput over the number of pairs, and the
 * distribution of the round trip, as SVG.
 * usage: plot REPORT.json PAIRS.svg LATENCY.svg
 */
#include <err.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 640.0
#define HEIGHT 360.0
#define LEFT 80.0
#define RIGHT 20.0
#define TOP 40.0
#define BOTTOM 50.0
#define POINTS 128

struct curve {
	const char *label, *colour;
	size_t n;
	double x[POINTS], y[POINTS];
};

struct chart {
	const char *title, *x_label, *y_label;
	double x_max, y_max;
	int x_log; /* decades from 1 */
	struct curve curve[2];
};

static double
place_x(const struct chart *c, double x)
{
	const double part = c->x_log ? log10(x) / log10(c->x_max) : x / c->x_max;

	return LEFT + part * (WIDTH - LEFT - RIGHT);
}

static double
place_y(const struct chart *c, double y)
{
	return HEIGHT - BOTTOM - y / c->y_max * (HEIGHT - TOP - BOTTOM);
}

static void
draw_axes(FILE *f, const struct chart *c)
{
	for (int i = 0; i <= 4; i++) {
		const double y = c->y_max * i / 4;

		fprintf(f, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n", LEFT, place_y(c, y), WIDTH - RIGHT);
		fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n", LEFT - 6, place_y(c, y) + 4,
		    c->y_max < 20 ? 1 : 0, y);
	}
	for (double x = c->x_log ? 1 : 0; x <= c->x_max * 1.001; x = c->x_log ? x * 10 : x + c->x_max / 5)
		fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>\n", place_x(c, x),
		    HEIGHT - BOTTOM + 18, x);
	fprintf(
	    f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", WIDTH / 2, HEIGHT - 10, c->x_label);
	fprintf(f, "<text x=\"16\" y=\"%.1f\" transform=\"rotate(-90 16 %.1f)\" text-anchor=\"middle\">%s</text>\n",
	    HEIGHT / 2, HEIGHT / 2, c->y_label);
	fprintf(f, "<text x=\"%.1f\" y=\"20\" text-anchor=\"middle\" font-weight=\"bold\">%s</text>\n", WIDTH / 2,
	    c->title);
}

static void
draw_curve(FILE *f, const struct chart *c, const struct curve *k, int row)
{
	fprintf(f, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", k->colour);
	for (size_t i = 0; i < k->n; i++)
		fprintf(f, "%c%.1f %.1f", i == 0 ? 'M' : 'L', place_x(c, k->x[i]), place_y(c, k->y[i]));
	fprintf(f, "\"/>\n<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", LEFT + 12, TOP + 16 + 16 * row,
	    k->colour, k->label);
}

static void
draw(const char *path, const struct chart *c)
{
	FILE *f = fopen(path, "w");

	if (!f)
		err(1, "%s", path);
	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
	    "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
	    WIDTH, HEIGHT);
	draw_axes(f, c);
	for (int i = 0; i < 2; i++)
		draw_curve(f, c, &c->curve[i], i);
	fprintf(f, "</svg>\n");
	if (fclose(f) != 0)
		err(1, "%s", path);
}

/* A maximum for the axis: 1, 2 or 5 times a power of ten. */
static double
round_up(double v)
{
	const double decade = pow(10, floor(log10(v)));

	return v <= decade ? decade : v <= 2 * decade ? 2 * decade : v <= 5 * decade ? 5 * decade : 10 * decade;
}

static void
add_point(struct chart *c, int curve, double x, double y)
{
	struct curve *k = &c->curve[curve];

	if (k->n == POINTS)
		return;
	k->x[k->n] = x;
	k->y[k->n++] = y;
	c->y_max = fmax(c->y_max, y);
	c->x_max = fmax(c->x_max, x);
}

static double
median_of(json_t *row, const char *side)
{
	return json_number_value(json_object_get(json_object_get(row, side), "median"));
}

/* A run of other rows leaves the plot of an earlier one as it is. */
static void
draw_measured(const char *path, struct chart *c)
{
	if (c->curve[0].n == 0)
		return;
	c->y_max = round_up(c->y_max);
	draw(path, c);
}

int
main(int argc, char **argv)
{
	struct chart pairs = { .title = "Messages a second over pairs talking at once",
		.x_label = "pairs",
		.y_label = "thousand messages/s",
		.x_log = 1,
		.curve = { { .label = "pchatd", .colour = "#1667b7" }, { .label = "bare relay", .colour = "#888" } } };
	struct chart latency = { .title = "Round trip, everything on one CPU",
		.x_label = "percent of round trips",
		.y_label = "microseconds",
		.curve = { { .label = "pchatd", .colour = "#1667b7" }, { .label = "bare relay", .colour = "#888" } } };
	json_error_t error;
	json_t *report, *row;
	size_t i;

	if (argc != 4)
		errx(2, "usage: plot REPORT.json PAIRS.svg LATENCY.svg");
	if (!(report = json_load_file(argv[1], 0, &error)))
		errx(1, "%s: %s", argv[1], error.text);
	json_array_foreach(json_object_get(report, "rows"), i, row)
	{
		const char *name = json_string_value(json_object_get(row, "row"));
		static const char *const quantiles[] = { "quantiles_ours", "quantiles_limit" };

		if (name && strncmp(name, "pairs-", 6) == 0) {
			add_point(&pairs, 0, atof(name + 6), median_of(row, "ours") / 1e3);
			add_point(&pairs, 1, atof(name + 6), median_of(row, "limit") / 1e3);
		}
		for (int k = 0; k < 2; k++) {
			size_t p;
			json_t *v;

			json_array_foreach(json_object_get(row, quantiles[k]), p, v)
			    add_point(&latency, k, (double)p, json_number_value(v));
		}
	}
	json_decref(report);
	draw_measured(argv[2], &pairs);
	draw_measured(argv[3], &latency);
	return 0;
}
