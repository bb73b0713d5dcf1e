/* SPDX-License-Identifier: MIT */
/*
 * CREATE, DELETE, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 6.3.4, 6.3.5, 6.3.7, 6.3.8): what the protocol
 * says of names is decided here, the rest is the host's.  RENAME has a file of its own.
 */
#include "command/mailboxes.h"

#include "base/ascii.h"
#include "command/commands.h"
#include "session/hear.h"
#include "command/list.h"

struct args {
	struct imapsrv_span name;
	struct isrv_access access;
	enum {
		AT_START,
		AT_ACCESS,
		AT_ASKED,
		AT_TAKEN
	} at;
	bool only_parent; /* CREATE: there may be nothing new */
	bool apart; /* DELETE: what is to go has only the name of the selected mailbox, which others
	             * deleted */
};

bool isrv_mailbox_is_inbox(struct imapsrv_span name)
{
	return isrv_ascii_is(name.data, name.len, "INBOX");
}

bool isrv_mailbox_is_below(const struct imapsrv_session *s, struct imapsrv_span name,
                           struct imapsrv_span up)
{
	return s->account.separator && name.len > up.len &&
	       name.data[up.len] == s->account.separator && !memcmp(name.data, up.data, up.len);
}

bool isrv_mailbox_is_whole(const struct imapsrv_session *s, struct imapsrv_span name)
{
	char separator = s->account.separator;
	bool empty = true; /* the level so far */

	if (!separator)
		return name.len > 0;
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] == separator && empty)
			return false;
		empty = name.data[i] == separator;
	}
	return !empty;
}

struct imapsrv_span isrv_mailbox_selected(const struct imapsrv_session *s)
{
	struct imapsrv_span name = {NULL, 0};

	if (s->view) {
		name.data = s->view->name;
		name.len = s->view->name_len;
	}
	return name;
}

/*
 * RFC 9051 6.3.5 and 6.3.6 do not say what becomes of the selected mailbox.  Going on with it would
 * need a host whose handles outlive the mailbox; refusing would leave a client no way to remove
 * what it looks at.  So the session goes back to the authenticated state, by the way that RFC 9051
 * 3 has for it: an unsolicited CLOSED.  Clients that do not know the code sent the command
 * themselves.
 */
void isrv_mailbox_leave(struct imapsrv_session *s)
{
	isrv_session_deselect(s);
	isrv_untagged(s, "OK", "CLOSED", "The selected mailbox is not there any more");
}

enum isrv_step isrv_mailbox_taken(struct imapsrv_session *s, struct isrv_access *a,
                                  struct imapsrv_span name)
{
	enum isrv_step wait = ISRV_DONE;

	if (isrv_access_is_kept(s)) {
		wait = isrv_access_step(s, a, ISRV_DO_LIST, name);
		if (wait != ISRV_DONE || s->error)
			return wait;
		s->result.code = a->code == IMAPSRV_OK ? IMAPSRV_ALREADYEXISTS : IMAPSRV_NOPERM;
	}
	return isrv_refused(s, NULL);
}

static enum isrv_step cannot_change(struct imapsrv_session *s)
{
	return isrv_no(s, "CANNOT", "Mailboxes cannot be changed here");
}

static enum isrv_step cannot_be_named(struct imapsrv_session *s)
{
	return isrv_no(s, "CANNOT", "A mailbox name cannot have an empty level");
}

/* SP mailbox */
static bool parse(struct isrv_parse *p, void *args)
{
	struct args *a = args;

	return isrv_rd_mailbox(&p->r, &a->name) && isrv_rd_end(&p->r);
}

/* ---- CREATE -------------------------------------------------------------------------------- */

struct create_args {
	struct args a;
	uint32_t uses;      /* IMAPSRV_USE_*, or-ed */
	bool strange_use;   /* and one that is not known */
	struct imapsrv_span mailboxid; /* in the arena; empty: not told */
};

/* create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")";  use-attr = "\" atom
 * (RFC 6154 6) */
