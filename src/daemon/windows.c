#include "daemon/windows.h"

#include <stdlib.h>

struct window *
windows_take(struct windows *all)
{
	struct window *w = all->count > 0 ? all->window[--all->count] : malloc(sizeof(*w));

	if (w)
		window_reset(w);
	return w;
}

void
windows_give(struct windows *all, struct window *w)
{
	if (w && all->count < WINDOWS_KEPT)
		all->window[all->count++] = w;
	else
		free(w);
}

void
windows_release(struct windows *all)
{
	while (all->count > 0)
		free(all->window[--all->count]);
}
