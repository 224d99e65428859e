#!/bin/sh
# Run every fuzz target of the build folder $1 for $2 seconds each, from its seeds (tests/fuzz/seeds_main.c) and the inputs kept in
# tests/corpus/fuzz_X on. What is new goes to $1/fuzz/corpus-fuzz_X. An input that breaks something stays beside the target; once
# the cause is mended it joins tests/corpus/fuzz_X, from where every test run replays it.
set -eu

folder=$1/fuzz
seeds=$1/fuzz-replay/seeds
seconds=$2
failed=0
"$seeds" "$folder/seeds"
for target in "$folder"/fuzz_*; do
	name=$(basename "$target")
	# A program whose source is gone is a leftover of an earlier build.
	[ -x "$target" ] && [ -f "tests/fuzz/$name.c" ] || continue
	mkdir -p "$folder/corpus-$name"
	set -- "$folder/corpus-$name" "$folder/seeds/$name"
	[ ! -d "tests/corpus/$name" ] || set -- "$@" "tests/corpus/$name"
	if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$folder/$name-" \
		"$@" >"$folder/$name.log" 2>&1; then
		echo "ok - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$name.log") inputs in $seconds s"
	else
		echo "not ok - $name: see $folder/$name.log"
		failed=1
	fi
done
exit $failed
