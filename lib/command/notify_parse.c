/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 5465 8, and which events go together. */
#include "base/ascii.h"
#include "command/fetch.h"
#include "command/notify.h"

#define MESSAGE_NEW "MessageNew"

static const struct {
	const char *name;
	unsigned event;
} events[] = {
	{MESSAGE_NEW, ISRV_NOTIFY_NEW},
	{"MessageExpunge", ISRV_NOTIFY_EXPUNGE},
	{"FlagChange", ISRV_NOTIFY_FLAGS},
	{"MailboxName", ISRV_NOTIFY_NAME},
	{"SubscriptionChange", ISRV_NOTIFY_SUBSCRIPTION},
	{"MailboxMetadataChange", ISRV_NOTIFY_METADATA},
	{"ServerMetadataChange", ISRV_NOTIFY_SERVER_METADATA},
	{"AnnotationChange", ISRV_NOTIFY_ANNOTATIONS},
};
#define EVENTS (sizeof(events) / sizeof(events[0]))

void isrv_notify_put_names(struct isrv_writer *w, unsigned these)
{
	const char *before = "";

	for (size_t i = 0; i < EVENTS; i++) {
		if (!(events[i].event & these))
			continue;
		isrv_w_cstr(w, before);
		isrv_w_cstr(w, events[i].name);
		before = " ";
	}
}

/* ---- events -------------------------------------------------------------------------------- */

/* [SP "(" fetch-att *(SP fetch-att) ")"] behind MessageNew: checked now, kept as written. */
static bool parse_fetch(struct isrv_parse *p, struct isrv_notify_args *a, bool selected)
{
	struct isrv_reader *r = &p->r;
	const char *before = r->at;
	struct isrv_fetch_items items = {0};
	struct imapsrv_span text;

	if (!isrv_rd_try_sp(r) || isrv_rd_peek(r) != '(') {
		r->at = before;
		return true;
	}
	/* "The fetch-att list may only be present for the SELECTED/SELECTED-DELAYED mailbox
	 * filter" */
	if (!selected)
		return isrv_rd_fail(r, "an event: what to fetch is said with SELECTED only");
	text.data = r->at;
	if (!isrv_fetch_items_parse(p, &items))
		return false;
	text.len = (size_t)(r->at - text.data);
	a->fetch = text;
	a->modseq = (items.facts & IMAPSRV_FACT_MODSEQ) != 0;
	a->too_much = a->too_much || text.len > ISRV_NOTIFY_FETCH_MAX;
	return true;
}

/* event = message-event / mailbox-event / user-event / event-ext, the last being any atom */
static bool parse_event(struct isrv_parse *p, struct isrv_notify_args *a, bool selected,
                        unsigned *got)
{
	struct isrv_reader *r = &p->r;
	const char *start = r->at;
	struct imapsrv_span name;
	size_t i = 0;

	if (!isrv_rd_atom(r, &name))
		return isrv_rd_fail(r, "an event");
	while (i < EVENTS && !isrv_ascii_is(name.data, name.len, events[i].name))
		i++;
	if (i == EVENTS) {
		a->unsupported = true;
		return true;
	}
	*got |= events[i].event;
	if (events[i].event == ISRV_NOTIFY_NEW)
		return parse_fetch(p, a, selected);
	if (selected && !(events[i].event & ISRV_NOTIFY_MESSAGES)) {
		r->at = start;
		return isrv_rd_fail(r, "an event about messages: SELECTED takes no other");
	}
	return true;
}

/* "MessageNew and MessageExpunge MUST always be specified together.  If FlagChange is specified,
 * then MessageNew and MessageExpunge MUST be specified as well." (RFC 5465 8, 5) */
static bool are_together(struct isrv_reader *r, const char *start, unsigned got)
{
	const char *missing = NULL;

	if (got & (ISRV_NOTIFY_MESSAGES & ~(unsigned)ISRV_NOTIFY_NEW) && !(got & ISRV_NOTIFY_NEW))
		missing = "MessageNew beside the other events about messages";
	else if (got & (ISRV_NOTIFY_MESSAGES & ~(unsigned)ISRV_NOTIFY_EXPUNGE) &&
	         !(got & ISRV_NOTIFY_EXPUNGE))
		missing = "MessageExpunge beside the other events about messages";
	if (!missing)
		return true;
	r->at = start;
	return isrv_rd_fail(r, missing);
}

