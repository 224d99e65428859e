#!/bin/sh
# Goal of this test: every rule that SQLite's habits make necessary (the rows of proto/base/vault/row.h) is needed, and a test sees to it.
# With nothing taken out all tests of the rows pass; with the answer of any one row taken out at least one test of that row fails. A
# program that dies counts as failing, so each run is a process of its own.
. "$(dirname "$0")/../lib/flow.sh"
ulimit -c 0

programs=
for source in "$ROOT"/tests/unit/test_vault_rows*.c; do
	programs="$programs $(basename "$source" .c)"
done
row_count=$(sed -n 's/^ \*	 *\([0-9][0-9]*\)  .*/\1/p' "$ROOT/proto/base/vault/row.h" | tail -n 1)
expect "row.h numbers its rows" test "$row_count" -ge 32

# Run the tests of row $1 (0: all tests, nothing taken out). The failing ones are in `failing`.
run_row() {
	failing=
	for program in $programs; do
		VAULT_ROW_WITHOUT=$1 CMOCKA_MESSAGE_OUTPUT=tap "$BUILD/rows/$program" >"$program.out" 2>&1
		status=$?
		[ $status -ne 0 ] || continue
		names=$(sed -n 's/^not ok [0-9]* - //p' "$program.out" | tr '\n' ' ')
		failing="$failing ${names:-$program ended with status $status}"
		cat "$program.out" >>row.out
	done
	failing=$(echo $failing)
}

: >row.out
run_row 0
if [ -z "$failing" ]; then
	ok "with every answer in place all tests of the rows pass"
else
	not_ok "with every answer in place all tests of the rows pass" row.out
fi

row=0
while [ "$row" -lt "${row_count:-0}" ]; do
	row=$((row + 1))
	run_row "$row"
	if [ -n "$failing" ]; then
		ok "row $row: is needed (failing test: $failing)"
	else
		not_ok "row $row: is needed (no test fails without it)"
	fi
done
finish
