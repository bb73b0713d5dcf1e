/* SPDX-License-Identifier: MIT */
/*
 * session/op - asking the host and taking its answers.  What the host hands in is checked here, so
 * that commands see only answers that make sense: the right kind for the question, sorted sets, no
 * UID 0.
 */
#include <string.h>

#include "base/annotation.h"
#include "base/entry.h"
#include "base/objectid.h"
#include "base/told.h"
#include "base/uidset.h"
#include "base/utf8.h"
#include "session/access.h"
#include "session/modseq.h"
#include "session/referral.h"
#include "wire/chars.h"

/* Any question. */
#define ANY (ISRV_OP_CANCELLED - 1)

static inline struct imapsrv_session *session_of(const struct imapsrv_op *op)
{
	return (struct imapsrv_session *)((uintptr_t)op + (uintptr_t)(intptr_t)op->session);
}

struct imapsrv_op *isrv_op_begin(struct imapsrv_session *s, enum isrv_op_kind kind, isrv_sink *sink,
                                 void *ctx)
{
	struct isrv_ops *ops = &s->ops;
	struct imapsrv_op *op;

	ops->last = (uint8_t)((ops->last + 1) % ISRV_OP_SLOTS);
	op = &ops->slots[ops->last];
	op->kind = ISRV_OP_BIT(kind);
	op->session = (int32_t)((intptr_t)s - (intptr_t)op);
	ops->state = ISRV_OP_OPEN_NOW;
	ops->data = NULL;
	ops->max = 0;
	ops->sink = sink;
	ops->sink_ctx = ctx;
	s->result.code = s->result.denied = IMAPSRV_OK;
	s->result.text = "";
	s->result.referral = NULL;
	s->result.modseq = 0;
	s->in_callback++;
	/* Into how many pieces a message that is appended was cut is not the session's work: its
	 * octets are counted. */
	if (kind != ISRV_OP_APPEND_DATA)
		s->steps++;
	return op;
}

void isrv_op_called(struct imapsrv_session *s)
{
	s->in_callback--;
}

void isrv_op_cancel(struct imapsrv_session *s)
{
	struct imapsrv_op *op = &s->ops.slots[s->ops.last];

	if (s->ops.state != ISRV_OP_OPEN_NOW)
		return;
	s->ops.state = ISRV_OP_NONE;
	op->kind = ISRV_OP_CANCELLED;
	if (s->engine->store.cancel) {
		s->in_callback++;
		s->engine->store.cancel(s->user, op);
		s->in_callback--;
	} else {
		isrv_session_fault(s, "an op was not answered, and there is no cancel callback");
	}
	op->kind = 0;
}

static bool unexpected(struct imapsrv_op *op)
{
	if (op)
		isrv_session_fault(session_of(op), op->kind & ANY
		                                        ? "an op was given an answer of the wrong kind"
		                                        : "an op was answered that is not open");
	return false;
}

/* Is this op open, and does it ask for this? */
static inline bool expects(struct imapsrv_op *op, uint32_t kinds)
{
	return (op && (op->kind & kinds)) || unexpected(op);
}

#define KIND(kind) ISRV_OP_BIT(kind)

/* Octets that are not there are none. */
static inline bool is_span(struct imapsrv_span span)
{
	return span.data || !span.len;
}

static bool is_name(struct imapsrv_span name)
{
	return is_span(name) && isrv_utf8_is_name(name.data, name.len);
}

static int nonsense(struct imapsrv_op *op, const char *what)
{
	isrv_session_fault(session_of(op), what);
	return IMAPSRV_EINVAL;
}

/* What was written before may have left: only what follows can still be taken back. */
static inline void begin_line(struct imapsrv_session *s)
{
	if (!s->mid_line && !s->error)
		s->mark = isrv_outq_mark(&s->out);
}

static inline void begin_answer(struct imapsrv_session *s)
{
	s->steps++;
	begin_line(s);
}

void isrv_op_pass_over(struct imapsrv_session *s, const char *what)
{
	isrv_session_fault(s, what);
	s->ops.passed = true;
}

static int deliver(struct imapsrv_op *op, const void *answer)
{
	struct imapsrv_session *s = session_of(op);

	begin_answer(s);
	s->ops.passed = false;
	if (s->ops.sink)
		s->ops.sink(s, s->ops.sink_ctx, answer);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return s->ops.passed && !s->error ? IMAPSRV_EINVAL : s->error;
}

