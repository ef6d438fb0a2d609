# packages.sh - read by demo.sh and test.sh: install what is missing, on Debian and OpenBSD.
# Nothing is asked of the network when nothing is missing.

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	elif command -v doas >/dev/null 2>&1; then
		doas "$@"
	else
		echo "$0: to install packages it must run as root, or find sudo or doas: $*" >&2
		exit 1
	fi
}

# Debian's packages that are missing of those named.
debian_missing()
{
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
			printf '%s ' "$package"
	done
}

openbsd_missing()
{
	for package; do
		pkg_info -qe "$package-*" || printf '%s ' "$package"
	done
}

# Programs that may have come in another way than as a package: "command" or "command=package"
# each; says the packages of those that are not there.
package_of()
{
	for program; do
		command -v "${program%%=*}" >/dev/null 2>&1 || printf '%s ' "${program#*=}"
	done
}

# install_packages "Debian's names" "OpenBSD's names"
install_packages()
{
	case $(uname -s) in
	Linux)
		if ! command -v dpkg-query >/dev/null 2>&1; then
			echo "$0: not Debian: these packages, by Debian's names, are needed: $1" >&2
			return 0
		fi
		missing=$(debian_missing $1)
		[ -n "$missing" ] || return 0
		echo "installing: $missing"
		as_root apt-get update -q
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
		;;
	OpenBSD)
		missing=$(openbsd_missing $2)
		[ -n "$missing" ] || return 0
		echo "installing: $missing"
		as_root pkg_add -I $missing
		;;
	*)
		echo "$0: neither Debian nor OpenBSD: these packages, by Debian's names, are needed: $1" >&2
		;;
	esac
}

BUILD_DEBIAN="gcc libc6-dev cmake ninja-build pkgconf libmicrohttpd-dev libsqlite3-dev zlib1g-dev libxxhash-dev"
BUILD_OPENBSD="cmake ninja libmicrohttpd sqlite3 xxhash"
