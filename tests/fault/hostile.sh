#!/bin/sh
# Goal of this test: bytes that were cut or changed on the way are refused with a clear message and a documented exit status, and change
# nothing: stick files at the centre, answer files at the device, requests and answers over HTTP. The unit tests try every length and
# byte of each format; here the real programs meet a sample of them.
. "$(dirname "$0")/../lib/flow.sh"
. "$ROOT/tests/lib/world.sh"

: "${SEED:=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}"
echo "# SEED=$SEED"
world_centre centre
world_device one قنا "مندوب أول"
sample 90 2 >apps.json
expect "two applications are taken" a one take apps.json
expect "a stick is made" a one export good.stick

# refused NAME STATUSES COMMAND ...: it ends with one of the statuses and says something in both languages; counted, reported once.
refused_bad=0
refused_count=0
refused() {
	refused_name=$1 refused_statuses=$2
	shift 2
	"$@" >output 2>&1
	refused_got=$?
	refused_count=$((refused_count + 1))
	case " $refused_statuses " in
	*" $refused_got "*) ;;
	*)
		refused_bad=$((refused_bad + 1))
		echo "# $refused_name: status $refused_got"
		sed 's/^/# /' output
		return
		;;
	esac
	if ! LC_ALL=C grep -aEq -e "$arabic" output || ! grep -q '[a-z]' output; then
		refused_bad=$((refused_bad + 1))
		echo "# $refused_name: no message in both languages"
		sed 's/^/# /' output
	fi
}
refused_report() {
	equal "$1 ($refused_count tried)" 0 "$refused_bad"
	refused_bad=0 refused_count=0
}

# points FILE COUNT: the first and last places, and COUNT random ones in between.
points() {
	points_size=$(wc -c <"$1")
	echo 0
	echo 1
	echo 4
	echo 5
	echo $((points_size - 1))
	points_left=$2
	while [ "$points_left" -gt 0 ]; do
		points_left=$((points_left - 1))
		echo $(($(random) * 7919 % points_size))
	done
}

# Sticks at the centre.
ledger_lines >ledger.before
for at in $(points good.stick 12); do
	head -c "$at" good.stick >bad.stick
	refused "stick cut at $at" 1 s import bad.stick --answers bad.answers
	flip good.stick "$at" bad.stick
	refused "stick with byte $at changed" 1 s import bad.stick --answers bad.answers
done
printf 'nothing like it' >bad.stick
refused "a text file" 1 s import bad.stick --answers bad.answers
refused "a store" 1 s import one/agent.vault --answers bad.answers
refused_report "cut and changed sticks are refused by the centre"
ledger_lines >ledger.after
expect_same "and change nothing there" ledger.before ledger.after
expect "the good stick is taken in afterwards" s import good.stick --answers good.answers

# Answers at the device.
device_state one >state.before
for at in $(points good.answers 12); do
	head -c "$at" good.answers >bad.answers
	refused "answer cut at $at" "1 75" a one import bad.answers
	flip good.answers "$at" bad.answers
	refused "answer with byte $at changed" "1 75" a one import bad.answers
done
refused "a stick with requests only" 1 a one import good.stick
refused_report "cut and changed answers are refused by the device"
device_state one >state.after
expect_same "and change nothing there" state.before state.after
expect "the good answer is taken in afterwards" a one import good.answers
equal "and everything is received" "$(device_count one groups)" "$(device_count one confirmed)"

# Requests over HTTP, sent as they are.
case_id=$(device_cases one | sed -n 1p)
set_value one "$case_id" landmark "عند مفترق الطريق"
link "cut-answer 0"
a one sync >/dev/null 2>&1
link "record $SCRATCH/talk"
a one sync >/dev/null 2>&1
link pass
[ -s talk.up ] && [ -s talk.down ] && ok "a contact was recorded" || not_ok "a contact was recorded"
ledger_lines >ledger.before
bad=0
for at in $(points talk.up 40); do
	head -c "$at" talk.up >bad.up
	status=$("$HELPERS/rawpost" "$(cat centre.port)" /v1/sync bad.up bad.down)
	case $status in 400 | 401 | 413 | 503) ;; *) bad=$((bad + 1)) && echo "# cut at $at: $status" ;; esac
	flip talk.up "$at" bad.up
	status=$("$HELPERS/rawpost" "$(cat centre.port)" /v1/sync bad.up bad.down)
	case $status in 400 | 401 | 413 | 503) ;; *) bad=$((bad + 1)) && echo "# byte $at changed: $status" ;; esac
	status=$("$HELPERS/rawpost" "$(cat centre.port)" /v1/enrol bad.up bad.down)
	case $status in 400 | 401 | 413 | 503) ;; *) bad=$((bad + 1)) && echo "# enrol with byte $at changed: $status" ;; esac
done
equal "cut and changed requests are refused" 0 "$bad"
head -c 3000000 /dev/zero >big.up
equal "a request above the limit is refused" 413 "$("$HELPERS/rawpost" "$(cat centre.port)" /v1/sync big.up bad.down)"
ledger_lines >ledger.after
expect_same "and change nothing at the centre" ledger.before ledger.after

# Answers over HTTP, changed on the way.
set_value one "$case_id" landmark "عند البوابة الخضراء"
device_state one >state.before
head_bytes=80
for at in $(points talk.down 8); do
	link "flip-answer $((head_bytes + at))"
	refused "an answer with byte $at changed" "1 75" a one sync
	link "cut-answer $((head_bytes + at))"
	refused "an answer cut after $at bytes" 75 a one sync
	link "cut-request $((at + 1))"
	refused "a request cut after $at bytes" 75 a one sync
done
refused_report "answers and requests spoiled on the way are no success"
device_state one >state.after
expect_same "and nothing is confirmed" state.before state.after
link pass
expect "the next contact works" a one sync
equal "and everything is received" "$(device_count one groups)" "$(device_count one confirmed)"
equal "the change was applied" "عند البوابة الخضراء" "$(centre_value "$case_id" landmark)"
expect "the device is sound" a one check
world_centre_stop
expect "the centre is sound" s check
finish