static void keep_text(struct imapsrv_session *s, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!len)
		return;
	if (!s->ops.text)
		s->ops.text = isrv_mem_alloc(&s->mem, ISRV_RESULT_TEXT);
	if (!s->ops.text) {
		begin_line(s);
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		return;
	}
	if (len >= ISRV_RESULT_TEXT)
		len = ISRV_RESULT_TEXT - 1;
	memcpy(s->ops.text, text, len);
	s->ops.text[len] = '\0';
	s->result.text = s->ops.text;
}

void isrv_op_trim(struct imapsrv_session *s)
{
	if (s->ops.state == ISRV_OP_OPEN_NOW)
		return;
	isrv_mem_free(&s->mem, s->ops.text, ISRV_RESULT_TEXT);
	s->ops.text = NULL;
	s->result.text = "";
	s->result.referral = NULL;
}

struct isrv_result isrv_op_keep_result(struct imapsrv_session *s)
{
	struct isrv_result kept = s->result;

	if (!kept.text[0])
		return kept;
	kept.text = isrv_arena_copy(&s->arena, kept.text, strlen(kept.text));
	if (!kept.text) {
		isrv_session_fail(s, IMAPSRV_ENOMEM);
		kept.text = "";
	}
	return kept;
}

int imapsrv_op_done(struct imapsrv_op *op, enum imapsrv_code code, const char *text)
{
	struct imapsrv_session *s;

	if (!expects(op, ANY))
		return IMAPSRV_ESTATE;
	s = session_of(op);
	if (!isrv_code_is(code)) {
		isrv_session_fault(s, "an op was ended with a code that there is not");
		code = IMAPSRV_SERVERBUG;
	}
	if (code == IMAPSRV_OK)
		code = s->result.denied;
	/* One that is hidden is spoken of in the same words as one that does not exist. */
	if (code == IMAPSRV_NONEXISTENT && isrv_access_is_kept(s))
		text = NULL;
	s->result.code = code;
	keep_text(s, text);
	s->ops.state = ISRV_OP_ANSWERED;
	op->kind = 0;
	return s->error;
}

int imapsrv_op_account(struct imapsrv_op *op, const struct imapsrv_account *account)
{
	struct imapsrv_session *s;

	if (!expects(op, KIND(ISRV_OP_LOGIN) | KIND(ISRV_OP_SASL)))
		return IMAPSRV_ESTATE;
	s = session_of(op);
	if (!account || account->size < sizeof(size_t) || s->has_account)
		return nonsense(op, "an account that makes no sense");
	isrv_session_take_account(s, account);
	return 0;
}

/* Takes the rights that came with an answer, as far as there are such.  What cannot be is reported. */
static uint32_t known_rights(struct imapsrv_session *s, uint32_t rights)
{
	uint32_t known = IMAPSRV_RIGHTS_STANDARD | s->engine->acl.others;

	if (rights & ~known)
		isrv_session_fault(s, "rights that the host does not have");
	return rights & known;
}

/* May the mailbox be read, by these rights?  If not, its op ends with a refusal. */
static bool is_readable(struct imapsrv_session *s, uint32_t *rights)
{
	if (!isrv_access_is_kept(s)) {
		*rights = UINT32_MAX;
		return true;
	}
	*rights = known_rights(s, *rights);
	s->result.denied = isrv_access_code(*rights, ISRV_DO_READ);
	return s->result.denied == IMAPSRV_OK;
}

int imapsrv_op_name(struct imapsrv_op *op, const struct imapsrv_name *name)
{
	struct imapsrv_name copy = {{NULL, 0}, 0, UINT32_MAX};
	struct imapsrv_session *s;

	if (!expects(op, KIND(ISRV_OP_LIST)))
		return IMAPSRV_ESTATE;
	if (!name || !name->name.len || !is_name(name->name))
		return nonsense(op, "a mailbox name that is empty or not UTF-8 without controls");
	copy.name = name->name;
	copy.attributes = name->attributes;
	s = session_of(op);
	if (isrv_access_is_kept(s)) {
		copy.rights = known_rights(s, name->rights);
		/* What is hidden counts no steps either: they show in INPROGRESS. */
		if (!isrv_access_name(&copy))
			return s->error;
		s->steps++;
	}
	return deliver(op, &copy);
}

