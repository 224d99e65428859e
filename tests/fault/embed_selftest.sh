#!/bin/sh
# Goal of this test: packaging/embed.sh gives back every byte, gives the same text for the same bytes, and refuses migrations
# that are misnamed or leave a gap.
. "$(dirname "$0")/../lib/flow.sh"

embed() {
	sh "$ROOT/packaging/embed.sh" "$@"
}

awk 'BEGIN { for (i = 0; i < 3; i++) for (c = 0; c < 256; c++) printf "\\%03o", c }' >escapes
# shellcheck disable=SC2059
printf "$(cat escapes)" >all-bytes.bin
: >empty.csv
cat >print.c <<'X'
#include <stddef.h>
#include <stdio.h>
extern const unsigned char data_all_bytes_bin[], data_empty_csv[];
extern const size_t data_all_bytes_bin_len, data_empty_csv_len;
int main(void)
{
	fwrite(data_all_bytes_bin, 1, data_all_bytes_bin_len, stdout);
	fwrite(data_empty_csv, 1, data_empty_csv_len, stdout);
	return data_all_bytes_bin[data_all_bytes_bin_len] + data_empty_csv[0];
}
X
embed data data all-bytes.bin empty.csv >data.c
expect "the generated file compiles without a warning" "${CC:-gcc}" -Wall -Wextra -Wconversion -Werror -o print print.c data.c
expect "and runs" sh -c './print >back.bin'
expect_same "every byte comes back" all-bytes.bin back.bin
mkdir elsewhere
cp all-bytes.bin empty.csv elsewhere/
embed data data elsewhere/all-bytes.bin elsewhere/empty.csv >again.c
expect_same "the folder and the time do not matter" data.c again.c

echo "CREATE TABLE a(b);" >0001_first.sql
echo "CREATE TABLE c(d);" >0002_second.sql
echo "CREATE TABLE e(f);" >0004_fourth.sql
echo "CREATE TABLE g(h);" >third.sql
embed schema list 0001_first.sql 0002_second.sql >schema.c
expect "migrations compile" "${CC:-gcc}" -std=c11 -I"$ROOT" -Wall -Wextra -Wconversion -Werror -c -o schema.o schema.c
expect_text "they carry number and name" 'number = 2, .name = "0002_second.sql"' schema.c
expect_status 1 "a gap is refused" embed schema list 0001_first.sql 0004_fourth.sql
expect_text "and named" "0004_fourth.sql: number 2 was expected"
expect_status 1 "a list without the first is refused" embed schema list 0002_second.sql
expect_status 1 "a name without a number is refused" embed schema list third.sql
expect_status 1 "a missing file is refused" embed data list absent.csv
expect_status 1 "no file is refused" embed data list
finish
