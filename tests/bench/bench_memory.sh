#!/bin/sh
# Resident memory of an agent that waits between contacts (sync --watch), with 30 cases in its store, after a contact. Bar: 16 MiB.
set -eu

cd "$MANDOOB_SCRATCH"
mkdir memory
cd memory
case $MANDOOB_BUILD in /*) build=$MANDOOB_BUILD ;; *) build=$MANDOOB_ROOT/$MANDOOB_BUILD ;; esac
agent="$build/mandoob-agent --dir agent --passphrase-file passphrase"
server="$build/mandoob-server --dir centre --passphrase-file passphrase"
pids=
trap 'kill $pids 2>/dev/null || true' EXIT INT TERM
umask 077
echo 'a passphrase for the bench' >passphrase

$server init --root-key root --recovery-key recovery --name bench --admin admin --admin-passphrase-file passphrase >log 2>&1
$server serve --listen 127.0.0.1:0 --port-file port 2>>log &
pids=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s port ] && break
	sleep 0.5
done
$server enrol-code --as admin --as-passphrase-file passphrase --branch bench --person bench --code-file code >>log 2>&1
$agent init >>log 2>&1
$agent enrol "http://127.0.0.1:$(cat port)" --code-file code --name bench >>log 2>&1
"$build/tests/sample" 3 0 30 | $agent take - >>log 2>&1
$agent sync --watch 3600 >watch 2>>log &
watcher=$!
pids="$pids $watcher"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s watch ] && break
	sleep 0.5
done
sleep 2
kib=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$watcher/status")
own=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$watcher/status")
verdict=ok
[ "$kib" -le 16384 ] || verdict=short
printf 'agent_idle_resident\t%s\tKiB\t16384\tof which its own, not shared with other programs: %s\t%s\n' "$kib" "$own" "$verdict"
centre=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/${pids%% *}/status")
printf 'server_idle_resident\t%s\tKiB\t-\t-\tok\n' "$centre"
