/* SPDX-License-Identifier: MIT */
/*
 * demo.c - two connections to imapsrv-maildir over loopback, by a script: the second changes the
 * mailbox, the first is told while it idles.  Prints what is said, C for the client and S for the
 * server, with the number of the connection, and fails at the first line that is not as expected.
 *
 * usage: imapsrv-demo BUILD SAMPLES
 *
 * The server is BUILD/imapsrv-maildir; its Maildir is made below BUILD and removed in the end.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 10000 /* for one line */
#define WAIT_S  60    /* for everything */

/* ---- the script --------------------------------------------------------------------------- */

enum action {
	CONNECT,
	SAY,     /* the client sends this */
	HEAR,    /* the server sends this; "..." stands for anything */
	DELIVER, /* another program puts this sample into new/ */
};

static const struct step {
	int who; /* which connection: 1 or 2; 0: none */
	enum action action;
	const char *text;
} script[] = {
	{1, CONNECT, NULL},
	{1, HEAR, "* OK [CAPABILITY ... AUTH=PLAIN ...] ..."},
	{1, SAY, "a LOGIN demo demo"},
	{1, HEAR, "a OK [CAPABILITY ...IMAP4rev2 ... IDLE ...] ..."},
	{1, SAY, "b LIST \"\" \"*\""},
	{1, HEAR, "* LIST (\\HasNoChildren) \"/\" INBOX"},
	{1, HEAR, "b OK ..."},
	{1, SAY, "c SELECT INBOX"},
	{1, HEAR, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)"},
	{1, HEAR, "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] ..."},
	{1, HEAR, "* 2 EXISTS"},
	{1, HEAR, "* 2 RECENT"},
	{1, HEAR, "* OK [UNSEEN 1] ..."},
	{1, HEAR, "* OK [UIDVALIDITY ...] ..."},
	{1, HEAR, "* OK [UIDNEXT 3] ..."},
	{1, HEAR, "* OK [HIGHESTMODSEQ ...] ..."},
	{1, HEAR, "* OK [MAILBOXID (...)] ..."},
	{1, HEAR, "c OK [READ-WRITE] ..."},
	{1, SAY, "d FETCH 1:* (UID FLAGS RFC822.SIZE)"},
	{1, HEAR, "* 1 FETCH (UID 1 FLAGS (\\Recent) RFC822.SIZE 773)"},
	{1, HEAR, "* 2 FETCH (UID 2 FLAGS (\\Recent) RFC822.SIZE 943)"},
	{1, HEAR, "d OK ..."},
	{1, SAY, "e IDLE"},
	{1, HEAR, "+ ..."},

	{2, CONNECT, NULL},
	{2, HEAR, "* OK ..."},
	{2, SAY, "f LOGIN demo demo"},
	{2, HEAR, "f OK ..."},
	{2, SAY, "g SELECT INBOX"},
	{2, HEAR, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)"},
	{2, HEAR, "* OK [PERMANENTFLAGS ...] ..."},
	{2, HEAR, "* 2 EXISTS"},
	{2, HEAR, "* 0 RECENT"},
	{2, HEAR, "* OK [UNSEEN 1] ..."},
	{2, HEAR, "* OK [UIDVALIDITY ...] ..."},
	{2, HEAR, "* OK [UIDNEXT 3] ..."},
	{2, HEAR, "* OK [HIGHESTMODSEQ ...] ..."},
	{2, HEAR, "* OK [MAILBOXID (...)] ..."},
	{2, HEAR, "g OK [READ-WRITE] ..."},
	{2, SAY, "h STORE 1 +FLAGS (\\Flagged $Lamp)"},
	{2, HEAR, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Lamp)"},
	{2, HEAR, "* OK [PERMANENTFLAGS (... $Lamp \\*)] ..."},
	{2, HEAR, "* 1 FETCH (FLAGS (\\Flagged $Lamp))"},
	{2, HEAR, "h OK ..."},

	/* The first is told while it idles. */
	{1, HEAR, "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Lamp)"},
	{1, HEAR, "* OK [PERMANENTFLAGS (... $Lamp \\*)] ..."},
	{1, HEAR, "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent $Lamp))"},

	{2, SAY, "i APPEND INBOX (\\Seen) {32+}"},
	{2, SAY, "Subject: A fourth lamp"},
	{2, SAY, ""},
	{2, SAY, "Lit."},
	{2, SAY, ""},
	{2, HEAR, "* 3 EXISTS"},
	{2, HEAR, "* 1 RECENT"},
	{2, HEAR, "i OK [APPENDUID ... 3] ..."},
	{1, HEAR, "* 3 EXISTS"},
	{1, HEAR, "* 3 RECENT"},

	{0, DELIVER, "7-reply.eml"},
	{1, HEAR, "* 4 EXISTS"},
	{1, HEAR, "* 4 RECENT"},
	{2, SAY, "j NOOP"},
	{2, HEAR, "* 4 EXISTS"},
	{2, HEAR, "* 2 RECENT"},
	{2, HEAR, "j OK ..."},

	{2, SAY, "k STORE 2 +FLAGS.SILENT (\\Deleted)"},
	{2, HEAR, "k OK ..."},
	{1, HEAR, "* 2 FETCH (UID 2 FLAGS (\\Deleted \\Recent))"},
	{2, SAY, "l EXPUNGE"},
	{2, HEAR, "* 2 EXPUNGE"},
	{2, HEAR, "l OK ..."},
	{1, HEAR, "* 2 EXPUNGE"},

	{1, SAY, "DONE"},
	{1, HEAR, "e OK ..."},
	{1, SAY, "m FETCH 2 (UID BODY.PEEK[])"},
	{1, HEAR, "* 2 FETCH (UID 3 BODY[] {32}"},
	{1, HEAR, "Subject: A fourth lamp"},
	{1, HEAR, ""},
	{1, HEAR, "Lit."},
	{1, HEAR, ")"},
	{1, HEAR, "m OK ..."},
	{1, SAY, "n FETCH 3 (ENVELOPE)"},
	{1, HEAR, "* 3 FETCH (ENVELOPE (\"Sun, 08 Mar 2026 06:59:01 -0500\" "
	          "\"Re: Fwd: The third lamp\" "
	          "((\"Bo\" NIL \"bo\" \"northern-light.example\")) ... "
	          "((\"Demo\" NIL \"demo\" \"example.org\")) "
	          "((\"Ada Keeper\" NIL \"ada\" \"lighthouse.example\")) NIL "
	          "\"<20260307221000.ada@lighthouse.example>\" "
	          "\"<re-third-lamp@northern-light.example>\"))"},
	{1, HEAR, "n OK ..."},
	{1, SAY, "o LOGOUT"},
	{1, HEAR, "* BYE ..."},
	{1, HEAR, "o OK ..."},
	{2, SAY, "p LOGOUT"},
	{2, HEAR, "* BYE ..."},
	{2, HEAR, "p OK ..."},
};