/* A host without identifiers has none to tell; one that cannot be is reported and not used. */
static bool is_told(struct imapsrv_session *s, struct imapsrv_span id)
{
	if (!s->engine->store.objectids)
		return false;
	if (is_span(id) && isrv_objectid_is(id))
		return true;
	isrv_session_fault(s, "an object identifier that is not 1 to 255 of A-Z a-z 0-9 _ -");
	return false;
}

/* False: they are not there.  One that cannot be is reported here, and not shown by those who show it. */
static bool check_keywords(struct imapsrv_session *s, const struct imapsrv_span *keywords, size_t count)
{
	bool all = keywords || !count;

	for (size_t i = 0; i < count && all; i++) {
		size_t len = keywords[i].len;

		all = is_span(keywords[i]);
		if (all && (!len || isrv_char_span(keywords[i].data, len, ISRV_CHAR_ATOM) != len)) {
			isrv_session_fault(s, "a keyword that is not an atom");
			return true;
		}
	}
	if (!all)
		isrv_session_fault(s, "keywords that are not there");
	return all;
}

int imapsrv_op_mailbox(struct imapsrv_op *op, const struct imapsrv_mailbox *mailbox)
{
	struct imapsrv_mailbox copy = IMAPSRV_MAILBOX_INIT;

	if (!expects(op, KIND(ISRV_OP_OPEN)))
		return IMAPSRV_ESTATE;
	if (!mailbox || mailbox->size < sizeof(size_t))
		return nonsense(op, "a mailbox without a size");
	memcpy(&copy, mailbox, mailbox->size < sizeof(copy) ? mailbox->size : sizeof(copy));
	if (!is_readable(session_of(op), &copy.rights))
		return session_of(op)->error;
	if (!copy.uidvalidity || !copy.uidnext) {
		/* The handle is taken all the same, so that it is given back. */
		isrv_session_fault(session_of(op), "UIDVALIDITY and UIDNEXT cannot be 0");
		copy.uidvalidity = copy.uidvalidity ? copy.uidvalidity : 1;
		copy.uidnext = copy.uidnext ? copy.uidnext : 1;
	}
	if (!check_keywords(session_of(op), copy.keywords, copy.keyword_count))
		copy.keyword_count = 0;
	if (!session_of(op)->engine->store.modseqs)
		copy.highest_modseq = 0;
	if (!session_of(op)->engine->store.append_limits)
		copy.append_limit = UINT64_MAX;
	if (!is_told(session_of(op), copy.mailboxid))
		copy.mailboxid.len = 0;
	if (copy.highest_modseq > ISRV_MODSEQ_MAX) {
		isrv_session_fault(session_of(op), "a modification sequence above 2^63-1");
		copy.highest_modseq = 0;
	}
	return deliver(op, &copy);
}

int imapsrv_op_uids(struct imapsrv_op *op, struct imapsrv_set uids)
{
	if (!expects(op, KIND(ISRV_OP_UIDS) | KIND(ISRV_OP_EXPUNGE)))
		return IMAPSRV_ESTATE;
	if (!isrv_uidset_is_valid(uids))
		return nonsense(op, "UIDs that are not in ascending order");
	return uids.count ? deliver(op, &uids) : 0;
}

#define CHECKED                                                                                    \
	(uint32_t)(IMAPSRV_FACT_MODSEQ | IMAPSRV_FACT_EMAILID | IMAPSRV_FACT_THREADID |            \
	           IMAPSRV_FACT_PREVIEW | IMAPSRV_FACT_DESCRIPTION)

/* At most 200 characters of UTF-8 (RFC 8970 3.1). */
static bool is_preview(struct imapsrv_span text)
{
	size_t characters = 0;

	if (!is_span(text) || !isrv_utf8_valid(text.data, text.len))
		return false;
	for (size_t i = 0; i < text.len && characters <= 200; i++)
		characters += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return characters <= 200;
}

