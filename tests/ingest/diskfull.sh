#!/bin/sh
# A small file system of its own for crash_diskfull: diskfull.sh PROGRAM. It is mounted in a mount
# namespace, so that nothing is left of it. Ends with 77 (skipped) where that is not possible.
if [ "$1" = inside ]; then
	directory=$(mktemp -d /tmp/fv-diskfull-XXXXXX) || exit 77
	trap 'umount "$directory"; rmdir "$directory"' EXIT
	mount -t tmpfs -o size=16m tmpfs "$directory" || exit 77
	"$2" "$directory"
	exit
fi
for options in -m -rm; do
	if unshare $options true 2>/dev/null; then
		unshare $options sh "$0" inside "$1"
		exit
	fi
done
echo "skipped: no mount namespace here" >&2
exit 77
