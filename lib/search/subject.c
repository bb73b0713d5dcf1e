/* SPDX-License-Identifier: MIT */
/*
 * The steps of RFC 5256 2.1 as a window that narrows from both ends:
 *
 *	subject      = *subj-leader [subj-middle] *subj-trailer
 *	subj-refwd   = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
 *	subj-blob    = "[" *BLOBCHAR "]" *WSP
 *	subj-fwd     = subj-fwd-hdr subject subj-fwd-trl
 *	subj-fwd-hdr = "[fwd:"
 *	subj-fwd-trl = "]"
 *	subj-leader  = (*subj-blob subj-refwd) / WSP
 *	subj-middle  = *subj-blob (subj-base / subj-fwd)
 *	subj-trailer = "(fwd)" / WSP
 *
 * Blobs that no refwd follows are the one thing that the steps look at again and again; they are
 * passed over here all at once, as step 4 would take them one by one, so that the work is linear
 * (ATTACKS T20).
 */
#include "search/subject.h"

#include <string.h>

#include "base/ascii.h"
#include "search/collate.h"

struct window {
	const char *at;
	const char *end;
	uint64_t *steps;
	bool reply;
};

/* Step 1, in place, once encoded words are decoded: every run of white space is one space. */
static size_t squeeze(char *text, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		char c = text[i] == '\t' || text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];

		if (c != ' ' || !n || text[n - 1] != ' ')
			text[n++] = c;
	}
	return n;
}

static bool begins(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && isrv_ascii_same(at, len, word, len);
}

static const char *skip_space(const struct window *x, const char *at)
{
	while (at < x->end && *at == ' ')
		at++;
	return at;
}

/* subj-blob; NULL: there is none here. */
static const char *pass_blob(const struct window *x, const char *at)
{
	const char *begin = at;

	if (at == x->end || *at != '[')
		return NULL;
	for (at++; at < x->end && *at != '[' && *at != ']' && *at; at++)
		;
	*x->steps += (uint64_t)(at - begin);
	return at < x->end && *at == ']' ? skip_space(x, at + 1) : NULL;
}

/* subj-refwd; NULL: there is none here. */
static const char *pass_refwd(const struct window *x, const char *at)
{
	const char *blob;

	if (begins(at, x->end, "fwd"))
		at += 3;
	else if (begins(at, x->end, "re") || begins(at, x->end, "fw"))
		at += 2;
	else
		return NULL;
	at = skip_space(x, at);
	blob = pass_blob(x, at);
	if (blob)
		at = blob;
	return at < x->end && *at == ':' ? at + 1 : NULL;
}

/* Step 2. */
static void strip_trailers(struct window *x)
{
	for (;; ++*x->steps) {
		if (x->at < x->end && x->end[-1] == ' ') {
			x->end--;
		} else if (x->end - x->at >= 5 && begins(x->end - 5, x->end, "(fwd)")) {
			x->end -= 5;
			x->reply = true;
		} else {
			return;
		}
	}
}

/* Steps 3 to 5. */
static void strip_leaders(struct window *x)
{
	const char *blob, *behind, *next;

	for (;; ++*x->steps) {
		x->at = skip_space(x, x->at);
		/* Behind the blobs: is there a refwd?  Then it takes them along. */
		blob = behind = x->at;
		while ((next = pass_blob(x, behind)) != NULL) {
			blob = behind;
			behind = next;
		}
		next = pass_refwd(x, behind);
		if (!next)
			break;
		x->at = next;
		x->reply = true;
	}
	/* Blobs go as long as something is left behind them; the last one is kept for that. */
	x->at = behind < x->end ? behind : blob;
}

/* Step 6: is there another round? */
static bool strip_forward(struct window *x)
{
	if (x->end - x->at < 6 || !begins(x->at, x->end, "[fwd:") || x->end[-1] != ']')
		return false;
	x->at += 5;
	x->end--;
	x->reply = true;
	return true;
}

bool isrv_subject_read(struct imapsrv_span text, struct isrv_buf *room, struct isrv_mem *mem,
                       uint64_t *steps, struct isrv_subject *subject_r)
{
	struct window x = {"", NULL, steps, false};

	room->len = 0;
	if (!isrv_collate_decode(text, room, mem))
		return false;
	*steps += text.len + room->len;
	if (room->len)
		x.at = room->data;
	x.end = x.at;
	if (room->len)
		x.end += squeeze(room->data, room->len);
	do {
		strip_trailers(&x);
		strip_leaders(&x);
	} while (strip_forward(&x));
	subject_r->base = (struct imapsrv_span){x.at, (size_t)(x.end - x.at)};
	subject_r->reply = x.reply;
	return true;
}
