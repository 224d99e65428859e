#!/bin/sh
# Goal of this test: mandoob-agent is killed (SIGKILL) at random moments, in the middle of `take` and of `sync`. Afterwards every
# application that it called saved is there, everything it holds a receipt for is at the centre, and both stores are sound.
# KILLS says how often (50); SEED repeats a run.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

: "${KILLS:=50}" "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
echo "# SEED=$SEED"
world_centre centre
world_device one قنا "مندوب أول"
sample 0 1 >app.json
a one take app.json >/dev/null 2>&1

# How long a whole run takes, so that the moments fall everywhere in it.
sample 1 6 >app.json
take_ms=$(elapsed_ms a one take app.json)
sync_ms=$(elapsed_ms a one sync)
echo "# take of six takes $take_ms ms, sync $sync_ms ms"
: >saved
device_cases one >>saved

round=0
killed=0
while [ "$round" -lt "$KILLS" ]; do
	round=$((round + 1))
	if [ $((round % 3)) -eq 0 ]; then
		run=sync span=$sync_ms
		set -- sync
	else
		run=take span=$take_ms
		sample $((round * 6 + 1)) 6 >app.json
		set -- take app.json
	fi
	"$AGENT" --dir one --passphrase-file one.pass "$@" >said 2>&1 &
	victim=$!
	sleep_ms $(($(random) % (span + span / 4)))
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	[ $? -ne 137 ] || killed=$((killed + 1))
	[ "$run" = sync ] || saved_cases said >>saved
done
echo "# $killed of $KILLS were killed before they were done; $(wc -l <saved) applications were called saved"
[ "$killed" -ge $((KILLS / 2)) ] && ok "most were killed in the middle" || not_ok "most were killed in the middle"

sort -u saved >saved.sorted
device_cases one | sort -u >held
comm -23 saved.sorted held >lost
equal "every application called saved is on the device" "" "$(cat lost)"
expect "the device's store is sound" a one check
confirmed_cases one | sort -u >confirmed
centre_cases | sort -u >centre.cases
comm -23 confirmed centre.cases >lost
equal "every case with a receipt is at the centre" "" "$(cat lost)"
[ "$(centre_count groups)" -ge "$(device_count one confirmed)" ] && ok "and every change" || not_ok "and every change"
expect "it contacts the centre" a one sync
equal "now everything is received" "$(device_count one groups)" "$(device_count one confirmed)"
centre_cases | sort -u >centre.cases
expect_same "the centre holds every case of the device" held centre.cases
equal "and every change once" "$(device_count one groups)" "$(centre_count groups)"
equal "and agrees with it" 0 "$(device_count one mismatches)"
world_centre_stop
expect "the centre's store is sound" s check
finish
