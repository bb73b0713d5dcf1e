/* SPDX-License-Identifier: MIT */
/*
 * LIST and LSUB, and RLIST and RLSUB (RFC 2193 5), which show what is remote as well: one question
 * to the host, whose names become a tree (list_tree), and then one line for each name that is to be
 * told, in the order of the hierarchy.  What is told, and with which attributes, is decided here;
 * what matches is decided in list_match.
 */
#include "command/list.h"

#include "command/acl.h"
#include "command/commands.h"
#include "command/memory.h"

enum { LIST_START, LIST_ASKED, LIST_TELL, LIST_STATUS, LIST_METADATA };

#define LIST_USES                                                                      \
	((uint32_t)(IMAPSRV_USE_ALL | IMAPSRV_USE_ARCHIVE | IMAPSRV_USE_DRAFTS |       \
	            IMAPSRV_USE_FLAGGED | IMAPSRV_USE_JUNK | IMAPSRV_USE_SENT |        \
	            IMAPSRV_USE_TRASH | IMAPSRV_USE_IMPORTANT))

/* ---- which names --------------------------------------------------------------------------- */

/* Do the selection options pick some names out of those that exist? */
static bool is_restricted(const struct isrv_list_args *a)
{
	return (a->select & (ISRV_LIST_SELECT_SUBSCRIBED | ISRV_LIST_SELECT_SPECIAL_USE)) != 0;
}

static void take_name(struct imapsrv_session *s, void *ctx, const void *answer)
{
	struct isrv_list_args *a = ctx;
	struct imapsrv_name name = *(const struct imapsrv_name *)answer;
	bool exists = !(name.attributes & IMAPSRV_ATTR_NONEXISTENT);
	bool selected = exists;
	unsigned marks = 0;

	/* A host that keeps no subscriptions: all that is there counts as subscribed. */
	if (!s->engine->mailboxes.subscribe && exists)
		name.attributes |= IMAPSRV_ATTR_SUBSCRIBED;
	/* RFC 9051 6.3.9.1: remote mailboxes show for those who ask for them. */
	if ((name.attributes & IMAPSRV_ATTR_REMOTE) && !(a->select & ISRV_LIST_SELECT_REMOTE))
		return;
	if (a->lsub || (a->select & ISRV_LIST_SELECT_SUBSCRIBED))
		selected = (name.attributes & IMAPSRV_ATTR_SUBSCRIBED) != 0;
	if (a->select & ISRV_LIST_SELECT_SPECIAL_USE) {
		/* A name that is not there yet can have a use: the client may create it (RFC 9051
		 * 6.3.10, example 6). */
		if (!(a->select & ISRV_LIST_SELECT_SUBSCRIBED))
			selected = true;
		selected = selected && (name.attributes & LIST_USES);
	}
	if (selected)
		marks |= ISRV_LIST_SELECTED;
	if (exists && !a->lsub)
		marks |= ISRV_LIST_EXISTS;
	isrv_list_add(&a->tree, &name, marks);
}

/* Is the name told in LIST?  RFC 9051 6.3.9.3 has two reasons, and 6.3.9 a third for "%". */
static bool is_told(const struct isrv_list_args *a, const struct isrv_list_name *n)
{
	if ((n->marks & ISRV_LIST_GIVEN) && (n->marks & ISRV_LIST_SELECTED))
		return true;
	if (a->lsub) /* RFC 3501 6.3.9: foo for foo/bar, which "%" does not match */
		return (n->marks & ISRV_LIST_LEVEL) && (n->marks & ISRV_LIST_BELOW_SELECTED);
	/* Below it is something that meets the criteria and is not told itself. */
	if (a->select & ISRV_LIST_SELECT_RECURSIVE)
		return (n->marks & ISRV_LIST_BELOW_UNSEEN) != 0;
	/* "The list MUST include exactly those" (RFC 9051 6.3.9.1 SUBSCRIBED); likewise RFC 6154
	 * 2. */
	if (is_restricted(a) || !(n->marks & ISRV_LIST_LEVEL))
		return false;
	/* A level of hierarchy that is no mailbox.  The extended syntax leaves it out where what
	 * is below is told anyway (RFC 9051 6.3.9.8, example 10). */
	return (n->marks & (a->extended ? ISRV_LIST_BELOW_UNSEEN : ISRV_LIST_BELOW_SELECTED)) != 0;
}

