#!/bin/sh
# Print every figure beside its bound or its peer, one line each, tab separated:
#   name  value  unit  bar  bound or peer with its value  ok|short
# Bytes and ratios carry the verdict; a bare time never does. Ends with status 1 when a figure is short of its bar.
set -eu

build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
export MANDOOB_SCRATCH="$scratch" MANDOOB_BUILD="$build" MANDOOB_ROOT="$root"

printf 'name\tvalue\tunit\tbar\tbound or peer\tverdict\n'
for program in "$build"/bench/bench_*; do
	case $program in *.d | *.o) continue ;; esac
	"$program" || echo "$program failed" >>"$scratch/failed"
done | tee "$scratch/figures"
for script in "$root"/tests/bench/bench_*.sh; do
	[ -f "$script" ] || continue
	sh "$script" || echo "$script failed" >>"$scratch/failed"
done | tee -a "$scratch/figures"
[ ! -f "$scratch/failed" ] || { cat "$scratch/failed" >&2; exit 1; }
! grep -q '	short$' "$scratch/figures"
