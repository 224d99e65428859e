# A small world for tests written in shell: one centre, its devices, and the link between them. To be read after flow.sh. Everything lies in
# the current folder: the centre in $CENTRE, device NAME in the folder NAME with its passphrase in NAME.pass. Devices know the centre by
# the address of badlink (badlink_main.c), so that a script can spoil the link and move the centre. The sample people are invented.

export LC_ALL=C.UTF-8
HELPERS=$BUILD/tests
CENTRE=centre
CENTRE_PASS=centre.pass
ADMIN=amina
ORGANISATION="جمعية المثال"
centre_pid=

# a NAME ARGUMENT ...: mandoob-agent on device NAME. With a file NAME.clock its wall clock stands still at the second named there.
a() {
	a_name=$1
	shift
	with_clock "$a_name" "$AGENT" --dir "$a_name" --passphrase-file "$a_name.pass" "$@"
}

# s ARGUMENT ...: mandoob-server on the centre's folder, in the administrator's name where a command asks for one.
s() {
	case "$1 ${2:-}" in
	passphrase\ * | enrol-code\ * | "vault slot" | "vault passphrase" | "vault rekey" | "vault erase" | "device lease" | "device revoke" | \
	"device restored" | policy\ * | "manifest install" | account\ * | "form publish" | "list publish" | "dictionary install" | case\ * | conflict\ * | audit\ *)
		"$SERVER" --dir "$CENTRE" --passphrase-file "$CENTRE_PASS" --as "$ADMIN" --as-passphrase-file admin.pass "$@"
		;;
	*) "$SERVER" --dir "$CENTRE" --passphrase-file "$CENTRE_PASS" "$@" ;;
	esac
}

# build_clock: the wrong clocks (tests/flow/otherclock.c) are ready.
build_clock() {
	[ -e otherclock.so ] || ${CC:-cc} -O1 -D_GNU_SOURCE -shared -fPIC -o otherclock.so "$ROOT/tests/flow/otherclock.c"
}

with_clock() {
	clock_file=$1.clock
	shift
	if [ -e "$clock_file" ]; then
		LD_PRELOAD=$SCRATCH/otherclock.so ASAN_OPTIONS=verify_asan_link_order=0 MANDOOB_TEST_CLOCK=$(cat "$clock_file") "$@"
	else
		"$@"
	fi
}

# secret FILE TEXT: a file that only we can read.
secret() {
	(umask 077 && printf '%s\n' "$2" >"$1")
}

# equal NAME WANTED GOT: a test.
equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		printf 'wanted: %s\ngot:    %s\n' "$2" "$3" >unequal
		not_ok "$1" unequal
	fi
}

# expect_arabic NAME [FILE]: FILE (default: the last output) says something in Arabic too. Bytes, since ranges of letters depend on the locale.
arabic=$(printf '([\330\331][\200-\277]){3}')
expect_arabic() {
	if LC_ALL=C grep -aEq -e "$arabic" "${2:-output}"; then
		ok "$1"
	else
		not_ok "$1" "${2:-output}"
	fi
}

# sample FIRST [COUNT]: invented applications as JSON, one per line.
sample() {
	"$HELPERS/sample" 7 "$@"
}

# random: a number below 32768 that follows from SEED. Its state is a file, since it runs in subshells.
random() {
	random_state=$(cat random.state 2>/dev/null || echo "${SEED:-7}")
	random_state=$(((random_state * 1103515245 + 12345) % 2147483648))
	echo "$random_state" >random.state
	echo $((random_state / 65536))
}