/* Which facts cannot be as the host tells them: reported, and not used. */
static uint32_t nonsensical(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	uint32_t not = 0;

	if (row->facts & IMAPSRV_FACT_MODSEQ && !isrv_modseq_is(row->modseq)) {
		isrv_session_fault(s, "a modification sequence that is 0 or above 2^63-1");
		not |= IMAPSRV_FACT_MODSEQ;
	}
	if (row->facts & IMAPSRV_FACT_PREVIEW && !is_preview(row->preview)) {
		isrv_session_fault(s, "a preview that is not UTF-8, or of more than 200 characters");
		not |= IMAPSRV_FACT_PREVIEW;
	}
	if (row->facts & IMAPSRV_FACT_DESCRIPTION && !is_span(row->description)) {
		isrv_session_fault(s, "a description that is not there");
		not |= IMAPSRV_FACT_DESCRIPTION;
	}
	if (row->facts & IMAPSRV_FACT_EMAILID && !is_told(s, row->emailid))
		not |= IMAPSRV_FACT_EMAILID;
	if (row->facts & IMAPSRV_FACT_THREADID && !is_told(s, row->threadid))
		not |= IMAPSRV_FACT_THREADID;
	return not;
}

static inline int deliver_row(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	begin_answer(s);
	s->ops.sink(s, s->ops.sink_ctx, row);
	if (isrv_writer_failed(&s->w))
		isrv_session_fail(s, IMAPSRV_ENOMEM);
	return s->error;
}

/* A row with facts that may not be as they should. */
static int deliver_checked(struct imapsrv_session *s, const struct imapsrv_row *row)
{
	uint32_t not = nonsensical(s, row);
	bool keywords = check_keywords(s, row->flags.keywords, row->flags.keyword_count);
	struct imapsrv_row copy;

	if (!not && keywords)
		return deliver_row(s, row);
	isrv_told_row(&copy, row);
	copy.facts &= ~not;
	copy.flags.keyword_count = keywords ? copy.flags.keyword_count : 0;
	return deliver_row(s, &copy);
}

int imapsrv_op_row(struct imapsrv_op *op, const struct imapsrv_row *row)
{
	if (!expects(op, KIND(ISRV_OP_FETCH) | KIND(ISRV_OP_STORE)))
		return IMAPSRV_ESTATE;
	if (!row || !row->uid)
		return nonsense(op, "a row without a UID");
	return row->facts & CHECKED || row->flags.keyword_count
	               ? deliver_checked(session_of(op), row)
	               : deliver_row(session_of(op), row);
}

/* The handle of one that makes no sense stays the host's. */
static int deliver_body(struct imapsrv_op *op, const struct isrv_op_body *body)
{
	if (!expects(op, KIND(ISRV_OP_BODY)))
		return IMAPSRV_ESTATE;
	if (body->octets > INT64_MAX) /* number64 (RFC 9051 9) */
		return nonsense(op, "a body of more than 2^63-1 octets");
	if (body->eol != IMAPSRV_EOL_CRLF && body->eol != IMAPSRV_EOL_LF)
		return nonsense(op, "a body with lines that end in no way that there is");
	return deliver(op, body);
}

int imapsrv_op_lend(struct imapsrv_op *op, const void *data, size_t len, enum imapsrv_eol eol,
                    void *body)
{
	struct isrv_op_body answer = {data ? data : "", len, eol, body};

	if (!data && len && expects(op, KIND(ISRV_OP_BODY)))
		return nonsense(op, "a body that is not there");
	return deliver_body(op, &answer);
}

int imapsrv_op_pull(struct imapsrv_op *op, uint64_t octets, enum imapsrv_eol eol, void *body)
{
	struct isrv_op_body answer = {NULL, octets, eol, body};

	return deliver_body(op, &answer);
}

int imapsrv_op_bytes(struct imapsrv_op *op, const void *data, size_t len)
{
	struct imapsrv_span span = {data, len};

	if (!expects(op, KIND(ISRV_OP_BODY_READ)))
		return IMAPSRV_ESTATE;
	if (!is_span(span))
		return nonsense(op, "octets of a body that are not there");
	if (len > session_of(op)->ops.max)
		return nonsense(op, "more octets of a body than were asked for");
	session_of(op)->ops.max -= (uint32_t)len;
	return len ? deliver(op, &span) : 0;
}

int imapsrv_op_append(struct imapsrv_op *op, void *append)
{
	if (!expects(op, KIND(ISRV_OP_APPEND_BEGIN)))
		return IMAPSRV_ESTATE;
	return deliver(op, append);
}

int imapsrv_op_appended(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set uids)
{
	struct isrv_op_uids answer = {uidvalidity, {NULL, 0}, uids};

	if (!expects(op, KIND(ISRV_OP_APPEND_FINISH) | KIND(ISRV_OP_REPLACE)))
		return IMAPSRV_ESTATE;
	if (!isrv_uidset_is_valid(uids))
		return nonsense(op, "UIDs that are not in ascending order");
	return deliver(op, &answer);
}

