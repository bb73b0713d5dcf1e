/* SPDX-License-Identifier: MIT */
/*
 * Mailboxes of imapsrv-mbox put together from pieces, in an order that nobody would think of: when
 * flags are changed, messages removed or one added, all others stay what they are, and a process
 * that comes then sees the same.  ISRV_SEED begins elsewhere.
 */
#include "../../examples/mbox/box.h"
#include "../../examples/mbox/support.h"
#include "unit/row.h"
#include "unit/mboxing.h"

enum { RUNS = 600, MESSAGES = 100, OCTETS = 8192 };

static const char *const pieces[] = {
	"From a@b Thu Jan  1 10:00:00 2026\n", "From a@b Thu Jan  1 10:00:00 2026\r\n",
	"From b Fri Jan  2 10:00:01 2026\n", "From nobody\n", "From ", "\n", "\r\n", "\n", "\r\n", "\r",
	"Subject: x\n", "Subject: y\r\n", "Status: RO\n", "Status: R\r\n", "X-Status: A\n",
	"X-Keywords: Work Play\n", " folded\n", "\tfolded: x\r\n", ">From a\n", ">>From b\r\n",
	">From a@b Thu Jan  1 10:00:00 2026\n", "Text\n", "Text\r\n", "text", "X-UID: 3\n",
	"Content-Length: 20\n", ": x\n", "\r\r\n", "> From\n"};

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* ---- files ---------------------------------------------------------------------------------- */

static size_t put_pieces(char *to, uint32_t most)
{
	size_t len = 0;

	for (uint32_t left = draw(most); left; left--) {
		const char *piece = pieces[draw(COUNT(pieces))];
		memcpy(to + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

/* Some pieces, behind the beginning of a message if this is to be an mbox; how many octets. */
static size_t make_file(const char *name, const char *begin)
{
	char text[OCTETS];
	size_t len = strlen(begin);
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memcpy(text, begin, len);
	len += put_pieces(text + len, 40);
	assert_true(fd >= 0 && write_at(fd, text, len, 0));
	close(fd);
	return len;
}

static struct box *new_box(void)
{
	struct box *box = box_new("INBOX", path, dir);

	box->renumbered = &untold;
	return box;
}

/* ---- messages ------------------------------------------------------------------------------- */

struct seen {
	uint32_t uid;
	int64_t date;
	uint64_t flags;
	char *content;
	size_t len;
};

static size_t see(struct box *box, struct seen seen[MESSAGES])
{
	assert_true(box->count <= MESSAGES);
	for (size_t i = 0; i < box->count; i++) {
		const struct message *m = &box->messages[i];
		uint64_t octets = 0;
		seen[i] = (struct seen){m->uid, m->date, flags_fingerprint(&m->flags), NULL, 0};
		seen[i].content = box_content(box, seen[i].uid, &seen[i].len);
		assert_non_null(seen[i].content);
		for (size_t k = 0; k < seen[i].len; k++)
			octets += 1u + (seen[i].content[k] == '\n' &&
			                (!k || seen[i].content[k - 1] != '\r'));
		assert_int_equal(octets, box->messages[i].octets);
	}
	return box->count;
}

static void forget(struct seen *seen, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(seen[i].content);
}

static void compare(uint64_t run, const struct seen *a, const struct seen *b)
{
	ROW(run, a->uid == b->uid && a->date == b->date && a->len == b->len);
	ROW(run, !memcmp(a->content, b->content, a->len));
}

/* ---- what is done --------------------------------------------------------------------------- */

enum act { FLAG, REMOVE, ADD, ACTS };

static int act_on(struct box *box, enum act act, struct change *changes)
{
	if (act == ADD) {
		const struct letter letter = {0, make_file(letters, ""), 1767261600,
		                              {IMAPSRV_SEEN, NULL}};
		int fd = open(letters, O_RDONLY);
		int result = box_append(box, fd, &letter, 1);
		close(fd);
		return result;
	}
	for (size_t i = 0; i < box->count; i++) {
		changes[i].flagged = act == FLAG && draw(2);
		changes[i].flags.system = draw(32);
		changes[i].gone = act == REMOVE && draw(2);
	}
	return box_rewrite(box, changes);
}

static void one_run(uint64_t run)
{
	static struct seen before[MESSAGES], after[MESSAGES], fresh[MESSAGES];
	struct change changes[MESSAGES] = {{0}};
	enum act act = (enum act)draw(ACTS);
	size_t kept = 0;

	remove_files();
	make_file(path, pieces[draw(3)]);
	struct box *box = new_box();
	assert_int_equal(box_look(box, true), 0);
	size_t count = see(box, before);
	assert_int_equal(box_lock(box, true, false), 0);
	ROW(run, !act_on(box, act, changes));
	box_unlock(box);
	size_t now = see(box, after);
	for (size_t i = 0; i < count; i++) {
		if (changes[i].gone)
			continue;
		ROW(run, kept < now);
		compare(run, &before[i], &after[kept]);
		ROW(run, after[kept].flags == (changes[i].flagged
		                               ? flags_fingerprint(&changes[i].flags)
		                               : before[i].flags));
		kept++;
	}
	ROW(run, now == kept + (act == ADD));
	ROW(run, act != ADD || after[kept].flags == IMAPSRV_SEEN);

	struct box *other = new_box();
	assert_int_equal(box_look(other, true), 0);
	ROW(run, see(other, fresh) == now);
	for (size_t i = 0; i < now; i++)
		compare(run, &after[i], &fresh[i]);
	forget(before, count);
	forget(after, now);
	forget(fresh, now);
	box_free(other);
	box_free(box);
}

static void test_pieces(void **unused)
{
	const char *from = getenv("ISRV_SEED");
	uint64_t first = from ? strtoull(from, NULL, 10) : 1;

	(void)unused;
	for (uint64_t run = first; run < first + RUNS; run++) {
		state = run * 2654435761u + 88172645463325252u;
		one_run(run);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest test = cmocka_unit_test(test_pieces);

	(void)argc;
	return run_in_directory(argv[0], &test);
}
