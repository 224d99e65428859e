/*
 * Examples for proto/base/vault/slots and slot: who can open a vault, how slots come and go, and what is noticed when somebody edits
 * them. A power cut between the two prefix copies is made by putting one copy back. Everybody here is invented.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/harden.h"
#include "proto/base/vault/kdf.h"
#include "proto/base/vault/slot.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/vaultkit.h"

#define SECOND "second person"
#define SECOND_LEN (sizeof SECOND - 1)

static int opens(const char *path, const char *passphrase)
{
	struct vault_key *k;
	int rc = vault_unlock(path, passphrase, strlen(passphrase), &k);

	vault_lock(k);
	return rc;
}

static int opens_by_text(const char *path, const char *text)
{
	struct vault_key *k;
	int rc = vault_unlock_recovery(path, text, strlen(text), &k);

	vault_lock(k);
	return rc;
}

static int opens_by_org(const char *path, const uint8_t *pk, const uint8_t *sk)
{
	struct vault_key *k;
	int rc = vault_unlock_org(path, pk, sk, &k);

	vault_lock(k);
	return rc;
}

/* ---- status ---- */

static void status_names_the_slots_with_and_without_a_key(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];
	struct vault_status claimed, proved;
	unsigned index;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_slot_add_org(k, pk, &index), 0);
	assert_int_equal(index, 1);
	assert_int_equal(vault_slot_add_recovery(k, text, &index), 0);
	assert_int_equal(index, 2);
	assert_int_equal(vault_slot_add(k, VAULT_SLOT_SECOND, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), 0);
	assert_int_equal(index, 3);
	assert_int_equal(vault_status(NULL, k, &proved), 0);
	assert_int_equal(proved.suite, VAULT_SUITE_XCHACHA20);
	assert_int_equal(proved.page_bytes, 4096);
	assert_int_equal(proved.sequence, 4);
	assert_true(proved.is_wal_only);
	assert_int_equal(proved.prefix_count, 2);
	assert_int_equal(proved.slots[0].kind, VAULT_SLOT_PASSPHRASE);
	assert_int_equal(proved.slots[0].kdf.mem_bytes, VAULTKIT_WEAK.mem_bytes);
	assert_int_equal(proved.slots[0].kdf.passes, VAULTKIT_WEAK.passes);
	assert_int_equal(proved.slots[1].kind, VAULT_SLOT_ORG);
	assert_memory_equal(proved.slots[1].org_public_key, pk, sizeof pk);
	assert_int_equal(proved.slots[2].kind, VAULT_SLOT_RECOVERY);
	assert_int_equal(proved.slots[2].kdf.mem_bytes, 0);
	assert_int_equal(proved.slots[3].kind, VAULT_SLOT_SECOND);
	assert_int_equal(proved.slots[4].kind, VAULT_SLOT_EMPTY);
	assert_int_equal(proved.lease.until_ms, 0);
	assert_false(proved.lease.has_share);
	vault_lock(k);
	assert_int_equal(vault_status(f->path, NULL, &claimed), 0);
	assert_memory_equal(&claimed, &proved, sizeof claimed);
	assert_int_equal(vault_status(NULL, NULL, &claimed), ERR_USAGE);
	assert_int_equal(vault_status(f->other, NULL, &claimed), ERR_NOT_FOUND);
	vaultkit_save(f->other, "no vault", 8);
	assert_int_equal(vault_status(f->other, NULL, &claimed), ERR_CORRUPT);
}

static void status_with_a_key_proves_each_copy(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_status s;

	vaultkit_put(f->path, VAULT_COPY_BYTES + 2000, "x", 1);
	assert_int_equal(vault_status(NULL, NULL, &s), ERR_USAGE);
	assert_int_equal(vault_status(f->path, NULL, &s), 0);
	assert_int_equal(s.prefix_count, 2);
	assert_int_equal(vault_status(f->path, k, &s), 0);
	assert_int_equal(s.prefix_count, 1);
	vaultkit_put(f->path, 2000, "x", 1);
	assert_int_equal(vault_status(f->path, k, &s), ERR_AUTH);
	vaultkit_put(f->path, 0, "x", 1);
	vaultkit_put(f->path, VAULT_COPY_BYTES, "x", 1);
	assert_int_equal(vault_status(f->path, k, &s), ERR_CORRUPT);
	vault_lock(k);
}

