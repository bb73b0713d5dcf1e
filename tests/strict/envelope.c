/* SPDX-License-Identifier: MIT */
/*
 * strict/envelope - ENVELOPE and its addresses (RFC 9051 7.5.2).
 */
#include "strict/cursor.h"

/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static bool address(struct st_cursor *c, struct st_string *mailbox, struct st_string *host)
{
	return st_octet(c, '(', "address") && st_nstring(c, NULL) && st_sp(c, "address") &&
	       st_nstring(c, NULL) && st_sp(c, "address") && st_nstring(c, mailbox) &&
	       st_sp(c, "address") && st_nstring(c, host) && st_octet(c, ')', "address");
}

/* "(" 1*address ")" / nil, where groups begin before they end, and do not nest */
static bool addresses(struct st_cursor *c, bool *nil_r)
{
	bool group = false;

	*nil_r = st_nil(c);
	if (*nil_r)
		return true;
	if (!st_octet(c, '(', "\"(\" 1*address \")\""))
		return false;
	do {
		struct st_string mailbox, host;

		if (!address(c, &mailbox, &host))
			return false;
		if (mailbox.nil && !host.nil)
			return st_fail(c, "addr-mailbox: NIL before a host");
		if (!host.nil)
			continue;
		if (group != mailbox.nil)
			return st_fail(c, group ? "addr-mailbox: a group in a group"
			                        : "addr-mailbox: the end of no group");
		group = !group;
	} while (st_next(c, '('));
	if (group)
		return st_fail(c, "addr-mailbox: a group without end");
	return st_octet(c, ')', "\"(\" 1*address \")\"");
}

bool st_envelope(struct st_cursor *c)
{
	bool nil[6];

	if (!st_octet(c, '(', "envelope") || !st_nstring(c, NULL) || !st_sp(c, "envelope") ||
	    !st_nstring(c, NULL))
		return false;
	for (int i = 0; i < 6; i++)
		if (!st_sp(c, "envelope") || !addresses(c, &nil[i]))
			return false;
	/* RFC 9051 7.5.2: From stands in for Sender and Reply-To */
	if (!nil[0] && (nil[1] || nil[2]))
		return st_fail(c, nil[1] ? "env-sender: NIL beside a From"
		                         : "env-reply-to: NIL beside a From");
	return st_sp(c, "envelope") && st_nstring(c, NULL) && st_sp(c, "envelope") &&
	       st_nstring(c, NULL) && st_octet(c, ')', "envelope");
}
