/* SPDX-License-Identifier: MIT */
/*
 * No credential outlives its use (ATTACKS T37): not in a block that is given back, not in what a
 * session holds once the host was asked, not in what is traced, emitted or saved.  Passwords, tokens
 * and keys, in every spelling of every way to log in; whole and octet by octet; answered now, later
 * and never; refused, given up, misspelt; and cut after every octet.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "imapsrv.h"
#include "unit/nullstore.h"
#include "unit/watchalloc.h"

#define PASSWORD "Xq7-pA55w0rd,Zz9"

static const struct {
	const char *in; /* %p: the password; %b(...): the rest in base64, \0 is written ~, %p likewise */
	bool in_it_ends; /* logged in at the end */
} rows[] = {
	{"a LOGIN fred %p\r\n", true},
	{"a LOGIN \"fred\" \"%p\"\r\n", true},
	{"a LOGIN fred {16}\r\n%p\r\n", true},
	{"a LOGIN {4+}\r\nfred {16+}\r\n%p\r\n", true},
	{"a LOGIN nobody %p\r\n", false},
	{"a LOGIN nobody {16+}\r\n%p\r\n", false},
	{"a LOGIN fred %p\r\nb LOGIN fred %p\r\n", true},
	{"a LOGIN fred %p\r\nb UNAUTHENTICATE\r\nc LOGIN fred %p\r\n", true},
	{"a LOGIN nobody %p\r\nb LOGIN fred %p\r\n", true},
	/* Once more, when it is too late, in a line for which the buffer has to grow. */
	{"a LOGIN fred x\r\nb LOGIN %p xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
	 true},
	{"a LOGIN fred x\r\nb AUTHENTICATE PLAIN %b(~fred~%p)xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
	 true},
	/* Misspelt. */
	{"a LOGIN fred  %p\r\n", true},
	{"a LOGN fred %p\r\n", false},
	{"a LOGIN %p\r\n", false},
	{"LOGIN fred %p\r\n", false},
	{"%p\r\n", false},
	{"%p \r\n", false},
	/* The rest of a LOGIN of which the literal was refused. */
	{"fred %p\r\n", false},
	{"a LOGIN fred %p more\r\n", false},
	{"a LOGIN fred {17+}\r\n%p\n\r\n", true},
	{"a LOGIN fred {999999+}\r\n%p\r\n", false},
	{"a LOGIN fred %p{3}\r\nabc\r\n", false},
	{"a AUTHENTICATE %p\r\n", false},
	/* PLAIN */
	{"a AUTHENTICATE PLAIN %b(~fred~%p)\r\n", true},
	{"a AUTHENTICATE PLAIN\r\n%b(~fred~%p)\r\n", true},
	{"a AUTHENTICATE PLAIN %b(~nobody~%p)\r\n", false},
	{"a AUTHENTICATE PLAIN %b(~fred~%p~)\r\n", false},
	{"a AUTHENTICATE PLAIN %b(~fred~%p)!\r\n", false},
	{"a AUTHENTICATE PLAIN\r\n%b(~fred~%p)!\r\n", false},
	{"a AUTHENTICATE PLAIN\r\n*\r\nb AUTHENTICATE PLAIN %b(~fred~%p)\r\n", true},
	{"a AUTHENTICATE NOSUCH %b(~fred~%p)\r\n", false},
	/* LOGIN */
	{"a AUTHENTICATE LOGIN\r\n%b(fred)\r\n%b(%p)\r\n", true},
	{"a AUTHENTICATE LOGIN %b(fred)\r\n%b(%p)\r\n", true},
	{"a AUTHENTICATE LOGIN %b(%p)\r\n*\r\n", false},
	{"a AUTHENTICATE LOGIN\r\n%b(nobody)\r\n%b(%p)\r\n", false},
	/* Tokens */
	{"a AUTHENTICATE OAUTHBEARER %b(n,a=freddy,\x01" "auth=Bearer %p\x01\x01)\r\n", true},
	{"a AUTHENTICATE OAUTHBEARER\r\n%b(n,a=freddy,\x01" "auth=Bearer %p\x01\x01)\r\n", true},
	{"a AUTHENTICATE OAUTHBEARER %b(n,a=nobody,\x01" "auth=Bearer %p\x01\x01)\r\n%b(\x01)\r\n", false},
	{"a AUTHENTICATE OAUTHBEARER %b(n,a=nobody,\x01" "auth=Bearer %p\x01\x01)\r\n*\r\n", false},
	{"a AUTHENTICATE OAUTHBEARER %b(n,a=freddy,\x01" "auth=Barer %p\x01\x01)\r\n", false},
	{"a AUTHENTICATE XOAUTH2 %b(user=freddy\x01" "auth=Bearer %p\x01\x01)\r\n", true},
	{"a AUTHENTICATE XOAUTH2 %b(user=nobody\x01" "auth=Bearer %p\x01\x01)\r\n\r\n", false},
	/* The host's own: its answer to a response is a challenge, then it lets in. */
	{"a AUTHENTICATE X-HOST %b(%p)\r\n%b(%p)\r\n", true},
	{"a AUTHENTICATE X-HOST\r\n%b(%p)\r\n%b(%p)\r\n", true},
	{"a AUTHENTICATE X-HOST\r\n%b(%p)\r\n*\r\n", false},
	/* SCRAM: the keys, and that of the client, which its proof gives away. */
	{"a AUTHENTICATE SCRAM-SHA-256\r\nbiwsbj1mcmVkLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n"
	 "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU9BQUVDQXdRRkJnY0lDUW9MREEwT0R4QVIscD1OT0sxd0FkRjBDM1pX"
	 "MEF0VEJEY0xtMERqMnd3Tzd5cFhkL1BiaGVVaGJnPQ==\r\n\r\n", true},
	{"a AUTHENTICATE SCRAM-SHA-256\r\nbiwsbj1mcmVkLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n"
	 "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU9BQUVDQXdRRkJnY0lDUW9MREEwT0R4QVIscD1OT0sxd0FkRjBDM1pX"
	 "MEF0VEJEY0xtMERqMnd3Tzd5cFhkL1BiaGVVaGJnPQ==\r\n*\r\n", false},
	{"a AUTHENTICATE SCRAM-SHA-256\r\nbiwsbj1mcmVkLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n*\r\n", false},
	{"a AUTHENTICATE SCRAM-SHA-256\r\nbiwsbj1mcmVkLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n"
	 "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU9BQUVDQXdRRkJnY0lDUW9MREEwT0R4QVIscD1BT0sxd0FkRjBDM1pX"
	 "MEF0VEJEY0xtMERqMnd3Tzd5cFhkL1BiaGVVaGJnPQ==\r\n", false},
};

