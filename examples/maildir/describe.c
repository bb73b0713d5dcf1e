/* SPDX-License-Identifier: MIT */
/*
 * describe.c - from the file of a message to its description and preview, by imapsrv_describer.
 * Messages that other programs delivered are described when a client first asks for what is in a
 * description; where that would keep the client waiting, the library opens the rest one by one,
 * and they are described then.
 */
#include "describe.h"

#include "descriptions.h"
#include "filename.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char piece[65536];

/* -1: it cannot be read. */
static ssize_t read_piece(int fd, uint64_t offset, uint64_t max)
{
	ssize_t n;

	do
		n = pread(fd, piece, max < sizeof piece ? (size_t)max : sizeof piece,
		          (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

static bool feed_message(struct imapsrv_describer *describer, int fd)
{
	uint64_t offset = 0;
	ssize_t n;

	while ((n = read_piece(fd, offset, UINT64_MAX)) > 0) {
		if (imapsrv_describer_feed(describer, piece, (size_t)n))
			return false;
		offset += (uint64_t)n;
	}
	return n == 0;
}

static bool feed_text(struct imapsrv_describer *describer, int fd)
{
	uint64_t offset, octets;
	int enough = 0;

	if (imapsrv_describer_text(describer, &offset, &octets))
		return false;
	while (octets && !enough) {
		ssize_t n = read_piece(fd, offset, octets);
		if (n <= 0 ||
		    imapsrv_describer_feed_text(describer, piece, (size_t)n, &enough))
			return false;
		offset += (uint64_t)n;
		octets -= (uint64_t)n;
	}
	return true;
}

/* The description knows the size on the wire as well. */
static void learn_octets(struct box *box, struct message *message, struct imapsrv_span description)
{
	uint64_t wire, host;

	if (message->octets != OCTETS_UNKNOWN ||
	    imapsrv_description_check(description, &wire, &host))
		return;
	message->octets = wire;
	box->catalog.learnt++;
}

static void describe_file(struct box *box, struct message *message, int fd)
{
	struct imapsrv_span description, preview;
	struct imapsrv_describer *describer;

	if (imapsrv_describer_new(NULL, NULL, &describer))
		return;
	if (feed_message(describer, fd) && !imapsrv_describer_finish(describer, &description) &&
	    feed_text(describer, fd) && !imapsrv_describer_preview(describer, &preview)) {
		descriptions_add(box, message, description, preview);
		learn_octets(box, message, description);
	}
	imapsrv_describer_free(describer);
}

/* Opens it and makes its description, if that is not too much now. */
static void describe_uid(struct box *box, uint32_t uid, uint64_t *octets_r)
{
	struct stat st;
	int fd = box_open_file(box, uid);
	struct message *message = fd < 0 ? NULL : catalog_find(&box->catalog, uid);

	if (message && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		uint64_t octets = (uint64_t)st.st_size;
		if (octets <= *octets_r) {
			*octets_r -= octets;
			describe_file(box, message, fd);
		} else {
			*octets_r = 0;
			ranges_add(&box->undescribed, uid);
		}
	}
	if (fd >= 0)
		close(fd);
}

void describe_row(struct box *box, uint32_t uid, uint32_t facts, uint64_t *octets_r,
                  struct imapsrv_row *row)
{
	descriptions_flush_some(box);
	struct message *message = catalog_find(&box->catalog, uid);
	bool found = message && descriptions_find(box, message, &row->description, &row->preview);

	/* A preview alone is asked for by who wants no work to be done (RFC 8970 4.1). */
	if (message && !found && (facts & IMAPSRV_FACT_DESCRIPTION) && !box->frozen) {
		describe_uid(box, uid, octets_r);
		message = catalog_find(&box->catalog, uid);
		found = message &&
		        descriptions_find(box, message, &row->description, &row->preview);
	}
	if (!found)
		return;
	row->facts |= facts & (IMAPSRV_FACT_DESCRIPTION | IMAPSRV_FACT_PREVIEW);
	learn_octets(box, message, row->description);
}

void describe_open(struct box *box, uint32_t uid, int fd)
{
	struct message *message = catalog_find(&box->catalog, uid);
	struct imapsrv_span description, preview;

	if (!box->undescribed.count || !ranges_has(&box->undescribed, uid) || !message ||
	    descriptions_find(box, message, &description, &preview))
		return;
	describe_file(box, message, fd);
	/* The last of those that were put off. */
	if (box->undescribed.items[box->undescribed.count - 1].last == uid)
		ranges_clear(&box->undescribed);
}

static void describe_letter(struct box *box, const struct letter *letter)
{
	struct imapsrv_span description, preview;
	struct message *source = letter->source ? catalog_find(&letter->source->catalog,
	                                                       letter->source_uid) : NULL;
	struct message *message = catalog_find(&box->catalog, letter->uid);
	uint64_t octets = UINT64_MAX;

	if (!message)
		return;
	if (letter->upload) {
		describe_uid(box, letter->uid, &octets);
		return;
	}
	/* A copy within one box: what is found must not move while it is kept anew. */
	if (!source || letter->source == box ||
	    !descriptions_find(letter->source, source, &description, &preview))
		return;
	descriptions_add(box, message, description, preview);
}

void describe_delivered(struct box *box, const struct letter *letters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (letters[i].file)
			describe_letter(box, &letters[i]);
	descriptions_flush(box);
}
