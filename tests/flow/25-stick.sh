#!/bin/sh
# Goal of this test: a device that never has a link gets its receipt and, later, a decision of the centre by stick; import and export may be
# days apart and happen on one station or two.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

world_centre centre
world_device far قنا "مندوب بعيد"
world_device near قنا "مندوب قريب"
sample 50 1 >one.json
expect "an application is taken" a near take one.json
expect "it is sent" a near sync
expect "the far device asks by stick" a far export ask.stick
expect "the centre takes the request, without an answer yet" s import ask.stick
expect "the answer is written afterwards" s export answer.stick
expect "the far device takes it" a far import answer.stick
case_id=$(device_cases far)
equal "and holds the case" 1 "$(device_cases far | wc -l)"

set_value far "$case_id" village "قرية السدر"
set_value near "$case_id" village "قرية العرعر"
expect "the near device sends its change" a near sync
expect "the far one puts its own on a stick" a far export change.stick
expect "the centre takes it in" s import change.stick
conflict=$(centre_conflicts)
equal "one conflict is open" 1 "$(echo "$conflict" | grep -c .)"
expect "a person decides it" s conflict resolve "$conflict" --take current --reason "confirmed by the village headman"
expect "only now the answers are written" s export decided.stick
expect "the far device takes the stick" a far import decided.stick
equal "it shows the decision" "قرية العرعر" "$(device_value far "$case_id" village)"
equal "nothing waits there for a person" 0 "$(flat a far status --json | grep -c '^/conflicts')"
equal "and everything is confirmed" "$(device_count far groups)" "$(device_count far confirmed)"

expect "the far device comes to the office and syncs" a far sync
expect "answers are written once more" s export none.stick
expect_text "for nobody: it has been in contact since" "^0	0	0	none.stick" output
expect "the device is in order" a far check
expect "the centre too" s check
finish