sleep_ms() {
	sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# elapsed_ms COMMAND ...: how long it takes; its output is dropped.
elapsed_ms() {
	elapsed_from=$(date +%s%3N)
	"$@" >/dev/null 2>&1
	echo $(($(date +%s%3N) - elapsed_from))
}

# flip FILE BYTE OUT: a copy with another value at that byte, counted from 0.
flip() {
	{
		head -c "$2" "$1"
		tail -c +$(($2 + 1)) "$1" | head -c 1 | LC_ALL=C tr '\000-\377' '\001-\377\000'
		tail -c +$(($2 + 2)) "$1"
	} >"$3"
}

# flat COMMAND ...: its JSON as lines "/path<TAB>value".
flat() {
	"$@" 2>/dev/null | "$HELPERS/jflat"
}

# members PATTERN: of flat lines, the values of those whose path matches the awk pattern (anchored).
members() {
	awk -F '\t' -v pattern="^$1\$" '$1 ~ pattern { print substr($0, length($1) + 2) }'
}

# value_of FIELD ENTRY: of a flat case (both programs show one alike), the value; the first entry that has the field when ENTRY is empty.
value_of() {
	awk -F '\t' -v want="$1" -v entry="$2" '
		$1 ~ /^\/entries\/[0-9]+\/id$/ { id = $2 }
		$1 ~ /\/field$/ { field = $2 }
		$1 ~ /\/value$/ && field == want && (entry == "" || entry == id) { print $2; exit }'
}

# ---- The centre -----------------------------------------------------------------------------------------------------

# world_centre DIR: a new centre, serving, and the link to it. Starts over when there was one already.
world_centre() {
	CENTRE=$1
	secret centre.pass "centre passphrase 41"
	secret admin.pass "admin passphrase 43"
	mkdir -p "$CENTRE.keys"
	s init --name "$ORGANISATION" --root-key "$CENTRE.keys/root.key" --recovery-key "$CENTRE.keys/recovery.key" \
		--admin "$ADMIN" --admin-passphrase-file admin.pass >init.said 2>&1 ||
		{ not_ok "a centre is made" init.said; exit 1; }
	world_centre_start || { not_ok "the centre serves" "$CENTRE.log"; exit 1; }
	if [ -z "${link_pid:-}" ]; then
		link pass
		start link.log "$HELPERS/badlink" link.port centre.port link.mode
		link_pid=$started
		wait_for 10 test -s link.port || { not_ok "there is a link" link.log; exit 1; }
		URL=http://127.0.0.1:$(cat link.port)
	fi
}

# world_centre_start: serve the folder $CENTRE at a port of the system's choice, told in centre.port. With a file centre.clock its clock stands there.
world_centre_start() {
	rm -f centre.port
	# A function in the background would be a shell that cannot be killed with the server, so the program is started by itself.
	if [ -e centre.clock ]; then
		start "$CENTRE.log" env LD_PRELOAD="$SCRATCH/otherclock.so" ASAN_OPTIONS=verify_asan_link_order=0 MANDOOB_TEST_CLOCK="$(cat centre.clock)" \
			"$SERVER" --dir "$CENTRE" --passphrase-file centre.pass serve --listen 127.0.0.1:0 --port-file centre.port
	else
		start "$CENTRE.log" "$SERVER" --dir "$CENTRE" --passphrase-file centre.pass serve --listen 127.0.0.1:0 --port-file centre.port
	fi
	centre_pid=$started
	wait_for 20 test -s centre.port
}

world_centre_stop() {
	kill "$centre_pid" 2>/dev/null
	wait "$centre_pid" 2>/dev/null
	centre_pid=
}

# link MODE: what the link does from now on: see badlink_main.c.
link() {
	echo "$1" >link.mode.new
	mv link.mode.new link.mode
}

# world_restore FILE DIR: a centre from a backup.
world_restore() {
	"$SERVER" --dir "$2" --passphrase-file centre.pass restore "$1"
}

# centre_cases: the ids of its cases, one a line.
centre_cases() {
	flat s case list --max 100000 --json | members '/cases/[0-9]+/case'
}

# centre_value CASE FIELD [ENTRY]: a value as merged; the first entry that has the field when none is named.
centre_value() {
	flat s case show "$1" --json | value_of "$2" "${3:-}"
}

# centre_has_entry CASE ENTRY: 1 when it is there, 0 when it is removed, nothing when it never was.
centre_has_entry() {
	flat s case show "$1" --json | awk -F '\t' -v entry="$2" '
		$1 ~ /^\/entries\/[0-9]+\/id$/ { id = $2 }
		$1 ~ /^\/entries\/[0-9]+\/gone$/ && id == entry { print $2 == "false" ? 1 : 0 }'
}

# centre_count WHAT: a number of its status.
centre_count() {
	flat s status --json | members "/$1"
}

# centre_conflicts: the numbers of open conflicts.
centre_conflicts() {
	flat s conflict list --json | members '/conflicts/[0-9]+/conflict'
}

# site_of CONFLICT: the site of its first candidate.
site_of() {
	flat s conflict show "$1" --json | members '/candidates/0/site'
}

# outcomes CASE: the history of a case without clocks: what was written in which order, and what became of it.
outcomes() {
	flat s case history "$1" --json | awk -F '\t' '
		$1 !~ /\/(received|claimed|site|author|at)$/ { sub(/^\/edits\//, "", $1); print $1, $2 }'
}

# ledger_lines: the histories of all cases, with sequence numbers: two of these are the same when nothing was applied in between.
ledger_lines() {
	for ledger_case in $(centre_cases | sort); do
		echo "case $ledger_case"
		flat s case history "$ledger_case" --json
	done
}

# centre_device NAME: its number at the centre.
centre_device() {
	flat s device list --json | awk -F '\t' -v want="$1" '
		$1 ~ /\/device$/ { number = $2 }
		$1 ~ /\/name$/ && $2 == want { print number }'
}

# ---- Devices --------------------------------------------------------------------------------------------------------

# new_code FILE BRANCH PERSON: a one-time code for a device.
new_code() {
	rm -f "$1"
	s enrol-code --branch "$2" --person "$3" --code-file "$1" >code.said 2>&1 || { not_ok "an enrolment code is made" code.said; exit 1; }
}

# world_device NAME BRANCH PERSON: a new, enrolled device.
world_device() {
	secret "$1.pass" "passphrase of $1 47"
	new_code "$1.code" "$2" "$3"
	# The least work for the passphrase that the vault accepts: a test opens stores some hundred times.
	a "$1" init --kdf-mem 64 --kdf-passes 3 >device.said 2>&1 || { not_ok "device $1 is made" device.said; exit 1; }
	a "$1" enrol "$URL" --code-file "$1.code" --name "$1" >device.said 2>&1 || { not_ok "device $1 is enrolled" device.said; exit 1; }
}

# device_cases NAME: the ids of its cases, one a line.
device_cases() {
	flat a "$1" list --json | members '/cases/[0-9]+/case'
}

# confirmed_cases NAME: those of which everything is received.
confirmed_cases() {
	flat a "$1" list --json | awk -F '\t' '
		$1 ~ /\/case$/ { id = $2 }
		$1 ~ /\/unsent$/ && $2 == 0 { print id }'
}

# saved_cases FILE: the ids that `take` called saved in its output.
saved_cases() {
	sed -n 's/^\([^\t]*\)\tsaved on this device.*/\1/p' "$1"
}

# device_count NAME WHAT: a number of its status: groups, confirmed, mismatches, ...
device_count() {
	case $2 in
	groups) device_what=saved ;;
	confirmed) device_what=received ;;
	mismatches) device_what=digest_mismatches ;;
	*) device_what=$2 ;;
	esac
	flat a "$1" status --json | members "/$device_what"
}