/* ---- failing ------------------------------------------------------------------------------ */

static pid_t server;
static char root[4096];

static void remove_below(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char below[4096 + 300];
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		if (remove(below))
			remove_below(below);
	}
	if (dir)
		closedir(dir);
	remove(path);
}

static void clean_up(void)
{
	if (server > 0)
		kill(server, SIGKILL);
	if (root[0])
		remove_below(root);
}

#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 1, 2)))
#endif
static _Noreturn void fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("imapsrv-demo: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	clean_up();
	exit(1);
}

static void on_alarm(int number)
{
	static const char line[] = "imapsrv-demo: this takes too long\n";

	(void)number;
	if (write(STDERR_FILENO, line, sizeof line - 1) < 0 || server <= 0)
		_exit(1);
	kill(server, SIGKILL);
	_exit(1);
}

/* ---- lines -------------------------------------------------------------------------------- */

/* Input of which whole lines are taken. */
struct lines {
	int fd;
	size_t len;
	char bytes[65536];
};

/* The next line, without its end. */
static void read_line(struct lines *in, const char *from, char *line, size_t size)
{
	char *lf;

	while (!(lf = memchr(in->bytes, '\n', in->len))) {
		struct pollfd fd = {.fd = in->fd, .events = POLLIN};
		if (in->len == sizeof in->bytes)
			fail("%s: a line without end", from);
		if (poll(&fd, 1, WAIT_MS) <= 0)
			fail("%s: nothing came for %d ms", from, WAIT_MS);
		ssize_t n = read(in->fd, in->bytes + in->len, sizeof in->bytes - in->len);
		if (n <= 0)
			fail("%s: closed", from);
		in->len += (size_t)n;
	}
	size_t len = (size_t)(lf - in->bytes), taken = len + 1;
	len -= len && in->bytes[len - 1] == '\r';
	if (len >= size)
		fail("%s: a line of %zu octets", from, len);
	memcpy(line, in->bytes, len);
	line[len] = '\0';
	in->len -= taken;
	memmove(in->bytes, in->bytes + taken, in->len);
}

