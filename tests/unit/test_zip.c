/*
 * Examples for server/author/zip: archives whole and with one thing wrong, made by tests/lib/xlsxkit.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/author/zip.h"
#include "tests/lib/xlsxkit.h"

#define ARCHIVE_BYTES_MAX (64u * 1024 * 1024)
#define TOTAL_MAX (64u * 1024 * 1024)

static int gather(void *ctx, const uint8_t *data, size_t len)
{
	buf_append(ctx, data, len);
	return buf_error(ctx);
}

/* Two parts, one of each method. */
static void kit_two(struct xlsxkit *k)
{
	xlsxkit_init(k);
	xlsxkit_add_text(k, "a/First.xml", "first first first first");
	xlsxkit_add_stored(k, "b.txt", "second", 6);
}

/* What opening the archive of `k` gives; the archive opened and closed again. */
static int opened(struct xlsxkit *k)
{
	struct buf b;
	struct zip *z;
	int rc;

	buf_init(&b, ARCHIVE_BYTES_MAX);
	xlsxkit_write(k, &b);
	rc = zip_open(b.data, b.len, TOTAL_MAX, &z);
	assert_true((rc == 0) == (z != NULL));
	zip_close(z);
	buf_fini(&b);
	xlsxkit_fini(k);
	return rc;
}

/* What reading `name` out of the archive of `k` gives. */
static int read_part(struct xlsxkit *k, const char *name, size_t max, size_t total, struct buf *out)
{
	struct buf b;
	struct zip *z;
	int rc;

	buf_init(&b, ARCHIVE_BYTES_MAX);
	buf_init(out, TOTAL_MAX);
	xlsxkit_write(k, &b);
	assert_int_equal(zip_open(b.data, b.len, total, &z), 0);
	rc = zip_read(z, zip_find(z, name), max, gather, out);
	zip_close(z);
	buf_fini(&b);
	xlsxkit_fini(k);
	return rc;
}

static void check_says(const char *words)
{
	if (!strstr(err_message(), words))
		fail_msg("'%s' does not say '%s'", err_message(), words);
}

static void parts_of_both_methods_are_read(void **state)
{
	struct xlsxkit k;
	struct buf out;

	(void)state;
	kit_two(&k);
	assert_int_equal(read_part(&k, "a/First.xml", 100, TOTAL_MAX, &out), 0);
	assert_string_equal(buf_string(&out), "first first first first");
	buf_fini(&out);
	kit_two(&k);
	assert_int_equal(read_part(&k, "b.txt", 6, TOTAL_MAX, &out), 0);
	assert_string_equal(buf_string(&out), "second");
	buf_fini(&out);
}

static void a_large_part_comes_in_pieces(void **state)
{
	struct xlsxkit k;
	struct buf out;

	(void)state;
	xlsxkit_init(&k);
	xlsxkit_add_bomb(&k, "big", 'x', 5);
	assert_int_equal(read_part(&k, "big", TOTAL_MAX, TOTAL_MAX, &out), 0);
	assert_int_equal(out.len, 5 * 1024 * 1024);
	assert_int_equal(out.data[out.len - 1], 'x');
	buf_fini(&out);
}

static void names_forgive_case_and_backslashes(void **state)
{
	struct xlsxkit k;
	struct buf b;
	struct zip *z;

	(void)state;
	kit_two(&k);
	xlsxkit_add_text(&k, "xl\\Sheet.xml", "x");
	buf_init(&b, ARCHIVE_BYTES_MAX);
	xlsxkit_write(&k, &b);
	assert_int_equal(zip_open(b.data, b.len, TOTAL_MAX, &z), 0);
	assert_true(zip_find(z, "A/first.XML") >= 0);
	assert_true(zip_find(z, "xl/sheet.xml") >= 0);
	assert_int_equal(zip_find(z, "xl/sheet.xm"), -1);
	assert_int_equal(zip_find(z, ""), -1);
	zip_close(z);
	buf_fini(&b);
	xlsxkit_fini(&k);
}

static void sizes_may_stand_behind_the_data(void **state)
{
	struct xlsxkit k;
	struct buf out;
	struct xlsxkit_entry *e;

	(void)state;
	kit_two(&k);
	e = xlsxkit_find(&k, "a/First.xml");
	e->local.flags = e->central.flags = 0x808;
	e->local.crc = e->local.deflated = e->local.inflated = 0;
	assert_int_equal(read_part(&k, "a/First.xml", 100, TOTAL_MAX, &out), 0);
	buf_fini(&out);
}

static void a_comment_at_the_end_is_no_harm(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.comment = "made by somebody PK\x05\x06";
	assert_int_equal(opened(&k), 0);
}

static void what_is_no_archive_is_refused(void **state)
{
	struct zip *z;

	(void)state;
	assert_int_equal(zip_open("", 0, TOTAL_MAX, &z), ERR_CORRUPT);
	assert_int_equal(zip_open("PK\x05\x06", 4, TOTAL_MAX, &z), ERR_CORRUPT);
	assert_null(z);
	check_says("its end is missing");
}

