#!/bin/sh
# The whole road of an answer once, with invented people: what `make run` shows.
#
#   sh packaging/run.sh [BUILD]
#
# In a scratch folder: a centre, two devices of one branch and one of another; thirty applications taken without a link; contacts over
# HTTP; changes to one case on two devices at once, merged, with a conflict that a person decides; a USB stick for the device that has no
# link; and the proof that a branch does not see another's cases. The centre is left running. Any number of these can run at once.
set -eu
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-build}
case $build in
/*) ;;
*) build=$root/$build ;;
esac
agent=$build/mandoob-agent
server=$build/mandoob-server
sample=$build/tests/sample
[ -x "$sample" ] || (cd "$root" && make "${sample#"$root"/}")

folder=$(mktemp -d "${TMPDIR:-/tmp}/mandoob-run-XXXXXX")
cd "$folder"
server_pid=
began=$(date +%s)

# On failure nothing is left running, and everything is left to be looked at.
give_up() {
	status=$?
	[ "$status" -ne 0 ] || return 0
	[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
	printf '\nmandoob: the demonstration stopped early. What the last command said is in %s/said, the centre'\''s log in %s/centre.log\n' "$folder" "$folder" >&2
	printf 'مندوب: توقف العرض قبل نهايته. آخر ما قاله البرنامج في %s/said وسجل المركز في %s/centre.log\n' "$folder" "$folder" >&2
	[ ! -s said ] || tail -n 5 said >&2
}
trap give_up EXIT
trap 'exit 1' HUP INT TERM

# ---- Words ----------------------------------------------------------------------------------------------------------

step_number=0
step() {
	step_number=$((step_number + 1))
	printf '\n%d. %s\n   %s\n' "$step_number" "$1" "$2"
}

tell() {
	printf '   %s\n' "$@"
}

show() {
	sed 's/^/     | /'
}

secret() {
	(umask 077 && printf '%s\n' "$2" >"$1")
}

# quietly COMMAND ...: what it says goes to the file said.
quietly() {
	"$@" >said 2>&1
}

# a NAME ARGUMENT ...: the program on that device; c ARGUMENT ...: the program at the centre; staff: the same in the administrator's name.
a() {
	name=$1
	shift
	"$agent" --dir "$name" --passphrase-file "$name.pass" "$@"
}

c() {
	"$server" --dir centre --passphrase-file centre.pass "$@"
}

staff() {
	c "$@" --as amina --as-passphrase-file amina.pass
}

# number NAME FILE: the number of that name in a JSON object.
number() {
	sed -n 's/.*"'"$1"'": *\([0-9][0-9]*\).*/\1/p' "$2" | head -n 1
}

# first_text NAME FILE: the first text of that name.
first_text() {
	grep -o "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | cut -d '"' -f 4
}

count_cases() {
	a "$1" list --json >listed
	grep -o '"case": *"' listed | wc -l
}

put() {
	printf '%s' "$4" | a "$1" edit "$2" "$3" >said 2>&1
}

# contact NAME: one contact over HTTP; says how many bytes went each way and adds them up.
sent_all=0
received_all=0
contact() {
	a "$1" sync --json >contact.json 2>said || { cat said >&2; exit 1; }
	sent=$(number sent_bytes contact.json)
	received=$(number received_bytes contact.json)
	sent_all=$((sent_all + sent))
	received_all=$((received_all + received))
	tell "$1: $(number requests contact.json) request(s), $sent bytes out, $received bytes in, $(number receipts contact.json) receipt(s), $(number conflicts contact.json) conflict(s)"
}

cases_word() {
	printf '%s holds %s cases' "$1" "$(count_cases "$1")"
}

# ---- The road -------------------------------------------------------------------------------------------------------

