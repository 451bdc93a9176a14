#!/usr/bin/env bash
# Streams and files between partners: the commands, the process that reads for `give`, either helper and the daemon are killed at
# every system call of one, and each call fails with what it may fail with. See tests/system/streams_killed.sh, whose verdicts
# these are. FAULTS_STRIDE=N takes each Nth; as root.
set -u
failed=0
for faults in kills errors; do
	echo "# $faults"
	STREAM_FAULTS=$faults STRIDE=${FAULTS_STRIDE:-13} bash "${SRCDIR:?}/tests/system/streams_killed.sh" || failed=1
done
exit $failed
