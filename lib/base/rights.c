/* SPDX-License-Identifier: MIT */
/* The order of the letters is that of RFC 8440 4. */
#include "base/rights.h"

#define VIRTUAL_C (1u << 30)
#define VIRTUAL_D (1u << 31)

static const struct {
	char letter;
	uint32_t right;
} letters[] = {
	{'l', IMAPSRV_RIGHT_LOOKUP}, {'r', IMAPSRV_RIGHT_READ}, {'s', IMAPSRV_RIGHT_SEEN},
	{'w', IMAPSRV_RIGHT_WRITE}, {'i', IMAPSRV_RIGHT_INSERT}, {'p', IMAPSRV_RIGHT_POST},
	{'k', IMAPSRV_RIGHT_CREATE}, {'x', IMAPSRV_RIGHT_DELETE}, {'t', IMAPSRV_RIGHT_TRASH},
	{'e', IMAPSRV_RIGHT_EXPUNGE}, {'c', VIRTUAL_C}, {'d', VIRTUAL_D},
	{'a', IMAPSRV_RIGHT_ADMIN}, {'n', IMAPSRV_RIGHT_NOTE},
	{'0', IMAPSRV_RIGHT_DIGIT(0)}, {'1', IMAPSRV_RIGHT_DIGIT(1)},
	{'2', IMAPSRV_RIGHT_DIGIT(2)}, {'3', IMAPSRV_RIGHT_DIGIT(3)},
	{'4', IMAPSRV_RIGHT_DIGIT(4)}, {'5', IMAPSRV_RIGHT_DIGIT(5)},
	{'6', IMAPSRV_RIGHT_DIGIT(6)}, {'7', IMAPSRV_RIGHT_DIGIT(7)},
	{'8', IMAPSRV_RIGHT_DIGIT(8)}, {'9', IMAPSRV_RIGHT_DIGIT(9)},
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))
_Static_assert(LETTERS < IMAPSRV_RIGHTS_LETTERS, "all letters and a NUL fit");

uint32_t isrv_rights_of(char letter, uint32_t known, const struct isrv_rights_virtual *v)
{
	size_t i = 0;

	while (i < LETTERS && letters[i].letter != letter)
		i++;
	if (i == LETTERS)
		return 0;
	if (letters[i].right == VIRTUAL_C)
		return v ? v->c : 0;
	if (letters[i].right == VIRTUAL_D)
		return v ? v->d : 0;
	return letters[i].right & known;
}

size_t isrv_rights_put(uint32_t rights, const struct isrv_rights_virtual *v,
                       char text[IMAPSRV_RIGHTS_LETTERS])
{
	size_t n = 0;

	rights &= ~(VIRTUAL_C | VIRTUAL_D);
	if (v && rights & v->c)
		rights |= VIRTUAL_C;
	if (v && rights & v->d)
		rights |= VIRTUAL_D;
	for (size_t i = 0; i < LETTERS; i++)
		if (rights & letters[i].right)
			text[n++] = letters[i].letter;
	text[n] = '\0';
	return n;
}

int imapsrv_rights_parse(struct imapsrv_span text, uint32_t *rights_r)
{
	uint32_t rights = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint32_t right = isrv_rights_of(text.data[i], UINT32_MAX, NULL);

		if (!right)
			return IMAPSRV_EINVAL;
		rights |= right;
	}
	*rights_r = rights;
	return 0;
}

size_t imapsrv_rights_format(uint32_t rights, char text[IMAPSRV_RIGHTS_LETTERS])
{
	return isrv_rights_put(rights, NULL, text);
}

uint32_t imapsrv_rights_flags(uint32_t rights)
{
	const uint32_t others = IMAPSRV_SYSTEM_FLAGS & ~(uint32_t)(IMAPSRV_SEEN | IMAPSRV_DELETED);

	return (rights & IMAPSRV_RIGHT_SEEN ? (uint32_t)IMAPSRV_SEEN : 0) |
	       (rights & IMAPSRV_RIGHT_TRASH ? (uint32_t)IMAPSRV_DELETED : 0) |
	       (rights & IMAPSRV_RIGHT_WRITE ? others : 0);
}