static void bytes_behind_the_end_are_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.tail = "tail";
	assert_int_equal(opened(&k), ERR_CORRUPT);
}

static void an_encrypted_part_asks_to_remove_the_password(void **state)
{
	static const uint32_t FLAGS[] = { 0x1, 0x41, 0x2000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct xlsxkit k;

		kit_two(&k);
		k.entries[1].central.flags = k.entries[1].local.flags = FLAGS[i];
		assert_int_equal(opened(&k), ERR_CORRUPT);
		check_says("password");
	}
}

static void an_archive_of_several_disks_is_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.disk = 1;
	assert_int_equal(opened(&k), ERR_CORRUPT);
	check_says("several parts");
	kit_two(&k);
	k.entries[0].disk = 1;
	assert_int_equal(opened(&k), ERR_CORRUPT);
	check_says("several parts");
}

static void zip64_is_refused_by_name(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.entry_count = 0xffff;
	assert_int_equal(opened(&k), ERR_LIMIT);
	check_says("ZIP64");
	kit_two(&k);
	k.directory = 0xffffffff;
	assert_int_equal(opened(&k), ERR_LIMIT);
	kit_two(&k);
	k.entries[0].central.inflated = 0xffffffff;
	assert_int_equal(opened(&k), ERR_LIMIT);
	check_says("ZIP64");
}

static void other_methods_are_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.entries[1].central.method = k.entries[1].local.method = 12;
	assert_int_equal(opened(&k), ERR_CORRUPT);
	check_says("method 12");
}

static void the_local_header_must_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		struct xlsxkit k;

		kit_two(&k);
		k.entries[0].local.crc ^= i == 0;
		k.entries[0].local.deflated -= i == 1;
		k.entries[0].local.inflated += i == 2;
		k.entries[0].local.method = i == 3 ? 0 : 8;
		k.entries[0].local.name[0] = i == 4 ? 'z' : 'a';
		k.entries[0].local.flags = i == 5;
		assert_int_equal(opened(&k), ERR_CORRUPT);
		check_says("different things");
	}
}

static void parts_that_share_bytes_are_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.entries[1].central = k.entries[1].local = k.entries[0].local;
	k.entries[1].is_shadow = true;
	k.entries[1].place = 0;
	assert_int_equal(opened(&k), ERR_CORRUPT);
	check_says("share the same bytes");
}

static void two_parts_of_one_name_are_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	xlsxkit_add_text(&k, "B.TXT", "another");
	assert_int_equal(opened(&k), ERR_CORRUPT);
	check_says("same name");
}

static void places_outside_are_refused(void **state)
{
	static const int64_t PLACES[] = { 1, 40, 100000, 0x7fffffff };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct xlsxkit k;

		kit_two(&k);
		k.entries[0].place = PLACES[i];
		assert_int_equal(opened(&k), ERR_CORRUPT);
		kit_two(&k);
		k.directory = PLACES[i];
		assert_int_equal(opened(&k), ERR_CORRUPT);
		kit_two(&k);
		k.directory_bytes = PLACES[i];
		assert_int_equal(opened(&k), ERR_CORRUPT);
		kit_two(&k);
		k.entry_count = i == 0 ? 1 : 3;
		assert_int_equal(opened(&k), ERR_CORRUPT);
	}
}

static void a_part_without_a_proper_name_is_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	kit_two(&k);
	k.entries[0].local.name[0] = k.entries[0].central.name[0] = '\0';
	assert_int_equal(opened(&k), ERR_CORRUPT);
	kit_two(&k);
	memset(k.entries[0].local.name, 'n', ZIP_NAME_BYTES_MAX + 1);
	k.entries[0].central = k.entries[0].local;
	assert_int_equal(opened(&k), ERR_CORRUPT);
}

static void too_many_parts_are_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	xlsxkit_init(&k);
	for (int i = 0; i <= ZIP_ENTRIES_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		xlsxkit_add_stored(&k, name, "", 0);
	}
	assert_int_equal(opened(&k), ERR_LIMIT);
}

static void a_wrong_checksum_is_found(void **state)
{
	static const char *const NAMES[] = { "a/First.xml", "b.txt" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct xlsxkit k;
		struct buf out;

		kit_two(&k);
		k.entries[i].local.crc = k.entries[i].central.crc ^= 1;
		assert_int_equal(read_part(&k, NAMES[i], 100, TOTAL_MAX, &out), ERR_CORRUPT);
		check_says("checksum");
		buf_fini(&out);
	}
}

