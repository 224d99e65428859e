#!/bin/sh
# Goal of this test: nothing that was typed lies readable in any file of device or centre: stores, WAL, sticks, backups, logs, keys. And a
# wrong passphrase opens nothing and changes not one byte.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

world_centre centre
world_device one قنا "مندوب أول"
world_device two قنا "مندوب ثان"
sample 100 12 >one.json
sample 112 8 >two.json
expect "twelve applications are taken" a one take one.json
expect "eight on another device" a two take two.json
expect "some go on a stick" a two export two.stick
expect "and come back" s import two.stick --answers two.answers
expect "to the device" a two import two.answers
expect "the others by network" a one sync
expect "all hear of all" a two sync
case_id=$(device_cases one | sed -n 1p)
typed_one="قرية لا يعرفها أحد"
typed_two="قرية أخرى لا يعرفها أحد"
reason="سألنا جار الأسرة الطيب"
set_value one "$case_id" village "$typed_one"
set_value two "$case_id" village "$typed_two"
a one sync >/dev/null 2>&1
a two sync >/dev/null 2>&1
expect "a conflict is decided" s conflict resolve "$(centre_conflicts)" --take current --reason "$reason"
a two sync >/dev/null 2>&1
set_value two "$case_id" landmark "يسار الوادي عند الصخرة"
expect "a backup is made" s backup centre.backup
expect_status 75 "one contact is cut" sh -c 'echo "cut-request 300" >link.mode; exec "$0" "$@"' "$AGENT" --dir two --passphrase-file two.pass sync
link pass

# 200 different texts that somebody typed: names, villages, narratives, numbers.
cat one.json two.json | "$HELPERS/jflat" | awk -F'\t' '
	$1 ~ /(name|village|landmark|id_number|mobile|mobile_alt|iban|reason|detail|note|text|suggestion|observation_family|observation_housing)$/ &&
	length($2) > 5 && !seen[$2]++ { print $2 }' >all.texts
head -n 196 all.texts >texts
printf '%s\n' "$typed_one" "$typed_two" "$reason" "يسار الوادي عند الصخرة" >>texts
equal "there are 200 texts to look for" 200 "$(wc -l <texts)"
expect "the data hold them" sh -c '"$0"/scan texts one.json two.json >found; [ $? -eq 1 ]' "$HELPERS"

# While the centre runs, so that WAL and shared memory are there.
ls centre one two >listing
expect_text "a WAL is among the files" "wal" listing
expect "no file of centre or device holds any of them" "$HELPERS/scan" texts centre one two two.stick two.answers centre.backup centre.log centre.keys
sed 's/^/# /' output

# The scanner can find: in UTF-8 inside a log, in UTF-16 inside a store.
cp centre.log planted.log
sed -n 50p texts >>planted.log
expect_status 1 "a text in a log would be found" "$HELPERS/scan" texts planted.log
store=$(ls one/*.vault | sed -n 1p)
for encoding in UTF-16LE UTF-16BE; do
	cp "$store" planted.vault
	sed -n 60p texts | tr -d '\n' | iconv -f UTF-8 -t "$encoding" |
		dd of=planted.vault bs=1 seek=5001 conv=notrunc 2>/dev/null
	expect_status 1 "a text as $encoding in a store would be found" "$HELPERS/scan" texts planted.vault
	expect_text "and named" "text 60 as $encoding at byte 5001"
done

# A wrong passphrase, while what a killed program left in its WAL is waiting to be played back.
kill -9 "$centre_pid"
wait "$centre_pid" 2>/dev/null
secret wrong.pass "not the passphrase at all"
secret new.pass "a new passphrase 53"
find centre one -type f -exec sha256sum {} + | sort >sums.before
expect_text "there is a WAL to be played back" "centre.vault-wal" sums.before
refuses() {
	expect_text "and says so" "passphrase"
	expect_arabic "in Arabic too"
}
while read -r command; do
	# shellcheck disable=SC2086
	expect_status 1 "agent $command: refused with a wrong passphrase" "$AGENT" --dir one --passphrase-file wrong.pass $command
	refuses
done <<X
enrol $URL --code-file one.code --name again
take one.json
list
show $case_id
edit $case_id village
sync
status
export x.stick
import two.answers
check
passphrase --new-passphrase-file new.pass
vault status --unlock
vault slot add recovery
vault slot remove 0
vault passphrase --new-passphrase-file new.pass
vault rekey --new-passphrase-file new.pass
vault verify
vault erase --yes
X
CENTRE_PASS=wrong.pass
while read -r command; do
	# shellcheck disable=SC2086
	expect_status 1 "server $command: refused with a wrong passphrase" s $command
	refuses
done <<X
serve --listen 127.0.0.1:0 --port-file y
status
check
backup y
passphrase --new-passphrase-file new.pass
enrol-code --branch a --person b --code-file y
device list
device show 1
device revoke 1 --reason lost
manifest show
manifest prepare y
manifest install two.stick
account add somebody --new-passphrase-file new.pass
account list
account end $ADMIN
account passphrase $ADMIN --new-passphrase-file new.pass
form list
form show 00
form publish $ROOT/proto/form/forms/aid_application/survey.csv $ROOT/proto/form/forms/aid_application/choices.csv $ROOT/proto/form/forms/aid_application/settings.csv
dictionary list
dictionary install two.stick
case list
case show $case_id
case history $case_id
conflict list
conflict show 1
conflict resolve 1 --take current --reason none
import two.stick --answers y
audit list
vault status --unlock
vault slot add recovery
vault slot remove 0
vault passphrase --new-passphrase-file new.pass
vault rekey --new-passphrase-file new.pass
vault verify
vault erase
device lease 1
X
find centre one -type f -exec sha256sum {} + | sort >sums.after
expect_same "every byte is as before" sums.before sums.after
[ ! -e x.stick ] && [ ! -e y ] && ok "no file was made" || not_ok "no file was made"
expect_status 1 "a backup is not restored with a wrong passphrase" "$SERVER" restore centre.backup --dir risen --passphrase-file wrong.pass
[ ! -e risen/centre.vault ] && ok "and nothing was made of it" || not_ok "and nothing was made of it"
CENTRE_PASS=centre.pass
expect_status 1 "the store's passphrase is not the administrator's" \
	"$SERVER" --dir centre --passphrase-file centre.pass case list --as $ADMIN --as-passphrase-file wrong.pass
expect "with the right ones the centre opens and is sound" s check
finish