static bool parse_uses(struct isrv_reader *r, struct create_args *a)
{
	struct imapsrv_span name;
	bool any = false;

	if (!isrv_rd_sp(r) || !isrv_rd_char(r, '('))
		return false;
	while (!isrv_rd_try(r, ')')) {
		const char *at;

		if (any && !isrv_rd_sp(r))
			return false;
		at = r->at;
		if (!isrv_rd_char(r, '\\') || !isrv_rd_atom(r, &name))
			return false;
		name.len += (size_t)(name.data - at);
		name.data = at;
		any = true;
		a->uses |= isrv_list_use(name);
		a->strange_use = a->strange_use || !isrv_list_use(name);
	}
	return true;
}

/* create = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]   (RFC 4466 2.2) */
static bool parse_create(struct isrv_parse *p, void *args)
{
	struct create_args *a = args;
	struct isrv_reader *r = &p->r;

	if (!isrv_rd_mailbox(r, &a->a.name))
		return false;
	if (!isrv_caps_in(p->caps, ISRV_CAP_CREATE_SPECIAL_USE) || !isrv_rd_try_sp(r) ||
	    isrv_rd_peek(r) < 0)
		return isrv_rd_end(r);
	if (!isrv_rd_char(r, '('))
		return false;
	if (!isrv_rd_try_word(r, "USE"))
		return isrv_rd_fail(r, "USE");
	return parse_uses(r, a) && isrv_rd_char(r, ')') && isrv_rd_end(r);
}

static void take_mailboxid(struct imapsrv_session *s, void *ctx, const void *answer)
{
	const struct imapsrv_span *id = answer;
	struct create_args *a = ctx;

	a->mailboxid.data = isrv_arena_copy(&s->arena, id->data, id->len);
	a->mailboxid.len = a->mailboxid.data ? id->len : 0;
	if (!a->mailboxid.data)
		isrv_session_fail(s, IMAPSRV_ENOMEM);
}

/* "MAILBOXID" SP "(" objectid ")" (RFC 8474 4.1) */
static void put_mailboxid(struct imapsrv_session *s, void *args)
{
	const struct create_args *a = args;

	ISRV_W(&s->w, "MAILBOXID (");
	isrv_w_raw(&s->w, a->mailboxid.data, a->mailboxid.len);
	ISRV_W(&s->w, ")");
}

static enum isrv_step created(struct imapsrv_session *s, const struct create_args *a)
{
	isrv_ok(s, "CREATE done");
	if (!isrv_caps_has(s, ISRV_CAP_OBJECTID))
		return ISRV_DONE;
	if (a->mailboxid.len)
		s->reply.put_code = put_mailboxid;
	else if (!a->a.only_parent)
		isrv_session_fault(s, "a mailbox was created without imapsrv_op_mailboxid");
	return ISRV_DONE;
}

/* False: the reply is set. */
static bool begin_create(struct imapsrv_session *s, struct create_args *c)
{
	struct args *a = &c->a;

	a->at = AT_ACCESS;
	/* RFC 9051 6.3.4: a separator at the end declares that names will be created below, "in any
	 * case, the name created is without" it. */
	if (s->account.separator && a->name.data[a->name.len - 1] == s->account.separator) {
		a->name.len--;
		a->only_parent = true;
	}
	if (isrv_mailbox_is_inbox(a->name))
		isrv_no(s, "ALREADYEXISTS", "INBOX always exists");
	else if (!s->engine->mailboxes.create)
		cannot_change(s);
	else if (!isrv_mailbox_is_whole(s, a->name))
		cannot_be_named(s);
	else if (c->strange_use || c->uses & ~s->engine->mailboxes.uses)
		isrv_no(s, "USEATTR", "That special use cannot be given");
	else
		return true;
	return false;
}

static void ask_create(struct imapsrv_session *s, struct create_args *c)
{
	struct args *a = &c->a;
	struct imapsrv_create q = {s->account.handle, a->name, a->only_parent, c->uses};

	a->at = AT_ASKED;
	ISRV_ASK(s, ISRV_OP_CREATE, mailboxes, create, &q, take_mailboxid, c);
}

static enum isrv_step step_create(struct imapsrv_session *s, void *args)
{
	struct create_args *c = args;
	struct args *a = &c->a;
	enum isrv_step wait;

