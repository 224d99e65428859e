#!/bin/sh
# Goal of this test: two devices of one branch change the same case without a link, and nothing is lost or decided by a clock.
# Different fields: both stand. The same field with different values: the register stays, both values wait with base, authors and
# times, until a person decides with a reason, which reaches both devices. The same value: agreement. Removal against change, in both
# orders: the entry stays until a person decides. With device clocks in 1970 and in 2038 every outcome is the same.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

# both_sync FIRST SECOND: FIRST contacts the centre, then SECOND, then FIRST again, so that both hold what the centre holds.
both_sync() {
	a "$1" sync && a "$2" sync && a "$1" sync
}

# scenario PREFIX: all of it with the devices PREFIX-a and PREFIX-b; the listing of outcomes goes to PREFIX.outcomes.
scenario() {
	p=$1
	world_centre "$p"
	world_device "$p-a" قنا "مندوب أول"
	world_device "$p-b" قنا "مندوب ثان"
	sample 3 1 >"$p.json"
	expect "$p: an application is taken without a link" a "$p-a" take "$p.json"
	expect "$p: both devices contact the centre" both_sync "$p-a" "$p-b"
	case_id=$(device_cases "$p-a")
	expect "$p: the second device holds the case" a "$p-b" show "$case_id"

	# Different fields.
	set_value "$p-a" "$case_id" village "قرية الوادي"
	set_value "$p-b" "$case_id" landmark "بجانب المسجد الجديد"
	expect "$p: different fields are sent" both_sync "$p-a" "$p-b"
	equal "$p: one change stands at the centre" "قرية الوادي" "$(centre_value "$case_id" village)"
	equal "$p: the other stands as well" "بجانب المسجد الجديد" "$(centre_value "$case_id" landmark)"
	equal "$p: the first device has the second's" "بجانب المسجد الجديد" "$(device_value "$p-a" "$case_id" landmark)"
	equal "$p: the second device has the first's" "قرية الوادي" "$(device_value "$p-b" "$case_id" village)"
	equal "$p: and nothing is left to decide" "" "$(centre_conflicts)"

	# The same field, different values.
	set_value "$p-a" "$case_id" village "قرية السدر"
	set_value "$p-b" "$case_id" village "قرية العرعر"
	expect "$p: the same field with two values is sent" both_sync "$p-a" "$p-b"
	equal "$p: the register keeps what came first" "قرية السدر" "$(centre_value "$case_id" village)"
	conflict=$(centre_conflicts)
	expect "$p: the conflict can be shown" s conflict show "$conflict"
	expect_text "$p: it shows the base" "قرية الوادي"
	expect_text "$p: it shows the value that stands" "قرية السدر"
	expect_text "$p: it shows the value that waits" "قرية العرعر"
	expect_text "$p: it names the author of the first" "مندوب أول"
	expect_text "$p: it names the author of the second" "مندوب ثان"
	expect_text "$p: it shows times" "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
	expect_status 2 "$p: no decision without a reason" s conflict resolve "$conflict" --take current
	expect "$p: a person decides for the second device, with a reason" \
		s conflict resolve "$conflict" --take "$(site_of "$conflict")" --reason "تأكدنا من شيخ القرية"
	expect "$p: both devices hear of it" both_sync "$p-a" "$p-b"
	for device in "$p-a" "$p-b"; do
		equal "$p: $device shows the decision" "قرية العرعر" "$(device_value "$device" "$case_id" village)"
		a "$device" show "$case_id" >output
		expect_text "$p: $device shows the reason" "تأكدنا من شيخ القرية"
	done
	equal "$p: the conflict is closed" "" "$(centre_conflicts)"

	# The same value from both.
	set_value "$p-a" "$case_id" postal_code 63999
	set_value "$p-b" "$case_id" postal_code 63999
	expect "$p: the same value from both is sent" both_sync "$p-a" "$p-b"
	equal "$p: the same value is agreement" "" "$(centre_conflicts)"
	equal "$p: and stands" 63999 "$(centre_value "$case_id" postal_code)"

	# Removal against change, in both orders.
	member=$(device_entry "$p-a" "$case_id" member 0)
	remove_entry "$p-a" "$case_id" "$member"
	set_value "$p-b" "$case_id" member_education secondary "$member"
	expect "$p: a removal, then a change of the same entry" both_sync "$p-a" "$p-b"
	equal "$p: the entry is still there" 1 "$(centre_has_entry "$case_id" "$member")"
	held=$(centre_conflicts)
	[ -n "$held" ] && ok "$p: and a person is asked" || not_ok "$p: and a person is asked"
	expect "$p: the removal is decided against" s conflict resolve "$held" --take current --reason "الابن ما زال في البيت"
	expect "$p: the devices hear of it" both_sync "$p-a" "$p-b"
	member=$(device_entry "$p-a" "$case_id" member 1)
	set_value "$p-b" "$case_id" member_education primary "$member"
	remove_entry "$p-a" "$case_id" "$member"
	expect "$p: the change is sent first" a "$p-b" sync
	expect "$p: then the removal" a "$p-a" sync
	equal "$p: a change, then a removal: the entry is still there" 1 "$(centre_has_entry "$case_id" "$member")"
	held=$(centre_conflicts)
	[ -n "$held" ] && ok "$p: and a person is asked again" || not_ok "$p: and a person is asked again"
	expect "$p: the removal is decided for" s conflict resolve "$held" --take "$(site_of "$held")" --reason "انتقل إلى بيت آخر"
	expect "$p: both devices end alike" both_sync "$p-a" "$p-b"
	equal "$p: the entry is gone" 0 "$(centre_has_entry "$case_id" "$member")"
	equal "$p: both devices show the same case" "$(case_on "$p-a" "$case_id")" "$(case_on "$p-b" "$case_id")"
	expect "$p: the first store is sound" a "$p-a" check
	expect "$p: the second store is sound" a "$p-b" check
	outcomes "$case_id" >"$p.outcomes"
	flat s case history "$case_id" --json | members '/edits/[0-9]+/claimed' | cut -c 1-4 | sort -u >"$p.years"
	world_centre_stop
	expect "$p: the centre is sound" s check
}

scenario now
build_clock
for run in early-late late-early; do
	for side in a b; do
		case $run-$side in
		early-late-a | late-early-b) echo 86400 >"$run-$side.clock" ;;      # 1970
		early-late-b | late-early-a) echo 2145916800 >"$run-$side.clock" ;; # 2038
		esac
	done
	scenario $run
	expect_text "$run: one device did write in 1970" 1970 "$run.years"
	expect_text "$run: and one in 2038" 2038 "$run.years"
	expect_same "$run: clocks in 1970 and 2038 change no outcome" now.outcomes "$run.outcomes"
done
grep -q conflict now.outcomes && ok "the listing names conflicts" || not_ok "the listing names conflicts" now.outcomes

finish
