#!/bin/sh
# Goal of this test: mandoob-server is killed (SIGKILL) at random moments while devices contact it in a loop. Afterwards everything
# that a device holds a receipt for is at the centre, the devices lose nothing, agree with the centre, and all stores are sound.
# KILLS says how often (50); SEED repeats a run.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

: "${KILLS:=50}" "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
echo "# SEED=$SEED"
world_centre centre
for name in one two three; do
	world_device "$name" قنا "مندوب $name"
done
rm -f stop

# busy NAME FIRST: take and sync until the file stop appears.
busy() {
	number=$2
	while [ ! -e stop ]; do
		sample "$number" 2 >"$1.json"
		number=$((number + 2))
		a "$1" take "$1.json" >"$1.said" 2>&1 && saved_cases "$1.said" >>"$1.saved"
		a "$1" sync >>"$1.syncs" 2>&1
		echo $? >>"$1.statuses"
	done
}

workers=
first=1000
for name in one two three; do
	busy "$name" $first &
	workers="$workers $!"
	first=$((first + 1000))
done
flow_pids="$flow_pids $workers"

round=0
while [ "$round" -lt "$KILLS" ]; do
	round=$((round + 1))
	sleep_ms $((50 + $(random) % 600))
	kill -9 "$centre_pid" 2>/dev/null
	wait "$centre_pid" 2>/dev/null
	world_centre_start || break
done
: >stop
for worker in $workers; do
	wait "$worker"
done
equal "the centre came back each time" "$KILLS" "$round"
done_count=$(cat ./*.statuses | grep -c '^0$')
cut_count=$(cat ./*.statuses | grep -c '^75$')
echo "# $done_count contacts were completed, $cut_count were cut"
equal "a contact is completed or to be tried again" "" "$(cat ./*.statuses | grep -v -e '^0$' -e '^75$')"
[ "$done_count" -gt 0 ] && [ "$cut_count" -gt 0 ] && ok "there were contacts of both kinds" || not_ok "there were contacts of both kinds"

centre_cases | sort -u >centre.cases
received=0
for name in one two three; do
	received=$((received + $(device_count "$name" confirmed)))
	sort -u "$name.saved" >saved
	device_cases "$name" | sort -u >held
	comm -23 saved held >lost
	equal "$name: every application called saved is there" "" "$(cat lost)"
	confirmed_cases "$name" | sort -u >confirmed
	comm -23 confirmed centre.cases >lost
	equal "$name: every case with a receipt is at the centre" "" "$(cat lost)"
done
[ "$(centre_count groups)" -ge $received ] && ok "and every change with a receipt" || not_ok "and every change with a receipt"
for name in one two three one two three; do
	a "$name" sync >/dev/null 2>&1
done
centre_cases | sort -u >centre.cases
for name in one two three; do
	equal "$name: everything is received" "$(device_count "$name" groups)" "$(device_count "$name" confirmed)"
	equal "$name: it agrees with the centre" 0 "$(device_count "$name" mismatches)"
	device_cases "$name" | sort -u >held
	expect_same "$name: it holds every case of its branch" centre.cases held
	expect "$name: its store is sound" a "$name" check
done
saved=0
for name in one two three; do
	saved=$((saved + $(device_count "$name" groups)))
done
equal "the centre holds every change once" $saved "$(centre_count groups)"
world_centre_stop
expect "the centre's store is sound" s check
finish
