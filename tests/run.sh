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
# programs whose name holds the word; UNIT_TIMEOUT_S and SHELL_TIMEOUT_S bound the time of one program.
set -u
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
: "${UNIT_TIMEOUT_S:=120}" "${SHELL_TIMEOUT_S:=300}" "${TEST_ONLY:=}"
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

# run_one LABEL BUILD SECONDS COMMAND ...
run_one() {
	label=$1 build=$2 seconds=$3
	shift 3
	case $label in
	*"$TEST_ONLY"*) ;;
	*) return 0 ;;
	esac
	own=$scratch/own
	mkdir -p "$own/home"
	MANDOOB_ROOT=$root MANDOOB_BUILD=$root/$build MANDOOB_SCRATCH=$own TMPDIR=$own HOME=$own/home CMOCKA_MESSAGE_OUTPUT=tap \
		timeout -k 10 "$seconds" "$@" >"$scratch/output" 2>&1 </dev/null
	status=$?
	numbers=$(count "$scratch/output" $status)
	passed=$((passed + ${numbers% *}))
	failed=$((failed + ${numbers#* }))
	if [ "${numbers#* }" -eq 0 ]; then
		echo "ok    $label (${numbers% *})"
	else
		echo "FAIL  $label (${numbers% *} passed, ${numbers#* } failed, status $status)"
		[ $status -ne 124 ] || echo "      it was stopped after $seconds seconds"
		sed 's/^/      /' "$scratch/output"
	fi
	rm -rf "$own"
}

run_one tidy "$main_build" "$UNIT_TIMEOUT_S" sh -c 'sh tests/tidy.sh && echo "ok - tidy"'
for build in "$@"; do
	for program in "$build"/tests/test_*; do
		# A program whose source is gone is a leftover of an earlier build.
		[ -x "$program" ] && [ -f "tests/unit/$(basename "$program").c" ] || continue
		run_one "$program" "$build" "$UNIT_TIMEOUT_S" "$program"
	done
	[ ! -f tests/fuzz/replay.sh ] || run_one "$build/fuzz-replay" "$build" "$SHELL_TIMEOUT_S" sh tests/fuzz/replay.sh "$build/fuzz-replay"
done
for script in tests/flow/[0-9][0-9]-*.sh tests/fault/*.sh tests/sim/*.sh; do
	[ -x "$script" ] || continue
	run_one "$script" "$main_build" "$SHELL_TIMEOUT_S" "$script"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