/* ---- the host ------------------------------------------------------------------------------ */

enum when {
	NOW,
	LATER,
	NEVER,
	WHENS
};

enum question {
	LOGIN,
	STEP,
	KEYS
};

struct host {
	struct watchalloc w;
	struct imapsrv_engine *engine;
	struct imapsrv_session *session;
	enum when when;
	struct imapsrv_op *op; /* open */
	enum question question;
	bool admit;
	unsigned logins;
	int steps; /* of X-HOST: responses that came */
	struct imapsrv_scram_keys keys;
};

static void answer(struct host *h)
{
	struct imapsrv_account account = IMAPSRV_ACCOUNT_INIT;
	struct imapsrv_op *op = h->op;

	h->op = NULL;
	if (h->question == KEYS) {
		imapsrv_op_keys(op, &h->keys);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	} else if (h->question == STEP && h->steps < 2) {
		imapsrv_op_challenge(op, "more", 4);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	} else if (h->admit) {
		imapsrv_op_account(op, &account);
		imapsrv_op_done(op, IMAPSRV_OK, NULL);
	} else {
		imapsrv_op_done(op, IMAPSRV_AUTHENTICATIONFAILED, "No");
	}
}

static void asked(struct host *h, struct imapsrv_op *op, enum question question)
{
	h->op = op;
	h->question = question;
	if (h->when == NOW)
		answer(h);
}

static bool is_span(struct imapsrv_span span, const char *text)
{
	return span.len == strlen(text) && !memcmp(span.data, text, span.len);
}

static void on_login(void *user, struct imapsrv_op *op, const struct imapsrv_login *q)
{
	struct host *h = user;

	h->logins++;
	h->admit = !is_span(q->authcid, "nobody") && !is_span(q->authzid, "nobody");
	asked(h, op, LOGIN);
}

static void on_step(void *user, struct imapsrv_op *op, const struct imapsrv_sasl_step *q)
{
	struct host *h = user;

	h->steps += q->has_response != 0;
	h->admit = true;
	asked(h, op, STEP);
}

static void on_keys(void *user, struct imapsrv_op *op, const struct imapsrv_scram_query *q)
{
	(void)q;
	asked(user, op, KEYS);
}

