#include "cli/output/stops.h"

#include "base/macros.h"
#include "cli/output/restore.h"

static const int signals[STOPS_COUNT] = { SIGTSTP, SIGTTIN, SIGTTOU };
static struct stops *watching;

static void
on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (number != SIGTSTP && info->si_code > 0) /* of the system, as often as we touch the terminal */
		restore_suffer(number);
	else if (watching)
		ev_async_send(watching->loop, &watching->told);
}

void
stops_init(struct stops *s, struct ev_loop *loop, stops_fn *fn, void *context)
{
	*s = (struct stops){ .loop = loop };
	ev_async_init(&s->told, fn);
	s->told.data = context;
}

void
stops_begin(struct stops *s)
{
	struct sigaction ours = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

	if (s->watched)
		return;
	ev_async_start(s->loop, &s->told);
	watching = s;
	s->watched = true;
	(void)sigfillset(&ours.sa_mask);
	for (size_t i = 0; i < STOPS_COUNT; i++)
		if (sigaction(signals[i], NULL, &s->before[i]) == 0 && s->before[i].sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &ours, NULL);
}

void
stops_end(struct stops *s)
{
	if (!s->watched)
		return;
	for (size_t i = 0; i < STOPS_COUNT; i++)
		(void)sigaction(signals[i], &s->before[i], NULL);
	s->watched = false;
	watching = NULL;
	ev_async_stop(s->loop, &s->told);
}