static bool matches(const char *pattern, const char *line)
{
	const char *dots = strstr(pattern, "...");
	size_t len = dots ? (size_t)(dots - pattern) : 0;

	if (!dots)
		return !strcmp(pattern, line);
	if (strncmp(pattern, line, len))
		return false;
	for (line += len; ; line++) {
		if (matches(dots + 3, line))
			return true;
		if (!*line)
			return false;
	}
}

/* ---- the Maildir and its server ----------------------------------------------------------- */

static void deliver(const char *samples, const char *sample)
{
	static int number;
	char from[8192], temporary[8192], to[8192], piece[8192];
	ssize_t n;

	number++;
	snprintf(from, sizeof from, "%s/%s", samples, sample);
	snprintf(temporary, sizeof temporary, "%s/demo/tmp/%d", root, number);
	snprintf(to, sizeof to, "%s/demo/new/177300000%d.demo", root, number);
	int in = open(from, O_RDONLY);
	int out = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (in < 0 || out < 0)
		fail("%s: %s", in < 0 ? from : temporary, strerror(errno));
	while ((n = read(in, piece, sizeof piece)) > 0)
		if (write(out, piece, (size_t)n) != n)
			fail("%s: %s", temporary, strerror(errno));
	close(in);
	close(out);
	if (rename(temporary, to))
		fail("%s: %s", to, strerror(errno));
}

static void make_maildir(const char *build, const char *samples)
{
	static const char *const parts[] = {"", "/tmp", "/new", "/cur"};
	char path[8192];

	snprintf(root, sizeof root, "%s/demo.XXXXXX", build);
	if (!mkdtemp(root))
		fail("%s: %s", root, strerror(errno));
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(path, sizeof path, "%s/demo%s", root, parts[i]);
		if (mkdir(path, 0700))
			fail("%s: %s", path, strerror(errno));
	}
	deliver(samples, "1-welcome.eml");
	deliver(samples, "6-forwarded.eml");
}

/* Starts it on a free port, which it tells. */
static unsigned start_server(const char *build)
{
	static struct lines log;
	char program[4096], line[1024];
	unsigned port = 0;
	int ends[2];

	snprintf(program, sizeof program, "%s/imapsrv-maildir", build);
	if (pipe(ends) || (server = fork()) < 0)
		fail("%s", strerror(errno));
	if (!server) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(program, program, "--root", root, "--listen", "127.0.0.1:0", "--user",
		      "demo:demo", (char *)NULL);
		fprintf(stderr, "%s: %s\n", program, strerror(errno));
		_exit(2);
	}
	close(ends[1]);
	log.fd = ends[0];
	read_line(&log, program, line, sizeof line);
	if (sscanf(line, "listening on 127.0.0.1:%u", &port) != 1)
		fail("%s", line);
	return port;
}

static void stop_server(void)
{
	int status;

	kill(server, SIGTERM);
	if (waitpid(server, &status, 0) != server || !WIFEXITED(status) || WEXITSTATUS(status))
		fail("the server did not end as it should");
	server = 0;
}

/* ---- the play ----------------------------------------------------------------------------- */

static int connect_to(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
		fail("port %u: %s", port, strerror(errno));
	return fd;
}

static void say(int fd, const char *text)
{
	char line[1024];
	int len = snprintf(line, sizeof line, "%s\r\n", text);

	if (write(fd, line, (size_t)len) != len)
		fail("%s", strerror(errno));
}

static void play(const struct step *step, struct lines *lines, unsigned port, const char *samples)
{
	char from[16], line[8192];

	switch (step->action) {
	case CONNECT:
		lines->fd = connect_to(port);
		break;
	case SAY:
		printf("C%d: %s\n", step->who, step->text);
		say(lines->fd, step->text);
		break;
	case HEAR:
		snprintf(from, sizeof from, "connection %d", step->who);
		read_line(lines, from, line, sizeof line);
		printf("S%d: %s\n", step->who, line);
		if (!matches(step->text, line))
			fail("expected was: %s", step->text);
		break;
	case DELIVER:
		printf("-- %s is delivered\n", step->text);
		deliver(samples, step->text);
		break;
	}
}

int main(int argc, char **argv)
{
	static struct lines lines[3];

	if (argc != 3) {
		fputs("usage: imapsrv-demo BUILD SAMPLES\n", stderr);
		return 2;
	}
	signal(SIGALRM, on_alarm);
	signal(SIGPIPE, SIG_IGN);
	alarm(WAIT_S);
	make_maildir(argv[1], argv[2]);
	unsigned port = start_server(argv[1]);
	for (size_t i = 0; i < sizeof script / sizeof *script; i++)
		play(&script[i], &lines[script[i].who], port, argv[2]);
	stop_server();
	clean_up();
	return 0;
}
