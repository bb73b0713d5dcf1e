/* SPDX-License-Identifier: MIT */
/*
 * peer.c - a server over pipes, and a client that believes what it is told.
 */
#include "mbox/peer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000

_Noreturn void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- a server ------------------------------------------------------------------------------ */

bool peer_can_be_traced(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

void peer_start(struct peer *peer, const char *server, const char *mbox, bool traced)
{
	int in[2], out[2];

	if (pipe(in) || pipe(out) || (peer->pid = fork()) < 0)
		die("fork");
	if (!peer->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[0]), close(in[1]), close(out[0]), close(out[1]);
		if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(2);
		execl(server, server, mbox, (char *)NULL);
		_exit(2);
	}
	close(in[0]);
	close(out[1]);
	peer->in = in[1];
	peer->out = out[0];
	peer->len = 0;
	peer->text[0] = '\0';
}

void peer_send(struct peer *peer, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t n = write(peer->in, text, len);
		if (n < 0)
			return; /* it has gone; the next read shows that */
		text += n;
		len -= (size_t)n;
	}
}

static bool peer_read(struct peer *peer)
{
	struct pollfd fd = {.fd = peer->out, .events = POLLIN};
	ssize_t n;

	if (peer->len == sizeof peer->text - 1 || poll(&fd, 1, WAIT_MS) <= 0 ||
	    (n = read(peer->out, peer->text + peer->len, sizeof peer->text - 1 - peer->len)) <= 0)
		return false;
	peer->len += (size_t)n;
	peer->text[peer->len] = '\0';
	return true;
}

bool peer_wait(struct peer *peer, const char *text)
{
	while (!strstr(peer->text, text))
		if (!peer_read(peer))
			return false;
	return true;
}

/* The tagged line is there, whole. */
static bool has_tagged(const struct peer *peer)
{
	const char *tagged = strncmp(peer->text, "x ", 2) ? strstr(peer->text, "\r\nx ") : peer->text;

	return tagged && strstr(tagged + 2, "\r\n");
}

const char *peer_command(struct peer *peer, const char *format, ...)
{
	static char line[1 << 16];
	va_list args;

	peer->len = 0;
	peer->text[0] = '\0';
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	peer_send(peer, line);
	while (!has_tagged(peer) && peer_read(peer))
		;
	return peer->text;
}

void peer_kill(struct peer *peer)
{
	close(peer->in);
	close(peer->out);
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
}

/* ---- what a client is told ------------------------------------------------------------------ */

static struct seen *at_uid(struct client *client, uint32_t uid, bool make)
{
	size_t i = 0;

	while (i < client->count && client->seen[i].uid < uid)
		i++;
	if (i < client->count && client->seen[i].uid == uid)
		return &client->seen[i];
	if (!make || client->count == SEEN_MAX)
		return NULL;
	memmove(&client->seen[i + 1], &client->seen[i], (client->count - i) * sizeof *client->seen);
	client->seen[i] = (struct seen){.uid = uid};
	client->count++;
	return &client->seen[i];
}

