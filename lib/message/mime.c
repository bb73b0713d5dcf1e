/* SPDX-License-Identifier: MIT */
/*
 * MIME fields, one token after another.  What is no parameter is passed over until something is one
 * again, so that missing and doubled semicolons, words without a value and other debris cost the
 * parameters around them nothing.  Unreadable is only what RFC 2045 5.2 gives a default for: a type
 * that does not begin with token "/" token.
 */
#include "message/mime.h"

#include "base/ascii.h"
#include "message/param.h"

enum { PARAMS_FIRST = 4 };

struct params {
	struct isrv_mime_value *value;
	size_t cap;
	size_t max;
};

static void value_init(struct isrv_mime_value *value)
{
	static const struct isrv_mime_value none;

	*value = none;
}

/* False: no room, or as many as are allowed; the value says so. */
static bool params_add(struct params *params, struct isrv_arena *arena, struct imapsrv_span name,
                       struct imapsrv_span text)
{
	struct isrv_mime_value *value = params->value;
	size_t size = sizeof(*value->params);

	value->truncated = true;
	if (value->param_count == params->max)
		return false;
	if (value->param_count == params->cap) {
		size_t cap = params->cap ? 2 * params->cap : PARAMS_FIRST;
		void *grown = isrv_arena_grow(arena, value->params, params->cap * size, cap * size);

		if (!grown)
			return false;
		value->params = grown;
		params->cap = cap;
	}
	value->params[value->param_count].name = name;
	value->params[value->param_count].value = text;
	value->param_count++;
	value->truncated = false;
	return true;
}

/* Does attribute "=" stand here?  It is asked where a blank is in an unquoted value, so that a
 * missing semicolon does not make two parameters one. */
static bool is_param(const struct isrv_lexer *x)
{
	struct isrv_lexer ahead = *x;
	struct isrv_token token;

	if (*x->at == '"')
		return false;
	isrv_lexer_next(&ahead, &token);
	return token.type == ISRV_TOKEN_ATOM && ahead.at < ahead.end && *ahead.at == '=';
}

static bool at_end(const struct isrv_lexer *x)
{
	return x->at == x->end || *x->at == ';';
}

static bool is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '(';
}

/*
 * value = token / quoted-string (RFC 2045 5.1).  A value that is neither is all that stands before
 * the next ";" or parameter, as it is written but without comments at its end: file names with
 * blanks and boundaries with "=" and "/" are often left unquoted.
 */
static struct imapsrv_span read_value(struct isrv_lexer *x)
{
	struct imapsrv_span raw, comment;
	struct isrv_token token;
	const char *to;

	isrv_lexer_skip(x, &comment);
	if (x->at < x->end && *x->at == '"') {
		isrv_lexer_next(x, &token);
		return token.text;
	}
	raw.data = to = x->at;
	while (!at_end(x)) {
		if (!is_gap(*x->at)) {
			to = ++x->at;
			++*x->steps;
			continue;
		}
		isrv_lexer_skip(x, &comment);
		if (!at_end(x) && is_param(x))
			break;
	}
	raw.len = (size_t)(to - raw.data);
	return isrv_lexer_flat(x, raw);
}

/* *(";" parameter), parameter = attribute "=" value (RFC 2045 5.1, RFC 2183 2); attribute as it is
 * written; what RFC 2231 3 cut into pieces is joined. */
static void read_params(struct isrv_lexer *x, size_t max, struct isrv_mime_value *value_r)
{
	struct params params = {value_r, 0, max};
	struct isrv_token token;

	for (;;) {
		struct imapsrv_span comment, text;

		isrv_lexer_next(x, &token);
		if (token.type == ISRV_TOKEN_END)
			break;
		if (token.type != ISRV_TOKEN_ATOM)
			continue;
		isrv_lexer_skip(x, &comment);
		if (x->at == x->end || *x->at != '=')
			continue;
		x->at++;
		++*x->steps;
		text = read_value(x);
		if (x->failed || !params_add(&params, x->arena, token.text, text))
			break;
	}
	value_r->truncated = value_r->truncated || x->failed;
	isrv_param_join(value_r, x->arena, x->steps);
}

