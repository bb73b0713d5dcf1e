/* SPDX-License-Identifier: MIT */
/*
 * The mailboxes of imapsrv-mbox where reading and writing fail: each call in turn, once or from then
 * on.  Whatever was being done, the file is then as it was or as it was to be, by the next look that
 * does not fail at the latest.
 */
#define read_at  true_read_at
#define write_at true_write_at
#include "../../examples/mbox/support.c"
#undef read_at
#undef write_at

#include "../../examples/mbox/box.h"
#include "unit/row.h"
#include "unit/mboxing.h"

#include <sys/stat.h>

static size_t calls, fail_call; /* 0: none */
static bool for_good;           /* and all that come then */

static bool fails(void)
{
	errno = EIO;
	return ++calls == fail_call || (fail_call && for_good && calls > fail_call);
}

ptrdiff_t read_at(int fd, void *to, size_t len, uint64_t offset);
bool write_at(int fd, const void *data, size_t len, uint64_t offset);

ptrdiff_t read_at(int fd, void *to, size_t len, uint64_t offset)
{
	return fails() ? -1 : true_read_at(fd, to, len, offset);
}

bool write_at(int fd, const void *data, size_t len, uint64_t offset)
{
	return !fails() && true_write_at(fd, data, len, offset);
}

/* ---- the mailbox ---------------------------------------------------------------------------- */

static const char mail[] =
	"From a@example.org Thu Jan  1 10:00:00 2026\nSubject: one\nX-Id: 1\n\nOne.\n\n"
	"From b@example.org Thu Jan  1 10:00:01 2026\nSubject: two\nX-Id: 2\nStatus: RO\n\nTwo.\n\n"
	"From c@example.org Thu Jan  1 10:00:02 2026\nSubject: three\nX-Id: 3\n\nThree.\n\n";

static char *contents(void)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ptrdiff_t n = true_read_at(fd, text, sizeof text - 1, 0);

	assert_true(fd >= 0 && n >= 0);
	close(fd);
	text[n] = '\0';
	return text;
}

static void put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && true_write_at(fd, text, strlen(text), 0));
	close(fd);
}

static struct box *new_box(void)
{
	struct box *box = box_new("INBOX", path, dir);

	box->renumbered = &untold;
	return box;
}

/* ---- what is done --------------------------------------------------------------------------- */

static int flag_all(struct box *box)
{
	struct change changes[3] = {{.flagged = true}, {.flagged = true}, {.flagged = true}};

	for (size_t i = 0; i < 3; i++)
		changes[i].flags.system = IMAPSRV_FLAGGED;
	return box->count == 3 ? box_rewrite(box, changes) : -1;
}

static int remove_second(struct box *box)
{
	const struct change changes[3] = {{.gone = false}, {.gone = true}, {.gone = false}};

	return box->count == 3 ? box_rewrite(box, changes) : -1;
}

static int add_one(struct box *box)
{
	const struct letter letter = {0, 29, 1767261600, {IMAPSRV_SEEN, NULL}};
	int fd = open(letters, O_RDONLY);
	int result = box_append(box, fd, &letter, 1);

	close(fd);
	return result;
}

static const struct {
	int (*act)(struct box *box);
	size_t count; /* messages that there are then */
} acts[] = {{flag_all, 3}, {remove_second, 2}, {add_one, 4}};

/* Does it, with that call failing; whether any did. */
static bool act_failing(size_t i, size_t call, const char *done)
{
	int result = -1;
	bool failed;

	remove_files();
	put_file(path, mail);
	put_file(letters, "Subject: four\r\n\r\nFrom here.\r\n");
	struct box *box = new_box();
	assert_int_equal(box_look(box, true), 0);
	box->stale = true;
	calls = 0;
	fail_call = call;
	if (!box_lock(box, true, false)) {
		result = acts[i].act(box);
		box_unlock(box);
	}
	failed = call && calls >= call;
	fail_call = 0;
	assert_true(failed || !result);
	/* The same process, and one that comes then, look at it again. */
	struct box *other = new_box();
	if (box_lock(other, true, false))
		fail_msg("row %zu, call %zu, result %d: %s\n%s", i, call, result, strerror(errno), contents());
	box_unlock(other);
	bool is_done = !done || !strcmp(contents(), done);
	if (!is_done && (strcmp(contents(), mail) || !result))
		fail_msg("row %zu, call %zu, result %d:\n%s", i, call, result, contents());
	assert_int_equal(box_look(box, true), 0);
	ROW(i, other->count == (is_done ? acts[i].count : 3) && box->count == other->count);
	for (size_t k = 0; k < box->count; k++)
		ROW(i, box->messages[k].uid == other->messages[k].uid);
	ROW(i, box->messages[0].uid == 1);
	ROW(i, imapsrv_ledger_highest(other->ledger) >= imapsrv_ledger_highest(box->ledger));
	box_free(box);
	box_free(other);
	return failed;
}

static void test_failing(void **unused)
{
	char done[4096];

	(void)unused;
	for (size_t i = 0; i < COUNT(acts) * 2; i++) {
		size_t call = 0;

		for_good = i % 2;
		assert_false(act_failing(i / 2, 0, NULL));
		snprintf(done, sizeof done, "%s", contents());
		assert_true(strcmp(done, mail) != 0);
		while (act_failing(i / 2, ++call, done))
			;
		ROW(i, call > 10);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest test = cmocka_unit_test(test_failing);

	(void)argc;
	return run_in_directory(argv[0], &test);
}
