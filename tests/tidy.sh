#!/bin/sh
# The rules of the house that a machine can check. Prints `file:line: what` for each breach; the status is 1 when there is one.
#
#   tests/tidy.sh [TOP]      TOP: the tree to check, default the one this script is in
#
# In C files (tests included, except where said otherwise):
#   - banned calls: strcpy strcat sprintf gets atoi strtok scanf alloca rand; outside tests also time() gettimeofday clock_gettime
#     randombytes_buf, which belong to struct env, and getenv, which belongs to the two config.c
#   - SQL printed by the printf family: values are bound, never printed in
#   - functions over 70 lines, lines over 140 columns (a tab reaches to the next multiple of 8; the words of a message do not count, since a
#     message stays in one piece to be searched for), files over 800 lines; the last two not in *_table.c and *_words.c, which are data
#   - include arrows: base <- record <- form <- proto <- agent, server; agent and server never meet; the road does not know the commands
#     (in agent and server only main.c and command/ include from command/); paths begin at the top
#   - headers without include guard, C files that the Makefile does not list
# In every text file: white space at line ends, notes about work to be done later.
# A line with the comment "allowed: why" may hold a banned call or printed SQL. tests/fault/tidy_selftest.sh proves each rule.
set -u
export LC_ALL=C

top=${1:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$top" || exit 1
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT

# Names of files here hold no white space; one that does is reported and left out.
files() {
	find . \( -name .git -o -name 'build' -o -name 'build-*' -o -path ./tests/vectors \) -prune -o -type f \( "$@" \) -print |
		sed 's,^\./,,' | sort
}

c_files=$(files -name '*.[ch]')
text_files=$(files -name '*.[ch]' -o -name '*.sh' -o -name '*.sql' -o -name '*.md' -o -name '*.js' -o -name '*.css' -o -name '*.html' \
	-o -name Makefile -o -name '*.py')

# Prints the breaches of the C files. Columns are counted in characters, so bytes that continue one in UTF-8 are dropped first.
check_c() {
	awk '
function report(line, what) { printf "%s:%d: %s\n", FILENAME, line, what }

# Fold of a path into what it may include: a list of accepted beginnings.
function accepted(file) {
	if (file ~ /^proto\/base\//) return "proto/base/"
	if (file ~ /^proto\/form\//) return "proto/form/ proto/base/ proto/record.h"
	if (file ~ /^proto\//) return "proto/"
	if (file ~ /^agent\//) return "agent/ proto/"
	if (file ~ /^server\//) return "server/ proto/"
	return "agent/ server/ proto/ tests/"
}

# Is this a file of the road that includes a command?
function road_meets_command(file, path) {
	return file ~ /^(agent|server)\// && file !~ /^[a-z]+\/(main\.c$|command\/)/ && path ~ /^[a-z]+\/command\//
}

function check_include(path,    list, n, i) {
	n = split(accepted(FILENAME), list, " ")
	for (i = 1; i <= n; i++)
		if (index(path, list[i]) == 1 && index(path, "..") == 0)
			break
	if (i > n)
		report(FNR, "includes " path "; only " accepted(FILENAME) " may be included here")
	else if (road_meets_command(FILENAME, path))
		report(FNR, "includes " path "; commands may be included here by nobody but main.c and commands")
}

function columns(text,    n, i, piece, col) {
	gsub(/[\200-\277]/, "", text)
	if (index(text, "\t") == 0)
		return length(text)
	n = split(text, piece, "\t")
	for (i = 1; i <= n; i++) {
		col += length(piece[i])
		if (i < n)
			col += 8 - col % 8
	}
	return col
}

# The line without comments; strings and characters become "" but their texts are kept in `strings`.
# `in_comment` goes on from line to line.
function code_of(text,    out, c, two, i, n, quote) {
	strings = ""
	n = length(text)
	if (!in_comment && index(text, "\"") == 0 && index(text, "\047") == 0 && index(text, "/") == 0)
		return text
	for (i = 1; i <= n; i++) {
		c = substr(text, i, 1)
		two = substr(text, i, 2)
		if (in_comment) {
			if (two == "*/") { in_comment = 0; i++ }
		} else if (two == "/*") {
			in_comment = 1; i++
		} else if (two == "//") {
			break
		} else if (c == "\"" || c == "\047") {
			quote = c
			for (i++; i <= n && (c = substr(text, i, 1)) != quote; i++) {
				if (c == "\\") { strings = strings c; i++; c = substr(text, i, 1) }
				strings = strings c
			}
			strings = strings " "
			out = out quote quote
		} else
			out = out c
	}
	return out
}

# Is the call `names` (an alternation) on this line of code?
function calls(code, names) {
	return code ~ ("(^|[^A-Za-z0-9_.])(" names ")[ \t]*\\(")
}

function check_calls(code) {
	if (calls(code, "strn?cpy|strn?cat|v?sprintf|gets|ato[ifl]|atoll|strtok|strtok_r|v?[fs]?scanf|alloca|s?rand|rand_r"))
		report(FNR, "banned call; see STYLE in tests/tidy.sh, or say /* allowed: why */")
	if (in_tests)
		return
	if (calls(code, "time|gettimeofday|clock_gettime|randombytes_buf"))
		report(FNR, "clock or randomness outside struct env, or say /* allowed: why */")
	if (calls(code, "getenv|secure_getenv") && FILENAME !~ /^(agent|server)\/config\.c$/)
		report(FNR, "the environment is read in config.c only, or say /* allowed: why */")
}

# Follow a call of the printf family over lines, by its parentheses, and look into its strings.
function check_sql(code,    i, c, n, rest) {
	if (!depth && match(code, /(^|[^A-Za-z0-9_])[a-z0-9_]*printf[ \t]*\(/)) {
		rest = substr(code, RSTART + RLENGTH)
		depth = 1
	} else if (depth)
		rest = code
	else
		return
	if ((" " strings) ~ /[^A-Za-z_](SELECT|INSERT|UPDATE|DELETE|CREATE)[ \t\\]/)
		report(FNR, "SQL printed; bind the values, or say /* allowed: why */")
	n = length(rest)
	for (i = 1; i <= n && depth; i++) {
		c = substr(rest, i, 1)
		if (c == "(") depth++
		if (c == ")") depth--
	}
}

function file_end() {
	if (!file) return
	if (file ~ /\.h$/ && !guarded)
		printf "%s:1: header without include guard\n", file
	if (lines > 800 && file !~ /_(table|words)\.c$/)
		printf "%s:%d: over 800 lines; look for the second noun in it\n", file, lines
}

FNR == 1 {
	file_end()
	file = FILENAME; in_comment = 0; depth = 0; body = 0; guard = ""; guarded = 0
	in_tests = file ~ /^tests\//
}
{
	lines = FNR
	excused = $0 ~ /\/[*\/].*allowed: *[^ *]/
	code = code_of($0)
	if (length($0) > 80 && file !~ /_(table|words)\.c$/ && columns($0) > 140 && columns($0) - columns(strings) > 140)
		report(FNR, "line over 140 columns")
	if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"/ && match($0, /"[^"]*"/))
		check_include(substr($0, RSTART + 1, RLENGTH - 2))
	if (guard == "" && code ~ /^#/)
		guard = code ~ /^#ifndef [A-Z0-9_]+_H$/ ? substr(code, 9) : "none"
	else if (guard != "" && guard != "none" && code == "#define " guard)
		guarded = 1
	if (!excused) {
		check_calls(code)
		check_sql(code)
	}
	if (code ~ /^\{/)
		body = FNR
	else if (code ~ /^}/ && body) {
		if (FNR - body - 1 > 70)
			report(body, "function of " FNR - body - 1 " lines; 70 are the most")
		body = 0
	}
}
END { file_end() }
' "$@"
}

# White space at line ends, and the marks of unfinished work (spelled apart here).
check_text() {
	awk -v marks='(^|[^A-Za-z0-9_])(TO''DO|FIX''ME|X''XX)([^A-Za-z0-9_]|$)' '
		/[ \t\r]$/ { printf "%s:%d: white space at the end of the line\n", FILENAME, FNR }
		$0 ~ marks { printf "%s:%d: a note about work to be done later\n", FILENAME, FNR }' "$@"
}

check_listed() {
	listed=" $("${MAKE:-make}" -s sources 2>/dev/null | tr '\n' ' ')"
	for file in $(files -name '*.c'); do
		case $file in
		tests/* | packaging/*) continue ;;
		esac
		case $listed in
		*" $file "*) ;;
		*) echo "$file:1: is in no list of the Makefile" ;;
		esac
	done
}

{
	# shellcheck disable=SC2086
	[ -z "$c_files" ] || check_c $c_files
	# shellcheck disable=SC2086
	[ -z "$text_files" ] || check_text $text_files
	check_listed
	files -name '*[[:space:]]*' | sed 's/$/:1: white space in a file name/'
} >"$found"

cat "$found"
[ ! -s "$found" ]
