/* SPDX-License-Identifier: MIT */
/*
 * session/engine - takes the host's configuration in: copies each table as far as the host knows
 * it, fills in default limits, checks that what must be there is there.
 */
#include <string.h>

#include "base/limits.h"
#include "session/caps.h"
#include "session/command.h"
#include "session/engine.h"
#include "wire/chars.h"

/* Copies a sized structure: what the host does not know stays zero, what we do not know is
 * dropped. */
static bool copy_sized(void *to, size_t to_size, const void *from)
{
	size_t size;

	memset(to, 0, to_size);
	if (!from)
		return true;
	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size_t))
		return false;
	memcpy(to, from, size < to_size ? size : to_size);
	memcpy(to, &to_size, sizeof(to_size));
	return true;
}

/* An URI has no others (RFC 3986 2), and such a one fits into a quoted string. */
static bool is_url(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\')
			return false;
	return len > 0 && len <= 512;
}

/* Language tags are letters, digits and hyphens (RFC 5646 2.1). */
static bool are_languages(const struct imapsrv_language *l)
{
	if (!l->tags)
		return !l->translate && !l->translate_prefix;
	for (size_t i = 0; l->tags[i]; i++) {
		size_t len = strlen(l->tags[i]);

		if (!len || len > 64 || isrv_char_span(l->tags[i], len, ISRV_CHAR_ATOM) != len)
			return false;
	}
	return l->tags[0] && l->translate;
}

/* Rights that there are only where their letters are. */
static bool are_rights(const struct imapsrv_acl *acl)
{
	uint32_t others = IMAPSRV_RIGHT_NOTE;

	for (unsigned i = 0; i < 10; i++)
		others |= IMAPSRV_RIGHT_DIGIT(i);
	if (!acl->rights)
		return !acl->get && !acl->set && !acl->grantable;
	return !(acl->others & ~others) && (acl->get || (!acl->set && !acl->grantable));
}

/* uauth-mechanism (RFC 5092 11), in upper case. */
static bool is_urlauth(const struct imapsrv_urlauth *u)
{
	for (size_t i = 0; u->mechanisms && u->mechanisms[i]; i++) {
		const char *name = u->mechanisms[i];

		if (!*name || strlen(name) > 64)
			return false;
		for (; *name; name++)
			if (!(*name >= 'A' && *name <= 'Z') && !(*name >= '0' && *name <= '9') &&
			    *name != '-' && *name != '.')
				return false;
	}
	if (!u->identify && !u->token && !u->open && !u->reset)
		return !u->describe && !u->mechanisms;
	return u->identify && u->token && u->open && u->reset;
}

static bool is_complete(const struct imapsrv_engine *e)
{
	const struct imapsrv_store *t = &e->store;
	bool append = t->append_begin && t->append_data && t->append_finish && t->append_abort;
	bool no_append =
		!t->append_begin && !t->append_data && !t->append_finish && !t->append_abort;
	const struct imapsrv_mailboxes *m = &e->mailboxes;

	if (!t->list || !t->open || !t->close || !t->uids || !t->fetch || !t->body ||
	    !t->body_close)
		return false;
	if (!append && !no_append)
		return false;
	if ((t->store && (!append || !t->expunge)) || (!t->store && (append || t->expunge)))
		return false;
	if (t->replace && !append)
		return false;
	if ((m->create || m->remove || m->rename) && !(m->create && m->remove && m->rename))
		return false;
	if (!e->quota.get != !e->quota.roots || (e->quota.set && !e->quota.get) ||
	    (e->quota.get && (!e->quota.resources || e->quota.resources >> IMAPSRV_RESOURCES)))
		return false;
	if (!are_languages(&e->language) || !is_urlauth(&e->urlauth))
		return false;
	if (!are_rights(&e->acl))
		return false;
	if (e->config.referrals & ~(unsigned)(IMAPSRV_REFERRALS_LOGIN | IMAPSRV_REFERRALS_MAILBOX))
		return false;
	if (e->config.jmap && !is_url(e->config.jmap))
		return false;
	if (!e->metadata.get != !e->metadata.set)
		return false;
	if (e->annotate.store && !e->annotate.get)
		return false;
	if (e->sasl.mechanisms && !e->sasl.step)
		return false;
	if (e->sasl.keys && (!e->sasl.entropy || !e->sasl.secret || e->sasl.secret_len < 16 ||
	                     (e->sasl.iterations && e->sasl.iterations < 4096)))
		return false;
	return true;
}

