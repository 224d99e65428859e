#!/bin/sh
# Run every test and count.
#
#   tests/run.sh [BUILD [MORE ...]]
#
# First tidy, then the unit tests and fuzz targets of every build folder given (default: build), then tests/flow/NN-*.sh,
# tests/fault/*.sh and tests/sim/*.sh with the programs of the first. Every test program prints lines "ok - name" or
# "not ok - name" (cmocka does so in its tap form; shell tests use tests/lib/flow.sh). One that fails without such a line, runs
# out of time, or reports no test at all counts as one failure. Output is shown only of programs that fail, and then all of it.
# The last line is always "N passed, N failed"; the status is 0 only when none failed and at least one passed.
#
# Each program starts in the top folder with a scratch folder of its own in MANDOOB_SCRATCH and TMPDIR, the build folder
# in MANDOOB_BUILD, and HOME inside the scratch folder; all scratch is removed afterwards. TEST_ONLY=word runs only the
# programs whose name holds the word; UNIT_TIMEOUT_S and SHELL_TIMEOUT_S bound the time of one program. Unit tests run on all
# processors (TEST_JOBS says on how many) and are reported in their order; scripts start servers and kill programs, and run alone.
set -u
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
: "${UNIT_TIMEOUT_S:=240}" "${SHELL_TIMEOUT_S:=300}" "${TEST_ONLY:=}" "${TEST_JOBS:=$(nproc)}"
[ $# -gt 0 ] || set -- build
main_build=$1

scratch=$(mktemp -d "${TMPDIR:-/tmp}/mandoob-tests-XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# Print "passed failed" for the output of one program that ended with status $2.
count() {
	awk -v status="$2" '
		/^ok([ \t]|$)/ && !/# [Ss][Kk][Ii][Pp]/ { ok++ }
		/^not ok([ \t]|$)/ { bad++ }
		END {
			if (bad + 0 == 0 && (status != 0 || ok + 0 == 0))
				bad = 1
			print ok + 0, bad + 0
		}' "$1"
}

# program NAME BUILD SECONDS COMMAND ...: run it; its output and status go to files NAME.output and NAME.status.
program() {
	own=$scratch/$1.own output=$scratch/$1.output result=$scratch/$1.status build=$2 seconds=$3
	shift 3
	mkdir -p "$own/home"
	MANDOOB_ROOT=$root MANDOOB_BUILD=$root/$build MANDOOB_SCRATCH=$own TMPDIR=$own HOME=$own/home CMOCKA_MESSAGE_OUTPUT=tap \
		timeout -k 10 "$seconds" "$@" >"$output" 2>&1 </dev/null
	echo $? >"$result.new"
	rm -rf "$own"
	mv "$result.new" "$result"
}

# report NAME LABEL SECONDS: count what it said, and show it when it failed.
report() {
	output=$scratch/$1.output status=$(cat "$scratch/$1.status")
	numbers=$(count "$output" "$status")
	passed=$((passed + ${numbers% *}))
	failed=$((failed + ${numbers#* }))
	if [ "${numbers#* }" -eq 0 ]; then
		echo "ok    $2 (${numbers% *})"
	else
		echo "FAIL  $2 (${numbers% *} passed, ${numbers#* } failed, status $status)"
		[ "$status" -ne 124 ] || echo "      it was stopped after $3 seconds"
		sed 's/^/      /' "$output"
	fi
	rm -f "$output" "$scratch/$1.status"
}

is_wanted() {
	case $1 in
	*"$TEST_ONLY"*) return 0 ;;
	*) return 1 ;;
	esac
}

# run_one LABEL BUILD SECONDS COMMAND ...
run_one() {
	is_wanted "$1" || return 0
	label=$1 bound=$3
	shift
	program one "$@"
	report one "$label" "$bound"
}

# Take what no other worker has taken from the list of "label, build, seconds, command" until its end. Labels hold no blanks.
worker() {
	n=0
	while read -r label build seconds command; do
		n=$((n + 1))
		mkdir "$scratch/$n.taken" 2>/dev/null || continue
		program "$n" "$build" "$seconds" sh -c "exec $command"
	done <"$scratch/list"
}

# Run the list and report it in its order, each as soon as it is done.
run_list() {
	jobs=0
	while [ "$jobs" -lt "$TEST_JOBS" ]; do
		worker &
		jobs=$((jobs + 1))
	done
	done_count=0
	while read -r label build seconds command; do
		done_count=$((done_count + 1))
		while [ ! -e "$scratch/$done_count.status" ]; do
			sleep 0.1
		done
		report "$done_count" "$label" "$seconds"
	done <"$scratch/list"
	wait
}

run_one tidy "$main_build" "$UNIT_TIMEOUT_S" sh -c 'sh tests/tidy.sh && echo "ok - tidy"'
: >"$scratch/list"
for build in "$@"; do
	for path in "$build"/tests/test_*; do
		# A program whose source is gone is a leftover of an earlier build.
		[ -x "$path" ] && [ -f "tests/unit/$(basename "$path").c" ] && is_wanted "$path" || continue
		echo "$path $build $UNIT_TIMEOUT_S $path" >>"$scratch/list"
	done
	[ ! -f tests/fuzz/replay.sh ] || ! is_wanted "$build/fuzz-replay" ||
		echo "$build/fuzz-replay $build $SHELL_TIMEOUT_S sh tests/fuzz/replay.sh $build/fuzz-replay" >>"$scratch/list"
done
run_list
for script in tests/flow/[0-9][0-9]-*.sh tests/fault/*.sh tests/sim/*.sh; do
	[ -e "$script" ] || continue # one that may not be executed fails, it is not passed over
	run_one "$script" "$main_build" "$SHELL_TIMEOUT_S" "$script"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
