/* pchat chat, in pchat-full: becomes pchat-chat. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/signals.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "net/process.h"

int
chat_run(struct invocation *inv)
{
	char path[PATH_MAX];
	int error = process_path("pchat-chat", path, sizeof(path));

	if (error == 0) {
		signals_give_back();
		(void)execv(path, inv->argv);
		error = -errno;
	}
	return report(
	    VERDICT_FAILED, "cannot run 'pchat-chat': %s; is pchat installed completely?", error_words(-error));
}
