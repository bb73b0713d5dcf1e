/* SPDX-License-Identifier: MIT */
/*
 *	msg-id       = "<" id-left "@" id-right ">"
 *	id-left      = dot-atom-text / obs-id-left
 *	id-right     = dot-atom-text / no-fold-literal / obs-id-right
 *	obs-id-left  = local-part
 *	obs-id-right = domain
 */
#include "message/msgid.h"

void isrv_msgid_init(struct isrv_msgid_parser *p, struct imapsrv_span body,
                     struct isrv_arena *arena, struct isrv_buf *room, struct isrv_mem *mem,
                     uint64_t *steps)
{
	isrv_lexer_init(&p->lexer, body, arena, false, steps);
	isrv_lexer_next(&p->lexer, &p->token);
	p->room = room;
	p->mem = mem;
	p->failed = false;
}

static bool is(const struct isrv_msgid_parser *p, char special)
{
	return p->token.type == ISRV_TOKEN_SPECIAL && p->token.special == (unsigned char)special;
}

static bool keep(struct isrv_msgid_parser *p, const char *data, size_t len)
{
	if (!isrv_buf_add(p->room, p->mem, data, len))
		p->failed = true;
	isrv_lexer_next(&p->lexer, &p->token);
	return !p->failed;
}

static bool take(struct isrv_msgid_parser *p, char special)
{
	return is(p, special) && keep(p, &special, 1);
}

/* word *("." word), a word being an atom or, where that is allowed, a quoted string. */
static bool take_words(struct isrv_msgid_parser *p, bool quoted)
{
	do {
		if (p->token.type != ISRV_TOKEN_ATOM &&
		    !(quoted && p->token.type == ISRV_TOKEN_QUOTED))
			return false;
		if (!keep(p, p->token.text.data, p->token.text.len))
			return false;
	} while (take(p, '.'));
	return true;
}

/* What stands behind "<"; false leaves the token that does not belong there. */
static bool take_id(struct isrv_msgid_parser *p)
{
	p->room->len = 0;
	if (!take_words(p, true) || !take(p, '@'))
		return false;
	if (p->token.type == ISRV_TOKEN_DOMAIN) {
		if (!keep(p, p->token.text.data, p->token.text.len))
			return false;
	} else if (!take_words(p, false)) {
		return false;
	}
	return is(p, '>');
}

bool isrv_msgid_next(struct isrv_msgid_parser *p, struct imapsrv_span *id_r)
{
	while (p->token.type != ISRV_TOKEN_END && !p->failed && !p->lexer.failed) {
		bool begins = is(p, '<');

		isrv_lexer_next(&p->lexer, &p->token);
		if (begins && take_id(p)) {
			*id_r = (struct imapsrv_span){p->room->data, p->room->len};
			return true;
		}
	}
	p->failed = p->failed || p->lexer.failed;
	return false;
}
