#!/bin/sh
# Goal of this test: the stock sqlite3 shell reads a device's encrypted file through the loadable extension, and no key and no passphrase
# passes through SQL. A refused open leaves every byte as it was.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

EXTENSION=$BUILD/mandoob_vault
if ! command -v sqlite3 >/dev/null || [ ! -e "$EXTENSION.so" ]; then
	echo "ok - the extension # SKIP there is no sqlite3, or the extension was not built"
	finish
fi
vault=one/agent.vault

# sql PASSFILE LINE ...: the lines to the shell after the extension was loaded, with the passphrase on descriptor 8.
sql() {
	sql_pass=$1
	shift
	printf '%s\n' ".load $EXTENSION" "$@" | sqlite3 -bail 8<"$sql_pass"
}

world_centre centre
world_device one قنا "مندوب أول"
sample 1 4 >app.json
expect "applications are taken" a one take app.json
secret wrong.pass "not the passphrase at all"
unlock="SELECT vault_unlock('$vault', 8);"
open="file:$vault?vfs=mandoob"

expect "the shell unlocks" sql one.pass "$unlock"
expect_text "and is told what comes next" "\.open 'file:PATH\?vfs=mandoob'"
expect "it reads" sql one.pass "$unlock" ".open '$open&mode=ro'" "SELECT 'cases ' || count(*) FROM aid_case;" "PRAGMA integrity_check;"
expect_text "what is there" "^cases 4$"
expect_text "and it is sound" "^ok$"
expect_status 1 "read-only means it" sql one.pass "$unlock" ".open '$open&mode=ro'" "DELETE FROM meta;"
expect_text "and says so" "readonly"

find one -type f -exec sha256sum {} + | sort >sums.before
expect_status 1 "a wrong passphrase is refused" sql wrong.pass "$unlock"
expect_text "and named" "wrong passphrase"
expect_no_text "without being shown" "not the passphrase"
expect_status 1 "so nothing opens" sql wrong.pass ".open '$open'" "SELECT count(*) FROM aid_case;"
expect_status 26 "nor without the VFS" sqlite3 "$vault" "SELECT count(*) FROM aid_case;"
expect_status 1 "a passphrase in SQL is refused" sql one.pass "SELECT vault_unlock('$vault', 'passphrase of one 47');"
expect_text "as what it is" "never a passphrase"
expect_status 1 "a view cannot ask for one" sql one.pass "CREATE VIEW ask AS SELECT vault_unlock('$vault', 8);" "SELECT * FROM ask;"
expect_text "since the functions are for people" "unsafe use of vault_unlock"
find one -type f -exec sha256sum {} + | sort >sums.after
expect_same "every byte is as before" sums.before sums.after

expect_status 1 "after vault_lock() nothing opens" sql one.pass "$unlock" ".open '$open'" "SELECT count(*) FROM aid_case;" "SELECT vault_lock();" \
	".open '$open&again=1'" "SELECT count(*) FROM aid_case;"

# What a process that was killed left in its WAL is read too.
sample 5 1 >more.json
sh -c 'printf "%s\n" "$@" | sqlite3 8<one.pass' sh ".load $EXTENSION" "$unlock" ".open '$open'" "PRAGMA wal_autocheckpoint = 0;" \
	"CREATE TABLE left_behind (a);" "INSERT INTO left_behind VALUES (17);" ".system kill -9 \$PPID" >/dev/null 2>&1
ls -s "$vault-wal" >output 2>&1
expect_text "a WAL is pending" "^ *[1-9]"
expect "the shell reads through it" sql one.pass "$unlock" ".open '$open'" "SELECT 'left ' || a FROM left_behind;" "DROP TABLE left_behind;"
expect_text "to the last commit" "^left 17$"

expect "VACUUM INTO makes a copy" sql one.pass "$unlock" ".open '$open'" "VACUUM INTO 'file:copy.vault?vfs=mandoob';"
expect_no_text "that is no plain database" "SQLite format 3" copy.vault
expect "and opens with the same passphrase" sql one.pass "SELECT vault_unlock('copy.vault', 8);" ".open 'file:copy.vault?vfs=mandoob'" \
	"SELECT 'cases ' || count(*) FROM aid_case;"
expect_text "with everything in it" "^cases 4$"
printf 'agent_meta\nCREATE TABLE\n' >words
expect "nothing in clear" "$HELPERS/scan" words copy.vault one
expect "the device goes on" a one check
finish