int imapsrv_op_copied(struct imapsrv_op *op, uint32_t uidvalidity, struct imapsrv_set from,
                      struct imapsrv_set to)
{
	struct isrv_op_uids answer = {uidvalidity, from, to};

	if (!expects(op, KIND(ISRV_OP_COPY)))
		return IMAPSRV_ESTATE;
	if (!isrv_uidset_is_valid(from) || !isrv_uidset_is_valid(to) ||
	    isrv_uidset_size(from) != isrv_uidset_size(to))
		return nonsense(op, "copied UIDs that are not ascending or not as many on both sides");
	return deliver(op, &answer);
}

int imapsrv_op_order(struct imapsrv_op *op, const uint32_t *uids, size_t count)
{
	struct isrv_op_order answer = {uids, count};

	if (!expects(op, KIND(ISRV_OP_SORT)))
		return IMAPSRV_ESTATE;
	if (!uids && count)
		return nonsense(op, "an order that is not there");
	return count ? deliver(op, &answer) : 0;
}

int imapsrv_op_thread(struct imapsrv_op *op, const struct imapsrv_thread_member *members,
                      size_t count)
{
	struct isrv_op_thread answer = {members, count};

	if (!expects(op, KIND(ISRV_OP_THREAD)))
		return IMAPSRV_ESTATE;
	if (!members && count)
		return nonsense(op, "threads that are not there");
	return count ? deliver(op, &answer) : 0;
}

int imapsrv_op_found(struct imapsrv_op *op, const struct imapsrv_search_node *node,
                     struct imapsrv_set matches, struct imapsrv_set candidates)
{
	struct isrv_op_found answer = {.node = node, .matches = matches, .candidates = candidates};
	int error;

	if (!expects(op, KIND(ISRV_OP_SEARCH)))
		return IMAPSRV_ESTATE;
	answer.broken = !isrv_uidset_is_valid(matches) || !isrv_uidset_is_valid(candidates);
	if (answer.broken)
		isrv_session_fault(session_of(op), "UIDs that are not in ascending order");
	error = deliver(op, &answer);
	return answer.broken && !error ? IMAPSRV_EINVAL : error;
}

int imapsrv_op_relevancy(struct imapsrv_op *op, uint32_t uid, unsigned percent)
{
	struct isrv_op_found answer = {.uid = uid, .relevancy = (uint8_t)percent};

	if (!expects(op, KIND(ISRV_OP_SEARCH)))
		return IMAPSRV_ESTATE;
	if (!uid || percent < 1 || percent > 100)
		return nonsense(op, "a relevancy that is not 1 to 100, or of UID 0");
	return deliver(op, &answer);
}

int imapsrv_op_mailboxid(struct imapsrv_op *op, struct imapsrv_span mailboxid)
{
	if (!expects(op, KIND(ISRV_OP_CREATE)))
		return IMAPSRV_ESTATE;
	if (!is_span(mailboxid) || !isrv_objectid_is(mailboxid))
		return nonsense(op, "an object identifier that is not 1 to 255 of A-Z a-z 0-9 _ -");
	return session_of(op)->engine->store.objectids ? deliver(op, &mailboxid) : 0;
}

int imapsrv_op_entry(struct imapsrv_op *op, const struct imapsrv_entry *entry)
{
	if (!expects(op, KIND(ISRV_OP_METADATA)))
		return IMAPSRV_ESTATE;
	if (!entry || !is_span(entry->name) || !isrv_entry_is_name(entry->name, NULL))
		return nonsense(op, "an entry of metadata without a name that can be one");
	return deliver(op, entry);
}

int imapsrv_op_annotation(struct imapsrv_op *op, uint32_t uid,
                          const struct imapsrv_annotation *annotation)
{
	struct imapsrv_annotation copy;
	struct isrv_op_annotation answer = {uid, &copy};
	uint32_t max;

	if (!expects(op, KIND(ISRV_OP_ANNOTATIONS)))
		return IMAPSRV_ESTATE;
	if (!uid || !annotation || !is_span(annotation->entry) ||
	    !isrv_annotation_is_name(annotation->entry))
		return nonsense(op, "an annotation without a UID, or without a name that can be one");
	copy = *annotation;
	if (!(copy.given & IMAPSRV_ANNOTATION_PRIV) || !copy.priv.data)
		copy.priv = (struct imapsrv_span){NULL, 0};
	if (!(copy.given & IMAPSRV_ANNOTATION_SHARED) || !copy.shared.data)
		copy.shared = (struct imapsrv_span){NULL, 0};
	max = session_of(op)->engine->limits.annotation;
	if (copy.priv.len > max || copy.shared.len > max)
		return nonsense(op, "the value of an annotation is longer than limits.annotation");
	return deliver(op, &answer);
}

