#!/bin/sh
# Turn data files into a C file on standard output, so that the programs need no files beside themselves.
#
#   embed.sh data SYMBOL FILE ...   one array per file: SYMBOL_<name> and SYMBOL_<name>_len, where <name> is the file's name
#                                   with everything but letters and digits turned into "_" (questions.csv: questions_csv)
#   embed.sh schema SYMBOL FILE ... the migrations NNNN_word.sql in the order of their numbers, which begin at 0001 and have no gap,
#                                   as `const struct db_migration SYMBOL[]` with `const size_t SYMBOL_count`, for db_migrate()
#
# Every array has a NUL behind its last byte, not counted in its length, so that text can be used as text. The output
# depends on the names and the bytes of the files only. Uses od and awk and nothing else.
set -eu
export LC_ALL=C

fail() {
	echo "embed.sh: $*" >&2
	exit 1
}

# The bytes of file $1 as lines of C, ending with the NUL.
bytes() {
	[ -r "$1" ] || fail "$1: cannot be read"
	od -An -v -tu1 "$1" | awk '
		{ line = "\t"; for (i = 1; i <= NF; i++) line = line $i ","; print line }
		END { print "\t0" }'
}

# The file name $1 as part of a C name.
name_of() {
	basename "$1" | tr -c 'A-Za-z0-9\n' '_'
}

embed_data() {
	symbol=$1
	shift
	printf '#include <stddef.h>\n'
	for file in "$@"; do
		name=${symbol}_$(name_of "$file")
		printf '\nextern const unsigned char %s[];\nextern const size_t %s_len;\n' "$name" "$name"
		printf 'const unsigned char %s[] = {\n' "$name"
		bytes "$file"
		printf '};\nconst size_t %s_len = sizeof %s - 1;\n' "$name" "$name"
	done
}

# Print the number of the migration file $1, which must be $2.
migration_of() {
	base=$(basename "$1" .sql)
	case $base in
	[0-9][0-9][0-9][0-9]_?*) ;;
	*) fail "$1: is not named NNNN_word.sql" ;;
	esac
	number=$(echo "${base%%_*}" | sed 's/^0*//')
	[ "$number" = "$2" ] || fail "$1: number $2 was expected; migrations are 0001, 0002, ... without a gap"
	echo "$number"
}

embed_schema() {
	symbol=$1
	shift
	printf '#include "proto/base/db.h"\n\n#include <stddef.h>\n'
	table=
	expected=1
	for file in "$@"; do
		number=$(migration_of "$file" $expected)
		printf '\nstatic const unsigned char sql_%s[] = {\n' "$number"
		bytes "$file"
		printf '};\n'
		table="$table	{ .number = $number, .name = \"$(basename "$file")\", .sql = (const char *)sql_$number },
"
		expected=$((expected + 1))
	done
	[ -n "$table" ] || fail "$symbol: no migration given"
	printf '\nextern const struct db_migration %s[];\nextern const size_t %s_count;\n' "$symbol" "$symbol"
	printf 'const struct db_migration %s[] = {\n%s};\n' "$symbol" "$table"
	printf 'const size_t %s_count = sizeof %s / sizeof %s[0];\n' "$symbol" "$symbol" "$symbol"
}

[ $# -ge 3 ] || fail "usage: embed.sh data|schema SYMBOL FILE ..."
kind=$1
shift
case $kind in
data) embed_data "$@" ;;
schema) embed_schema "$@" ;;
*) fail "$kind: neither data nor schema" ;;
esac