/* A mailbox that meets the criteria, so that more is told of it than its name. */
static bool is_whole(const struct isrv_list_name *n)
{
	unsigned needed = ISRV_LIST_GIVEN | ISRV_LIST_SELECTED | ISRV_LIST_EXISTS;

	return (n->marks & needed) == needed;
}

/* A mailbox that may have a status: it meets the criteria (RFC 5819 3), exists, and can be
 * selected. */
static bool has_status(const struct isrv_list_args *a, const struct isrv_list_name *n)
{
	return (a->returned & ISRV_LIST_RETURN_STATUS) && is_whole(n) &&
	       !(n->attributes & IMAPSRV_ATTR_NOSELECT);
}

/* RFC 8440 3: "for each listable mailbox matching the list pattern and selection options" */
static bool has_rights(const struct isrv_list_args *a, const struct isrv_list_name *n)
{
	return (a->returned & ISRV_LIST_RETURN_MYRIGHTS) && is_whole(n);
}

/* RFC 9590 4: not of one that does not exist, nor of one that is told only for what is below it. */
static bool has_metadata(const struct isrv_list_args *a, const struct isrv_list_name *n)
{
	return (a->returned & ISRV_LIST_RETURN_METADATA) && is_whole(n) &&
	       isrv_access_may(n->rights, ISRV_DO_METADATA);
}

/* ---- one line ------------------------------------------------------------------------------ */

static const struct {
	uint32_t attribute;
	const char *name;
} attribute_names[] = {
	/* RFC 9051 9 mbx-list-sflag: the first of these that applies, as only one may stand. */
	{IMAPSRV_ATTR_NONEXISTENT, "\\NonExistent"},
	{IMAPSRV_ATTR_NOSELECT, "\\Noselect"},
	{IMAPSRV_ATTR_MARKED, "\\Marked"},
	{IMAPSRV_ATTR_UNMARKED, "\\Unmarked"},
#define SFLAGS 4u
	{IMAPSRV_ATTR_NOINFERIORS, "\\Noinferiors"},
	{IMAPSRV_ATTR_HASCHILDREN, "\\HasChildren"},
	{IMAPSRV_ATTR_HASNOCHILDREN, "\\HasNoChildren"},
	{IMAPSRV_ATTR_SUBSCRIBED, "\\Subscribed"},
	{IMAPSRV_ATTR_REMOTE, "\\Remote"},
	{IMAPSRV_ATTR_NOACCESS, "\\NoAccess"}, /* RFC 5465 8 */
	{IMAPSRV_USE_ALL, "\\All"},
	{IMAPSRV_USE_ARCHIVE, "\\Archive"},
	{IMAPSRV_USE_DRAFTS, "\\Drafts"},
	{IMAPSRV_USE_FLAGGED, "\\Flagged"},
	{IMAPSRV_USE_JUNK, "\\Junk"},
	{IMAPSRV_USE_SENT, "\\Sent"},
	{IMAPSRV_USE_TRASH, "\\Trash"},
	{IMAPSRV_USE_IMPORTANT, "\\Important"},
};

uint32_t isrv_list_use(struct imapsrv_span name)
{
	for (size_t i = 0; i < sizeof(attribute_names) / sizeof(attribute_names[0]); i++)
		if (attribute_names[i].attribute & LIST_USES &&
		    isrv_ascii_is(name.data, name.len, attribute_names[i].name))
			return attribute_names[i].attribute;
	return 0;
}

static void put_attributes(struct isrv_writer *w, uint32_t attributes)
{
	bool any = false, sflag = false;

	for (size_t i = 0; i < sizeof(attribute_names) / sizeof(attribute_names[0]); i++) {
		if (!(attributes & attribute_names[i].attribute) || (i < SFLAGS && sflag))
			continue;
		if (any)
			ISRV_W(w, " ");
		isrv_w_cstr(w, attribute_names[i].name);
		any = true;
		sflag = sflag || i < SFLAGS;
	}
}

