#!/bin/sh
# bench.sh BENCH BUILD [FLOWS]: the figures of docs/performance.md, as a table on standard output.
#
# Makes FLOWS flows (20 million) of one day in 288 files below BUILD/bench, once; ingests them with
# one core and with all; asks each question cold (page cache dropped) and warm, with one thread and
# with all. One process a figure, so that peak memory is the figure's own.
set -eu
bench=$1
build=$2
flows=${3:-20000000}
work=$build/bench
flowgen=$(find "$build" -name flowgen -type f -perm -100 | head -n 1)

one_core() {
    if command -v taskset >/dev/null 2>&1; then taskset -c 0 "$@"; else "$@"; fi
}

echo "# $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
if [ ! -e "$work/made-$flows" ]; then
    rm -rf "$work"
    mkdir -p "$work/flows"
    echo "# making $flows flows"
    "$flowgen" --out "$work/flows" --flows "$flows" --days 1 --end 1795392000 --devices bench
    : >"$work/made-$flows"
fi
find "$work/flows" -type f -exec cat {} + >/dev/null # warm

one_core "$bench" inflate "$work/flows/bench"
rm -rf "$work/store-one" "$work/store"
mkdir -p "$work/store-one" "$work/store"
one_core "$bench" ingest "$work/flows/bench" "$work/store-one" 1
rm -rf "$work/store-one"
"$bench" ingest "$work/flows/bench" "$work/store" 0

for question in $("$bench" names); do
    "$bench" cold "$work/store"
    echo "cold	$("$bench" query "$work/store" "$question" 1 1)"
    echo "warm	$(one_core "$bench" query "$work/store" "$question" 1 5)"
    echo "warm	$("$bench" query "$work/store" "$question" 0 5)"
done