step "A centre is made and started, with its own keys and an encrypted store." "يُنشأ مركز بمفاتيحه ومخزنه المشفّر ويبدأ العمل."
secret centre.pass "demonstration centre passphrase"
secret amina.pass "demonstration staff passphrase"
mkdir keys
quietly c init --name "جمعية المثال الخيرية" --admin amina --admin-passphrase-file amina.pass --root-key keys/root.key --recovery-key keys/recovery.key
# In a session of its own, so that it outlives this script and a Ctrl-C.
setsid "$server" --dir centre --passphrase-file centre.pass serve --listen 127.0.0.1:0 --port-file port >centre.log 2>&1 </dev/null &
server_pid=$!
tries=100
until [ -s port ]; do
	kill -0 "$server_pid" 2>/dev/null && [ $tries -gt 0 ] || { cp centre.log said; exit 1; }
	tries=$((tries - 1))
	sleep 0.1
done
url=http://127.0.0.1:$(cat port)
tell "It listens at $url"

step "Three devices are made and enrolled, each with a one-time code: two in Qana, one in Muhayil." "تُسجَّل ثلاثة أجهزة برموز لمرة واحدة: اثنان في قنا وواحد في محايل."
enrol() {
	secret "$1.pass" "demonstration device $1 passphrase"
	quietly staff enrol-code --branch "$2" --person "$3" --code-file "$1.code"
	# Without these two the device measures how much work for the passphrase it can bear, about a second for every command below.
	quietly a "$1" init --kdf-mem 64 --kdf-passes 3
	a "$1" enrol "$url" --code-file "$1.code" --name "$1" >enrolled 2>said
	rm "$1.code"
	tell "$1 ($3، $2), words to compare by telephone: $(sed -n 's/^words *//p' enrolled | tr '\n' '|' | sed 's/|$//; s/|/ | /')"
}
enrol qana-1 "قنا" "مندوب قنا الأول"
enrol qana-2 "قنا" "مندوب قنا الثاني"
enrol muhayil "محايل" "مندوب محايل"

step "Thirty applications are taken at people's homes, ten on each device, without any link." "يؤخذ ثلاثون طلبًا في البيوت، عشرة على كل جهاز، دون أي اتصال."
take() {
	"$sample" 2026 "$2" "$3" >"$1.json"
	cat "$1.json" >>all.json
	quietly a "$1" take "$1.json"
	tell "$1 saved $(count_cases "$1") applications: $(a "$1" status | sed -n 's/ *|.*//; s/^waiting to be sent *//p') wait to be sent"
}
take qana-1 0 10
take qana-2 10 10
take muhayil 20 10
json_bytes=$(wc -c <all.json)
# counted FIELD VALUE: in how many applications the answer stands.
counted() {
	grep -c "\"$1\": \"$2\"" all.json || true
}
tell "Among them: $(counted marital_status widowed) widowed, $(counted id_type none) without an identity number, $(counted signature_method thumbprint) who sign by thumb before a witness," \
	"$(grep -c '"document_state": "missing"\|"document_missing_reason"' all.json || true) with papers missing. As JSON they are $json_bytes bytes."