/* What the client is told of a name, from what the host said and what is below it. */
static uint32_t told_attributes(const struct imapsrv_session *s, const struct isrv_list_args *a,
                                const struct isrv_list_name *n)
{
	uint32_t told = n->attributes;
	bool has_children = (n->marks & ISRV_LIST_BELOW_EXISTS) ||
	                    (told & IMAPSRV_ATTR_HASCHILDREN);

	told &= ~(uint32_t)(IMAPSRV_ATTR_NONEXISTENT | IMAPSRV_ATTR_HASCHILDREN |
	                    IMAPSRV_ATTR_HASNOCHILDREN | IMAPSRV_ATTR_NOACCESS);
	/* \NonExistent came with RFC 5258; it implies \Noselect, which is what others know. */
	if (!(n->marks & ISRV_LIST_EXISTS))
		told |= a->extended || isrv_session_rev2(s) ? IMAPSRV_ATTR_NONEXISTENT
		                                            : IMAPSRV_ATTR_NOSELECT;
	/* \Noinferiors implies \HasNoChildren (RFC 9051 6.3.9.4). */
	if (!(told & IMAPSRV_ATTR_NOINFERIORS))
		told |= has_children ? IMAPSRV_ATTR_HASCHILDREN : IMAPSRV_ATTR_HASNOCHILDREN;
	if (!(a->returned & ISRV_LIST_RETURN_SUBSCRIBED) &&
	    !(a->select & ISRV_LIST_SELECT_SUBSCRIBED))
		told &= ~(uint32_t)IMAPSRV_ATTR_SUBSCRIBED;
	if (a->status.refused)
		told |= IMAPSRV_ATTR_NOSELECT;
	return told;
}

/* \Noselect in LSUB means "not subscribed itself" and nothing else (RFC 3501 6.3.9, RFC 5258
 * 3.1). */
static uint32_t lsub_attributes(const struct isrv_list_name *n)
{
	return n->marks & ISRV_LIST_SELECTED ? 0 : IMAPSRV_ATTR_NOSELECT;
}

/* childinfo-extended-item = "CHILDINFO" SP "(" list-select-base-opt-quoted *(SP ...) ")" */
static void put_childinfo(struct isrv_writer *w, const struct isrv_list_args *a)
{
	bool both = (a->select & ISRV_LIST_SELECT_SUBSCRIBED) &&
	            (a->select & ISRV_LIST_SELECT_SPECIAL_USE);

	ISRV_W(w, " (\"CHILDINFO\" (");
	if (a->select & ISRV_LIST_SELECT_SUBSCRIBED)
		ISRV_W(w, "\"SUBSCRIBED\"");
	if (both)
		ISRV_W(w, " ");
	if (a->select & ISRV_LIST_SELECT_SPECIAL_USE)
		ISRV_W(w, "\"SPECIAL-USE\"");
	ISRV_W(w, "))");
}

/* "* LIST (attributes) delimiter name" without its end. */
static void put_line(struct imapsrv_session *s, bool lsub, uint32_t attributes, const char *name,
                     size_t len)
{
	struct isrv_writer *w = &s->w;

	if (lsub)
		ISRV_W(w, "* LSUB (");
	else
		ISRV_W(w, "* LIST (");
	put_attributes(w, attributes);
	ISRV_W(w, ") ");
	if (s->account.separator)
		isrv_w_string(w, &s->account.separator, 1);
	else
		ISRV_W(w, "NIL");
	ISRV_W(w, " ");
	isrv_w_mailbox(w, name, len);
}

void isrv_list_put_line(struct imapsrv_session *s, uint32_t attributes, struct imapsrv_span name)
{
	put_line(s, false, attributes, name.data, name.len);
}

static void put_name(struct imapsrv_session *s, const struct isrv_list_args *a,
                     const struct isrv_list_name *n)
{
	put_line(s, a->lsub, a->lsub ? lsub_attributes(n) : told_attributes(s, a, n), n->name,
	         n->len);
	if ((a->select & ISRV_LIST_SELECT_RECURSIVE) && (n->marks & ISRV_LIST_BELOW_SELECTED))
		put_childinfo(&s->w, a);
	isrv_w_crlf(&s->w);
}

