#!/bin/sh
# Goal of this test: a device becomes known only with a code that an administrator made: not with a wrong one, a used one or one that is
# older than a day. Both sides show the same words. A revoked device is refused, and says so.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

world_centre centre
new_code first.code قنا "مندوب أول"
for name in good bad again late; do
	secret "$name.pass" "passphrase of $name 59"
	expect "$name: a store is made" a "$name" init --kdf-mem 64 --kdf-passes 3
done
sample 80 1 >app.json
expect_status 2 "a device that is not enrolled cannot sync" a good sync

secret wrong.code "$(sed 's/^0/1/; t; s/^./0/' first.code)"
expect_status 1 "a wrong code is refused" a bad enrol "$URL" --code-file wrong.code --name bad
expect_arabic "in Arabic too"
expect "the right code enrols" a good enrol "$URL" --code-file first.code --name good
cp output good.said
expect_status 1 "a used code is refused" a again enrol "$URL" --code-file first.code --name again
expect "the centre lists the device" s device list
words=$(grep -Eo '[a-z]+([ -][a-z]+){3}' good.said | tail -n 1)
s device show "$(centre_device good)" >output 2>&1
expect_text "both sides show the same words" "$words"
[ "$(printf '%s' "$words" | wc -w)" -ge 1 ] && ok "there are words to compare" || not_ok "there are words to compare" good.said

# A code that is a day and an hour old: the centre's clock goes forward, not ours.
new_code late.code قنا "مندوب متأخر"
world_centre_stop
build_clock
echo $(($(date +%s) + 90000)) >centre.clock
world_centre_start
expect_status 1 "a code older than a day is refused" a late enrol "$URL" --code-file late.code --name late
world_centre_stop
rm centre.clock
world_centre_start
expect "in time it is good" a late enrol "$URL" --code-file late.code --name late

# Revoked: refused, and nothing that was typed is lost.
expect "the device takes an application" a good take app.json
expect "it is revoked" s device revoke "$(centre_device good)" --reason "ضاع الجهاز"
a good sync >output 2>&1 && not_ok "a revoked device is refused" output || ok "a revoked device is refused"
expect_arabic "and says so in Arabic too"
equal "the centre took nothing" 0 "$(centre_cases | wc -l)"
expect "what was typed is still there" a good list
world_centre_stop
expect "the centre is sound" s check
finish
