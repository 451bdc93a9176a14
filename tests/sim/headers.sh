# What tests/sim/headers says is so: the run of each seed enters the function. The linker puts a few instructions before
# each of these, which note that it was called, in a file that they share with this script.
set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"
skip() { # WHY
	echo "1..0 # SKIP $1"
	exit 0
}
[ -x "$BUILDDIR/tests/sim/simulate" ] || skip "the simulator is not built here"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mapfile -t rows < <(grep -v '^#' "$SRCDIR/tests/sim/headers")

# Each simulated process has its own copy of what has an initial value (image.c): of the address of the file, too.
{
	echo "#define FILE \"$work/entered\""
	cat <<-'C'
		#include <fcntl.h>
		#include <stddef.h>
		#include <sys/mman.h>
		#include <sys/syscall.h>

		long raw(long n, ...);
		unsigned char *entered = (unsigned char *)1;

		__attribute__((constructor)) static void
		begin(void)
		{
			const long fd = raw(SYS_open, FILE, (long)O_RDWR, 0L);

			entered = (unsigned char *)raw(SYS_mmap, NULL, 4096L, (long)(PROT_READ | PROT_WRITE), (long)MAP_SHARED, fd, 0L);
		}
	C
	for i in "${!rows[@]}"; do
		read -r _ function _ <<<"${rows[i]}"
		printf '__asm__(".text\\n.globl __wrap_%s\\n.type __wrap_%s, @function\\n__wrap_%s:\\n\\tendbr64\\n' \
			"$function" "$function" "$function"
		printf '\\tmov entered(%%rip), %%r11\\n\\tmovb $1, %d(%%r11)\\n\\tjmp __real_%s\\n");\n' "$i" "$function"
	done
} >"$work/simulate.c"
wraps=$(for row in "${rows[@]}"; do
	read -r _ function _ <<<"$row"
	printf -- '-Wl,--wrap=%s ' "$function"
done)
truncate -s 4096 "$work/entered"
if ! made=$(MAKEFLAGS='' "${MAKE:-make}" -s -C "$BUILDDIR" simulate-entered ENTERED="$work/simulate" WRAPS="$wraps" 2>&1); then
	echo "# ${made//$'\n'/$'\n'# }"
	echo "not ok 1 - the simulator is linked so that it notes what is entered"
	echo 1..1
	exit 1
fi
echo "ok 1 - the simulator is linked so that it notes what is entered"

# run SEED: one byte for each row, 1: the run has entered its function.
declare -A runs
run() {
	[ -z "${runs[$1]:-}" ] || return
	head -c 4096 /dev/zero >"$work/entered"
	"$work/simulate" "$1" >"$work/said"
	runs[$1]=$?:$(od -An -v -tu1 -w1 -N "${#rows[@]}" "$work/entered" | tr -d ' \n')
}
for i in "${!rows[@]}"; do
	read -r header function seed <<<"${rows[i]}"
	run "$seed"
	entered=${runs[$seed]#*:}
	if [ "${runs[$seed]%%:*}" = 0 ] && [ "${entered:i:1}" = 1 ]; then
		echo "ok $((i + 2)) - seed $seed enters $function() of $header"
	else
		echo "not ok $((i + 2)) - seed $seed enters $function() of $header"
	fi
done
echo "1..$((${#rows[@]} + 1))"
