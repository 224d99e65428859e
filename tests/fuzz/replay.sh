#!/bin/sh
# Feed every fuzz target its seeds, the inputs kept in tests/corpus/fuzz_X, and mutations of both: tests/fuzz/replay_main.c.
#
#   tests/fuzz/replay.sh FOLDER      FOLDER: the replay programs, build/fuzz-replay or build-san/fuzz-replay
#
# Run from the top of the tree. REPLAY_SEED and REPLAY_COUNT choose other mutations and more of them.
set -u

folder=$1
: "${REPLAY_SEED:=1}" "${REPLAY_COUNT:=3000}"
seeds=$(mktemp -d "${TMPDIR:-/tmp}/mandoob-seeds-XXXXXX") || exit 1
trap 'rm -rf "$seeds"' EXIT
trap 'exit 1' HUP INT TERM

"$folder/seeds" "$seeds" || exit 1
failed=0
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	set --
	for input in "$seeds/$name"/* "tests/corpus/$name"/*; do
		[ ! -f "$input" ] || set -- "$@" "$input"
	done
	if [ $# -eq 0 ]; then
		echo "not ok - $name has no seed: see tests/fuzz/seeds_main.c"
		failed=1
		continue
	fi
	"$folder/$name" "$REPLAY_SEED" "$REPLAY_COUNT" "$@" || failed=1
done
exit $failed