/* ---- adding and removing ---- */

static void each_kind_of_slot_opens_the_same_database(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES], label[VAULT_SUBKEY_BYTES], got[VAULT_SUBKEY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];
	unsigned index;
	struct db *db;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_derive(k, "same", label), 0);
	assert_int_equal(vault_slot_add(k, VAULT_SLOT_SECOND, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), 0);
	assert_int_equal(vault_slot_add_org(k, pk, &index), 0);
	assert_int_equal(vault_slot_add_recovery(k, text, &index), 0);
	vaultkit_small(f);
	vault_lock(k);
	for (int way = 0; way < 4; way++) {
		if (way == 0)
			assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), 0);
		if (way == 1)
			assert_int_equal(vault_unlock(f->path, SECOND, SECOND_LEN, &k), 0);
		if (way == 2)
			assert_int_equal(vault_unlock_org(f->path, pk, sk, &k), 0);
		if (way == 3)
			assert_int_equal(vault_unlock_recovery(f->path, text, strlen(text), &k), 0);
		assert_int_equal(vault_derive(k, "same", got), 0);
		assert_memory_equal(got, label, sizeof label);
		db = vaultkit_open(f->path);
		assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 6);
		db_close(db);
		vault_lock(k);
	}
}

static void bad_input_adds_no_slot(void **state)
{
	struct vaultkit *f = *state;
	static const uint8_t LOW_ORDER[VAULT_ORG_KEY_BYTES] = { 1 };
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes b = vaultkit_load(f->path);
	unsigned index;

	assert_int_equal(vault_slot_add(k, VAULT_SLOT_RECOVERY, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), ERR_USAGE);
	assert_int_equal(vault_slot_add(k, VAULT_SLOT_ORG, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), ERR_USAGE);
	assert_int_equal(vault_slot_add(k, VAULT_SLOT_SECOND, "", 0, &VAULTKIT_WEAK, &index), ERR_USAGE);
	assert_int_equal(vault_slot_add_org(k, LOW_ORDER, &index), ERR_USAGE);
	vaultkit_assert_same(f->path, &b);
	free(b.data);
	vault_lock(k);
}

static void nine_slots_do_not_fit(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	char text[VAULT_RECOVERY_TEXT_BYTES], last[VAULT_RECOVERY_TEXT_BYTES];
	struct vaultkit_bytes b;
	unsigned index;

	for (unsigned i = 1; i < VAULT_SLOT_COUNT; i++) {
		assert_int_equal(vault_slot_add_recovery(k, last, &index), 0);
		assert_int_equal(index, i);
	}
	b = vaultkit_load(f->path);
	assert_int_equal(vault_slot_add_recovery(k, text, &index), ERR_LIMIT);
	assert_string_equal(text, "");
	assert_int_equal(vault_slot_add(k, VAULT_SLOT_SECOND, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), ERR_LIMIT);
	vaultkit_assert_same(f->path, &b);
	assert_int_equal(vault_passphrase_change(k, "new", 3, &VAULTKIT_WEAK), 0); /* replaces, needs no room */
	vault_lock(k);
	assert_int_equal(opens_by_text(f->path, last), 0);
	assert_int_equal(opens(f->path, "new"), 0);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_AUTH);
	free(b.data);
}

