/* SPDX-License-Identifier: MIT */
/*
 * maildir/play - see play.h.
 */
#include "maildir/play.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000 /* for one line */

static char subject[256];
static struct {
	pid_t pid;
	int log;
} running[8]; /* are ended with us */

/* ---- failing ------------------------------------------------------------------------------ */

void about(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(subject, sizeof subject, format, args);
	va_end(args);
}

void fail(const char *format, ...)
{
	va_list args;

	printf("%s: ", subject);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	for (size_t i = 0; i < 8; i++) {
		char text[8192];
		ssize_t n;
		if (!running[i].pid)
			continue;
		kill(running[i].pid, SIGKILL);
		while ((n = read(running[i].log, text, sizeof text)) > 0)
			printf("%.*s", (int)n, text);
	}
	exit(1);
}

uint32_t any(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* ---- directories -------------------------------------------------------------------------- */

void remove_tree(const char *path)
{
	DIR *dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char below[4096 + 300];
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		if (unlink(below))
			remove_tree(below);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void copy_file(const char *from, const char *to)
{
	char piece[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, piece, sizeof piece)) > 0)
		if (write(out, piece, (size_t)n) != n)
			fail("%s: %s", to, strerror(errno));
	if (n)
		fail("%s: %s", from, strerror(errno));
	close(in);
	close(out);
}

void copy_tree(const char *from, const char *to)
{
	DIR *dir = opendir(from);

	if (!dir || mkdir(to, 0700))
		fail("%s: %s", to, strerror(errno));
	for (struct dirent *entry; (entry = readdir(dir));) {
		char source[4096 + 300], target[4096 + 300];
		struct stat st;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
		snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
		if (stat(source, &st))
			fail("%s: %s", source, strerror(errno));
		if (S_ISDIR(st.st_mode))
			copy_tree(source, target);
		else
			copy_file(source, target);
	}
	closedir(dir);
}

void play_begin(struct play *play, const char *program, const char *root)
{
	static const char *const parts[] = {"", "/joe", "/joe/tmp", "/joe/new", "/joe/cur"};

	play->program = program;
	snprintf(play->root, sizeof play->root, "%s", root);
	snprintf(play->home, sizeof play->home, "%s/joe", root);
	memset(play->options, 0, sizeof play->options);
	play->files = 0;
	play->standard = 0;
	remove_tree(root);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char path[4096 + 16];
		snprintf(path, sizeof path, "%s%s", root, parts[i]);
		if (mkdir(path, 0700))
			fail("%s: %s", path, strerror(errno));
	}
}

/* ---- servers ------------------------------------------------------------------------------ */

static void remember(pid_t pid, int log, pid_t instead)
{
	for (size_t i = 0; i < 8; i++)
		if (running[i].pid == instead) {
			running[i].pid = pid;
			running[i].log = log;
			return;
		}
}

static void limit_files(size_t octets)
{
	struct rlimit limit = {octets, octets};

	if (!octets)
		return;
	signal(SIGXFSZ, SIG_IGN); /* then it is EFBIG */
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void limit_open(unsigned files)
{
	struct rlimit limit = {files, files};

	if (files)
		setrlimit(RLIMIT_NOFILE, &limit);
}

static pid_t begin_process(struct server *server)
{
	fflush(stdout);
	server->pid = fork();
	if (server->pid < 0)
		fail("fork: %s", strerror(errno));
	if (server->pid)
		remember(server->pid, server->log, 0);
	return server->pid;
}

static _Noreturn void run(char *const *args)
{
	execv(args[0], args);
	_exit(127);
}

bool server_says(const struct server *server, const char *what)
{
	char text[LINE_MAX_OCTETS + 1];
	bool said = false;
	ssize_t n;

	while (server->log >= 0 && (n = read(server->log, text, LINE_MAX_OCTETS)) > 0) {
		text[n] = '\0';
		if (strstr(text, "contract"))
			fail("the server says: %s", text);
		said |= strstr(text, what) != NULL;
	}
	return said;
}

/* Takes what the server has said, so that it never waits to be heard. */
static void check_log(const struct server *server)
{
	server_says(server, "");
}

static void begin_server(struct server *server, const struct play *play, size_t octets)
{
	char *args[24] = {(char *)(uintptr_t)play->program, "--root",
	                  (char *)(uintptr_t)play->root, "--listen", "127.0.0.1:0",
	                  "--any-user", "x", "--auth-delay", "0"};
	int ends[2];

	for (size_t i = 0; i < 8 && play->options[i]; i++)
		args[9 + i] = (char *)(uintptr_t)play->options[i];
	if (pipe(ends))
		fail("pipe: %s", strerror(errno));
	server->log = ends[0];
	if (!begin_process(server)) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (play->standard) {
			dup2(play->standard, STDIN_FILENO);
			dup2(play->standard, STDOUT_FILENO);
			close(play->standard);
		}
		limit_files(octets);
		limit_open(play->files);
		run(args);
	}
	close(ends[1]);
}

void server_start_on(struct server *server, struct play *play, int fd)
{
	play->standard = fd;
	begin_server(server, play, 0);
	play->standard = 0;
	close(fd);
	fcntl(server->log, F_SETFL, O_NONBLOCK);
}

