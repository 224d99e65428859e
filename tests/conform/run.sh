#!/bin/sh
# The form engine against cases recorded from other engines: make conformance.
#
#   tests/conform/run.sh BUILD DATA
#
# DATA is the folder with the cases; it is not part of this project, and where it is absent the run says that it was skipped. What differs is listed, each
# with its reason, in the *_differences.tsv beside this script: a difference that is not listed fails, and so does a line that differs no more.
set -u
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "$0")" && pwd)
build=$1 data=$2
if [ ! -r "$data/xpath.jsonl" ]; then
	echo "conformance: skipped: there are no recorded cases in $data (CONFORMANCE_DATA names another folder)"
	exit 0
fi
forms=$(mktemp -d "${TMPDIR:-/tmp}/mandoob-conform-XXXXXX") || exit 1
trap 'rm -rf "$forms"' EXIT
trap 'exit 1' HUP INT TERM
status=0

"$build/conform/conform_xpath" "$data" "$here/xpath_differences.tsv" || status=1
"$build/conform/conform_workbooks" "$data" "$here/workbooks_differences.tsv" || status=1
for workbook in "$data"/xlsforms/*.xlsx; do
	name=$(basename "$workbook" .xlsx)
	"$build/formc" -o "$forms/$name.form" "$workbook" >"$forms/$name.said" 2>&1 ||
		{ echo "conformance: $name.xlsx does not compile:" && cat "$forms/$name.said" && status=1; }
done
"$build/conform/conform_walks" "$data" "$forms" "$here/walks_differences.tsv" || status=1
exit $status
