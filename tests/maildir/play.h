/* SPDX-License-Identifier: MIT */
/*
 * maildir/play - real processes of imapsrv-maildir, connections to them over loopback, and what
 * other programs do to a Maildir.  Whatever goes wrong here ends the test.
 */
#ifndef TEST_MAILDIR_PLAY_H
#define TEST_MAILDIR_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LINE_MAX_OCTETS 65536

struct play {
	const char *program;
	char root[4096]; /* below it the directories of the users, */
	char home[4096 + 8]; /* and that of "joe" */
	const char *options[8]; /* more of them for the servers to come; NULL at the end */
	unsigned files; /* that each of these may have open; 0: no limit */
	int standard; /* their input and output; 0: ours */
};

struct server {
	pid_t pid;
	unsigned port;
	int log;
};

struct conn {
	int fd;
	unsigned tag;
	size_t len;
	char bytes[LINE_MAX_OCTETS];
};

#if defined(__GNUC__)
#define PRINTF(which, args) __attribute__((format(printf, which, args)))
#else
#define PRINTF(which, args)
#endif

/* Says what and where, and ends the program. */
_Noreturn void fail(const char *format, ...) PRINTF(1, 2);
/* What the next failure is about. */
void about(const char *format, ...) PRINTF(1, 2);

/* An empty directory, and in it a Maildir. */
void play_begin(struct play *play, const char *program, const char *root);
void copy_tree(const char *from, const char *to);
void remove_tree(const char *path);

/* At most `octets` in each file that it writes; 0: no limit. */
void server_start(struct server *server, const struct play *play, size_t octets);
/* Serves this, and does not listen; `fd` is its own from then on. */
void server_start_on(struct server *server, struct play *play, int fd);
/* Its options are refused: exit status 2. */
void server_refuses(const struct play *play);
/* Ends it as an administrator does. */
void server_stop(struct server *server);
/* Ends it as a crash does. */
void server_kill(struct server *server);

/* Has it said this since it was asked last? */
bool server_says(const struct server *server, const char *what);

/* Connects and logs in, as joe or another. */
void conn_open(struct conn *conn, const struct server *server);
void conn_open_as(struct conn *conn, const struct server *server, const char *user);
void conn_close(struct conn *conn);
/* Sends, with a tag and CRLF. */
void conn_say(struct conn *conn, const char *format, ...) PRINTF(2, 3);
/* The next line without CRLF; false at the end of the connection. */
bool conn_hear(struct conn *conn, char line[LINE_MAX_OCTETS]);
/* Lines that come by themselves, up to one with this in it. */
void conn_await(struct conn *conn, const char *what);
/* Is this the tagged answer to what was said last? */
bool conn_is_answer(const struct conn *conn, const char *line);
/* Hears up to the tagged line, which must be OK; `each`, which may be NULL, gets every line before,
 * and the tagged one. */
void conn_ok(struct conn *conn, void (*each)(void *context, const char *line), void *context);
/* Says it, and hears all of the answer in one text with LFs, up to the tagged line without its
 * tag. */
const char *conn_do(struct conn *conn, const char *format, ...) PRINTF(2, 3);

/* What other programs do.  A file is told by its base. */
void file_deliver(const struct play *play, const char *base, const char *flags); /* "": into new/ */
void file_flag(const struct play *play, const char *base, const char *flags);
void file_remove(const struct play *play, const char *base);
/* The flags in its name, "" if it is in new/; false: there is no such file. */
bool file_flags(const struct play *play, const char *base, char flags[32]);
/* How many messages there are, and the sum of what `value`, which may be NULL, gives for the flags of
 * each. */
size_t file_count(const struct play *play);
uint64_t file_sum(const struct play *play, uint64_t (*value)(const char *flags), size_t *count_r);
/* Puts a text in the place of a file, named from the mailbox. */
void file_write(const struct play *play, const char *name, const char *text);
/* Is there an entry whose name begins so in the mailbox? */
bool file_begins(const struct play *play, const char *begin);

/* A text that has this in it, or has not. */
void expect(const char *text, const char *what);
void expect_not(const char *text, const char *what);

/* The same numbers for the same seed. */
uint32_t any(uint64_t *seed, uint32_t below);

#endif
