#include "cli/chat/editor/tty.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/macros.h"

struct tty {
	EditLine *el;
	FILE *in, *said;
	char *text; /* what libedit has said */
	size_t len;
	bool can_draw;
};

static bool
can(struct tty *t, char *name)
{
	char *value = NULL;

	(void)el_get(t->el, EL_GETTC, name, &value, NULL);
	return value && *value;
}

/* Each key comes as it is typed, ^C, ^Z and ^S among them; also when ~/.editrc wants it otherwise for other programs. */
static bool
set_up(struct tty *t)
{
	return el_wset(t->el, EL_EDITMODE, 1) == 0 && el_wset(t->el, EL_SIGNAL, 0) == 0 &&
	    el_wset(t->el, EL_SETTY, L"-d", L"-icanon", L"-echo", L"-isig", L"-ixon", NULL) == 0;
}

struct tty *
tty_new(int in, int out)
{
	struct tty *t = calloc(1, sizeof(*t));
	const int own = t ? dup(in) : -1;

	if (!t)
		return NULL;
	t->in = own < 0 ? NULL : fdopen(own, "r");
	if (own >= 0 && !t->in)
		(void)close(own);
	t->said = open_memstream(&t->text, &t->len);
	if (t->in && t->said)
		t->el = el_init_fd("pchat", t->in, t->said, t->said, in, out, out);
	if (!t->el || el_wset(t->el, EL_EDITOR, L"emacs") != 0 || !set_up(t)) {
		tty_free(t);
		return NULL;
	}
	t->can_draw = can(t, (char[]){ "up" }) && can(t, (char[]){ "cd" });
	return t;
}

void
tty_free(struct tty *t)
{
	if (!t)
		return;
	if (t->el)
		el_end(t->el);
	if (t->said)
		(void)fclose(t->said);
	if (t->in)
		(void)fclose(t->in);
	free(t->text);
	free(t);
}

void
tty_raw(struct tty *t)
{
	(void)el_wset(t->el, EL_PREP_TERM, 1);
}

void
tty_restore(struct tty *t)
{
	(void)el_wset(t->el, EL_PREP_TERM, 0);
}

bool
tty_can_draw(const struct tty *t)
{
	return t->can_draw;
}

/* All bindings as libedit lists them; the caller frees it. */
static char *
list(struct tty *t)
{
	if (fflush(t->said) != 0 || fseek(t->said, 0, SEEK_SET) != 0)
		return NULL;
	(void)el_wset(t->el, EL_BIND, NULL);
	if (fflush(t->said) != 0)
		return NULL;
	return strndup(t->text, t->len);
}

static void
take_editrc(struct tty *t, struct bindings *b, struct editrc *rc)
{
	_cleanup_(freep) char *before = list(t);
	_cleanup_(freep) char *after = NULL;
	const wchar_t *editor = NULL;

	if (!before || !editrc_take(t->el, rc))
		return;
	if (el_wget(t->el, EL_EDITOR, &editor) != 0 || !editor || wcscmp(editor, L"emacs") != 0) {
		(void)el_wset(t->el, EL_EDITOR, L"emacs"); /* vi's keys are not ours */
		return;
	}
	after = list(t);
	if (after)
		bindings_learn(b, before, after);
}

void
tty_bindings(struct tty *t, struct bindings *b, struct editrc *rc)
{
	*rc = (struct editrc){ .count = 0 };
	take_editrc(t, b, rc);
	(void)set_up(t);
}