rm ./*.json

step "A link appears. The devices of Qana contact the centre over HTTP; Muhayil has no link." "يظهر اتصال: يتصل جهازا قنا بالمركز، أما محايل فلا اتصال عندها."
contact qana-1
up_first=$sent
contact qana-2
up_first=$((up_first + sent))
contact qana-1
tell "$(cases_word qana-1), $(cases_word qana-2): each branch device has its branch's cases."
tell "Twenty applications went up in $up_first bytes: $((up_first / 20)) bytes each, sealed and signed."

a qana-1 list --json >listed
case_id=$(first_text case listed)
step "Offline again, both change case $case_id: first in different places." "دون اتصال يغيّر الجهازان الحالة $case_id في موضعين مختلفين."
put qana-1 "$case_id" landmark "البيت الثاني بعد خزان الماء"
put qana-2 "$case_id" mobile "+966500001234"
tell "qana-1 writes how to reach the house, qana-2 another telephone number."
contact qana-1
contact qana-2
contact qana-1
tell "Both changes stand; the centre's merged case reads, in part:"
staff case show "$case_id" >merged 2>said
grep -E '^case |^  (first_name|family_name|governorate|village|landmark|mobile) ' merged | show

step "Then both change the same answer to different values." "ثم يغيّر كلاهما الإجابة نفسها بقيمتين مختلفتين."
put qana-1 "$case_id" village "قرية السدر"
put qana-2 "$case_id" village "قرية العرعر"
contact qana-1
contact qana-2
tell "Nothing is overwritten: the centre keeps both, with what both had seen before, and asks a person."
staff conflict list --json >conflicts 2>said
conflict=$(number conflict conflicts)
staff conflict show "$conflict" >conflict 2>said
show <conflict

step "A person at the centre decides, with a reason, and the decision travels back." "يقرر شخص في المركز مع ذكر السبب، ويعود القرار إلى الأجهزة."
site=$(sed -n 's/^candidate\tsite \([0-9]*\)\t.*/\1/p' conflict | head -n 1)
quietly staff conflict resolve "$conflict" --take "$site" --reason "أكد شيخ القرية اسم الموقع هاتفيًا"
contact qana-1
contact qana-2
for device in qana-1 qana-2; do
	tell "$device shows:"
	a "$device" show "$case_id" | grep -A 2 -E '^ .{4}village ' | show
done

step "Muhayil has no link: its ten applications travel on a USB stick, and the receipt comes back on it." "لا اتصال في محايل: تسافر طلباتها العشرة على ذاكرة USB ويعود الإيصال عليها."
mkdir stick
quietly a muhayil export stick/to-centre
tell "The stick holds $(wc -c <stick/to-centre) bytes, sealed for the centre; whoever finds it reads nothing."
quietly c import stick/to-centre --answers stick/to-device
quietly a muhayil import stick/to-device
tell "muhayil, $(a muhayil status | sed -n 's/ *|.*//; s/^received by the centre */received by the centre: /p')"

step "Muhayil sees nothing of Qana, and Qana nothing of Muhayil." "لا ترى محايل شيئًا من قنا، ولا قنا من محايل."
contact muhayil
tell "$(cases_word muhayil), all its own; $(cases_word qana-1), all of Qana."
if a muhayil show "$case_id" >said 2>&1; then
	echo "muhayil can see case $case_id, which belongs to Qana" >said
	exit 1
fi
tell "muhayil, asked for case $case_id, says:"
show <said

step "Everything is looked through once more." "يُفحص كل شيء مرة أخرى."
for device in qana-1 qana-2 muhayil; do
	a "$device" check >said 2>&1
	tell "$device: $(tail -n 1 said); $(a "$device" status | sed -n 's/ *|.*//; s/^waiting to be sent *//p') wait to be sent"
done
c check >said 2>&1
tell "centre: $(tail -n 1 said)"

# What was shown lies readable in these; the rest of the folder is sealed.
rm -f said listed merged conflict conflicts contact.json enrolled

printf '\nOn the wire, above HTTP: %d bytes out of the devices, %d bytes in, and %d + %d bytes on the stick. It took %d seconds.\n' \
	"$sent_all" "$received_all" "$(wc -c <stick/to-centre)" "$(wc -c <stick/to-device)" "$(($(date +%s) - began))"
printf 'مجموع ما نُقل: %d بايت من الأجهزة و%d إليها، والمدة بالثواني: %d.\n' "$sent_all" "$received_all" "$(($(date +%s) - began))"

cat <<X

The centre is still running at $url, in the folder $folder
لا يزال المركز يعمل على $url في المجلد $folder

Try, from $folder:
  $server case list --dir centre --passphrase-file centre.pass --as amina --as-passphrase-file amina.pass
  $agent list --dir qana-1 --passphrase-file qana-1.pass
  $agent show $case_id --lang en --dir qana-2 --passphrase-file qana-2.pass
  $agent sync --dir qana-2 --passphrase-file qana-2.pass

To stop it and remove everything | لإيقافه وحذف كل شيء:
  kill $server_pid; rm -r $folder
X