void server_start(struct server *server, const struct play *play, size_t octets)
{
	char line[256];
	size_t len = 0;

	begin_server(server, play, octets);
	while (len < sizeof line - 1 && read(server->log, &line[len], 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	if (sscanf(line, "listening on 127.0.0.1:%u", &server->port) != 1)
		fail("%s does not start: %s", play->program, line);
	fcntl(server->log, F_SETFL, O_NONBLOCK);
}

void server_refuses(const struct play *play)
{
	struct server server;
	int status = 0;

	begin_server(&server, play, 0);
	if (waitpid(server.pid, &status, 0) != server.pid)
		fail("waitpid: %s", strerror(errno));
	remember(0, -1, server.pid);
	close(server.log);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 2)
		fail("%s %s: status %#x", play->options[0], play->options[1], (unsigned)status);
}

static int end_process(struct server *server, int number)
{
	int status = 0;

	kill(server->pid, number);
	if (waitpid(server->pid, &status, 0) != server->pid)
		fail("waitpid: %s", strerror(errno));
	remember(0, -1, server->pid);
	server->pid = 0;
	check_log(server);
	if (server->log >= 0)
		close(server->log);
	return status;
}

void server_stop(struct server *server)
{
	int status = end_process(server, SIGTERM);

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("the server ends with status %#x", (unsigned)status);
}

void server_kill(struct server *server)
{
	end_process(server, SIGKILL);
}

/* ---- connections -------------------------------------------------------------------------- */

void conn_open_as(struct conn *conn, const struct server *server, const char *user)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	char line[LINE_MAX_OCTETS];

	check_log(server);
	address.sin_port = htons((uint16_t)server->port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	conn->tag = 0;
	conn->len = 0;
	conn->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (conn->fd < 0 || connect(conn->fd, (struct sockaddr *)&address, sizeof address))
		fail("connect: %s", strerror(errno));
	if (!conn_hear(conn, line))
		fail("no greeting");
	conn_say(conn, "LOGIN %s x", user);
	conn_ok(conn, NULL, NULL);
}

void conn_open(struct conn *conn, const struct server *server)
{
	conn_open_as(conn, server, "joe");
}

void conn_close(struct conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
}

PRINTF(2, 0) static void say(struct conn *conn, const char *format, va_list args)
{
	char line[8192];
	int len = snprintf(line, sizeof line, "t%u ", ++conn->tag);

	len += vsnprintf(line + len, sizeof line - (size_t)len, format, args);
	len += snprintf(line + len, sizeof line - (size_t)len, "\r\n");
	for (int sent = 0; sent < len;) {
		ssize_t n = send(conn->fd, line + sent, (size_t)(len - sent), MSG_NOSIGNAL);
		if (n <= 0)
			return; /* it shows when something is to be heard */
		sent += (int)n;
	}
}

void conn_say(struct conn *conn, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(conn, format, args);
	va_end(args);
}

bool conn_hear(struct conn *conn, char line[LINE_MAX_OCTETS])
{
	char *lf;

	while (!(lf = memchr(conn->bytes, '\n', conn->len))) {
		struct pollfd fd = {.fd = conn->fd, .events = POLLIN};
		if (conn->len == sizeof conn->bytes || poll(&fd, 1, WAIT_MS) <= 0)
			fail("nothing is heard: %.*s", (int)conn->len, conn->bytes);
		ssize_t n = read(conn->fd, conn->bytes + conn->len, sizeof conn->bytes - conn->len);
		if (n <= 0)
			return false;
		conn->len += (size_t)n;
	}
	size_t len = (size_t)(lf - conn->bytes);
	memcpy(line, conn->bytes, len);
	line[len && line[len - 1] == '\r' ? len - 1 : len] = '\0';
	conn->len -= len + 1;
	memmove(conn->bytes, lf + 1, conn->len);
	return true;
}

void conn_await(struct conn *conn, const char *what)
{
	static char line[LINE_MAX_OCTETS];

	do
		if (!conn_hear(conn, line))
			fail("the connection is lost");
	while (!strstr(line, what));
}

bool conn_is_answer(const struct conn *conn, const char *line)
{
	char tag[16];
	int len = snprintf(tag, sizeof tag, "t%u ", conn->tag);

	return !strncmp(line, tag, (size_t)len);
}

void conn_ok(struct conn *conn, void (*each)(void *context, const char *line), void *context)
{
	char line[LINE_MAX_OCTETS];

	for (;;) {
		if (!conn_hear(conn, line))
			fail("the connection is lost");
		if (each)
			each(context, line);
		if (conn_is_answer(conn, line))
			break;
	}
	if (strncmp(strchr(line, ' '), " OK", 3))
		fail("not OK: %s", line);
}

const char *conn_do(struct conn *conn, const char *format, ...)
{
	static char text[LINE_MAX_OCTETS * 4];
	char line[LINE_MAX_OCTETS];
	size_t len = 0;
	va_list args;

	va_start(args, format);
	say(conn, format, args);
	va_end(args);
	for (;;) {
		if (!conn_hear(conn, line))
			fail("the connection is lost");
		const char *from = conn_is_answer(conn, line) ? strchr(line, ' ') + 1 : line;
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? "\n" : "", from);
		if (from != line)
			return text;
		if (len >= sizeof text)
			fail("too long an answer");
	}
}

/* ---- what is heard ------------------------------------------------------------------------- */

void expect(const char *text, const char *what)
{
	if (!text || !strstr(text, what))
		fail("expected was: %s\nheard was: %s", what, text ? text : "nothing");
}

void expect_not(const char *text, const char *what)
{
	if (strstr(text, what))
		fail("not expected was: %s\nheard was: %s", what, text);
}
