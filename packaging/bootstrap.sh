#!/bin/sh
# Install exactly the Debian packages that are missing for building Mandoob, and with --test those for testing it,
# with --fuzz those for fuzzing it.
#
#   sh packaging/bootstrap.sh [--test|--fuzz]
#
# Works on a bare Debian 12 (or Raspberry Pi OS) with nothing but a shell: as root, or through sudo. When nothing is missing it
# says nothing, asks for nothing and touches no network. On a system without apt it only looks whether the libraries are there.
set -eu

BUILD="gcc make pkg-config libsqlite3-dev libsodium-dev libzstd-dev libcurl4-openssl-dev libmicrohttpd-dev libjansson-dev"
BUILD="$BUILD libexpat1-dev zlib1g-dev libpcre2-dev"
TEST="libcmocka-dev sqlite3 xz-utils zstd libreoffice-calc-nogui unzip"
FUZZ="clang libclang-rt-dev"
LIBRARIES="sqlite3 libsodium libzstd libcurl libmicrohttpd jansson expat zlib libpcre2-8"

wanted=$BUILD
why="to build Mandoob"
case ${1-} in
"") ;;
--test)
	wanted="$BUILD $TEST"
	why="to build and test Mandoob"
	LIBRARIES="$LIBRARIES cmocka"
	;;
--fuzz)
	wanted="$BUILD $FUZZ"
	why="to build and fuzz Mandoob"
	;;
*)
	echo "bootstrap.sh: $1: only --test and --fuzz are known" >&2
	exit 2
	;;
esac

# Give up: $1 in English, $2 in Arabic.
give_up() {
	printf 'mandoob: %s\nمندوب: %s\n' "$1" "$2" >&2
	exit 1
}

# Debian has two builds of the curl headers that exclude each other: either will do.
is_installed() {
	case " $installed " in
	*" $1 "*) return 0 ;;
	esac
	[ "$1" = libcurl4-openssl-dev ] && case " $installed " in
	*" libcurl4-gnutls-dev "*) return 0 ;;
	esac
	return 1
}

find_missing() {
	# dpkg-query fails when one of the names is unknown to it; what it printed about the others still counts.
	# shellcheck disable=SC2086
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted libcurl4-gnutls-dev 2>/dev/null |
		while read -r status package; do
			[ "$status" = installed ] && printf '%s ' "$package"
		done) || true
	missing=
	for package in $wanted; do
		is_installed "$package" || missing="$missing $package"
	done
	missing=${missing# }
}

# Without dpkg (another distribution) nothing can be installed from here, but everything may be there.
if ! command -v dpkg-query >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	if command -v cc >/dev/null 2>&1 && pkg-config --exists $LIBRARIES 2>/dev/null; then
		exit 0
	fi
	give_up "this system has no apt. Please install a C compiler, make, pkg-config and the development files of: $LIBRARIES" \
		"لا يوجد apt على هذا النظام. ثبّت مترجم C وmake وpkg-config وملفات التطوير للمكتبات: $LIBRARIES"
fi

find_missing
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 ||
	give_up "apt-get was not found. Please install these packages: $missing" \
		"لم يُعثر على apt-get. ثبّت هذه الحزم: $missing"

if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif ! command -v sudo >/dev/null 2>&1; then
	give_up "packages are missing and there is neither root nor sudo. As root: apt-get install $missing" \
		"توجد حزم ناقصة ولا صلاحية لتثبيتها. نفّذ بحساب الجذر: apt-get install $missing"
elif [ -t 0 ]; then
	as_root=sudo
else
	as_root="sudo -n"
fi

echo "mandoob: installing $why: $missing"
echo "مندوب: تثبيت الحزم الناقصة: $missing"
# An update that fails (no network, a local mirror) is not the end: the packages may be in the cache.
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || echo "mandoob: the package lists could not be updated; trying with those that are here" >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 || true

find_missing
[ -z "$missing" ] ||
	give_up "these packages could not be installed: $missing. Check the network and the rights, or run: apt-get install $missing" \
		"تعذّر تثبيت: $missing. تأكد من الشبكة والصلاحيات ثم أعد المحاولة، أو نفّذ: apt-get install $missing"