/* RFC 9051 6.3.9: an empty name in the basic syntax asks for the delimiter, and for the root of the
 * reference: the namespace that it lies in (RFC 2342 5), else nothing. */
static void put_root(struct imapsrv_session *s, struct imapsrv_span reference)
{
	struct imapsrv_span root = {"", 0};

	if (reference.len && s->account.separator && reference.data[0] == s->account.separator)
		root.len = 1;
	root.data = root.len ? reference.data : "";
	for (size_t i = 0; s->account.namespaces && i < s->account.namespace_count; i++) {
		struct imapsrv_span prefix = s->account.namespaces[i].prefix;

		if (prefix.len > root.len && prefix.len <= reference.len &&
		    !memcmp(prefix.data, reference.data, prefix.len))
			root = prefix;
	}
	put_line(s, false, IMAPSRV_ATTR_NOSELECT, root.data, root.len);
	isrv_w_crlf(&s->w);
}

/* ---- the command --------------------------------------------------------------------------- */

/* RFC 9051 6.3.9: the canonical pattern is the reference with the pattern behind it.  Empty ones
 * are left out.  False: the reply is set. */
static bool prepare(struct imapsrv_session *s, struct isrv_list_args *a)
{
	struct isrv_list_tree *t = &a->tree;
	size_t size = a->pattern_count * sizeof(*t->patterns);
	size_t count = 0;

	t->patterns = isrv_arena_alloc(&s->arena, size);
	if (!t->patterns)
		return isrv_command_nomem(s), false;
	for (size_t i = 0; i < a->pattern_count; i++) {
		struct imapsrv_span pattern = a->patterns[i];
		char *canonical;

		if (!pattern.len)
			continue;
		size = a->reference.len + pattern.len;
		canonical = isrv_arena_alloc(&s->arena, size);
		if (!canonical)
			return isrv_command_nomem(s), false;
		if (a->reference.len)
			memcpy(canonical, a->reference.data, a->reference.len);
		memcpy(canonical + a->reference.len, pattern.data, pattern.len);
		pattern.data = canonical;
		pattern.len = size;
		size = isrv_list_compile(&t->patterns[count], &s->arena, pattern);
		if (size)
			return isrv_command_nomem(s), false;
		a->patterns[count++] = pattern;
	}
	t->pattern_count = count;
	t->arena = &s->arena;
	t->steps = &s->steps;
	t->max = s->engine->limits.names;
	t->separator = s->account.separator;
	t->parents = (a->select & ISRV_LIST_SELECT_RECURSIVE) != 0;
	t->levels = a->lsub || !is_restricted(a);
	return true;
}

static void ask(struct imapsrv_session *s, struct isrv_list_args *a)
{
	struct imapsrv_list q = {.account = s->account.handle};

	q.prefix = isrv_list_prefix(a->patterns, a->tree.pattern_count, s->account.separator);
	q.subscribed = a->lsub || (a->select & ISRV_LIST_SELECT_SUBSCRIBED) ||
	               (a->returned & ISRV_LIST_RETURN_SUBSCRIBED);
	ISRV_ASK(s, ISRV_OP_LIST, store, list, &q, take_name, a);
}

/* Could the mailbox not be selected, or is only its status not to be had just now? */
static bool is_unselectable(enum imapsrv_code code)
{
	return code == IMAPSRV_NONEXISTENT || code == IMAPSRV_NOPERM;
}

static void begin_metadata(struct isrv_list_args *a, const struct isrv_list_name *n)
{
	struct isrv_metadata before = a->metadata;

	memset(&a->metadata, 0, sizeof(a->metadata));
	/* Of the arena, for all of them. */
	memcpy(a->metadata.rooms, before.rooms, sizeof(before.rooms));
	a->metadata.mailbox = (struct imapsrv_span){n->name, n->len};
	a->metadata.entries = a->entries;
	a->metadata.max_size = UINT64_MAX;
	a->at = LIST_METADATA;
}

/* Tells the names from a->next on. */
static enum isrv_step tell(struct imapsrv_session *s, struct isrv_list_args *a)
{
	enum isrv_step wait;