static void on_entropy(void *user, void *to, size_t len)
{
	(void)user;
	for (size_t i = 0; i < len; i++)
		((unsigned char *)to)[i] = (unsigned char)i;
}

static void on_cancel(void *user, struct imapsrv_op *op)
{
	struct host *h = user;

	assert_ptr_equal(op, h->op);
	h->op = NULL;
}

static void on_trace(void *user, enum imapsrv_trace what, const char *data, size_t len)
{
	struct host *h = user;

	watch_look(&h->w, data, len, what == IMAPSRV_TRACE_SENT ? "what is sent" : "a trace");
}

/* ---- what is said -------------------------------------------------------------------------- */

struct said {
	char data[1024];
	size_t len;
};

static void add_base64(struct host *h, struct said *said, const char *from, size_t len)
{
	char text[256], *at = said->data + said->len;
	const char *password;
	size_t n = 0, before;

	for (size_t i = 0; i < len; i++) {
		if (from[i] == '%') {
			memcpy(text + n, PASSWORD, 16);
			n += 16;
			i++;
		} else {
			text[n++] = from[i];
			if (from[i] == '~')
				text[n - 1] = '\0';
		}
	}
	isrv_base64_put(at, text, n);
	said->len += isrv_base64_encoded(n);
	for (password = text; password < text + n; password++)
		if (n - (size_t)(password - text) >= 16 && !memcmp(password, PASSWORD, 16))
			break;
	before = (size_t)(password - text + 2) / 3 * 4;
	/* Twenty of them are of the password alone. */
	if (password < text + n && h)
		watch_for(&h->w, at + before, 20, 8);
}

/* A row as octets.  With a host, what must not be found is told to its allocator. */
static void say(struct host *h, struct said *said, const char *row)
{
	said->len = 0;
	for (; *row; row++) {
		if (!memcmp(row, "%p", 2)) {
			memcpy(said->data + said->len, PASSWORD, 16);
			said->len += 16;
			row++;
		} else if (!memcmp(row, "%b", 2)) {
			const char *end = strchr(row, ')');

			add_base64(h, said, row + 3, (size_t)(end - row - 3));
			row = end;
		} else {
			said->data[said->len++] = *row;
		}
	}
}

/* ---- running ------------------------------------------------------------------------------- */

/* What the client's proof of the rows, without the signature, is: who has it can log in. */
static void client_key(struct host *h, unsigned char *key)
{
	static const char messages[] =
		"n=fred,r=rOprNGfwEbeRWgbNEkqO,"
		"r=rOprNGfwEbeRWgbNEkqOAAECAwQFBgcICQoLDA0ODxAR,s=c2FsdCBvZiAxNiBieXRlcw==,i=4096,"
		"c=biws,r=rOprNGfwEbeRWgbNEkqOAAECAwQFBgcICQoLDA0ODxAR";
	static const char proof[] = "NOK1wAdF0C3ZW0AtTBDcLm0Dj2wwO7ypXd/PbheUhbg=";
	char decoded[48];
	size_t len = 0;

	assert_true(isrv_base64_parse(decoded, &len, proof, sizeof(proof) - 1));
	isrv_hmac(h->keys.stored_key, 32, messages, sizeof(messages) - 1, key);
	watch_for(&h->w, decoded, 32, 8);
	for (size_t i = 0; i < 32; i++)
		key[i] ^= (unsigned char)decoded[i];
}

static void start(struct host *h, const char *row, enum when when, struct said *said)
{
	static const char *const mechanisms[] = {"X-HOST", NULL};
	static struct imapsrv_scram_keys keys;
	struct imapsrv_session_config client = IMAPSRV_SESSION_CONFIG_INIT;
	struct imapsrv_config config = IMAPSRV_CONFIG_INIT;
	struct imapsrv_store store = nullstore();
	struct imapsrv_sasl sasl = IMAPSRV_SASL_INIT;
	unsigned char key[32];

	memset(h, 0, sizeof(*h));
	watch_init(&h->w);
	h->when = when;
	if (!keys.size) {
		keys = (struct imapsrv_scram_keys)IMAPSRV_SCRAM_KEYS_INIT;
		keys.salt = "salt of 16 bytes";
		keys.salt_len = 16;
		keys.iterations = 4096;
		assert_int_equal(imapsrv_scram_derive(&keys, "secret", 6), 0);
	}
	h->keys = keys;
	store.login = on_login;
	store.cancel = on_cancel;
	sasl.mechanisms = mechanisms;
	sasl.step = on_step;
	sasl.builtin = IMAPSRV_MECHANISM_LOGIN | IMAPSRV_MECHANISM_OAUTHBEARER |
	               IMAPSRV_MECHANISM_XOAUTH2;
	sasl.keys = on_keys;
	sasl.entropy = on_entropy;
	sasl.secret = "0123456789abcdef";
	sasl.secret_len = 16;
	config.store = &store;
	config.sasl = &sasl;
	config.trace = on_trace;
	config.allocator = &h->w.allocator;
	assert_int_equal(imapsrv_engine_new(&config, &h->engine), 0);
	client.user = h;
	client.secure = 1;
	assert_int_equal(imapsrv_session_new(h->engine, &client, &h->session), 0);
	h->w.freed_too = true;
	watch_for(&h->w, PASSWORD, 16, 6);
	watch_for(&h->w, keys.stored_key, 32, 8);
	watch_for(&h->w, keys.server_key, 32, 8);
	client_key(h, key);
	watch_for(&h->w, key, 32, 8);
	say(h, said, row);
}

