#!/bin/sh
# Goal of this test: tests/tidy.sh can fail. Each rule is broken once in a small tree of its own, and the breach is reported
# at its file and line; the same tree is clean before and after, and code that only looks like a breach is left alone.
. "$(dirname "$0")/../lib/flow.sh"

mkdir -p tree/proto/base tree/proto/form tree/agent tree/server tree/tests/unit
cp "$ROOT/Makefile" tree/

tidy() {
	sh "$ROOT/tests/tidy.sh" "$SCRATCH/tree"
}

# breach NAME FILE LINE WHAT: FILE (its text is on standard input) is reported at LINE with WHAT, and nothing else is.
breach() {
	cat >"tree/$2"
	if tidy >output 2>&1; then
		not_ok "$1" output
	elif grep -q "^$2:$3: .*$4" output && [ "$(wc -l <output)" -eq 1 ]; then
		ok "$1"
	else
		not_ok "$1" output
	fi
	rm "tree/$2"
}

# fine NAME FILE: FILE is not reported.
fine() {
	cat >"tree/$2"
	expect "$1" tidy
	rm "tree/$2"
}

# Print $1 lines that read $2.
lines() {
	awk -v n="$1" -v text="$2" 'BEGIN { while (n-- > 0) print text }'
}

expect "a clean tree is clean" tidy

for call in strcpy strcat sprintf gets atoi strtok scanf sscanf alloca rand; do
	echo "int x = $call(y);" | breach "$call is refused" proto/base/err.c 1 "banned call"
done
for call in time gettimeofday clock_gettime randombytes_buf; do
	echo "int x = $call(y);" | breach "$call is refused outside the env" agent/store.c 1 "outside struct env"
	echo "int x = $call(y);" | fine "$call is free in tests" tests/unit/test_x.c
done
echo 'char *x = getenv("HOME");' | breach "getenv is refused" agent/store.c 1 "environment"
echo 'char *x = getenv("HOME");' | fine "getenv is free in config.c" agent/config.c
echo 'int x = rand(y); /* allowed: a test of the rule */' | fine "a banned call with its reason is left alone" proto/base/err.c
echo 'int x = rand(y); /* allowed: */' | breach "an excuse without a reason is none" proto/base/err.c 1 "banned call"
fine "the names in comments, strings and other names are left alone" proto/base/err.c <<'X'
/* strcpy(a, b) and time(NULL) are banned,
 * and so is sprintf(a, b) */
const char *x = "strcpy(a) \" rand(b)"; // gets(x)
int y = snprintf(a, 1, "%d", fgets(b) + strftime(c) + localtime(d) + my_rand(e));
X

echo 'snprintf(sql, 9, "SELECT %s", name);' | breach "SQL by snprintf is refused" agent/store.c 1 "SQL printed"
breach "SQL by buf_printf is refused on a later line of the call" agent/store.c 3 "SQL printed" <<'X'
buf_printf(&b,
	f(1),
	"  INSERT INTO t VALUES(%d)", n);
X
fine "SQL that is not printed is left alone" agent/store.c <<'X'
buf_printf(&b, "%d", 1);
static const char SQL[] = "DELETE FROM t WHERE id = ?1";
printf("UPDATED %d", n);
X

{ echo "void f(void)" && echo "{" && lines 71 "	x();" && echo "}"; } | breach "a function of 71 lines is refused" agent/store.c 2 "71 lines"
{ echo "void f(void)" && echo "{" && lines 70 "	x();" && echo "}"; } | fine "a function of 70 lines is not" agent/store.c
lines 1 "/* $(lines 135 x | tr -d '\n') */" | breach "a line of 141 columns is refused" agent/store.c 1 "140 columns"
lines 1 "/* $(lines 134 x | tr -d '\n') */" | fine "a line of 140 columns is not" agent/store.c
lines 1 "	say(\"$(lines 150 x | tr -d '\n')\");" | fine "the words of a message are not counted" agent/store.c
lines 1 "	/* $(lines 127 x | tr -d '\n') */" | breach "a tab counts as eight columns" agent/store.c 1 "140 columns"
lines 1 "/* $(lines 134 ع | tr -d '\n') */" | fine "an Arabic letter is one column" agent/store.c
lines 801 "x();" | breach "a file of 801 lines is refused" agent/store.c 801 "800 lines"
lines 801 "x();" | fine "a table of 801 lines is not" proto/base/hijri_table.c

include() {
	echo "#include \"$3\"" | breach "$1" "$2" 1 "may be included here"
}
include "the agent does not include the server" agent/store.c server/ledger.h
include "the server does not include the agent" server/ledger.c agent/store.h
include "proto does not include the agent" proto/merge.c agent/store.h
include "the form does not include what is above it" proto/form/form.c proto/merge.h
include "base does not include the form" proto/base/err.c proto/form/form.h
include "base does not include proto" proto/base/err.c proto/merge.h
include "a path does not begin in the middle" proto/base/err.c err.h
include "a path does not climb" proto/base/err.c proto/base/../merge.h
echo '#include "proto/merge.h"' | fine "the agent includes proto" agent/store.c

echo "int x;" | breach "a C file in no list is refused" agent/forgotten.c 1 "no list"
echo '#include "agent/command/sync.h"' | breach "the road does not include a command" agent/store.c 1 "nobody but main.c and commands"
printf '#ifndef A_X_H\nint x;\n#endif\n' | breach "a header without include guard is refused" agent/x.h 1 "include guard"
printf '/* x */\n#ifndef A_X_H\n#define A_X_H\n#endif\n' | fine "a header with one is not" agent/x.h
printf 'int x; \n' | breach "a space at a line end is refused" agent/store.c 1 "white space"
printf 'a\nb\t\n' | breach "a tab at a line end is refused" README.md 2 "white space"
printf '/* TO''DO: later */\n' | breach "a note about later is refused" agent/store.c 1 "later"
printf '# FIX''ME\n' | breach "the other note too, in a script" agent/x.sh 1 "later"

expect "the tree is clean again" tidy
finish
