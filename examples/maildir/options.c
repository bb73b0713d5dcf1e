/* SPDX-License-Identifier: MIT */
/*
 * options.c - the command line.
 */
#include "options.h"

#include "name.h"
#include "place.h"
#include "scram.h"
#include "support.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PER_HOST 500

static const char help[] =
	"usage: imapsrv-maildir --root DIR [option]...\n"
	"Serves the Maildir++ trees below DIR, one directory for each user, by IMAP.\n"
	"\n"
	"  --root DIR           where the users' directories are; one is made at the first login\n"
	"  --listen ADDR:PORT   default 127.0.0.1:1143; IPv6 as [::1]:1143; port 0: any free one\n"
	"  --users FILE         who may log in: lines of name:hash, hash as crypt(3) makes it, or\n"
	"  --hash-password      reads a password and prints its hash for SCRAM-SHA-256\n"
	"  --user NAME:PASSWORD one more user, for trying out; may be repeated\n"
	"  --any-user PASSWORD  every name may log in with this password, for tests\n"
	"  --separator CHAR     between the levels of mailbox names; default /\n"
	"  --auth-delay MS      before a failed login is answered; default 2000, 0: none\n"
	"  --per-host N         connections of one address at a time; default 500, 0: any number\n"
	"  --quota LIMITS       for each user, as 100000000S,1000C: octets and messages; or none\n"
	"  --set-quota          users may change their own limits\n"
	"  --share NAME         users see what others let them (ACL), as NAME/user/mailbox\n"
	"  --stdio NAME         serve NAME, logged in already, on stdin and stdout (ssh, tunnels)\n"
	"  --trace              show what clients send and get, on stderr\n"
	"  --quiet              say nothing that is not an error\n"
	"  --help, --version\n"
	"\n"
	"There is no TLS in this server: passwords and mail cross the wire as they are.  Let it\n"
	"listen on a loopback address, or behind a TLS proxy, or use --stdio through ssh.\n";

/* The value of an option, from "--name=value" or the next argument. */
static char *take_value(const char *name, int argc, char **argv, int *at)
{
	size_t len = strlen(name);

	if (argv[*at][len] == '=')
		return argv[*at] + len + 1;
	if (*at + 1 == argc)
		die("%s needs a value", name);
	return argv[++*at];
}

static bool is_option(const char *argument, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(argument, name, len) && (!argument[len] || argument[len] == '=');
}

static void add_user(struct users *users, const char *value)
{
	struct imapsrv_span name = {value, strcspn(value, ":")};

	if (!value[name.len])
		die("--user %s: not NAME:PASSWORD", value);
	if (!name_is_user(name))
		die("--user %s: not a name that can be a directory", value);
	users->given = xrealloc(users->given, users->given_count + 1, sizeof *users->given);
	users->given[users->given_count++] = value;
}

static char parse_separator(const char *value)
{
	/* Not what LIST gives a meaning, nor what modified UTF-7 or names are made of. */
	if (!value[0] || value[1] || !strchr("/.!#$'+,:;=?@^_`|~-", value[0]))
		die("--separator %s: not one of / . and the like", value);
	return value[0];
}

/* UINT32_MAX for 0, which is none of it. */
static uint32_t parse_limit(const char *name, const char *value, unsigned long most)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || number > most)
		die("%s %s: not a number up to %lu", name, value, most);
	return number ? (uint32_t)number : UINT32_MAX;
}

static void set_quota(struct quotas *quotas, const char *value)
{
	quotas->on = true;
	if (!quota_parse(value, &quotas->limits))
		die("--quota %s: not limits like 100000000S,1000C", value);
}

/* Handed over by handover.c, never given by hand. */
static int parse_descriptor(const char *value)
{
	char *end;
	unsigned long fd = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || fd > INT_MAX)
		die("--resume %s: not a descriptor", value);
	return (int)fd;
}

static void parse_flag(struct options *options, const char *argument)
{
	if (!strcmp(argument, "--quiet")) {
		options->quiet = true;
	} else if (!strcmp(argument, "--set-quota")) {
		options->quotas.settable = true;
	} else if (!strcmp(argument, "--trace")) {
		options->trace = true;
	} else if (!strcmp(argument, "--hash-password")) {
		exit(scram_print());
	} else if (!strcmp(argument, "--help")) {
		fputs(help, stdout);
		exit(fflush(stdout) ? 1 : 0);
	} else if (!strcmp(argument, "--version")) {
		printf("imapsrv-maildir %s\n", imapsrv_version());
		exit(fflush(stdout) ? 1 : 0);
	} else {
		die("%s: no such option; --help shows them all", argument);
	}
}

static void check(const struct options *options)
{
	struct stat st;

	if (!options->root)
		die("--root DIR is needed; --help shows all options");
	if (stat(options->root, &st) || !S_ISDIR(st.st_mode))
		die("--root %s: not a directory", options->root);
	if (options->users.file && access(options->users.file, R_OK))
		die("--users %s: cannot be read", options->users.file);
	if (options->stdio &&
	    !name_is_user((struct imapsrv_span){options->stdio, strlen(options->stdio)}))
		die("--stdio %s: not a name that can be a directory", options->stdio);
	if (options->share && !place_can_share(options->share, options->separator))
		die("--share %s: not the name of one level", options->share);
	if (options->quotas.settable && !options->quotas.on)
		die("--set-quota needs --quota");
	if (!options->stdio && !options->users.file && !options->users.given_count &&
	    !options->users.any_password)
		die("nobody could log in: --users, --user or --any-user is needed");
}

void options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){
		.listen = "127.0.0.1:1143", .separator = '/', .per_host = PER_HOST, .argv = argv,
		.resume = -1};
	for (int i = 1; i < argc; i++) {
		const char *argument = argv[i];
		if (is_option(argument, "--listen"))
			options->listen = take_value("--listen", argc, argv, &i);
		else if (is_option(argument, "--root"))
			options->root = take_value("--root", argc, argv, &i);
		else if (is_option(argument, "--users"))
			options->users.file = take_value("--users", argc, argv, &i);
		else if (is_option(argument, "--user"))
			add_user(&options->users, take_value("--user", argc, argv, &i));
		else if (is_option(argument, "--any-user"))
			options->users.any_password = take_value("--any-user", argc, argv, &i);
		else if (is_option(argument, "--separator"))
			options->separator =
				parse_separator(take_value("--separator", argc, argv, &i));
		else if (is_option(argument, "--auth-delay"))
			options->auth_delay = parse_limit(
				"--auth-delay", take_value("--auth-delay", argc, argv, &i),
				600000);
		else if (is_option(argument, "--per-host"))
			options->per_host = parse_limit(
				"--per-host", take_value("--per-host", argc, argv, &i), 1000000);
		else if (is_option(argument, "--quota"))
			set_quota(&options->quotas, take_value("--quota", argc, argv, &i));
		else if (is_option(argument, "--share"))
			options->share = take_value("--share", argc, argv, &i);
		else if (is_option(argument, "--resume"))
			options->resume = parse_descriptor(take_value("--resume", argc, argv, &i));
		else if (is_option(argument, "--stdio"))
			options->stdio = take_value("--stdio", argc, argv, &i);
		else
			parse_flag(options, argument);
	}
	check(options);
}

void options_clear(struct options *options)
{
	free(options->users.given);
}