	if (a->at == AT_START && !begin_create(s, c))
		return ISRV_DONE;
	if (a->at == AT_ACCESS) {
		wait = isrv_access_step(s, &a->access, ISRV_DO_CREATE, a->name);
		if (wait != ISRV_DONE || s->error)
			return wait;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		memset(&a->access, 0, sizeof(a->access));
		ask_create(s, c);
	}
	if (a->at == AT_ASKED) {
		if (!isrv_answered(s))
			return ISRV_HOST;
		if (s->result.code == IMAPSRV_OK)
			return created(s, c);
		if (s->result.code != IMAPSRV_ALREADYEXISTS)
			return isrv_refused(s, NULL);
		a->at = AT_TAKEN;
	}
	return isrv_mailbox_taken(s, &a->access, a->name);
}

/* ---- DELETE -------------------------------------------------------------------------------- */

static enum isrv_step step_delete(struct imapsrv_session *s, void *args)
{
	struct args *a = args;
	struct imapsrv_delete q = {s->account.handle, a->name};
	struct imapsrv_span selected;
	enum isrv_step wait;

	if (a->at == AT_START) {
		/* RFC 9051 6.3.5: "It is an error to attempt to delete INBOX" */
		if (isrv_mailbox_is_inbox(a->name))
			return isrv_no(s, "CANNOT", "INBOX cannot be deleted");
		if (!s->engine->mailboxes.remove)
			return cannot_change(s);
		if (!isrv_mailbox_is_whole(s, a->name))
			return cannot_be_named(s);
		a->at = AT_ACCESS;
	}
	if (a->at == AT_ACCESS) {
		wait = isrv_access_step(s, &a->access, ISRV_DO_DELETE, a->name);
		if (wait != ISRV_DONE || s->error)
			return wait;
		if (a->access.code != IMAPSRV_OK)
			return isrv_refused(s, NULL);
		a->at = AT_ASKED;
		a->apart = isrv_mailbox_is_apart(s);
		ISRV_ASK(s, ISRV_OP_PLAIN, mailboxes, remove, &q, NULL, NULL);
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	/* Only now: a DELETE that is refused changes nothing. */
	selected = isrv_mailbox_selected(s);
	if (!a->apart && selected.len == a->name.len &&
	    !memcmp(selected.data, a->name.data, selected.len))
		isrv_mailbox_leave(s);
	return isrv_ok(s, "DELETE done");
}

/* ---- SUBSCRIBE, UNSUBSCRIBE ---------------------------------------------------------------- */

static enum isrv_step subscribe(struct imapsrv_session *s, struct args *a, int on,
                                const char *done)
{
	if (a->at == AT_START) {
		struct imapsrv_subscribe q = {s->account.handle, a->name, on};

		if (!s->engine->mailboxes.subscribe)
			return isrv_no(s, "CANNOT", "Subscriptions are not kept here");
		if (!isrv_mailbox_is_whole(s, a->name))
			return cannot_be_named(s);
		ISRV_ASK(s, ISRV_OP_PLAIN, mailboxes, subscribe, &q, NULL, NULL);
		a->at = AT_ASKED;
	}
	if (!isrv_answered(s))
		return ISRV_HOST;
	if (s->result.code != IMAPSRV_OK)
		return isrv_refused(s, NULL);
	isrv_hear_subscribed(s, a->name, on != 0);
	return isrv_ok(s, done);
}

static enum isrv_step step_subscribe(struct imapsrv_session *s, void *args)
{
	return subscribe(s, args, 1, "SUBSCRIBE done");
}

static enum isrv_step step_unsubscribe(struct imapsrv_session *s, void *args)
{
	return subscribe(s, args, 0, "UNSUBSCRIBE done");
}

const struct isrv_command isrv_command_create = {
	.name = "CREATE",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct create_args),
	.parse = parse_create,
	.step = step_create,
};

const struct isrv_command isrv_command_delete = {
	.name = "DELETE",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step_delete,
};

const struct isrv_command isrv_command_subscribe = {
	.name = "SUBSCRIBE",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step_subscribe,
};

const struct isrv_command isrv_command_unsubscribe = {
	.name = "UNSUBSCRIBE",
	.states = ISRV_IN_AUTHED,
	.args_size = sizeof(struct args),
	.parse = parse,
	.step = step_unsubscribe,
};
