#!/bin/sh
# Run every fuzz target in folder $1 for $2 seconds each; inputs that break something stay beside the target.
set -eu

folder=$1
seconds=$2
failed=0
for target in "$folder"/fuzz_*; do
	[ -x "$target" ] || continue
	name=$(basename "$target")
	mkdir -p "$folder/corpus-$name"
	if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$folder/$name-" \
		"$folder/corpus-$name" >"$folder/$name.log" 2>&1; then
		echo "ok - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$name.log") inputs in $seconds s"
	else
		echo "not ok - $name: see $folder/$name.log"
		failed=1
	fi
done
exit $failed