static void remove_range(struct client *client, uint32_t first, uint32_t last)
{
	size_t kept = 0;

	for (size_t i = 0; i < client->count; i++)
		if (client->seen[i].uid < first || client->seen[i].uid > last)
			client->seen[kept++] = client->seen[i];
	client->count = kept;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "FLAGS (\Seen Foo)" as words in order, without \Recent. */
static void copy_flags(const char *from, char flags[120])
{
	char text[400], *words[64], *state = NULL;
	size_t count = 0;
	const char *end = strchr(from, ')');

	snprintf(text, sizeof text, "%.*s", (int)(end - from), from);
	for (char *word = strtok_r(text, " ", &state); word; word = strtok_r(NULL, " ", &state))
		if (strcmp(word, "\\Recent") && count < 64)
			words[count++] = word;
	qsort(words, count, sizeof *words, by_text);
	flags[0] = '\0';
	for (size_t i = 0, len = 0; i < count && len < 100; i++)
		len += (size_t)snprintf(flags + len, 120 - len, "%s%s", i ? " " : "", words[i]);
}

static void hear_fetch(struct client *client, const char *line)
{
	const char *uid = strstr(line, "UID "), *flags = strstr(line, "FLAGS (");
	struct seen *seen = uid ? at_uid(client, (uint32_t)strtoul(uid + 4, NULL, 10), true) : NULL;

	if (seen && flags)
		copy_flags(flags + 7, seen->flags);
	const char *modseq = strstr(line, "MODSEQ ("), *end = strstr(line, "\r\n");
	/* RFC 7162 3.1.2: what was seen of a message counts as seen of the mailbox. */
	if (modseq && modseq < end && strtoull(modseq + 8, NULL, 10) > client->modseq)
		client->modseq = strtoull(modseq + 8, NULL, 10);
}

static void hear_vanished(struct client *client, const char *set)
{
	char *end;

	for (;; set = end + 1) {
		uint32_t first = (uint32_t)strtoul(set, &end, 10), last = first;
		if (*end == ':')
			last = (uint32_t)strtoul(end + 1, &end, 10);
		remove_range(client, first, last);
		if (*end != ',')
			return;
	}
}

void client_hear(struct client *client, const char *text)
{
	const char *code;

	for (const char *line = text; line && *line;) {
		const char *next = strstr(line, "\r\n");
		size_t number = strspn(line, "* 0123456789");
		if (!strncmp(line, "* VANISHED (EARLIER) ", 21))
			hear_vanished(client, line + 21);
		else if (!strncmp(line, "* VANISHED ", 11))
			hear_vanished(client, line + 11);
		else if (!strncmp(line + number, "FETCH (", 7))
			hear_fetch(client, line + number);
		if ((code = strstr(line, "[HIGHESTMODSEQ ")) && next && code < next)
			client->modseq = strtoull(code + 15, NULL, 10);
		if ((code = strstr(line, "[UIDNEXT ")) && next && code < next)
			client->uidnext = (uint32_t)strtoul(code + 9, NULL, 10);
		line = next ? next + 2 : NULL;
	}
}

/* ---- comparing ------------------------------------------------------------------------------ */

static bool differ(const char *what, uint32_t uid, const char *a, const char *b)
{
	fprintf(stderr, "  UID %u: %s: \"%s\" and \"%s\"\n", uid, what, a, b);
	return false;
}

bool client_compare(struct client *client, struct peer *peer)
{
	static struct client truth;
	const char *text = peer_command(peer, "x UID FETCH 1:* (UID FLAGS BODY.PEEK["
	                                "HEADER.FIELDS (X-Id)])\r\n");

	truth.count = 0;
	for (const char *at = text; (at = strstr(at, " FETCH ("));) {
		const char *uid = strstr(at, "UID "), *flags = strstr(at, "FLAGS (");
		const char *literal = strstr(at, "]");
		const char *data = literal ? strstr(literal, "}\r\n") : NULL;
		if (!uid || !flags || !data)
			return differ("no answer", 0, at, "");
		struct seen *seen = at_uid(&truth, (uint32_t)strtoul(uid + 4, NULL, 10), true);
		copy_flags(flags + 7, seen->flags);
		const char *id = data + 3 + strcspn(data + 3, ":\r") + 1;
		if (strncmp(data + 3, "X-Id:", 5) ||
		    sscanf(id + strspn(id, " "), "%23[^\r\n]", seen->id) != 1)
			snprintf(seen->id, sizeof seen->id, "-");
		at = data;
	}
	if (!strstr(text, "x OK"))
		return differ("FETCH", 0, text, "");
	for (size_t i = 0; i < client->count || i < truth.count; i++) {
		struct seen *c = &client->seen[i], *t = &truth.seen[i];
		if (i >= client->count || i >= truth.count || c->uid != t->uid)
			return differ("exists for one only", i < client->count ? c->uid : t->uid,
			              i < client->count ? c->id : "", i < truth.count ? t->id : "");
		if (strcmp(c->flags, t->flags))
			return differ("flags", c->uid, c->flags, t->flags);
		if (c->id[0] && strcmp(c->id, t->id))
			return differ("another message", c->uid, c->id, t->id);
		memcpy(c->id, t->id, sizeof c->id);
	}
	return true;
}

const struct seen *client_find(const struct client *client, const char *id)
{
	for (size_t i = 0; i < client->count; i++)
		if (!strcmp(client->seen[i].id, id))
			return &client->seen[i];
	return NULL;
}

bool client_resync(struct client *client, struct peer *peer, const char *server, const char *mbox)
{
	const char *code, *text;
	uint32_t uidnext = client->uidnext;

	peer_start(peer, server, mbox, false);
	peer_command(peer, "x ENABLE QRESYNC\r\n");
	if (client->uidvalidity)
		text = peer_command(peer, "x SELECT INBOX (QRESYNC (%u %llu))\r\n",
		                    client->uidvalidity, (unsigned long long)client->modseq);
	else
		text = peer_command(peer, "x SELECT INBOX\r\n");
	if (!(code = strstr(text, "[UIDVALIDITY ")) || !strstr(text, "\r\nx OK"))
		return differ("SELECT", 0, text, "");
	uint32_t uidvalidity = (uint32_t)strtoul(code + 13, NULL, 10);
	if (uidvalidity != client->uidvalidity) {
		client->count = 0;
		client->uidvalidity = uidvalidity;
		client->anew++;
		client_hear(client, text);
		client_hear(client, peer_command(peer, "x UID FETCH 1:* (UID FLAGS)\r\n"));
		return client_compare(client, peer);
	}
	client_hear(client, text);
	for (size_t i = 0; i < client->count; i++)
		if (client->seen[i].uid < uidnext && !client->seen[i].id[0])
			return differ("a UID was used again", client->seen[i].uid, "", "");
	return client_compare(client, peer);
}
