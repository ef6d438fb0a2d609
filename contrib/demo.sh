#!/bin/sh
# demo.sh - FlowViewer on invented traffic: builds it, makes a day of flow files of two routers,
# starts the daemon, and writes a new flow file every five minutes until it is stopped (Ctrl-C).
#
#   contrib/demo.sh [--port N] [--dir DIR]
#
# Everything that it makes is in DIR; started again it goes on with what is there.
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
. "$source/contrib/packages.sh"

port=8080
dir=
flows=${FLOWVIEWER_DEMO_FLOWS:-1000000} # of each router in a day

usage()
{
	echo "usage: demo.sh [--port N] [--dir DIR]" >&2
	exit 2
}

fail()
{
	echo "demo.sh: $*" >&2
	exit 1
}

while [ $# -gt 0 ]; do
	case $1 in
	--port=* | --dir=*)
		option=${1%%=*}
		value=${1#*=}
		shift
		;;
	--port | --dir)
		[ $# -ge 2 ] || usage
		option=$1
		value=$2
		shift 2
		;;
	*) usage ;;
	esac
	case $option in
	--port) port=$value ;;
	--dir) dir=$value ;;
	esac
done
case $port in
'' | *[!0-9]* | ??????*) fail "--port $port: expected a number, 0 to 65535" ;;
esac
[ "$port" -le 65535 ] || fail "--port $port: expected a number, 0 to 65535"
[ -n "$dir" ] || dir=${XDG_CACHE_HOME:-${HOME:?"is not set: use --dir"}/.cache}/flowviewer-demo
case $dir in
*\"* | *\\*) fail "--dir: expected a path without quotes and backslashes" ;;
esac

# ---- children: none of them outlives us ----------------------------------------------------

daemon=
writer=
step=

# shellcheck disable=SC2317
stop()
{
	trap '' HUP INT TERM
	trap - EXIT
	for child in $step $writer $daemon; do
		kill "$child" 2>/dev/null || :
	done
	# A child that was about to become its program has missed the signal: hence again.
	for child in $step $writer $daemon; do
		tries=0
		while [ $tries -lt 100 ] && kill "$child" 2>/dev/null; do
			sleep 0.1
			tries=$((tries + 1))
		done
		wait "$child" 2>/dev/null || :
	done
	exit "$1"
}
trap 'stop 1' EXIT
trap 'echo; echo "stopping"; stop 0' HUP INT TERM

# A step in the background, so that a signal is heeded while it runs.
run()
{
	"$@" &
	step=$!
	code=0
	wait "$step" || code=$?
	step=
	return "$code"
}

# ---- build ---------------------------------------------------------------------------------

install_packages "$BUILD_DEBIAN" "$BUILD_OPENBSD"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
echo "building in $dir/build"
# A tree that has moved needs a new build.
if ! grep -qsFx "CMAKE_HOME_DIRECTORY:INTERNAL=$source" "$dir/build/CMakeCache.txt"; then
	rm -rf "$dir/build"
	run cmake -G Ninja -S "$source" -B "$dir/build" -DCMAKE_BUILD_TYPE=Release >"$dir/build.log" 2>&1 ||
		fail "cmake failed; see $dir/build.log"
fi
# Ninja itself, as it takes its compilers with it when it is stopped.
run ninja -C "$dir/build" flowviewerd flowgen >"$dir/build.log" 2>&1 ||
	fail "the build failed; see $dir/build.log"

# ---- flows ---------------------------------------------------------------------------------

mkdir -p "$dir/flows/core_1" "$dir/flows/edge_2" "$dir/data"
cat >"$dir/flowviewerd.conf" <<CONF
listen on 127.0.0.1 port $port
data-directory "$dir/data"
device core_1 directory "$dir/flows/core_1" max-age 7d
device edge_2 directory "$dir/flows/edge_2" max-age 7d
CONF

# Flow files older than the store keeps them are of no use any more.
find "$dir/flows" -type f -name 'ft-*' -mtime +8 -exec rm -f {} +
find "$dir/flows" -type f -name 'tmp-*' -exec rm -f {} +

echo "making the flows of the last 24 hours"
# Always in the background, where it becomes the child itself.
generate()
{
	exec "$dir/build/flowgen" --out "$dir/flows" --flows "$flows" --days 1 --end now --devices core_1,edge_2 "$@"
}
run generate || fail "flowgen failed"

# ---- run -----------------------------------------------------------------------------------

: >"$dir/flowviewerd.log"
"$dir/build/flowviewerd" -d -f "$dir/flowviewerd.conf" 2>"$dir/flowviewerd.log" &
daemon=$!
url=
while [ -z "$url" ]; do
	if ! kill -0 "$daemon" 2>/dev/null; then
		daemon=
		tail -n 5 "$dir/flowviewerd.log" >&2
		fail "flowviewerd did not start (the lines above say why; --port N chooses another port)"
	fi
	url=$(sed -n 's/^ready //p' "$dir/flowviewerd.log")
	[ -n "$url" ] || sleep 0.1
done

generate --follow >"$dir/flowgen.log" 2>&1 &
writer=$!

echo "ready: $url"
echo "Ctrl-C stops it. Files are in $dir"
code=0
wait "$daemon" || code=$?
daemon=
fail "flowviewerd ended (code $code); see $dir/flowviewerd.log"
