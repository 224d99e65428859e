#!/bin/sh
# Goal of this test: whatever way and however often an envelope comes, it is applied once and gets one receipt. The same stick five
# times and the same envelopes by network; an old stick late; an answer lost after the centre had committed; envelopes in the wrong
# order; a captive portal instead of the centre; a device whose store was copied.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

world_centre centre
world_device one قنا "مندوب أول"
world_device two قنا "مندوب ثان"

# The same stick five times, then the same envelopes by network.
sample 5 2 >apps.json
expect "two applications are taken" a one take apps.json
expect "they go on a stick" a one export one.stick
for i in 1 2 3 4 5; do
	expect "the centre takes the stick in, time $i" s import one.stick --answers "answers.$i"
	ledger_lines >"ledger.$i"
	[ "$i" -eq 1 ] || expect_same "nothing is applied again, time $i" ledger.1 "ledger.$i"
done
equal "each edit is in the ledger once" "$(centre_cases | wc -l)" 2
expect "the answer comes back on the stick" a one import answers.5
equal "now everything is received" "$(device_count one groups)" "$(device_count one confirmed)"
expect "the same envelopes by network" a one sync
ledger_lines >ledger.net
expect_same "change nothing either" ledger.1 ledger.net
device_state one >state.before
for i in 1 2 3 4; do
	a one import "answers.$i" >output 2>&1
done
device_state one >state.after
expect_same "old answers change nothing on the device" state.before state.after

# An old stick after newer contacts.
case_id=$(device_cases one | sed -n 1p)
set_value one "$case_id" landmark "خلف المدرسة"
expect "a stick is made and left in a drawer" a one export late.stick
expect "its content arrives by network" a one sync
set_value one "$case_id" landmark "أمام المدرسة"
expect "and so does a newer change" a one sync
ledger_lines >ledger.late.before
expect "weeks later the stick is found" s import late.stick --answers late.answers
ledger_lines >ledger.late.after
expect_same "it changes nothing" ledger.late.before ledger.late.after
equal "the newer value stands" "أمام المدرسة" "$(centre_value "$case_id" landmark)"

# The answer is lost after the commit.
set_value one "$case_id" landmark "بعد الجسر"
link drop-answer
expect_status 75 "a lost answer is no success" a one sync
equal "the centre has the change" "بعد الجسر" "$(centre_value "$case_id" landmark)"
[ "$(device_count one groups)" -gt "$(device_count one confirmed)" ] && ok "the device does not claim it" || not_ok "the device does not claim it"
ledger_lines >ledger.lost.before
link pass
expect "the next contact brings the receipt" a one sync
equal "now it is received" "$(device_count one groups)" "$(device_count one confirmed)"
ledger_lines >ledger.lost.after
expect_same "and was applied once" ledger.lost.before ledger.lost.after

# A captive portal.
set_value one "$case_id" landmark "قرب البئر"
device_state one >state.before
link portal
expect_status 75 "a portal's 200 is no success" a one sync
expect_arabic "the person is told in Arabic"
device_state one >state.after
expect_same "nothing is confirmed by a portal" state.before state.after
expect "the store is sound" a one check
link pass
expect "and the next contact works" a one sync
equal "the change is there" "قرب البئر" "$(centre_value "$case_id" landmark)"

# Envelopes in the wrong order. A copy of the centre's folder is a centre that the first of two envelopes never reached.
world_centre_stop
cp -r centre other-centre
world_centre_start
set_value one "$case_id" postal_code 63111
expect "the first envelope goes on a stick" a one export first.stick
expect "and to one centre" a one sync
set_value one "$case_id" postal_code 63222
expect "the second goes on another stick" a one export second.stick
CENTRE=other-centre
before=$(centre_value "$case_id" postal_code)
expect "a centre gets the second before the first" s import second.stick --answers second.answers
equal "it is held" 1 "$(centre_count held)"
equal "and not applied" "$before" "$(centre_value "$case_id" postal_code)"
expect "then the first comes" s import first.stick --answers first.answers
equal "both are applied" 63222 "$(centre_value "$case_id" postal_code)"
equal "nothing is held any more" 0 "$(centre_count held)"
expect "that centre is sound" s check
CENTRE=centre
expect "the device goes on" a one sync

# A copied device.
expect "two is up to date" a two sync
cp -r two clone
cp two.pass clone.pass
sample 20 1 >two.json
sample 21 2 >clone.json
expect "the device takes an application" a two take two.json
expect "and its copy takes two" a clone take clone.json
set_value two "$case_id" road_access paved
set_value clone "$case_id" obstacles none "$(device_entry clone "$case_id" visit 0)"
expect "the device contacts the centre" a two sync
expect "then the copy does" a clone sync
expect "and once more" a clone sync
equal "nothing of the copy is left unsent" "$(device_count clone groups)" "$(device_count clone confirmed)"
expect "the device goes on" a two sync
equal "nothing of the device is left unsent" "$(device_count two groups)" "$(device_count two confirmed)"
equal "all applications of both are at the centre" 5 "$(centre_cases | wc -l)"
equal "the device's change is" paved "$(centre_value "$case_id" road_access)"
equal "the copy's change is" none "$(centre_value "$case_id" obstacles)"
expect "the copy hears of the rest" a clone sync
expect "one hears of everything" a one sync
for device in one two clone; do
	equal "$device holds five cases" 5 "$(device_cases "$device" | wc -l)"
	equal "$device agrees with the centre" 0 "$(device_count "$device" mismatches)"
	expect "$device is sound" a "$device" check
done
equal "the case is the same everywhere" "$(case_on two "$case_id")" "$(case_on clone "$case_id")"
incarnation_two=$(device_count two incarnation)
incarnation_clone=$(device_count clone incarnation)
[ "$incarnation_two" != "$incarnation_clone" ] && ok "the copy has an incarnation of its own" || not_ok "the copy has an incarnation of its own"

world_centre_stop
expect "the centre is sound" s check
finish
