#!/bin/sh
# Goal of this test: packaging/bootstrap.sh installs exactly what is missing, touches nothing when nothing is, and says in both
# languages why it cannot. dpkg-query, apt-get and id are pretended by scripts, so that no package of this machine is touched.
. "$(dirname "$0")/../lib/flow.sh"

ALL="gcc make pkg-config libsqlite3-dev libsodium-dev libzstd-dev libcurl4-openssl-dev libmicrohttpd-dev libjansson-dev libexpat1-dev zlib1g-dev libpcre2-dev"
mkdir bin
for tool in env sh cat; do
	ln -s "$(command -v $tool)" bin/
done

pretend() {
	{ echo "#!$(command -v sh)" && cat; } >"bin/$1"
	chmod +x "bin/$1"
}

pretend dpkg-query <<X
while read -r package; do
	echo "installed \$package"
done <$SCRATCH/installed
exit 1
X
pretend apt-get <<X
echo "\$*" >>$SCRATCH/apt
[ "\$1" = install ] && [ -f $SCRATCH/apt_works ] || exit 100
for word in "\$@"; do
	echo "\$word" >>$SCRATCH/installed
done
X
pretend id <<X
cat $SCRATCH/uid
X

# installed PACKAGE ...: what the pretended machine has.
installed() {
	printf '%s\n' "$@" >installed
	rm -f apt
	touch apt
}

bootstrap() {
	PATH=$SCRATCH/bin sh "$ROOT/packaging/bootstrap.sh" "$@" </dev/null
}

touch apt_works
echo 0 >uid

# shellcheck disable=SC2086
installed $ALL
expect "nothing missing is success" bootstrap
[ ! -s output ] && [ ! -s apt ] && ok "and silent, without touching apt" || not_ok "and silent, without touching apt" output

installed gcc make pkg-config libsqlite3-dev libzstd-dev libcurl4-openssl-dev libjansson-dev libexpat1-dev zlib1g-dev libpcre2-dev
expect "what is missing is installed" bootstrap
expect_text "it says what and why" "to build Mandoob: libsodium-dev libmicrohttpd-dev$"
expect_text "exactly that" "^install .*recommends libsodium-dev libmicrohttpd-dev$" apt

# shellcheck disable=SC2086
installed $ALL
expect "the tests need more" bootstrap --test
expect_text "namely these" "recommends libcmocka-dev sqlite3 xz-utils zstd libreoffice-calc-nogui unzip$" apt

installed gcc make pkg-config libsqlite3-dev libsodium-dev libzstd-dev libcurl4-gnutls-dev libmicrohttpd-dev libjansson-dev libexpat1-dev \
	zlib1g-dev libpcre2-dev
expect "the other curl headers will do" bootstrap
[ ! -s apt ] && ok "and are not replaced" || not_ok "and are not replaced" apt

rm apt_works
installed gcc make
expect_status 1 "a failed installation fails" bootstrap
expect_text "in English" "could not be installed: pkg-config libsqlite3-dev"
expect_text "in Arabic" "تعذّر تثبيت"

echo 1000 >uid
installed gcc make
expect_status 1 "without root and sudo it fails" bootstrap
expect_text "and says what to do as root" "apt-get install pkg-config"
expect_text "in Arabic too" "بحساب الجذر"
[ ! -s apt ] && ok "and did not try" || not_ok "and did not try" apt

rm bin/dpkg-query
expect_status 1 "without apt and libraries it fails" bootstrap
expect_text "and names the libraries" "sqlite3 libsodium libzstd libcurl libmicrohttpd jansson expat zlib libpcre2-8"
expect_status 2 "an unknown word is refused" bootstrap --all
finish