int imapsrv_op_status(struct imapsrv_op *op, const struct imapsrv_status *status)
{
	struct imapsrv_status copy;

	if (!expects(op, KIND(ISRV_OP_STATUS)))
		return IMAPSRV_ESTATE;
	if (!status)
		return nonsense(op, "no status");
	isrv_told_status(&copy, status);
	if (isrv_access_is_kept(session_of(op)))
		copy.rights = status->rights;
	if (!is_readable(session_of(op), &copy.rights))
		return session_of(op)->error;
	if (copy.items & IMAPSRV_STATUS_MAILBOXID && !is_told(session_of(op), copy.mailboxid)) {
		copy.items &= ~(uint32_t)IMAPSRV_STATUS_MAILBOXID;
		copy.mailboxid.len = 0;
	}
	/* nz-number (RFC 9051 9, status-att-val): what was not told is counted. */
	if ((copy.items & IMAPSRV_STATUS_UIDNEXT && !copy.uidnext) ||
	    (copy.items & IMAPSRV_STATUS_UIDVALIDITY && !copy.uidvalidity)) {
		isrv_session_fault(session_of(op), "UIDVALIDITY and UIDNEXT cannot be 0");
		copy.items &= ~(uint32_t)(IMAPSRV_STATUS_UIDNEXT | IMAPSRV_STATUS_UIDVALIDITY);
	}
	if (status->items & IMAPSRV_STATUS_HIGHESTMODSEQ &&
	    status->highest_modseq > ISRV_MODSEQ_MAX) {
		copy.highest_modseq = 0;
		isrv_session_fault(session_of(op), "a modification sequence above 2^63-1");
	}
	return deliver(op, &copy);
}

int imapsrv_op_modseq(struct imapsrv_op *op, uint64_t highest_modseq)
{
	if (!expects(op, KIND(ISRV_OP_EXPUNGE) | KIND(ISRV_OP_COPY) | KIND(ISRV_OP_REPLACE)))
		return IMAPSRV_ESTATE;
	if (!isrv_modseq_is(highest_modseq))
		return nonsense(op, "a modification sequence that is 0 or above 2^63-1");
	session_of(op)->result.modseq = highest_modseq;
	return 0;
}

int imapsrv_op_challenge(struct imapsrv_op *op, const void *data, size_t len)
{
	struct imapsrv_span span = {data, len};

	if (!expects(op, KIND(ISRV_OP_SASL)))
		return IMAPSRV_ESTATE;
	if (!is_span(span))
		return nonsense(op, "a challenge that is not there");
	return deliver(op, &span);
}

static bool is_quota(const struct imapsrv_quota_root *root)
{
	if (!root || root->size < sizeof(*root) || !is_name(root->name))
		return false;
	for (unsigned i = 0; i < IMAPSRV_RESOURCES; i++)
		if (root->limited & IMAPSRV_RESOURCE_BIT(i) &&
		    (root->usage[i] > INT64_MAX || root->limit[i] > INT64_MAX))
			return false;
	return true;
}

int imapsrv_op_quota(struct imapsrv_op *op, const struct imapsrv_quota_root *root)
{
	if (!expects(op, KIND(ISRV_OP_QUOTA)))
		return IMAPSRV_ESTATE;
	if (!is_quota(root))
		return nonsense(op, "a quota root without a name, or a number above 2^63-1");
	if (session_of(op)->ops.max == ISRV_QUOTA_ROOTS) {
		isrv_session_fault(session_of(op), "too many quota roots");
		return IMAPSRV_ETOOBIG;
	}
	session_of(op)->ops.max++;
	return deliver(op, root);
}

int imapsrv_op_rights(struct imapsrv_op *op, uint32_t rights)
{
	struct imapsrv_session *s;

	if (!expects(op, KIND(ISRV_OP_RIGHTS)))
		return IMAPSRV_ESTATE;
	s = session_of(op);
	if (s->result.access.told)
		return nonsense(op, "rights were told twice");
	s->result.access.told = true;
	s->result.access.rights = known_rights(s, rights);
	return s->error;
}

