#!/bin/sh
# run.sh BUILD_DIR SOURCE_DIR [TEST...] : the pages in a real browser, against the real daemon.
#
# The one npm package that the tests need goes to BUILD_DIR/browser, never into the source tree.
# Exit 77: something that the tests need is missing (said on stderr).
set -eu

build=$1
source=$2
shift 2

skip()
{
	echo "skipped: $*" >&2
	exit 77
}

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
[ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18')" = true ] || skip "node is older than 18"
if [ -z "${CHROMIUM:-}" ]; then
	for name in chromium chromium-browser google-chrome chrome; do
		CHROMIUM=$(command -v "$name") && break
	done
fi
[ -x "${CHROMIUM:-}" ] || skip "no Chromium (set CHROMIUM)"
: "${FLOWVIEWERD:=$build/flowviewerd}"
if [ -z "${FLOWGEN:-}" ]; then
	FLOWGEN=$build/flowgen
	[ -x "$FLOWGEN" ] || FLOWGEN=$build/contrib/flowgen
fi
if [ -z "${FLOWVIEWER_URL:-}" ]; then
	[ -x "$FLOWVIEWERD" ] || skip "no $FLOWVIEWERD"
	[ -x "$FLOWGEN" ] || skip "no $FLOWGEN"
fi

modules=$build/browser
mkdir -p "$modules"
if ! cmp -s "$source/tests/browser/package-lock.json" "$modules/installed"; then
	cp "$source/tests/browser/package.json" "$source/tests/browser/package-lock.json" "$modules/"
	npm ci --prefix "$modules" --no-audit --no-fund --loglevel=error >&2 ||
		skip "npm cannot install playwright-core"
	cp "$modules/package-lock.json" "$modules/installed"
fi

export CHROMIUM FLOWVIEWERD FLOWGEN BROWSER_MODULES="$modules"
cd "$source/tests/browser"
[ $# -gt 0 ] || set -- test_*.mjs
exec node --test --test-concurrency=1 "$@"
