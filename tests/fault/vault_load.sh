#!/bin/sh
# Goal of this test: two processes of four threads write, read, checkpoint, verify, copy and reopen one vault at the same time, and nothing
# that was committed is lost, torn or called stale; the thread sanitizer sees no race in it. LOAD_SECONDS says how long each run takes
# (5), SEED repeats a choice of work, LOAD_BUILDS names the build folders (the one under test, and build-tsan where there is one).
. "$(dirname "$0")/../lib/flow.sh"

: "${LOAD_SECONDS:=5}" "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}" "${LOAD_BUILDS:=$BUILD $ROOT/build-tsan}"
export TSAN_OPTIONS="exitcode=66 history_size=4 ${TSAN_OPTIONS:-}"
echo "# SEED=$SEED"

# Whether the program starts at all (without arguments it explains itself): the thread sanitizer needs memory where it wants it.
starts() {
	"$@" >/dev/null 2>&1
	[ $? -eq 2 ]
}

# load BUILD: one run with the program of this build folder, without address randomisation where it needs that.
load() {
	set -- "$1" "$1/tests/vaultload"
	name="the work of all is there and whole ($(basename "$1"))"
	if [ ! -x "$2" ]; then
		echo "ok - $name # SKIP: not built"
		return
	fi
	folder=$SCRATCH/load.$(basename "$1")
	mkdir "$folder"
	if starts "$2"; then
		expect "$name" "$2" "$folder" "$LOAD_SECONDS" "$SEED"
	elif starts setarch "$(uname -m)" -R "$2"; then
		expect "$name" setarch "$(uname -m)" -R "$2" "$folder" "$LOAD_SECONDS" "$SEED"
	else
		echo "ok - $name # SKIP: the sanitizer does not start on this system"
		return
	fi
	sed 's/^/# /' "$SCRATCH/output" | tail -n 3
	expect_text "it did all of it" "^[1-9][0-9]* commits, .* [1-9][0-9]* reads, .* [1-9][0-9]* checkpoints, [1-9][0-9]* verified"
}

for build in $LOAD_BUILDS; do
	load "$build"
done
finish
