/* SPDX-License-Identifier: MIT */
/* host/storelanguage - imapsrv/language.h for the test store: a few texts in German. */
#include "host/teststore.h"

#include <string.h>

static const char *const tags[] = {"DE", "DE-CH", "EN", "PT-BR", NULL};

static const struct {
	const char *english;
	const char *german;
} texts[] = {
	{"LANGUAGE done", "Sprachwechsel durch LANGUAGE-Befehl ausgef\xc3\xbchrt"},
	{"NOOP done", "NOOP erledigt"},
	{"Nobody here speaks that language", "Diese Sprache ist nicht unterst\xc3\xbctzt"},
	{"Logging out", "[Auf] Wiedersehen\r\n"},
	{"That cannot be", "Das geht \xffnicht"},
	{"Unknown command", ""},
};

static const char *translate(void *user, const char *tag, const char *text)
{
	struct ts_link *link = user;

	ts_enter(link);
	ts_leave(link);
	if (strcmp(tag, "DE") != 0 && strcmp(tag, "DE-CH") != 0 && strcmp(tag, "EN") != 0 &&
	    strcmp(tag, "PT-BR") != 0)
		tx_complain(link->ts->log, "translate: into '%s'", tag);
	for (size_t i = 0; tag[0] == 'D' && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].english, text) == 0)
			return texts[i].german;
	return NULL;
}

static const char *translate_prefix(void *user, void *account, const char *tag,
                                    struct imapsrv_span prefix)
{
	struct ts_link *link = user;

	ts_enter(link);
	ts_leave(link);
	ts_handle_of(link, "translate_prefix", account, TS_ACCOUNT);
	if (tag[0] != 'D')
		return NULL;
	if (prefix.len == 12 && memcmp(prefix.data, "Other Users/", 12) == 0)
		return "Andere Ben\xc3\xbctzer/";
	if (prefix.len == 15 && memcmp(prefix.data, "Public Folders/", 15) == 0)
		return "Gemeinsame Postf\xc3\xa4" "cher/";
	return NULL;
}

void ts_fill_language(const struct ts *ts, struct imapsrv_language *language)
{
	*language = (struct imapsrv_language)IMAPSRV_LANGUAGE_INIT;
	if (!ts->speaks)
		return;
	language->tags = tags;
	language->translate = translate;
	language->translate_prefix = translate_prefix;
}
