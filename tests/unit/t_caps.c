/* SPDX-License-Identifier: MIT */
/*
 * Every capability switched off in turn, by what the host leaves out and by hiding it from one
 * session: it and those that cannot be without it vanish from CAPABILITY, what it brought is not
 * understood any more, and everything else is answered as before, to the last octet.
 *
 * `rows` has a row for every capability there is (capsrows.h): one that is added needs one.  `probes`
 * are commands, each given to a session and a store of its own.
 */
#include "session/caps.h"
#include "unit/capsrows.h"
#include "unit/talk.h"

/* Is the name one of the words? */
static bool among(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = words; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, name, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool share(const char *a, const char *b)
{
	for (const char *at = a; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (among(b, word))
			return true;
		at += n;
	}
	return false;
}

/* All that is wrong is told, not only the first. */
static unsigned complaints;
#define COMPLAIN(...) (print_error(__VA_ARGS__), print_error("\n"), complaints++)

/* ---- hosts --------------------------------------------------------------------------------- */

enum how { WITH, WITHOUT, HIDDEN };

/* The lines of a host that has it, or has not. */
static void host_of(const struct row *row, enum how how, struct tx *out)
{
	const char *at = full_host;

	while (*at) {
		size_t n = strcspn(at, "\n") + 1;
		char line[200];

		snprintf(line, sizeof(line), "%.*s", (int)(n - 1), at);
		if (!(row->drop && how == WITHOUT && strcmp(line, row->drop) == 0) &&
		    !(row->less && strcmp(line, row->less) == 0)) {
			tx_str(out, line);
			tx_str(out, "\n");
		}
		at += n;
	}
	if (row->more && (how != WITHOUT || !row->in_more))
		tx_str(out, row->more);
	if (row->add && how == WITHOUT)
		tx_str(out, row->add);
	if (how == HIDDEN)
		tx_fmt(out, "host: hide %s\n", row->name);
}

/* What a session of that host says to a probe, tag and all. */
static void say(const struct row *row, enum how how, const struct probe *probe, struct tx *out)
{
	struct tx host = {0};
	struct talk t;

	host_of(row, how, &host);
	talk_open(&t, host.data);
	talk_connect(&t, 0);
	if (probe->state != NOTAUTH)
		talk_say(&t, 0, "l LOGIN fred secret\r\n");
	if (probe->state == SELECTED)
		talk_say(&t, 0, "s SELECT INBOX\r\n");
	if (probe->before)
		talk_say(&t, 0, probe->before);
	tx_str(out, talk_say(&t, 0, probe->says));
	talk_close(&t);
	tx_free(&host);
}

/* ---- CAPABILITY ---------------------------------------------------------------------------- */

static const struct probe capability[] = {
	{.state = NOTAUTH, .says = "p CAPABILITY\r\n"},
	{.state = AUTH, .says = "p CAPABILITY\r\n"},
};

/* Words of `all` that are not in `less`, as one list.  "X=..." goes by "X=". */
static void subtract(struct tx *out, const struct tx *all, const struct tx *less)
{
	const char *at = all->data;

	while (at && *at) {
		size_t n = strcspn(at, " ");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (!among(less->data, word) && !among(out->data, word)) {
			tx_str(out, out->len ? " " : "");
			tx_str(out, word);
		}
		at += n;
		at += strspn(at, " ");
	}
	tx_str(out, "");
}

/* "* CAPABILITY A B\r\np OK ...": "A B" of both states. */
static void announced(const struct row *row, enum how how, struct tx *out)
{
	for (size_t i = 0; i < (row->notauth ? 1 : COUNT(capability)); i++) {
		struct tx said = {0};
		char *begin, *end;

		say(row, how, &capability[i], &said);
		begin = strstr(said.data, "* CAPABILITY ");
		end = begin ? strstr(begin, "\r\n") : NULL;
		assert_non_null(end);
		begin += 13;
		*end = '\0';
		if (i)
			tx_str(out, " ");
		tx_add(out, begin, (size_t)(end - begin));
		tx_free(&said);
	}
}

static void check_announced(const struct row *row, enum how how)
{
	struct tx with = {0}, without = {0}, gone = {0}, came = {0};
	const char *instead = how == HIDDEN ? row->instead_hidden : row->instead;

	announced(row, WITH, &with);
	announced(row, how, &without);
	subtract(&gone, &with, &without);
	subtract(&came, &without, &with);
	for (const char *at = row->vanish ? row->vanish : row->name; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (!among(gone.data, word))
			COMPLAIN("%s: %s does not vanish, but: %s", row->name, word, gone.data);
		at += n;
	}
	for (const char *at = gone.data; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (!among(row->vanish ? row->vanish : row->name, word) &&
		    (how == HIDDEN || !among(row->with_it, word)))
			COMPLAIN("%s: %s vanishes with it", row->name, word);
		at += n;
	}
	if (strcmp(came.data ? came.data : "", instead ? instead : "") != 0)
		COMPLAIN("%s: %s is announced instead", row->name, came.data);
	tx_free(&with);
	tx_free(&without);
	tx_free(&gone);
	tx_free(&came);
}

/* ---- commands ------------------------------------------------------------------------------ */

static const char *last_line(const struct tx *said)
{
	size_t at = said->len ? said->len - 1 : 0;

	while (at && said->data[at - 1] != '\n')
		at--;
	return said->data ? said->data + at : "";
}

static void check_probe(const struct row *row, enum how how, const struct probe *probe,
                        const struct tx *with)
{
	const char *off = row->off ? row->off : row->vanish ? row->vanish : row->name;
	const char *also = how == WITHOUT ? row->with_it : NULL;
	const char *tagged = probe->refused ? probe->refused : "p BAD ";
	bool any = probe->varies && strcmp(probe->varies, "*") == 0;
	struct tx said = {0};

	if (!any && (share(probe->varies, off) || share(probe->varies, also)))
		return;
	say(row, how, probe, &said);
	if (share(probe->needs, off) || share(probe->needs, also)) {
		const char *last = last_line(&said);
		bool bad = strncmp(last, "p BAD ", 6) == 0;

		if ((strncmp(last, tagged, strlen(tagged)) != 0 && !bad) ||
		    (probe->but && !bad && !strstr(said.data, probe->but)))
			COMPLAIN("%s %s: %s gives %s", row->name, how == HIDDEN ? "hidden" : "left out",
			         probe->says, said.data);
	} else if (!any && !(row->bare && how == WITHOUT) &&
	           (said.len != with->len || memcmp(said.data, with->data, said.len) != 0)) {
		COMPLAIN("%s %s: %s gives %s and not %s", row->name,
		         how == HIDDEN ? "hidden" : "left out", probe->says, said.data, with->data);
	}
	tx_free(&said);
}

static void check_row(const struct row *row)
{
	bool used = row->nothing != NULL;

	for (size_t i = 0; i < PROBES; i++) {
		const struct probe *probe = &probes[i];
		struct tx with = {0};

		used = used || among(probe->needs, row->name);
		if (row->alone && !among(probe->needs, row->name))
			continue;
		say(row, WITH, probe, &with);
		if (among(probe->needs, row->name) && strncmp(last_line(&with), "p BAD", 5) == 0)
			COMPLAIN("%s: %s gives %s", row->name, probe->says, with.data);
		if (row->drop || row->add || row->in_more)
			check_probe(row, WITHOUT, probe, &with);
		if (!row->fixed)
			check_probe(row, HIDDEN, probe, &with);
		tx_free(&with);
	}
	if (!used)
		COMPLAIN("%s: no probe needs it, and the row does not say why", row->name);
}

static void test_rows(void **state)
{
	(void)state;
	for (int i = ISRV_CAP_NONE + 1; i < ISRV_CAP_COUNT; i++) {
		const struct row *row = i < (int)COUNT(rows) ? &rows[i] : NULL;

		if (!row || !row->name)
			fail_msg("capability %d has no row in capsrows.h", i);
		else if (!row->fixed && (int)isrv_caps_find(row->name, strlen(row->name)) != i)
			fail_msg("%s: this is another one's row", row->name);
	}
}

static bool has_row(const char *word)
{
	for (size_t i = 1; i < COUNT(rows); i++)
		if (among(rows[i].name, word) || among(rows[i].vanish, word) ||
		    among(rows[i].with_it, word) || among(rows[i].instead, word))
			return true;
	return false;
}

/* Nothing is announced, by any of the hosts, that no row takes away. */
static void test_words(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT(rows); i++) {
		struct tx with = {0};

		announced(&rows[i], WITH, &with);
		for (const char *at = with.data; *at; at += strspn(at, " ")) {
			size_t n = strcspn(at, " ");
			char word[64];

			snprintf(word, sizeof(word), "%.*s", (int)n, at);
			if (!has_row(word))
				COMPLAIN("%s is announced, and in no row", word);
			at += n;
		}
		tx_free(&with);
	}
	assert_int_equal(complaints, 0);
}

static void test_announced(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT(rows); i++) {
		if (rows[i].drop || rows[i].add || rows[i].in_more)
			check_announced(&rows[i], WITHOUT);
		if (!rows[i].fixed)
			check_announced(&rows[i], HIDDEN);
	}
	assert_int_equal(complaints, 0);
}

static void test_commands(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT(rows); i++)
		check_row(&rows[i]);
	assert_int_equal(complaints, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