static void a_removed_slot_is_in_neither_copy(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	char text[VAULT_RECOVERY_TEXT_BYTES];
	struct vaultkit_bytes before, after;
	struct vault_status s;
	unsigned index;

	assert_int_equal(vault_slot_add_recovery(k, text, &index), 0);
	before = vaultkit_load(f->path);
	assert_int_equal(vault_slot_remove(k, index), 0);
	assert_int_equal(vault_slot_remove(k, index), ERR_NOT_FOUND);
	assert_int_equal(vault_slot_remove(k, VAULT_SLOT_COUNT), ERR_NOT_FOUND);
	assert_int_equal(vault_status(NULL, k, &s), 0);
	assert_int_equal(s.slots[index].kind, VAULT_SLOT_EMPTY);
	vault_lock(k);
	after = vaultkit_load(f->path);
	assert_null(memmem(after.data, after.len, before.data + VAULT_SLOTS_OFFSET + index * VAULT_SLOT_BYTES + 32, 104));
	assert_int_equal(opens_by_text(f->path, text), ERR_AUTH);
	/* A cut after the first copy: the removal counts, and the other copy does not keep the slot. */
	vaultkit_put(f->path, VAULT_COPY_BYTES, before.data, VAULT_COPY_BYTES);
	assert_int_equal(opens_by_text(f->path, text), ERR_AUTH);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	vaultkit_assert_same(f->path, &after);
	/* A cut within the first copy: the slot is still there, and nobody is locked out. */
	vaultkit_put(f->path, 0, before.data, VAULT_COPY_BYTES);
	vaultkit_put(f->path, VAULT_COPY_BYTES, before.data, VAULT_COPY_BYTES);
	vaultkit_put(f->path, 1000, "torn", 4);
	assert_int_equal(opens_by_text(f->path, text), 0);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	free(before.data);
	free(after.data);
}

static void the_last_personal_slot_stays(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];
	unsigned org, recovery;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_slot_add_org(k, pk, &org), 0);
	assert_int_equal(vault_slot_remove(k, 0), ERR_USAGE);
	assert_int_equal(vault_slot_add_recovery(k, text, &recovery), 0);
	assert_int_equal(vault_slot_remove(k, 0), 0);
	assert_int_equal(vault_slot_remove(k, recovery), ERR_USAGE);
	assert_int_equal(vault_slot_remove(k, org), 0); /* the organisation is no person */
	vault_lock(k);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_AUTH);
	assert_int_equal(opens_by_text(f->path, text), 0);
	assert_int_equal(opens_by_org(f->path, pk, sk), ERR_AUTH);
}

static void two_handles_change_slots_without_losing_one(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *a = vaultkit_unlock(f);
	struct vault_key *b = vaultkit_unlock(f);
	char one[VAULT_RECOVERY_TEXT_BYTES], two[VAULT_RECOVERY_TEXT_BYTES];
	unsigned index;

	assert_int_equal(vault_slot_add_recovery(a, one, &index), 0);
	assert_int_equal(vault_slot_add_recovery(b, two, &index), 0);
	assert_int_equal(index, 2);
	vault_lock(a);
	vault_lock(b);
	assert_int_equal(opens_by_text(f->path, one), 0);
	assert_int_equal(opens_by_text(f->path, two), 0);
}

/* ---- recovery keys ---- */

static void a_mistyped_recovery_key_is_told_from_a_wrong_one(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	char text[VAULT_RECOVERY_TEXT_BYTES], other[VAULT_RECOVERY_TEXT_BYTES];
	unsigned index;

	assert_int_equal(opens_by_text(f->path, ""), ERR_USAGE);
	assert_int_equal(vault_slot_add_recovery(k, other, &index), 0);
	assert_int_equal(vault_slot_remove(k, index), 0);
	assert_int_equal(opens_by_text(f->path, other), ERR_AUTH); /* a vault without recovery slot */
	assert_int_equal(vault_slot_add_recovery(k, text, &index), 0);
	vault_lock(k);
	assert_int_equal(opens_by_text(f->path, other), ERR_AUTH);
	for (size_t i = 0; i < strlen(text); i++) {
		char was = text[i];

		if (was == '-')
			continue;
		text[i] = was == 'Z' ? '2' : 'Z';
		assert_int_equal(opens_by_text(f->path, text), ERR_USAGE);
		text[i] = was;
	}
	assert_int_equal(opens_by_text(f->path, text), 0);
}

/* ---- the organisation ---- */

