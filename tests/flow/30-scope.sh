#!/bin/sh
# Goal of this test: a branch sees its own cases and nothing else. Another branch's device gets none of them by network or stick, cannot
# name one of them in an edit, and cannot take in what was meant for another device.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

world_centre centre
world_device qana قنا "مندوب قنا"
world_device muhayil محايل "مندوب محايل"
sample 30 3 >qana.json
sample 40 2 >muhayil.json
expect "three applications in one branch" a qana take qana.json
expect "two in another" a muhayil take muhayil.json
expect "the first sends" a qana sync
expect "the second sends and fetches" a muhayil sync
expect "and again" a muhayil sync
expect "the first fetches" a qana sync
equal "the centre holds all five" 5 "$(centre_cases | wc -l)"
equal "the first device holds its three" 3 "$(device_cases qana | wc -l)"
equal "the second holds its two" 2 "$(device_cases muhayil | wc -l)"
foreign=$(device_cases qana | sed -n 1p)
for case_id in $(device_cases qana); do
	device_cases muhayil | grep -q "$case_id" && not_ok "case $case_id is not at the other branch" || ok "case $case_id is not at the other branch"
done

ledger_lines >ledger.before
device_state muhayil >state.before
printf 'مكان آخر' >value
expect_status 1 "another branch cannot show the case" a muhayil show "$foreign"
expect_status 1 "nor edit it" a muhayil edit "$foreign" village <value
expect "its next contact is clean" a muhayil sync
ledger_lines >ledger.after
expect_same "the centre heard nothing of it" ledger.before ledger.after

set_value qana "$foreign" village "قرية الجبل"
expect "the first branch changes its case on a stick" a qana export qana.stick
expect "the centre takes it in" s import qana.stick --answers qana.answers
expect_status 1 "the other branch's device does not take the answer" a muhayil import qana.answers
device_state muhayil >state.after
expect_same "and is as before" state.before state.after
expect "the device it was meant for takes it" a qana import qana.answers
equal "and everything is received" "$(device_count qana groups)" "$(device_count qana confirmed)"
for device in qana muhayil; do
	expect "$device is sound" a "$device" check
done
world_centre_stop
expect "the centre is sound" s check
finish