static bool take_config(struct imapsrv_engine *e, const struct imapsrv_config *config)
{
	if (!copy_sized(&e->config, sizeof(e->config), config) ||
	    !copy_sized(&e->store, sizeof(e->store), e->config.store) ||
	    !copy_sized(&e->mailboxes, sizeof(e->mailboxes), e->config.mailboxes) ||
	    !copy_sized(&e->metadata, sizeof(e->metadata), e->config.metadata) ||
	    !copy_sized(&e->quota, sizeof(e->quota), e->config.quota) ||
	    !copy_sized(&e->annotate, sizeof(e->annotate), e->config.annotate) ||
	    !copy_sized(&e->urlauth, sizeof(e->urlauth), e->config.urlauth) ||
	    !copy_sized(&e->language, sizeof(e->language), e->config.language) ||
	    !copy_sized(&e->acl, sizeof(e->acl), e->config.acl) ||
	    !copy_sized(&e->sasl, sizeof(e->sasl), e->config.sasl) ||
	    !copy_sized(&e->watch, sizeof(e->watch), e->config.watch) ||
	    !copy_sized(&e->limits, sizeof(e->limits), e->config.limits))
		return false;
	e->config.store = &e->store;
	e->config.mailboxes = &e->mailboxes;
	e->config.metadata = &e->metadata;
	e->config.quota = &e->quota;
	e->config.annotate = &e->annotate;
	e->config.urlauth = &e->urlauth;
	e->config.language = &e->language;
	e->config.acl = &e->acl;
	e->config.sasl = &e->sasl;
	e->config.limits = &e->limits;
	e->config.watch = e->config.watch ? &e->watch : NULL;
	/* "The server MUST recognize the new ACL 'n' right" (RFC 5257 3.4). */
	if (e->acl.rights && e->annotate.get)
		e->acl.others |= IMAPSRV_RIGHT_NOTE;
	isrv_limits_fill(&e->limits);
	/* RFC 9738 3: one or the other is announced. */
	if (e->limits.message_limit != UINT32_MAX && e->limits.save_limit != UINT32_MAX)
		return false;
	return is_complete(e);
}

static void index_commands(struct imapsrv_engine *e)
{
	size_t i;

	for (i = 0; i < e->command_count; i++)
		e->name_lens[i] = (uint8_t)strlen(e->commands[i]->name);
	i = 0;
	for (unsigned letter = 0; letter < 27; letter++) {
		while (i < e->command_count && e->commands[i]->name[0] < (char)('A' + letter))
			i++;
		e->letters[letter] = (uint8_t)i;
	}
}

int isrv_engine_new(const struct imapsrv_config *config, const struct isrv_command *const *commands,
                    size_t command_count, const struct isrv_teller *teller,
                    struct imapsrv_engine **engine_r)
{
	struct imapsrv_engine *e;
	const struct imapsrv_allocator *allocator;
	struct isrv_mem mem;

	if (!config || !engine_r || command_count > ISRV_COMMANDS_MAX ||
	    config->size < sizeof(size_t) || !config->store)
		return IMAPSRV_EINVAL;
	allocator = config->allocator ? config->allocator : &isrv_mem_libc;
	isrv_mem_init(&mem, allocator, SIZE_MAX);
	e = isrv_mem_zalloc(&mem, sizeof(*e));
	if (!e)
		return IMAPSRV_ENOMEM;
	if (!take_config(e, config)) {
		isrv_mem_free(&mem, e, sizeof(*e));
		return IMAPSRV_EINVAL;
	}
	e->allocator = allocator;
	e->commands = commands;
	e->command_count = command_count;
	e->teller = teller;
	index_commands(e);
	e->caps = isrv_caps_of_engine(e);
	*engine_r = e;
	return 0;
}

void imapsrv_engine_free(struct imapsrv_engine *engine)
{
	struct isrv_mem mem;

	if (!engine)
		return;
	isrv_mem_init(&mem, engine->allocator, SIZE_MAX);
	isrv_mem_free(&mem, engine, sizeof(*engine));
}

const struct imapsrv_limits *imapsrv_engine_limits(const struct imapsrv_engine *engine)
{
	return &engine->limits;
}
