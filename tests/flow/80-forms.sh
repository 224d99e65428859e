#!/bin/sh
# Goal of this test: a questionnaire made in LibreOffice is published and used on an enrolled device with no program rebuilt. The second version brings a new
# question, a new choice, a cascade, a repeat and a constraint; a case taken before goes on opening, and a draft of the old version is finished under it.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

command -v soffice >/dev/null || { not_ok "LibreOffice is installed (packaging/bootstrap.sh --test)"; finish; }

# workbook NAME FOLDER: NAME.xlsx as LibreOffice saves it, from the sheets in FOLDER.
workbook() {
	awk -f "$ROOT/tests/lib/csv2fods.awk" "$2/survey.csv" "$2/choices.csv" "$2/settings.csv" >"$1.fods"
	soffice --headless "-env:UserInstallation=file://$SCRATCH/office" --convert-to xlsx --outdir . "$1.fods" >office.said 2>&1
	[ -s "$1.xlsx" ] || { not_ok "LibreOffice saves $1.xlsx" office.said; exit 1; }
}

# take_water FILE [OPTION ...]: the new case's id is in $taken.
take_water() {
	take_file=$1
	shift
	a far take "$take_file" --json "$@" >taken.json 2>taken.said || not_ok "taking $take_file" taken.said
	taken=$("$HELPERS/jflat" <taken.json | members '/applications/0/case')
}

world_centre centre
world_device far قنا "مندوب بعيد"
workbook water_1 "$ROOT/tests/flow/forms/water_1"
workbook water_2 "$ROOT/tests/flow/forms/water_2"

expect "the first version is in order" "$SERVER" form check water_1.xlsx
expect "it is published from LibreOffice's file" s form publish water_1.xlsx
expect "the device fetches it with its next contact" a far sync
expect "it is on the device" a far papers
expect_text "and in force" "^form	water	1	.*in force"

echo '{"visited_on": "2026-11-02", "household_name": "أسرة السدر", "persons": 6, "source": "well"}' >old.json
take_water old.json --form water
old=$taken
expect "a visit of the first version is finished" a far finish "$old"
echo '{"visited_on": "2026-11-03", "household_name": "أسرة العرعر", "persons": "٤", "source": "other"}' >draft.json
take_water draft.json --form water
draft=$taken
expect_status 1 "one with an open question is not" a far finish "$draft"
expect_text "the question is named" "source_other"
expect_arabic "in Arabic too"
expect "both are sent" a far sync

expect "the second version is in order" "$SERVER" form check water_2.xlsx
expect "what is new is told" "$SERVER" form diff water_1.xlsx water_2.xlsx
expect_text "the new question" "water_enough"
expect_text "the new choice" "spring"
expect "it is published" s form publish water_2.xlsx
expect "and fetched" a far sync
a far papers >papers.said
expect_text "it is in force on the device" "^form	water	2	.*in force" papers.said

expect "the finished case opens" a far show "$old"
expect_text "under the form it was finished with" "form water 1$"
expect "the draft opens" a far doubts "$draft"
expect_text "under the form it was begun with" "form water 1	"
set_value far "$draft" source_other "خزان المسجد"
expect "it is finished" a far finish "$draft"
expect_text "under the first version" "form water 1	hard 0"

cat >new.json <<'X'
{"visited_on": "2026-11-04", "household_name": "أسرة الطلح", "persons": 5, "source": "spring", "water_enough": "no", "slope": "east", "wadi": "sidr",
 "tank": [{"tank_place": "السطح", "tank_litres": 1000}, {"tank_place": "الحوش", "tank_litres": 50}]}
X
take_water new.json --form water
new=$taken
expect_status 1 "the new constraint stops a visit with a tank of 50 litres" a far finish "$new"
expect_text "the row and question are named" "tank 2 / .*tank_litres"
expect_text "with the author's words" "From 100 to 50000 litres"
second=$(device_entry far "$new" tank 1)
set_value far "$new" tank_litres 2000 "$second"
set_value far "$new" wadi talh
expect_status 1 "a wadi of the other slope is not on the list" a far finish "$new"
expect_text "it is named" "wadi"
set_value far "$new" wadi arar
expect "with one of this slope the visit is finished" a far finish "$new"
expect_text "under the second version" "form water 2	hard 0"
expect "a page for paper is written" a far print "$new" --output new.html --for office --lang en
expect_text "with the repeat" "Where the tank stands" new.html
expect_text "and what the form computed" "600 litres for each person" new.html

expect "all is sent" a far sync
equal "three cases are at the centre" 3 "$(centre_cases | wc -l)"
for case_id in "$old" "$draft" "$new"; do
	expect "the centre opens case $case_id" s case show "$case_id" --lang en
done
expect_text "the newest with its repeat" "tank_litres"
equal "and its value" 2000 "$(centre_value "$new" tank_litres "$second")"
equal "the old case keeps its answer" "أسرة السدر" "$(centre_value "$old" household_name)"

hash=$(flat s form list --json | awk -F '\t' '$1 ~ /\/hash$/ { h = $2 } $1 ~ /\/name$/ { n = $2 } $1 ~ /\/version$/ && n == "water" && $2 == 2 { print h }')
expect "the original workbook is given back" s form export "$hash" --output back.xlsx
expect "byte for byte" cmp water_2.xlsx back.xlsx
expect "a preview is made" "$SERVER" form preview water_2.xlsx --output preview.html
expect "a paper form is made" "$SERVER" form paper water_2.xlsx --output paper.html
expect_text "with the choices to tick" "□|○" paper.html

expect "the built-in form as a workbook" "$BUILD/formc" -x built_in.xlsx "$ROOT/proto/form/forms/aid_application/survey.csv" \
	"$ROOT/proto/form/forms/aid_application/choices.csv" "$ROOT/proto/form/forms/aid_application/settings.csv"
mkdir -p saved
soffice --headless "-env:UserInstallation=file://$SCRATCH/office" --convert-to xlsx --outdir saved built_in.xlsx >office.said 2>&1
expect "is the same form after LibreOffice has saved it" "$BUILD/formc" -o saved.form saved/built_in.xlsx
expect "before it was" "$BUILD/formc" -o built_in.form built_in.xlsx
expect_same "to the byte" built_in.form saved.form

printf '\320\317\021\340\241\261\032\341 a workbook of long ago' >old.xlsx
expect_status 1 "a file of the old Excel format is refused" "$SERVER" form check old.xlsx
expect_text "named as what it is" "old Excel format"
expect_text "with what to do, in Arabic too" "بصيغة Excel القديمة"

expect "the device is in order" a far check
expect "the centre too" s check
finish