/* events = ( "(" event *(SP event) ")" ) / "NONE" */
static bool parse_events(struct isrv_parse *p, struct isrv_notify_args *a, bool selected,
                         uint8_t *events_r)
{
	struct isrv_reader *r = &p->r;
	const char *start = r->at;
	unsigned got = 0;

	if (isrv_rd_try_word(r, "NONE"))
		return true;
	if (!isrv_rd_try(r, '('))
		return isrv_rd_fail(r, "NONE or a list of events in parentheses");
	do {
		if (!parse_event(p, a, selected, &got))
			return false;
	} while (isrv_rd_try_sp(r));
	if (!isrv_rd_char(r, ')') || !are_together(r, start, got))
		return false;
	*events_r = (uint8_t)got;
	return true;
}

/* ---- groups -------------------------------------------------------------------------------- */

/* "Only one of them can be specified in a NOTIFY command." */
static bool parse_selected(struct isrv_parse *p, struct isrv_notify_args *a, bool delayed)
{
	if (a->selected_given)
		return isrv_rd_fail(&p->r, "SELECTED or SELECTED-DELAYED once at most");
	a->selected_given = true;
	a->delayed = delayed;
	return isrv_rd_sp(&p->r) && parse_events(p, a, true, &a->selected);
}

static struct isrv_notify_ask *new_group(struct isrv_parse *p, struct isrv_notify_args *a)
{
	uint32_t n = a->group_count;
	struct isrv_notify_ask *groups = a->groups;

	if (!(n & (n - 1)) && (!n || n >= 4)) {
		groups = isrv_arena_grow(p->r.arena, groups, n * sizeof(*groups),
		                         (n ? n * 2 : 4) * sizeof(*groups));
		if (!groups) {
			isrv_rd_fail_memory(&p->r);
			return NULL;
		}
		a->groups = groups;
	}
	memset(&groups[n], 0, sizeof(*groups));
	return &groups[n];
}

/* filter-mailboxes-other SP events */
static bool parse_other(struct isrv_parse *p, struct isrv_notify_args *a)
{
	struct isrv_notify_ask *g = new_group(p, a);

	if (!g || !isrv_filter_parse(p, &a->count, false, &g->filter))
		return false;
	if (!isrv_rd_sp(&p->r) || !parse_events(p, a, false, &g->events))
		return false;
	if (isrv_filter_count(p, &a->count))
		a->group_count++;
	return true;
}

/* event-group = "(" filter-mailboxes SP events ")" */
static bool parse_group(struct isrv_parse *p, struct isrv_notify_args *a)
{
	struct isrv_reader *r = &p->r;
	bool done;

	if (!isrv_rd_char(r, '('))
		return isrv_rd_fail(r, "a group of events in parentheses");
	if (isrv_rd_try_word(r, "SELECTED"))
		done = parse_selected(p, a, false);
	else if (isrv_rd_try_word(r, "SELECTED-DELAYED"))
		done = parse_selected(p, a, true);
	else
		done = parse_other(p, a);
	return done && isrv_rd_char(r, ')');
}

/* notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-group *(SP event-group) / "NONE") */
bool isrv_notify_parse(struct isrv_parse *p, void *args)
{
	struct isrv_notify_args *a = args;
	struct isrv_reader *r = &p->r;

	if (isrv_rd_try_word(r, "NONE")) {
		a->none = true;
		return true;
	}
	if (!isrv_rd_try_word(r, "SET"))
		return isrv_rd_fail(r, "SET or NONE");
	if (!isrv_rd_sp(r))
		return false;
	if (isrv_rd_try_word(r, "STATUS")) {
		a->status = true;
		if (!isrv_rd_sp(r))
			return false;
	}
	do {
		if (!parse_group(p, a))
			return false;
	} while (isrv_rd_try_sp(r) && isrv_rd_peek(r) >= 0);
	return true;
}