	while (a->next) {
		struct isrv_list_name *n = a->next;
		bool status = false;

		if (a->at == LIST_METADATA) {
			wait = isrv_metadata_step(s, &a->metadata);
			if (wait != ISRV_DONE)
				return wait;
			if (a->metadata.nomem)
				return isrv_command_nomem(s);
			/* Refused: no METADATA line, and still OK (RFC 9590 3). */
			a->at = LIST_TELL;
			a->next = n->next;
			continue;
		}
		if (a->at == LIST_STATUS) {
			wait = isrv_status_step(s, &a->status);
			if (wait != ISRV_DONE)
				return wait;
			a->at = LIST_TELL;
			status = !a->status.refused;
			/* RFC 5819 2: the LIST line MUST then say \Noselect, so it waited for
			 * this.  Trouble of another kind only costs the STATUS line. */
			a->status.refused = a->status.refused && is_unselectable(s->result.code);
		} else if (isrv_session_full(s)) {
			return ISRV_OUTPUT;
		} else if (is_told(a, n) && has_status(a, n)) {
			struct imapsrv_span name = {n->name, n->len};

			isrv_status_begin(&a->status, name, a->status_items);
			a->at = LIST_STATUS;
			continue;
		} else {
			a->status.refused = false;
		}
		s->steps++;
		if (is_told(a, n))
			put_name(s, a, n);
		if (is_told(a, n) && has_rights(a, n))
			isrv_acl_put_myrights(s, (struct imapsrv_span){n->name, n->len}, n->rights);
		if (status)
			isrv_status_put(s, &a->status);
		if (is_told(a, n) && has_metadata(a, n))
			begin_metadata(a, n);
		else
			a->next = n->next;
	}
	return isrv_ok(s, a->lsub ? "LSUB done" : "LIST done");
}

static enum isrv_step step(struct imapsrv_session *s, void *args)
{
	struct isrv_list_args *a = args;

	switch (a->at) {
	case LIST_START:
		if (a->too_many)
			return isrv_no(s, "LIMIT", "Too many patterns");
		if (!a->lsub && !a->extended && !a->patterns[0].len) {
			put_root(s, a->reference);
			return isrv_ok(s, "LIST done");
		}
		if (!prepare(s, a))
			return ISRV_DONE;
		if (!a->tree.pattern_count)
			return isrv_ok(s, a->lsub ? "LSUB done" : "LIST done");
		ask(s, a);
		a->at = LIST_ASKED;
		/* fallthrough */
	case LIST_ASKED:
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (s->result.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		isrv_list_finish(&a->tree);
		if (a->tree.nomem)
			return isrv_command_nomem(s);
		if (a->tree.too_many)
			return isrv_no(s, "LIMIT", "Too many names match");
		a->next = a->tree.first;
		a->at = LIST_TELL;
		/* fallthrough */
	default: /* LIST_TELL, LIST_STATUS, LIST_METADATA */
		return tell(s, a);
	}
}

static void drop(struct imapsrv_session *s, void *args)
{
	struct isrv_list_args *a = args;

	if (a->at == LIST_STATUS)
		isrv_status_drop(s, &a->status);
}

const struct isrv_command isrv_command_list = {
	.name = "LIST",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct isrv_list_args),
	.parse = isrv_list_parse,
	.step = step,
	.drop = drop,
};

const struct isrv_command isrv_command_lsub = {
	.name = "LSUB",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct isrv_list_args),
	.parse = isrv_list_parse_lsub,
	.step = step,
	.drop = drop,
};

const struct isrv_command isrv_command_rlist = {
	.name = "RLIST",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_MAILBOX_REFERRALS,
	.args_size = sizeof(struct isrv_list_args),
	.parse = isrv_list_parse_rlist,
	.step = step,
	.drop = drop,
};

const struct isrv_command isrv_command_rlsub = {
	.name = "RLSUB",
	.states = ISRV_IN_AUTHED,
	.cap = ISRV_CAP_MAILBOX_REFERRALS,
	.args_size = sizeof(struct isrv_list_args),
	.parse = isrv_list_parse_rlsub,
	.step = step,
	.drop = drop,
};
