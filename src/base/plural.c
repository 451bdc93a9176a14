#include "base/plural.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

#define DEPTH_MAX 32 /* of brackets and conditions in one another */

struct expression {
	const char *next;
	unsigned long n;
	unsigned depth;
	bool broken;
};

static unsigned long condition(struct expression *e);

/* Whether the operator stands next; it is passed then. */
static bool
take(struct expression *e, const char *operator)
{
	while (*e->next == ' ' || *e->next == '\t')
		e->next++;
	if (strncmp(e->next, operator, strlen(operator)) != 0)
		return false;
	e->next += strlen(operator);
	return true;
}

static unsigned long
number(struct expression *e)
{
	unsigned long value = 0;

	if (*e->next < '0' || *e->next > '9')
		e->broken = true;
	for (; *e->next >= '0' && *e->next <= '9'; e->next++)
		value = value * 10 + (unsigned long)(*e->next - '0');
	return value;
}

static unsigned long
operand(struct expression *e)
{
	unsigned long value;

	if (take(e, "n"))
		return e->n;
	if (!take(e, "!") && !take(e, "("))
		return number(e);
	if (e->next[-1] == '!') {
		e->broken |= ++e->depth > DEPTH_MAX;
		return e->broken || !operand(e);
	}
	value = condition(e);
	e->broken |= !take(e, ")");
	return value;
}

/* In the order in which they bind, loosest first; of two that begin alike the longer one stands first. */
static const struct {
	unsigned level;
	const char *sign;
} operators[] = {
	{ 0, "||" },
	{ 1, "&&" },
	{ 2, "==" },
	{ 2, "!=" },
	{ 3, "<=" },
	{ 3, ">=" },
	{ 3, "<" },
	{ 3, ">" },
	{ 4, "+" },
	{ 4, "-" },
	{ 5, "*" },
	{ 5, "/" },
	{ 5, "%" },
};
#define LEVELS 6

static unsigned long
apply(struct expression *e, const char *sign, unsigned long a, unsigned long b)
{
	switch (sign[0]) {
	case '|':
		return a || b;
	case '&':
		return a && b;
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '<':
		return sign[1] ? a <= b : a < b;
	case '>':
		return sign[1] ? a >= b : a > b;
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '*':
		return a * b;
	default:
		if (b == 0)
			return e->broken = true;
		return sign[0] == '/' ? a / b : a % b;
	}
}

static unsigned long
binary(struct expression *e, unsigned level)
{
	unsigned long value;
	size_t i;

	if (level == LEVELS)
		return operand(e);
	value = binary(e, level + 1);
	do {
		for (i = 0; i < ARRAY_SIZE(operators); i++)
			if (operators[i].level == level && take(e, operators[i].sign)) {
				value = apply(e, operators[i].sign, value, binary(e, level + 1));
				break;
			}
	} while (i < ARRAY_SIZE(operators) && !e->broken);
	return value;
}

static unsigned long
condition(struct expression *e)
{
	unsigned long value, yes, no;

	if (++e->depth > DEPTH_MAX)
		return e->broken = true;
	value = binary(e, 0);
	if (take(e, "?")) {
		yes = condition(e);
		e->broken |= !take(e, ":");
		no = condition(e);
		value = value ? yes : no;
	}
	e->depth--;
	return value;
}

unsigned long
plural_form(const char *forms, unsigned long n)
{
	const char *count = forms ? strstr(forms, "nplurals=") : NULL, *rule = forms ? strstr(forms, "plural=") : NULL;
	struct expression e = { .n = n };
	unsigned long form, nplurals;

	if (!count || !rule)
		return n != 1;
	e.next = count + strlen("nplurals=");
	nplurals = number(&e);
	e.next = rule + strlen("plural=");
	form = condition(&e);
	return e.broken || !take(&e, ";") || form >= nplurals ? n != 1 : form;
}