/* content = type "/" subtype *(";" parameter) (RFC 2045 5.1) */
void isrv_mime_parse_type(struct imapsrv_span body, struct isrv_arena *arena, size_t max_params,
                          uint64_t *steps, struct isrv_mime_value *value_r)
{
	struct isrv_token type, slash, subtype;
	struct isrv_lexer x;

	value_init(value_r);
	isrv_lexer_init(&x, body, arena, true, steps);
	isrv_lexer_next(&x, &type);
	if (type.type != ISRV_TOKEN_ATOM)
		return;
	isrv_lexer_next(&x, &slash);
	if (slash.type != ISRV_TOKEN_SPECIAL || slash.special != '/')
		return;
	isrv_lexer_next(&x, &subtype);
	if (subtype.type != ISRV_TOKEN_ATOM)
		return;
	value_r->type = type.text;
	value_r->subtype = subtype.text;
	read_params(&x, max_params, value_r);
}

/* A token, also where somebody has put it in quotes; data NULL: none. */
static struct imapsrv_span read_word(struct isrv_lexer *x)
{
	struct imapsrv_span none = {NULL, 0};
	struct isrv_token token;

	isrv_lexer_next(x, &token);
	if ((token.type == ISRV_TOKEN_ATOM || token.type == ISRV_TOKEN_QUOTED) && token.text.len)
		return token.text;
	return none;
}

/* disposition = "Content-Disposition" ":" disposition-type *(";" disposition-parm) (RFC 2183 2) */
void isrv_mime_parse_disposition(struct imapsrv_span body, struct isrv_arena *arena,
                                 size_t max_params, uint64_t *steps,
                                 struct isrv_mime_value *value_r)
{
	struct imapsrv_span comment;
	struct isrv_lexer x;

	value_init(value_r);
	isrv_lexer_init(&x, body, arena, true, steps);
	value_r->type = read_word(&x);
	value_r->truncated = x.failed;
	if (!value_r->type.data)
		return;
	isrv_lexer_skip(&x, &comment);
	/* "filename=x" without a disposition before it */
	if (x.at < x.end && *x.at == '=') {
		value_init(value_r);
		return;
	}
	read_params(&x, max_params, value_r);
}

/* encoding = "Content-Transfer-Encoding" ":" mechanism (RFC 2045 6.1) */
struct imapsrv_span isrv_mime_parse_token(struct imapsrv_span body, struct isrv_arena *arena,
                                          uint64_t *steps)
{
	struct isrv_lexer x;

	isrv_lexer_init(&x, body, arena, true, steps);
	return read_word(&x);
}

/* Language-List = Language-Tag [CFWS] *("," [CFWS] Language-Tag [CFWS]) (RFC 3282 2); what is
 * between a tag and the next comma is passed over, words apart, whose commas are missing. */
size_t isrv_mime_parse_languages(struct imapsrv_span body, struct isrv_arena *arena,
                                 struct imapsrv_span *tags_r, size_t max, uint64_t *steps)
{
	struct isrv_token token;
	struct isrv_lexer x;
	bool expected = true;
	size_t count = 0;

	isrv_lexer_init(&x, body, arena, true, steps);
	while (count < max) {
		isrv_lexer_next(&x, &token);
		if (token.type == ISRV_TOKEN_END)
			break;
		if (token.type == ISRV_TOKEN_SPECIAL)
			expected = token.special == ',';
		else if (expected && token.text.len)
			tags_r[count++] = token.text;
	}
	return count;
}

const struct isrv_mime_param *isrv_mime_param(const struct isrv_mime_value *value, const char *name)
{
	size_t i;

	for (i = 0; i < value->param_count; i++) {
		const struct isrv_mime_param *param = &value->params[i];

		if (isrv_ascii_is(param->name.data, param->name.len, name))
			return param;
	}
	return NULL;
}
