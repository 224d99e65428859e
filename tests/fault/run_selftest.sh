#!/bin/sh
# Goal of this test: tests/run.sh counts right and cannot be passed by silence: a program that fails without saying so, says
# nothing, or does not end in time is one failure; nothing is left behind; and the closing line is the last.
. "$(dirname "$0")/../lib/flow.sh"

mkdir -p tree/tests/flow tree/tests/fault tree/tests/unit tree/build/tests
cp "$ROOT/tests/run.sh" tree/tests/
echo 'exit 0' >tree/tests/tidy.sh

# script NAME: the executable tests/flow/NAME with the text on standard input.
script() {
	{ echo '#!/bin/sh' && cat; } >"tree/tests/flow/$1"
	chmod +x "tree/tests/flow/$1"
}

# closes NAME STATUS LINE: the runner ends with that status and that last line.
closes() {
	mkdir -p scratch
	TMPDIR=$SCRATCH/scratch SHELL_TIMEOUT_S=2 TEST_ONLY='' sh tree/tests/run.sh build >output 2>&1
	flow_got=$?
	if [ $flow_got -eq "$2" ] && [ "$(tail -n 1 output)" = "$3" ]; then
		ok "$1"
	else
		echo "status $flow_got" >>output
		not_ok "$1" output
	fi
}

closes "tidy alone is one test" 0 "1 passed, 0 failed"

script 01-two.sh <<'X'
echo "ok - one"
echo "not okay, but no test either"
echo "ok - two"
X
closes "passed tests are counted" 0 "3 passed, 0 failed"

script 02-bad.sh <<'X'
echo "ok - three"
echo "why it failed"
echo "not ok - four"
exit 1
X
closes "a failed test is counted once" 1 "4 passed, 1 failed"
expect_text "the output of a failed program is shown" "why it failed" output
rm tree/tests/flow/02-bad.sh

script 02-crash.sh <<'X'
echo "ok - three"
exit 3
X
closes "a failure without a word is one failure" 1 "4 passed, 1 failed"

script 02-crash.sh <<'X'
X
closes "a program without any test is one failure" 1 "3 passed, 1 failed"

echo 'echo "ok - three"' >tree/tests/flow/02-crash.sh
chmod -x tree/tests/flow/02-crash.sh
closes "a script that may not be executed is one failure, and not passed over" 1 "3 passed, 1 failed"

script 02-crash.sh <<'X'
echo "ok - three"
sleep 60
X
closes "a program that does not end is one failure" 1 "4 passed, 1 failed"
expect_text "and is said to have been stopped" "stopped after 2 seconds" output
rm tree/tests/flow/02-crash.sh

script 02-skip.sh <<'X'
echo "ok 1 - done"
echo "ok 2 - left out # SKIP no terminal"
X
closes "a skipped test is not a passed one" 0 "4 passed, 0 failed"
rm tree/tests/flow/02-skip.sh

script 02-places.sh <<'X'
[ -d "$MANDOOB_SCRATCH" ] && [ "$TMPDIR" = "$MANDOOB_SCRATCH" ] && [ -d "$HOME" ] && [ -f tests/run.sh ] && echo "ok - places"
touch "$MANDOOB_SCRATCH/litter"
X
closes "a program starts at the top with scratch of its own" 0 "4 passed, 0 failed"
[ -z "$(ls scratch)" ] && ok "nothing is left behind" || not_ok "nothing is left behind"

echo 'exit 1' >tree/tests/tidy.sh
rm tree/tests/flow/*.sh
closes "tidy can fail, and without a passed test nothing has passed" 1 "0 passed, 1 failed"
finish