static void the_organisations_box_is_the_same_each_time_and_opens(void **state)
{
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES], data_key[VAULT_KEY_BYTES] = { 1 }, id[VAULT_ID_BYTES] = { 2 };
	uint8_t one[VAULT_SLOT_BYTES], two[VAULT_SLOT_BYTES], got[VAULT_KEY_BYTES];

	(void)state;
	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_slot_org_seal(one, id, pk, data_key), 0);
	assert_int_equal(vault_slot_org_seal(two, id, pk, data_key), 0);
	assert_memory_equal(one, two, sizeof one);
	assert_int_equal(crypto_box_seal_open(got, one + 48, 80, pk, sk), 0);
	assert_memory_equal(got, data_key, sizeof got);
	id[0]++;
	assert_int_equal(vault_slot_org_seal(two, id, pk, data_key), 0);
	assert_memory_not_equal(one + 48, two + 48, 32); /* another ephemeral key for another vault */
}

static void the_organisations_slot_is_proved_without_its_secret(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES], slot[VAULT_SLOT_BYTES], copy[VAULT_COPY_BYTES];
	struct vaultkit_bytes b;
	struct vault_prefix p;
	uint8_t data_key[VAULT_KEY_BYTES];
	unsigned index;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_org_check(k, pk), ERR_NOT_FOUND);
	assert_int_equal(vault_slot_add_org(k, pk, &index), 0);
	assert_int_equal(vault_org_check(k, pk), 0);
	/* Somebody who has the data key writes a slot that looks right, is authentic, and opens nothing. */
	b = vaultkit_load(f->path);
	assert_int_equal(vault_prefix_decode(b.data, &p), 0);
	assert_int_equal(vault_slot_org_open(p.slots[index], pk, sk, data_key), 0);
	memcpy(slot, p.slots[index], sizeof slot);
	slot[100] ^= 1;
	memcpy(p.slots[index], slot, sizeof slot);
	assert_int_equal(vault_prefix_encode(&p, data_key, copy), 0);
	vaultkit_put(f->path, 0, copy, sizeof copy);
	vaultkit_put(f->path, VAULT_COPY_BYTES, copy, sizeof copy);
	assert_int_equal(vault_org_check(k, pk), ERR_CORRUPT);
	vault_lock(k);
	free(b.data);
}

/* ---- slots that somebody edited ---- */

struct edit {
	const char *what;
	unsigned slot;
	size_t offset;          /* within the slot */
	uint8_t bytes[8];
	size_t len;
};

/* Each edit is made in both copies; the passphrase must then be refused, and no byte of the file be changed by trying. */
static void every_edited_slot_is_refused(void **state)
{
	static const struct edit EDITS[] = {
		{ "kind: a second person", 0, 0, { 0, 4 }, 2 },
		{ "kind: unknown", 0, 0, { 0, 9 }, 2 },
		{ "kind: empty", 0, 0, { 0, 0 }, 2 },
		{ "flags: blinded", 0, 2, { 0, 1 }, 2 },
		{ "flags: unknown", 0, 2, { 0, 2 }, 2 },
		{ "passes raised", 0, 4, { 0, 0, 0, 2 }, 4 },
		{ "passes 0", 0, 4, { 0, 0, 0, 0 }, 4 },
		{ "passes above the ceiling", 0, 4, { 0, 0, 0, 17 }, 4 },
		{ "memory raised", 0, 8, { 0, 0, 0, 0, 0, 0, 0x40, 0 }, 8 },
		{ "memory 0", 0, 8, { 0, 0, 0, 0, 0, 0, 0, 0 }, 8 },
		{ "memory above the ceiling", 0, 8, { 0, 0, 0, 0, 0x20, 0, 0, 1 }, 8 },
		{ "memory beyond the machine", 0, 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 8 },
		{ "salt", 0, 16, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "nonce", 0, 32, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "sealed key", 0, 56, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "tag", 0, 88, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "commitment", 0, 104, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "zeros at the end", 0, 150, { 1 }, 1 },
		{ "the organisation's public key", 1, 16, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "the organisation's box", 1, 60, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
		{ "the organisation's slot emptied", 1, 0, { 0, 0 }, 2 },
		{ "a slot planted", 5, 0, { 0, 2 }, 2 },
	};
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	struct vaultkit_bytes b;
	unsigned index;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_slot_add_org(k, pk, &index), 0);
	vault_lock(k);
	b = vaultkit_load(f->path);
	for (size_t i = 0; i < sizeof EDITS / sizeof EDITS[0]; i++) {
		size_t at = VAULT_SLOTS_OFFSET + EDITS[i].slot * VAULT_SLOT_BYTES + EDITS[i].offset;
		struct vaultkit_bytes edited;
		int rc;

		for (size_t copy = 0; copy < 2; copy++)
			vaultkit_put(f->path, copy * VAULT_COPY_BYTES + at, EDITS[i].bytes, EDITS[i].len);
		edited = vaultkit_load(f->path);
		rc = opens(f->path, VAULTKIT_PASS);
		if (rc != ERR_AUTH && rc != ERR_CORRUPT && rc != ERR_STALE)
			print_error("%s: %d\n", EDITS[i].what, rc);
		assert_true(rc == ERR_AUTH || rc == ERR_CORRUPT || rc == ERR_STALE);
		vaultkit_assert_same(f->path, &edited);
		free(edited.data);
		vaultkit_save(f->path, b.data, b.len);
	}
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	free(b.data);
}