int imapsrv_op_acl(struct imapsrv_op *op, const struct imapsrv_acl_entry *entry)
{
	struct imapsrv_acl_entry copy;

	if (!expects(op, KIND(ISRV_OP_ACL)))
		return IMAPSRV_ESTATE;
	if (!entry || !entry->identifier.len || !is_name(entry->identifier) ||
	    !is_name(entry->mailbox))
		return nonsense(op, "an entry of a list without an identifier that can be one");
	copy = *entry;
	copy.rights = known_rights(session_of(op), entry->rights);
	return deliver(op, &copy);
}

int imapsrv_op_grantable(struct imapsrv_op *op, uint32_t always, const uint32_t *tied, size_t count)
{
	struct isrv_op_grantable answer = {always, tied, count};
	uint32_t seen = always, known = IMAPSRV_RIGHTS_STANDARD;

	if (!expects(op, KIND(ISRV_OP_GRANTABLE)))
		return IMAPSRV_ESTATE;
	known |= session_of(op)->engine->acl.others;
	if (!tied && count)
		return nonsense(op, "rights that could be given and are not there");
	for (size_t i = 0; i < count; i++) {
		if (!tied[i] || tied[i] & seen)
			return nonsense(op, "rights that could be given twice, or none");
		seen |= tied[i];
	}
	if (seen & ~known)
		return nonsense(op, "rights that the host does not have");
	return deliver(op, &answer);
}

int imapsrv_op_keys(struct imapsrv_op *op, const struct imapsrv_scram_keys *keys)
{
	if (!expects(op, KIND(ISRV_OP_KEYS)))
		return IMAPSRV_ESTATE;
	if (!keys || keys->size < sizeof(*keys) || !keys->salt || !keys->salt_len ||
	    keys->salt_len > 64 || keys->iterations < 4096)
		return nonsense(op, "keys without a salt, or with too few iterations");
	return deliver(op, keys);
}

int imapsrv_op_url_token(struct imapsrv_op *op, const void *token, size_t len)
{
	struct imapsrv_span span = {token, len};

	if (!expects(op, KIND(ISRV_OP_URL_TOKEN)))
		return IMAPSRV_ESTATE;
	if (!token || len < IMAPSRV_URL_TOKEN_MIN || len > IMAPSRV_URL_TOKEN_MAX)
		return nonsense(op, "a token that is too short or too long");
	return deliver(op, &span);
}

static bool is_mechanism(const struct imapsrv_session *s, const char *name)
{
	const char *const *known = s->engine->urlauth.mechanisms;

	while (known && *known && strcmp(*known, name) != 0)
		known++;
	return (known && *known) || strcmp(name, "INTERNAL") == 0;
}

int imapsrv_op_url_mechanism(struct imapsrv_op *op, const char *mechanism, const void *data,
                             size_t len)
{
	struct isrv_op_mechanism answer = {mechanism, {data, len}};

	if (!expects(op, KIND(ISRV_OP_URL_MECHANISM)))
		return IMAPSRV_ESTATE;
	if (!mechanism || !is_mechanism(session_of(op), mechanism) || (len && !data) || len > 1024)
		return nonsense(op, "a mechanism that is not one of the engine's, or too much data");
	return deliver(op, &answer);
}

int imapsrv_op_referral(struct imapsrv_op *op, struct imapsrv_span url)
{
	struct imapsrv_session *s;
	int error;

	if (!expects(op, ANY))
		return IMAPSRV_ESTATE;
	s = session_of(op);
	begin_answer(s);
	error = isrv_referral_add(s, url);
	if (error == IMAPSRV_ENOMEM)
		isrv_session_fail(s, error);
	else if (error)
		isrv_session_fault(s, "a referral that cannot be told");
	return error;
}

struct imapsrv_session *imapsrv_op_session(const struct imapsrv_op *op)
{
	return session_of(op);
}

void imapsrv_op_set_data(struct imapsrv_op *op, void *data)
{
	/* What is open now may be another question. */
	if (op->kind)
		session_of(op)->ops.data = data;
	else
		(void)unexpected(op);
}

void *imapsrv_op_get_data(const struct imapsrv_op *op)
{
	const struct isrv_ops *ops = &session_of(op)->ops;

	return op == &ops->slots[ops->last] ? ops->data : NULL;
}
