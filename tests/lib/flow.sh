# For tests written in shell. Begin such a script with
#
#   #!/bin/sh
#   # Goal of this test: ...
#   . "$(dirname "$0")/../lib/flow.sh"
#
# and end it with `finish`. Then ROOT is the top folder, BUILD the folder with the programs, SCRATCH an empty folder that goes away
# afterwards, and the current folder is SCRATCH. The functions print the lines that tests/run.sh counts. A script may be started
# by hand as well; it then makes its own scratch folder.
set -u

ROOT=${MANDOOB_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${MANDOOB_BUILD:-$ROOT/build}
SCRATCH=${MANDOOB_SCRATCH:-}
flow_own_scratch=
if [ -z "$SCRATCH" ]; then
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/mandoob-flow-XXXXXX") || exit 1
	flow_own_scratch=$SCRATCH
fi
AGENT=$BUILD/mandoob-agent
SERVER=$BUILD/mandoob-server
flow_failed=0
flow_pids=

# Ends what start() started, by its own process ids, and removes scratch made here.
flow_cleanup() {
	for flow_pid in $flow_pids; do
		kill "$flow_pid" 2>/dev/null
	done
	for flow_pid in $flow_pids; do
		wait "$flow_pid" 2>/dev/null
	done
	cd /
	[ -z "$flow_own_scratch" ] || rm -rf "$flow_own_scratch"
}
trap flow_cleanup EXIT
trap 'exit 1' HUP INT TERM
cd "$SCRATCH" || exit 1

# ok NAME: the test NAME passed.
ok() {
	echo "ok - $1"
}

# not_ok NAME [FILE]: the test NAME failed; FILE is shown.
not_ok() {
	echo "not ok - $1"
	flow_failed=$((flow_failed + 1))
	[ $# -lt 2 ] || sed 's/^/# /' "$2"
}

# expect_status STATUS NAME COMMAND ...: the command ends with that exit status. Its output is left in $SCRATCH/output.
expect_status() {
	flow_want=$1 flow_name=$2
	shift 2
	"$@" >"$SCRATCH/output" 2>&1
	flow_got=$?
	if [ "$flow_got" -eq "$flow_want" ]; then
		ok "$flow_name"
	else
		echo "status $flow_got where $flow_want was expected, from: $*" >>"$SCRATCH/output"
		not_ok "$flow_name" "$SCRATCH/output"
	fi
}

# expect NAME COMMAND ...: the command succeeds.
expect() {
	expect_status 0 "$@"
}

# expect_text NAME PATTERN [FILE]: FILE (default: the last output) holds a line with the extended regular expression PATTERN.
expect_text() {
	flow_file=${3:-$SCRATCH/output}
	if grep -Eq -e "$2" "$flow_file"; then
		ok "$1"
	else
		not_ok "$1" "$flow_file"
		echo "# nothing here matches: $2"
	fi
}

# expect_no_text NAME PATTERN [FILE]: no line of it does.
expect_no_text() {
	flow_file=${3:-$SCRATCH/output}
	if grep -Eq -e "$2" "$flow_file"; then
		not_ok "$1" "$flow_file"
		echo "# this must not match: $2"
	else
		ok "$1"
	fi
}

# expect_same NAME GOLDEN FILE: the two files hold the same bytes.
expect_same() {
	expect "$1" diff -u "$2" "$3"
}

# start LOG COMMAND ...: run the command in the background until the script ends, output to LOG; its process id is in $started.
start() {
	flow_log=$1
	shift
	"$@" >"$flow_log" 2>&1 </dev/null &
	started=$!
	flow_pids="$flow_pids $started"
}

# wait_for SECONDS COMMAND ...: try the command five times a second until it succeeds; fails when the time is up.
wait_for() {
	flow_tries=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		flow_tries=$((flow_tries - 1))
		[ $flow_tries -gt 0 ] || return 1
		sleep 0.2
	done
}

# finish: end the script; it fails when a test did.
finish() {
	[ $flow_failed -eq 0 ]
	exit
}