static void drain(struct host *h)
{
	struct imapsrv_span span;
	size_t count;

	while (imapsrv_session_peek(h->session, &span, 1, &count) == 0 && count) {
		watch_look(&h->w, span.data, span.len, "what is emitted");
		imapsrv_session_sent(h->session, span.len);
	}
}

/* Goes on until nothing can be done but read; a delay passes. */
static void settle(struct host *h, uint64_t *now)
{
	for (int i = 0; i < 6; i++) {
		drain(h);
		if (h->op && h->when == NEVER)
			return;
		/* The host has had what it was asked with. */
		if (h->op)
			watch_look_live(&h->w, "a session that waits for the host");
		if (h->op)
			answer(h);
		imapsrv_session_run(h->session);
		if (imapsrv_session_want(h->session))
			continue;
		watch_look_live(&h->w, "a session that waits for a delay");
		*now += 4000;
		imapsrv_session_tick(h->session, *now);
	}
}

static void feed(struct host *h, const struct said *said, size_t len, size_t piece)
{
	uint64_t now = 0;
	size_t at = 0, used, n;

	imapsrv_session_tick(h->session, now);
	drain(h);
	while (at < len && !(imapsrv_session_want(h->session) & IMAPSRV_WANT_CLOSE)) {
		char block[1024];

		n = len - at < piece ? len - at : piece;
		memcpy(block, said->data + at, n);
		if (imapsrv_session_recv(h->session, block, n, &used))
			break;
		at += used;
		settle(h, &now);
		if (!used && (h->op || !(imapsrv_session_want(h->session) & IMAPSRV_WANT_READ)))
			break;
	}
}

static void finish(struct host *h)
{
	imapsrv_session_free(h->session);
	imapsrv_engine_free(h->engine);
	assert_int_equal(h->w.blocks, 0);
}

#define NOT_FOUND(i, h)                                                                            \
	do {                                                                                       \
		if ((h)->w.found[0])                                                               \
			fail_msg("row %zu: %s", (size_t)(i), (h)->w.found);                        \
	} while (0)

/* ---- tests --------------------------------------------------------------------------------- */

static void test_used(void **state)
{
	static char saved[65536];
	static const size_t pieces[] = {SIZE_MAX, 1, 7};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(pieces) * WHENS; k++) {
			struct imapsrv_span label = {NULL, 0};
			enum when when = (enum when)(k % WHENS);
			struct host h;
			struct said said;
			size_t len = 0;

			start(&h, rows[i].in, when, &said);
			feed(&h, &said, said.len, pieces[k / WHENS]);
			watch_look_live(&h.w, "a session");
			if (when != NEVER)
				ROW(i, (imapsrv_session_state(h.session) == IMAPSRV_AUTHENTICATED) ==
				               rows[i].in_it_ends);
			if (!imapsrv_session_save(h.session, label, saved, sizeof(saved), &len))
				watch_look(&h.w, saved, len, "a saved session");
			finish(&h);
			NOT_FOUND(i, &h);
		}
}

/* The connection is lost after each octet, or the host ends it, or the client is seen to. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct said said;

		say(NULL, &said, rows[i].in);
		for (size_t cut = 0, len = said.len; cut <= 3 * len; cut++) {
			struct host h;

			start(&h, rows[i].in, (enum when)(cut % WHENS), &said);
			feed(&h, &said, cut / 3, cut % 2 ? 1 : SIZE_MAX);
			if (cut % 3 == 1)
				imapsrv_session_eof(h.session);
			else if (cut % 3 == 2)
				imapsrv_session_bye(h.session, "over");
			drain(&h);
			finish(&h);
			NOT_FOUND(i, &h);
		}
	}
}

/* ---- the stack ----------------------------------------------------------------------------- */

