#!/bin/sh
# test.sh - installs what the tests need and runs all of them.
#
#   contrib/test.sh
#
# Builds in build-test/. The main suite comes last, so that the last lines are its result; if
# any part failed, the exit code is 1.
set -u

source=$(cd "$(dirname "$0")/.." && pwd)
. "$source/contrib/packages.sh"

[ $# -eq 0 ] || { echo "usage: test.sh" >&2; exit 2; }
build=$source/build-test
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || sysctl -n hw.ncpuonline)
failed=
# The kqueue watcher is compiled on Linux too, against declarations of its system calls.
shim=OFF
[ "$(uname -s)" != Linux ] || shim=ON

# Each part is one line, then what it says if it fails.
part()
{
	name=$1
	shift
	printf '%-58s' "$name"
	began=$(date +%s)
	if "$@" >"$build/part.log" 2>&1; then
		echo "ok    ($(($(date +%s) - began)) s)"
	else
		echo "FAILED ($(($(date +%s) - began)) s)"
		tail -n 60 "$build/part.log"
		failed="$failed
  $name"
	fi
}

have()
{
	command -v "$1" >/dev/null 2>&1
}

# built DIRECTORY OPTIONS... [-- TARGETS...]
built()
{
	directory=$build/$1
	shift
	options=
	while [ $# -gt 0 ]; do
		option=$1
		shift
		[ "$option" != -- ] || break
		options="$options $option"
	done
	# No word of these has a blank in it.
	cmake -G Ninja -S "$source" -B "$directory" $options && ninja -C "$directory" "$@"
}

format()
{
	cd "$source" || return 1
	find src include tests contrib -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
}

# tested DIRECTORY CTEST-OPTIONS...
tested()
{
	directory=$build/$1
	shift
	ctest --test-dir "$directory" -j "$jobs" --output-on-failure --no-tests=error "$@"
}

# ThreadSanitizer wants its addresses free: no random ones where that can be had.
raced()
{
	calm=
	! have setarch || ! setarch -R true 2>/dev/null || calm="setarch -R"
	TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" $calm \
		ctest --test-dir "$build/tsan" -j "$jobs" --output-on-failure --no-tests=error -R "$THREADED"
}

# Tests of the rooms that have threads, and of all of them at work together.
THREADED='^(unit\.(base|os|store|query|ingest|http|names)\.|ingest\.|api\.|main\.)'

install_packages \
	"$BUILD_DEBIAN libcmocka-dev util-linux $(package_of clang clang-format mandoc python3 curl ps=procps \
		node=nodejs npm chromium)" \
	"$BUILD_OPENBSD cmocka python3 curl node chromium" || exit 1
mkdir -p "$build" || exit 1
echo "tests of FlowViewer, in $build"

if have clang-format; then
	part "layout of the source" format
fi
if have clang; then
	part "clang, address and undefined sanitizers: build" built asan -DCMAKE_C_COMPILER=clang \
		-DCMAKE_BUILD_TYPE=Debug -DFV_SANITIZE_ADDRESS=ON -DFV_KQUEUE_SHIM="$shim"
	part "the suite under them" tested asan -LE 'browser|speed'
	part "clang, thread sanitizer: build" built tsan -DCMAKE_C_COMPILER=clang \
		-DCMAKE_BUILD_TYPE=Debug -DFV_SANITIZE_THREAD=ON
	part "tests of threads under it" raced
fi
if [ "$(uname -s)" = Linux ]; then
	part "clang, fuzzing: build" built fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DFV_FUZZ=ON
	part "fuzzing, a while" tested fuzz -R '^fuzz\..*\.short$'
fi
part "release: build" built release -DCMAKE_BUILD_TYPE=Release

if [ -n "$failed" ]; then
	echo "failed before the main suite:$failed"
fi
tested release
code=$?
[ -z "$failed" ] || exit 1
exit "$code"
