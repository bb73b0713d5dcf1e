/* SPDX-License-Identifier: MIT */
/*
 * message/entity - HTML's words for characters, "&eacute;" or "&#233;": those by number, and of the
 * names as many as texts are written with.
 */
#ifndef ISRV_MESSAGE_ENTITY_H
#define ISRV_MESSAGE_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May this be the next character of a word that has `len` so far? */
bool isrv_entity_takes(size_t len, uint32_t code);
/* The character that a word means, which stands between "&" and ";"; 0 for none.  `bare`: no ";"
 * was there. */
uint32_t isrv_entity_find(const char *word, size_t len, bool bare);

#endif
