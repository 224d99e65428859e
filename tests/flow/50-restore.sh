#!/bin/sh
# Goal of this test: the centre burns down and comes back from a backup that is older than what devices have receipts for. Nothing is
# lost: the devices send again what the backup does not know, their digests agree, and both sides are sound.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

world_centre centre
world_device one قنا "مندوب أول"
world_device two قنا "مندوب ثان"
sample 50 4 >before.json
sample 60 3 >after.json
expect "four applications" a one take before.json
expect "reach the centre" a one sync
expect "a backup is made while the centre serves" s backup centre.backup
expect "the devices hear of it" a one sync
case_id=$(device_cases one | sed -n 1p)
expect "three more on another device" a two take after.json
set_value one "$case_id" village "قرية بعد النسخة"
expect "both contact the centre after the backup" a two sync
expect "the other too" a one sync
expect "and the first again" a two sync
equal "everything of one is received" "$(device_count one groups)" "$(device_count one confirmed)"
equal "everything of two is received" "$(device_count two groups)" "$(device_count two confirmed)"
equal "the centre holds seven cases" 7 "$(centre_cases | wc -l)"

world_centre_stop
rm -rf centre
expect "the backup is restored elsewhere" world_restore centre.backup risen
CENTRE=risen
equal "it knows only four cases" 4 "$(centre_cases | wc -l)"
world_centre_start
for device in one two one two; do
	expect "$device contacts the restored centre" a "$device" sync
done
equal "all seven cases are back" 7 "$(centre_cases | wc -l)"
equal "with what was changed after the backup" "قرية بعد النسخة" "$(centre_value "$case_id" village)"
equal "nothing became a conflict" "" "$(centre_conflicts)"
sample 70 1 >new.json
expect "work goes on" a one take new.json
expect "and is sent" a one sync
expect "and fetched" a two sync
for device in one two; do
	equal "$device holds all cases" 8 "$(device_cases "$device" | wc -l)"
	equal "$device has everything received" "$(device_count "$device" groups)" "$(device_count "$device" confirmed)"
	expect "$device is sound" a "$device" check
done
equal "the case is the same on both" "$(case_on one "$case_id")" "$(case_on two "$case_id")"
mismatches=$(device_count one mismatches)
a one sync >/dev/null 2>&1
equal "the digests agree" "$mismatches" "$(device_count one mismatches)"
world_centre_stop
expect "the restored centre is sound" s check
finish