static void slots_in_another_order_are_refused(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes b;
	unsigned index;

	assert_int_equal(vault_slot_add(k, VAULT_SLOT_SECOND, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), 0);
	vault_lock(k);
	b = vaultkit_load(f->path);
	for (size_t copy = 0; copy < 2; copy++) {
		const uint8_t *slots = b.data + VAULT_SLOTS_OFFSET;

		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + VAULT_SLOTS_OFFSET, slots + VAULT_SLOT_BYTES, VAULT_SLOT_BYTES);
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + VAULT_SLOTS_OFFSET + VAULT_SLOT_BYTES, slots, VAULT_SLOT_BYTES);
	}
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_CORRUPT); /* the slot opens, the prefix does not authenticate */
	assert_int_equal(opens(f->path, SECOND), ERR_CORRUPT);
	free(b.data);
}

static void a_slot_of_another_vault_opens_nothing_here(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes b;

	assert_int_equal(vault_create(f->other, SECOND, SECOND_LEN, NULL, &VAULTKIT_WEAK), 0);
	b = vaultkit_load(f->other);
	for (size_t copy = 0; copy < 2; copy++)
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + VAULT_SLOTS_OFFSET, b.data + VAULT_SLOTS_OFFSET, VAULT_SLOT_BYTES);
	assert_int_equal(opens(f->path, SECOND), ERR_CORRUPT); /* its key id is another */
	free(b.data);
}

/* Suite, page size, flags and the rest of the head: whatever is not as written is refused or healed, never believed. */
static void an_edited_head_in_both_copies_is_refused(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes b = vaultkit_load(f->path);

	for (size_t at = 0; at < VAULT_SLOTS_OFFSET; at++) {
		uint8_t bad = b.data[at] ^ (uint8_t)(1u << (at % 8));
		int rc;

		vaultkit_put(f->path, at, &bad, 1);
		vaultkit_put(f->path, VAULT_COPY_BYTES + at, &bad, 1);
		rc = opens(f->path, VAULTKIT_PASS);
		assert_true(rc == ERR_CORRUPT);
		vaultkit_put(f->path, at, &b.data[at], 1);
		vaultkit_put(f->path, VAULT_COPY_BYTES + at, &b.data[at], 1);
	}
	free(b.data);
}

static void of_two_unlike_copies_the_newer_counts(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes old = vaultkit_load(f->path), now;
	struct vault_key *k = vaultkit_unlock(f);

	assert_int_equal(vault_passphrase_change(k, "new", 3, &VAULTKIT_WEAK), 0);
	vault_lock(k);
	now = vaultkit_load(f->path);
	for (size_t copy = 0; copy < 2; copy++) {
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES, old.data, VAULT_COPY_BYTES);
		assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_AUTH);
		assert_int_equal(opens(f->path, "new"), 0);
		vaultkit_assert_same(f->path, &now); /* healed */
	}
	/* A claim of a higher sequence without a right MAC is nothing. */
	vaultkit_put(f->path, 0, old.data, VAULT_COPY_BYTES);
	vaultkit_put(f->path, 16, "\xff\xff", 2);
	assert_int_equal(opens(f->path, "new"), 0);
	vaultkit_assert_same(f->path, &now);
	free(old.data);
	free(now.data);
}