static void a_part_that_is_not_as_long_as_it_says_is_refused(void **state)
{
	(void)state;
	for (int wrong = -1; wrong <= 1; wrong += 2) {
		struct xlsxkit k;
		struct buf out;

		kit_two(&k);
		k.entries[0].local.inflated = k.entries[0].central.inflated += (uint32_t)wrong;
		assert_int_equal(read_part(&k, "a/First.xml", 100, TOTAL_MAX, &out), ERR_CORRUPT);
		check_says("than it says");
		buf_fini(&out);
	}
}

static void a_part_that_lies_about_its_size_is_stopped_at_once(void **state)
{
	struct xlsxkit k;
	struct buf out;
	struct xlsxkit_entry *e;

	(void)state;
	xlsxkit_init(&k);
	e = xlsxkit_add_bomb(&k, "big", 'x', 32);
	e->local.inflated = e->central.inflated = 1000;
	assert_int_equal(read_part(&k, "big", TOTAL_MAX, TOTAL_MAX, &out), ERR_CORRUPT);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

static void bytes_that_cannot_be_inflated_are_refused(void **state)
{
	struct xlsxkit k;
	struct buf out;

	(void)state;
	kit_two(&k);
	k.entries[0].data[0] = 0xff;
	assert_int_equal(read_part(&k, "a/First.xml", 100, TOTAL_MAX, &out), ERR_CORRUPT);
	buf_fini(&out);
}

static void ceilings_of_part_total_and_ratio_hold(void **state)
{
	struct xlsxkit k;
	struct buf out;

	(void)state;
	kit_two(&k);
	assert_int_equal(read_part(&k, "b.txt", 5, TOTAL_MAX, &out), ERR_LIMIT);
	buf_fini(&out);
	kit_two(&k);
	assert_int_equal(read_part(&k, "b.txt", 6, 5, &out), ERR_LIMIT);
	buf_fini(&out);
	xlsxkit_init(&k);
	xlsxkit_add_bomb(&k, "big", 'x', 32);
	assert_int_equal(opened(&k), ERR_LIMIT);
	check_says("inflates more than");
}

static void what_is_written_is_read_and_the_same_each_time(void **state)
{
	struct buf a, b, out;
	struct buf *both[] = { &a, &b };
	struct zip *z;

	(void)state;
	buf_init(&out, TOTAL_MAX);
	for (size_t i = 0; i < 2; i++) {
		struct zip_writer w;

		buf_init(both[i], ARCHIVE_BYTES_MAX);
		zip_writer_init(&w, both[i]);
		zip_writer_add(&w, "one", "hello hello hello hello", 23);
		zip_writer_add(&w, "two", "", 0);
		assert_int_equal(zip_writer_finish(&w), 0);
	}
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	assert_int_equal(zip_open(a.data, a.len, TOTAL_MAX, &z), 0);
	assert_int_equal(zip_read(z, zip_find(z, "one"), 23, gather, &out), 0);
	assert_int_equal(zip_read(z, zip_find(z, "two"), 0, gather, &out), 0);
	assert_string_equal(buf_string(&out), "hello hello hello hello");
	zip_close(z);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&out);
}

static void a_writer_that_has_no_room_says_so(void **state)
{
	struct buf out;
	struct zip_writer w;

	(void)state;
	buf_init(&out, 40);
	zip_writer_init(&w, &out);
	zip_writer_add(&w, "one", "hello", 5);
	assert_int_equal(zip_writer_finish(&w), ERR_LIMIT);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_both_methods_are_read),
		cmocka_unit_test(a_large_part_comes_in_pieces),
		cmocka_unit_test(names_forgive_case_and_backslashes),
		cmocka_unit_test(sizes_may_stand_behind_the_data),
		cmocka_unit_test(a_comment_at_the_end_is_no_harm),
		cmocka_unit_test(what_is_no_archive_is_refused),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(an_encrypted_part_asks_to_remove_the_password),
		cmocka_unit_test(an_archive_of_several_disks_is_refused),
		cmocka_unit_test(zip64_is_refused_by_name),
		cmocka_unit_test(other_methods_are_refused),
		cmocka_unit_test(the_local_header_must_agree),
		cmocka_unit_test(parts_that_share_bytes_are_refused),
		cmocka_unit_test(two_parts_of_one_name_are_refused),
		cmocka_unit_test(places_outside_are_refused),
		cmocka_unit_test(a_part_without_a_proper_name_is_refused),
		cmocka_unit_test(too_many_parts_are_refused),
		cmocka_unit_test(a_wrong_checksum_is_found),
		cmocka_unit_test(a_part_that_is_not_as_long_as_it_says_is_refused),
		cmocka_unit_test(a_part_that_lies_about_its_size_is_stopped_at_once),
		cmocka_unit_test(bytes_that_cannot_be_inflated_are_refused),
		cmocka_unit_test(ceilings_of_part_total_and_ratio_hold),
		cmocka_unit_test(what_is_written_is_read_and_the_same_each_time),
		cmocka_unit_test(a_writer_that_has_no_room_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
