#!/bin/sh
# Goal of this test: the first seeds of the simulator come to rest with nothing lost, and the simulator finds a planted bug.
. "$(dirname "$0")/../lib/flow.sh"

seeds=${SIM_SEEDS:-40}
export MANDOOB_SCRATCH="$SCRATCH"
if "$BUILD/tests/simulator" 1 "$seeds" >sim.log 2>&1; then
	ok "$seeds seeds of the simulator come to rest and nothing is lost"
else
	tail -n 3 sim.log >sim.tail
	not_ok "$seeds seeds of the simulator come to rest and nothing is lost" sim.tail
fi
if SIM_PLANT=lose "$BUILD/tests/simulator" 1 1 >plant.log 2>&1; then
	not_ok "the simulator finds an answer that was dropped" plant.log
else
	expect_text "the simulator finds an answer that was dropped" "is not at the centre" plant.log
fi
finish