/* ---- Argon2id ---- */

static void the_floor_is_64_mib_with_3_passes_or_32_mib_with_4(void **state)
{
	static const struct {
		uint64_t mib;
		uint32_t passes;
		int want;
	} CASES[] = {
		{ 64, 3, 0 }, { 64, 2, ERR_USAGE }, { 64, 16, 0 }, { 64, 17, ERR_USAGE }, { 63, 3, ERR_USAGE }, { 63, 4, 0 },
		{ 32, 3, ERR_USAGE }, { 32, 4, 0 }, { 31, 4, ERR_USAGE }, { 31, 16, ERR_USAGE }, { 512, 3, 0 },
		{ 513, 3, ERR_USAGE }, { 0, 3, ERR_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct vault_kdf kdf = { .mem_bytes = CASES[i].mib << 20, .passes = CASES[i].passes };

		assert_int_equal(vault_kdf_check(&kdf, false), CASES[i].want);
	}
}

/* A machine for calibration: each pass over 64 MiB takes `ms_per_pass`, and more than `mem_max` cannot be had. */
struct machine {
	uint64_t mem_max;
	int64_t ms_per_pass;
};

static int machine_run(void *ctx, const struct vault_kdf *kdf, int64_t *ms)
{
	const struct machine *m = ctx;

	if (kdf->mem_bytes > m->mem_max)
		return err_set(ERR_NOMEM, "no memory");
	*ms = m->ms_per_pass * kdf->passes * (int64_t)(kdf->mem_bytes >> 20) / 64;
	return 0;
}

static void calibration_raises_memory_then_passes_and_goes_down_only_when_it_must(void **state)
{
	static const struct {
		uint64_t machine_mib;
		struct machine m;
		uint64_t mib;
		uint32_t passes;
	} CASES[] = {
		{ 8192, { UINT64_MAX, 30 }, 256, 8 },         /* 90 ms, 180, 360 ms: then passes */
		{ 8192, { UINT64_MAX, 1000 }, 64, 3 },        /* slow: the floor */
		{ 8192, { UINT64_MAX, 1 }, 256, 16 },         /* fast: both ceilings */
		{ 1024, { UINT64_MAX, 50 }, 128, 10 },       /* an eighth of the memory */
		{ 8192, { UINT64_C(100) << 20, 100 }, 64, 10 }, /* 128 MiB do not fit */
		{ 8192, { UINT64_C(50) << 20, 100 }, 32, 16 }, /* 64 MiB do not fit: 4 passes take 200 ms */
		{ 920, { UINT64_MAX, 2000 }, 32, 4 },         /* a machine of 1 GiB that shows less */
		{ 512, { UINT64_MAX, 1 }, 32, 16 },
	};
	struct vault_kdf kdf;
	struct machine small = { UINT64_C(16) << 20, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct machine m = CASES[i].m;

		assert_int_equal(vault_kdf_search(machine_run, &m, CASES[i].machine_mib << 20, 1000, &kdf), 0);
		assert_int_equal(kdf.mem_bytes >> 20, CASES[i].mib);
		assert_int_equal(kdf.passes, CASES[i].passes);
		assert_int_equal(vault_kdf_check(&kdf, false), 0);
	}
	assert_int_equal(vault_kdf_search(machine_run, &small, UINT64_C(8192) << 20, 1000, &kdf), ERR_NOMEM);
}

static void a_short_memory_slot_opens_without_leave_for_tests(void **state)
{
	struct vault_kdf kdf = { .mem_bytes = VAULT_KDF_SHORT_MEM_BYTES, .passes = VAULT_KDF_SHORT_PASSES };
	uint8_t slot[VAULT_SLOT_BYTES], key[VAULT_KEY_BYTES] = { 1 }, id[VAULT_ID_BYTES] = { 2 }, got[VAULT_KEY_BYTES];

	(void)state;
	assert_int_equal(vault_slot_passphrase_seal(slot, VAULT_SLOT_SECOND, id, "x", 1, &kdf, key), 0);
	assert_int_equal(vault_slot_passphrase_open(slot, id, NULL, "x", 1, false, got), 0);
	assert_memory_equal(got, key, sizeof key);
	slot[7] = 3; /* passes */
	assert_int_equal(vault_slot_passphrase_open(slot, id, NULL, "x", 1, false, got), ERR_CORRUPT);
}

/* ---- the machine ---- */

static bool look(const struct vaultkit *f, const char *swaps, const char *sleep, const char *resume, bool *hibernation)
{
	char path[3][VAULTKIT_PATH_BYTES];
	const char *text[3] = { swaps, sleep, resume };
	struct vault_memory m;

	for (int i = 0; i < 3; i++) {
		snprintf(path[i], sizeof path[i], "%s/%d", f->dir, i);
		if (text[i])
			vaultkit_save(path[i], text[i], strlen(text[i]));
	}
	vault_memory_look_at(path[0], path[1], path[2], &m);
	for (int i = 0; i < 3; i++)
		unlink(path[i]);
	*hibernation = m.hibernation;
	return m.swap;
}

static void swap_on_a_disk_and_hibernation_are_seen(void **state)
{
	static const char HEAD[] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
	struct vaultkit *f = *state;
	struct vault_memory m;
	char swaps[512];
	bool hibernation;

	assert_false(look(f, NULL, NULL, NULL, &hibernation));
	assert_false(hibernation);
	assert_false(look(f, HEAD, "freeze mem\n", "0:0\n", &hibernation));
	assert_false(hibernation);
	snprintf(swaps, sizeof swaps, "%s/dev/zram0                              partition\t8000000\t\t0\t\t100\n", HEAD);
	assert_false(look(f, swaps, "freeze mem disk\n", "0:0\n", &hibernation));
	assert_false(hibernation); /* it could, but was not told where to */
	snprintf(swaps, sizeof swaps, "%s/dev/zram0 partition 8 0 100\n/var/swap file 102396 0 -2\n", HEAD);
	assert_true(look(f, swaps, "freeze mem disk\n", "179:2\n", &hibernation));
	assert_true(hibernation);
	assert_true(look(f, swaps, "freeze mem\n", "179:2\n", &hibernation));
	assert_false(hibernation);
	assert_false(look(f, NULL, "disk", "8:3", &hibernation));
	assert_true(hibernation);
	vault_memory_look(&m); /* of this machine, whatever it is */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_names_the_slots_with_and_without_a_key),
		TEST(status_with_a_key_proves_each_copy),
		TEST(each_kind_of_slot_opens_the_same_database),
		TEST(bad_input_adds_no_slot),
		TEST(nine_slots_do_not_fit),
		TEST(a_removed_slot_is_in_neither_copy),
		TEST(the_last_personal_slot_stays),
		TEST(two_handles_change_slots_without_losing_one),
		TEST(a_mistyped_recovery_key_is_told_from_a_wrong_one),
		TEST(the_organisations_box_is_the_same_each_time_and_opens),
		TEST(the_organisations_slot_is_proved_without_its_secret),
		TEST(every_edited_slot_is_refused),
		TEST(slots_in_another_order_are_refused),
		TEST(a_slot_of_another_vault_opens_nothing_here),
		TEST(an_edited_head_in_both_copies_is_refused),
		TEST(of_two_unlike_copies_the_newer_counts),
		TEST(the_floor_is_64_mib_with_3_passes_or_32_mib_with_4),
		TEST(calibration_raises_memory_then_passes_and_goes_down_only_when_it_must),
		TEST(a_short_memory_slot_opens_without_leave_for_tests),
		TEST(swap_on_a_disk_and_hibernation_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