/* A sanitizer keeps frames elsewhere, or knows that nobody wrote where we look. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { STACK = 512 * 1024 };
static char stack[STACK] __attribute__((aligned(4096)));

struct call {
	void (*function)(const struct call *c);
	struct host *host;
	const char *data;
	size_t len;
	sem_t done, seen;
};

static void call_recv(const struct call *c)
{
	size_t used;

	imapsrv_session_recv(c->host->session, c->data, c->len, &used);
	if (c->host->op && c->host->when == LATER) {
		answer(c->host);
		imapsrv_session_run(c->host->session);
	}
}

static void call_derive(const struct call *c)
{
	(void)imapsrv_scram_derive(&c->host->keys, c->data, c->len);
}

static void call_careless(const struct call *c)
{
	volatile char copy[64];

	for (size_t i = 0; i < c->len; i++)
		copy[i] = c->data[i];
	assert_int_equal(copy[0], c->data[0]);
}

/* Far enough down that waiting to be looked at covers nothing. */
static void call_below(const struct call *c)
{
	volatile char gap[16384];

	gap[0] = 0;
	c->function(c);
	gap[1] = gap[0];
}

static void *thread(void *arg)
{
	struct call *c = arg;

	call_below(c);
	sem_post(&c->done);
	sem_wait(&c->seen);
	return NULL;
}

/* Looks at what a call has left where the variables of the host's next function will be. */
static void on_stack(void (*function)(const struct call *c), struct call *c)
{
	pthread_attr_t attr;
	pthread_t id;

	memset(stack, 0, sizeof(stack));
	c->function = function;
	assert_int_equal(sem_init(&c->done, 0, 0), 0);
	assert_int_equal(sem_init(&c->seen, 0, 0), 0);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof(stack)), 0);
	assert_int_equal(pthread_create(&id, &attr, thread, c), 0);
	sem_wait(&c->done);
	watch_look(&c->host->w, stack, sizeof(stack), "the stack");
	sem_post(&c->seen);
	assert_int_equal(pthread_join(id, NULL), 0);
	pthread_attr_destroy(&attr);
	sem_destroy(&c->done);
	sem_destroy(&c->seen);
}

/* Line by line, the last of them on that stack. */
static void test_stack(void **state)
{
	(void)state;
#ifdef SANITIZED
	skip();
#endif
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct said said;
		size_t at = 0;

		say(NULL, &said, rows[i].in);
		while (at < said.len) {
			const char *lf = memchr(said.data + at, '\n', said.len - at);
			size_t end = lf ? (size_t)(lf - said.data) + 1 : said.len;

			for (int when = NOW; when < WHENS; when++) {
				struct host h;
				struct call c = {.host = &h, .data = said.data + at, .len = end - at};

				start(&h, rows[i].in, (enum when)when, &said);
				feed(&h, &said, at, SIZE_MAX);
				on_stack(call_recv, &c);
				drain(&h);
				finish(&h);
				NOT_FOUND(i, &h);
			}
			at = end;
		}
	}
}

static void test_derive(void **state)
{
	struct call c = {.data = PASSWORD, .len = 16};
	unsigned char salted[32], key[32];
	struct said said;
	struct host h;

	(void)state;
#ifdef SANITIZED
	skip();
#endif
	start(&h, rows[0].in, NOW, &said);
	isrv_pbkdf2(PASSWORD, 16, h.keys.salt, h.keys.salt_len, h.keys.iterations, salted);
	isrv_hmac(salted, sizeof(salted), "Client Key", 10, key);
	watch_for(&h.w, salted, 32, 8);
	watch_for(&h.w, key, 32, 8);
	c.host = &h;
	on_stack(call_derive, &c);
	NOT_FOUND(0, &h);
	on_stack(call_careless, &c);
	assert_true(h.w.found[0] != '\0'); /* the test can fail */
	finish(&h);
}

/* The test can fail: a mailbox name is no secret, and is found. */
static void test_finds(void **state)
{
	struct said said;
	struct host h;

	(void)state;
	start(&h, "a LOGIN fred x\r\nb SELECT %p\r\n", NOW, &said);
	feed(&h, &said, said.len, SIZE_MAX);
	watch_look_live(&h.w, "a session");
	assert_true(h.w.found[0] != '\0');
	finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