# device_state NAME: what it claims, without the times of contacts and the sealing of what waits: two of these can be compared.
device_state() {
	flat a "$1" status --json | grep -v -E '^/(last_contact|clock_off_ms|unsealed|envelopes_waiting|bytes_waiting)'
	flat a "$1" list --json
}

# case_on NAME CASE: its values as the device shows them, one a line: entry, field, value.
case_on() {
	flat a "$1" show "$2" --json | awk -F '\t' '
		$1 ~ /^\/entries\/[0-9]+\/id$/ { id = $2 }
		$1 ~ /^\/entries\/[0-9]+\/gone$/ { print id, "gone", $2 }
		$1 ~ /\/field$/ { field = $2 }
		$1 ~ /\/value$/ { print id, field, $2 }' | sort
}

# device_value NAME CASE FIELD [ENTRY]: one of them; the first entry that has the field when none is named.
device_value() {
	flat a "$1" show "$2" --json | value_of "$3" "${4:-}"
}

# device_entry NAME CASE TYPE N: the id of the N-th entry of that type, from 0, that is not removed.
device_entry() {
	flat a "$1" show "$2" --json | awk -F '\t' -v want="$3" -v left="$4" '
		$1 ~ /^\/entries\/[0-9]+\/id$/ { id = $2 }
		$1 ~ /^\/entries\/[0-9]+\/type$/ { type = $2 }
		$1 ~ /^\/entries\/[0-9]+\/gone$/ && type == want && $2 == "false" && left-- == 0 { print id; exit }'
}

# set_value NAME CASE FIELD VALUE [ENTRY], remove_entry NAME CASE ENTRY: they must work; a script that goes on without them proves nothing.
set_value() {
	if [ $# -gt 4 ]; then
		printf '%s' "$4" | a "$1" edit "$2" "$3" --entry "$5" >edit.said 2>&1
	else
		printf '%s' "$4" | a "$1" edit "$2" "$3" >edit.said 2>&1
	fi || { not_ok "device $1 changes $3" edit.said; exit 1; }
}

remove_entry() {
	a "$1" edit "$2" --entry "$3" --remove >edit.said 2>&1 || { not_ok "device $1 removes an entry" edit.said; exit 1; }
}
