/* SPDX-License-Identifier: MIT */
/*
 * handover.c - the file from one process to the next: a line that says what it is, the listener,
 * and for each connection its descriptors, what they are called, who is logged in, what was read
 * and not taken, and the session as the library saved it.  Numbers are as this machine has them;
 * the version is in the first line, and the sessions check themselves.
 */
#include "handover.h"

#include "account.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_LINE "imapsrv-maildir hands over 1\n"
#define FIELD_MAX  ((size_t)1 << 30) /* no field is as long */

static void block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(how, &set, NULL);
}

void handover_ready(void)
{
	block(SIG_UNBLOCK);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* The octets of its session; NULL: it cannot be saved now. */
static char *save(const struct conn *conn, size_t *len_r)
{
	struct imapsrv_span user = {"", 0};
	char *data;

	if (conn->peer.account) {
		user.data = account_user(conn->peer.account);
		user.len = strlen(user.data);
	}
	if (!conn->session || conn->closed ||
	    imapsrv_session_save(conn->session, user, NULL, 0, len_r) != IMAPSRV_ETOOBIG)
		return NULL;
	data = xcalloc(1, *len_r);
	if (!imapsrv_session_save(conn->session, user, data, *len_r, len_r))
		return data;
	free(data);
	return NULL;
}

bool handover_can(struct conn *const *conns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len;

		if (conns[i]->session && !conns[i]->closed &&
		    imapsrv_session_save(conns[i]->session, (struct imapsrv_span){NULL, 0}, NULL, 0,
		                         &len) != IMAPSRV_ETOOBIG)
			return false;
	}
	return true;
}

static void put_number(FILE *file, int number)
{
	fwrite(&number, sizeof number, 1, file);
}

static void put_field(FILE *file, const void *data, size_t len)
{
	fwrite(&len, sizeof len, 1, file);
	if (len)
		fwrite(data, 1, len, file);
}

static void keep_open(int fd, bool keep)
{
	if (fd > STDERR_FILENO)
		fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

/* False: it has to stay behind. */
static bool put_conn(FILE *file, const struct conn *conn)
{
	size_t len;
	char *data = save(conn, &len);

	if (!data)
		return false;
	put_number(file, conn->in);
	put_number(file, conn->out);
	put_field(file, conn->label, strlen(conn->label));
	put_field(file, conn->rest ? conn->rest + conn->rest_at : "",
	          conn->rest_len - conn->rest_at);
	put_field(file, data, len);
	free(data);
	return true;
}

static void part_with(const struct conn *conn, bool written)
{
	if (written) {
		keep_open(conn->in, true);
		keep_open(conn->out, true);
		return;
	}
	if (conn->session)
		log_error("%s: the connection cannot be handed over", conn->label);
	if (conn->in > STDERR_FILENO)
		close(conn->in);
}

int handover_write(int listener, struct conn *const *conns, size_t count)
{
	FILE *file = tmpfile();
	bool *written;
	int fd = -1;

	if (!file)
		return -1;
	written = xcalloc(count, sizeof *written);
	fputs(FIRST_LINE, file);
	put_number(file, listener);
	for (size_t i = 0; i < count; i++)
		written[i] = put_conn(file, conns[i]);
	put_number(file, -1);
	if (!fflush(file) && !ferror(file))
		fd = dup(fileno(file));
	int error = errno;
	/* Without the file all of them stay as they are. */
	for (size_t i = 0; i < count && fd >= 0; i++)
		part_with(conns[i], written[i]);
	if (fd >= 0)
		keep_open(listener, true);
	fclose(file);
	free(written);
	errno = error;
	return fd;
}

void handover_exec(int file, char **argv)
{
	char **again, *resume = xprintf("--resume=%d", file);
	size_t count = 0, to = 0;

	while (argv[count])
		count++;
	again = xcalloc(count + 2, sizeof *again);
	for (size_t i = 0; i < count; i++)
		if (strncmp(argv[i], "--resume=", 9) != 0)
			again[to++] = argv[i];
	again[to] = resume;
	/* A second signal may come before the new process can take it. */
	block(SIG_BLOCK);
	execvp(again[0], again);
	int error = errno;
	block(SIG_UNBLOCK);
	free(again);
	free(resume);
	errno = error;
}

/* ---- reading ------------------------------------------------------------------------------ */

static void get(FILE *file, void *data, size_t len)
{
	if (len && fread(data, 1, len, file) != len)
		die("--resume: the file is cut short");
}

static int get_number(FILE *file)
{
	int number;

	get(file, &number, sizeof number);
	return number;
}

/* With a NUL behind it. */
static char *get_field(FILE *file, size_t *len_r)
{
	char *data;

	get(file, len_r, sizeof *len_r);
	if (*len_r > FIELD_MAX)
		die("--resume: the file makes no sense");
	data = xcalloc(1, *len_r + 1);
	get(file, data, *len_r);
	return data;
}

static void get_conn(FILE *file, int in,
                     void (*each)(void *context, const struct handover_conn *conn), void *context)
{
	struct handover_conn conn = {.in = in};
	struct imapsrv_saved saved = IMAPSRV_SAVED_INIT;
	size_t label_len;
	char *label, *rest, *data;

	conn.out = get_number(file);
	conn.label = label = get_field(file, &label_len);
	conn.rest = rest = get_field(file, &conn.rest_len);
	conn.data = data = get_field(file, &conn.len);
	keep_open(conn.in, false);
	keep_open(conn.out, false);
	if (!imapsrv_saved_look(data, conn.len, &saved, NULL))
		conn.user = saved.label;
	each(context, &conn);
	free(label);
	free(rest);
	free(data);
}

int handover_read(int fd, void (*each)(void *context, const struct handover_conn *conn),
                  void *context)
{
	char line[sizeof FIRST_LINE - 1];
	FILE *file = fdopen(fd, "r");
	int listener, in;

	if (!file || fseek(file, 0, SEEK_SET))
		die("--resume %d: %s", fd, strerror(errno));
	get(file, line, sizeof line);
	if (memcmp(line, FIRST_LINE, sizeof line) != 0)
		die("--resume: another version has written the file");
	listener = get_number(file);
	keep_open(listener, false);
	while ((in = get_number(file)) >= 0)
		get_conn(file, in, each, context);
	fclose(file);
	return listener;
}
