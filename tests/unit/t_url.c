/* SPDX-License-Identifier: MIT */
/*
 * wire/url: texts and what they name, written out; and that every shorter text and every one with
 * one octet changed is read without a step outside of it.
 */
#include "wire/url.h"

#include <inttypes.h>

#include "unit/row.h"

#define TOKEN "91354a473744909de610943775f92038"
#define JOE   "imap://joe@example.com/INBOX/;uid=20"

/* What is said of it; "bad" for what is no IMAP URL. */
static const struct {
	const char *text;
	const char *is;
} rows[] = {
	/* RFC 5092 9 */
	{"imap://minbari.example.org/gray-council;UIDVALIDITY=385759045/;UID=20/;PARTIAL=0.1024",
	 "imap host=minbari.example.org box=gray-council validity=385759045 uid=20 part=0.1024"},
	{"imap://psicorp.example.org/~peter/%E6%97%A5%E6%9C%AC%E8%AA%9E/%E5%8F%B0%E5%8C%97",
	 "imap host=psicorp.example.org box=~peter/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e/"
	 "\xe5\x8f\xb0\xe5\x8c\x97"},
	{"imap://;AUTH=GSSAPI@minbari.example.org/gray-council/;uid=20/;section=1.2",
	 "imap auth=GSSAPI host=minbari.example.org box=gray-council uid=20 section=1.2"},
	{";section=1.4", "bad"},
	{"imap://;AUTH=*@minbari.example.org/gray%20council?SUBJECT%20shadows",
	 "imap auth=* host=minbari.example.org box=gray council search=SUBJECT shadows"},
	{"imap://john;AUTH=*@minbari.example.org/babylon5/personel?charset%20UTF-8%20SUBJECT%20"
	 "%7B14+%7D%0D%0A%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2%D0%B0",
	 "imap user=john auth=* host=minbari.example.org box=babylon5/personel "
	 "search=charset UTF-8 SUBJECT {14+}\r\n\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2\xd0\xb0"},
	{"/foo/;UID=20/..", "box=foo"},
	{"/foo", "box=foo"},
	{";UID=20", "bad"},
	{"..;UIDVALIDITY=385759045/;UID=20", "bad"},
	{"/..;UIDVALIDITY=385759045/;UID=20", "box=.. validity=385759045 uid=20"},
	/* RFC 5092 3.1, 6.1.2 */
	{"imap://michael@example.org/INBOX", "imap user=michael host=example.org box=INBOX"},
	{"imap://bester@example.org/INBOX", "imap user=bester host=example.org box=INBOX"},
	{JOE "/;section=1.2;urlauth=submit+fred:internal:" TOKEN,
	 "imap user=joe host=example.com box=INBOX uid=20 section=1.2 for=submit+fred by=internal "
	 "token=" TOKEN " rump=69"},
	/* RFC 4467 7 */
	{JOE "/;section=1.2", "imap user=joe host=example.com box=INBOX uid=20 section=1.2"},
	{"imap://example.com/Shared/;uid=20/;section=1.2;urlauth=submit+fred",
	 "imap host=example.com box=Shared uid=20 section=1.2 for=submit+fred rump=66"},
	{JOE "/;section=1.2;urlauth=submit+fred",
	 "imap user=joe host=example.com box=INBOX uid=20 section=1.2 for=submit+fred rump=69"},
	/* RFC 4469 A */
	{"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER",
	 "box=Drafts validity=385759045 uid=20 section=HEADER"},
	{"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME",
	 "box=Drafts validity=385759045 uid=20 section=1.MIME"},
	{"/Drafts;UIDVALIDITY=385759045/;UID=30", "box=Drafts validity=385759045 uid=30"},
	{"/Drafts;UIDVALIDITY=385759045/;UID=20/;Section=2",
	 "box=Drafts validity=385759045 uid=20 section=2"},
	{"/INBOX;UIDVALIDITY=785799047/;UID=113330/;section=1.5.9",
	 "box=INBOX validity=785799047 uid=113330 section=1.5.9"},
	{"/INBOX;UIDVALIDITY=785799047/;UID=113330;section=1.5.9", "bad"},
	/* RFC 2221, RFC 2193 */
	{"IMAP://user;AUTH=*@SERVER2/", "imap user=user auth=* host=SERVER2"},
	{"IMAP://MIKE@SERVER2/", "imap user=MIKE host=SERVER2"},
	{"IMAP://user;AUTH=GSSAPI@SERVER2/", "imap user=user auth=GSSAPI host=SERVER2"},
	{"IMAP://user;AUTH=*@SERVER2/SHARED/FOO", "imap user=user auth=* host=SERVER2 box=SHARED/FOO"},
	{"IMAP://user;AUTH=*@SERVER3/REMOTE", "imap user=user auth=* host=SERVER3 box=REMOTE"},
	/* RFC 5524 4 */
	{JOE "/;section=200;urlauth=anonymous:internal:88066d37e2e5410e1a6486350a8836ee",
	 "imap user=joe host=example.com box=INBOX uid=20 section=200 for=anonymous by=internal "
	 "token=88066d37e2e5410e1a6486350a8836ee rump=67"},

	/* nothing, and what is no IMAP URL */
	{"", "bad"},
	{"x", "bad"},
	{"INBOX", "bad"},
	{"INBOX/;UID=1", "bad"},
	{"?ALL", "bad"},
	{"imap", "bad"},
	{"imap:", "bad"},
	{"imap:/", "bad"},
	{"imap:/INBOX", "bad"},
	{"imap:INBOX", "bad"},
	{"imaps://host/INBOX", "bad"},
	{"http://host/INBOX", "bad"},
	{"mailto:fred@example.org", "bad"},
	{" imap://host/", "bad"},
	{"imap://host/ ", "bad"},
	{"imap://host /", "bad"},
	{"<imap://host/>", "bad"},
	{"imap://host/#top", "bad"},

	/* servers */
	{"imap://host", "imap host=host"},
	{"imap://host/", "imap host=host"},
	{"ImAp://HOST", "imap host=HOST"},
	{"//host", "host=host"},
	{"//host/INBOX", "host=host box=INBOX"},
	{"//joe@host/INBOX/;UID=1", "user=joe host=host box=INBOX uid=1"},
	{"imap://", "imap host="},
	{"imap:///INBOX", "imap host= box=INBOX"},
	{"imap://host:143/", "imap host=host port=143"},
	{"imap://host:/", "imap host=host"},
	{"imap://host:0143/", "imap host=host port=143"},
	{"imap://host:65535/", "imap host=host port=65535"},
	{"imap://host:65536/", "bad"},
	{"imap://host:99999999999/", "bad"},
	{"imap://host:imap/", "bad"},
	{"imap://host:14:3/", "bad"},
	{"imap://10.0.0.1:143", "imap host=10.0.0.1 port=143"},
	{"imap://ho%73t/", "imap host=ho%73t"},
	{"imap://a;b=c&d/", "imap host=a;b=c&d"},
	{"imap://ho%7/", "bad"},
	{"imap://ho%zz/", "bad"},
	{"imap://h\xc3\xb6st/", "bad"},
	{"imap://ho_s-t.example~/", "imap host=ho_s-t.example~"},
	{"imap://[::1]/", "imap host=[::1]"},
	{"imap://[::1]:143/", "imap host=[::1] port=143"},
	{"imap://[::]/", "imap host=[::]"},
	{"imap://[1:2:3:4:5:6:7:8]/", "imap host=[1:2:3:4:5:6:7:8]"},
	{"imap://[2001:DB8::abcd]/", "imap host=[2001:DB8::abcd]"},
	{"imap://[1:2:3:4:5:6:7::]/", "imap host=[1:2:3:4:5:6:7::]"},
	{"imap://[::ffff:192.0.2.255]/", "imap host=[::ffff:192.0.2.255]"},
	{"imap://[1:2:3:4:5:6:1.2.3.4]/", "imap host=[1:2:3:4:5:6:1.2.3.4]"},
	{"imap://[v1.a:b]/", "imap host=[v1.a:b]"},
	{"imap://[VF.x]", "imap host=[VF.x]"},
	{"imap://[]/", "bad"},
	{"imap://[:]/", "bad"},
	{"imap://[:::]/", "bad"},
	{"imap://[1]/", "bad"},
	{"imap://[1:2:3:4:5:6:7]/", "bad"},
	{"imap://[1:2:3:4:5:6:7:8:9]/", "bad"},
	{"imap://[1:2:3:4:5:6:7:8::]/", "bad"},
	{"imap://[1::2::3]/", "bad"},
	{"imap://[1:]/", "bad"},
	{"imap://[12345::]/", "bad"},
	{"imap://[g::]/", "bad"},
	{"imap://[::1.2.3]/", "bad"},
	{"imap://[::1.2.3.256]/", "bad"},
	{"imap://[::1.2.3.04]/", "bad"},
	{"imap://[::1.2.3.4.5]/", "bad"},
	{"imap://[::1.2.3.4:5]/", "bad"},
	{"imap://[::1", "bad"},
	{"imap://[::1]x/", "bad"},
	{"imap://[v.x]/", "bad"},
	{"imap://[v1.]/", "bad"},
	{"imap://[v1x]/", "bad"},
	{"imap://[v1.a@b]/", "bad"},

	/* who */
	{"imap://@host/", "bad"},
	{"imap://joe;@host/", "bad"},
	{"imap://joe;AUTH@host/", "bad"},
	{"imap://joe;AUTH=@host/", "bad"},
	{"imap://joe;AUTH=PLAIN;@host/", "bad"},
	{"imap://joe;auth=PLAIN@host/", "imap user=joe auth=PLAIN host=host"},
	{"imap://;AUTH=%2A@host/", "bad"},
	{"imap://;AUTH=%50LAIN@host/", "imap auth=PLAIN host=host"},
	{"imap://;AUTH=A%20B@host/", "bad"},
	{"imap://joe:secret@host/", "bad"},
	{"imap://joe@moe@host/", "bad"},
	{"imap://joe%40example.org@host/", "imap user=joe@example.org host=host"},
	{"imap://j%c3%b6e@host/", "imap user=j\xc3\xb6" "e host=host"},
	{"imap://j%ffe@host/", "bad"},
	{"imap://j%00e@host/", "bad"},
	{"imap://j%0Ae@host/", "bad"},
	{"imap://joe&moe=x@host/", "imap user=joe&moe=x host=host"},
	{"imap://joe%3Badmin@host/", "imap user=joe;admin host=host"},

	/* mailboxes */
	{"/", ""},
	{"//", "host="},
	{"/inbox", "box=INBOX"},
	{"/inboX/;UID=1", "box=INBOX uid=1"},
	{"/%49nbox", "box=INBOX"},
	{"/inbox/sub", "box=inbox/sub"},
	{"/a&b=c", "box=a&b=c"},
	{"/&ZeVnLIqe-", "box=&ZeVnLIqe-"},
	{"/a:b@c+d,e!f$g'h(i)j*k", "box=a:b@c+d,e!f$g'h(i)j*k"},
	{"/a%2Fb", "box=a/b"},
	{"/%2Fa", "box=/a"},
	{"/a;b", "bad"},
	{"/a%3Bb", "box=a;b"},
	{"/a%3Fb", "box=a?b"},
	{"/a b", "bad"},
	{"/a\"b", "bad"},
	{"/a%22b", "box=a\"b"},
	{"/a[b]", "bad"},
	{"/\xc3\xa4", "bad"},
	{"/%c3%a4", "box=\xc3\xa4"},
	{"/%c3", "bad"},
	{"/%c0%80", "bad"},
	{"/%ed%a0%80", "bad"},
	{"/a%00b", "bad"},
	{"/a%0d%0ab", "bad"},
	{"/a%7f", "bad"},
	{"/a%", "bad"},
	{"/a%4", "bad"},
	{"/a%4g", "bad"},
	{"/%2e%2e", "box=.."},
	{"/a/b/../c", "box=a/c"},
	{"/a/./b", "box=a/b"},
	{"/./a", "box=a"},
	{"/../a", "box=a"},
	{"/../../a", "box=a"},
	{"/a/b/c/../../d", "box=a/d"},
	{"/.", ""},
	{"/..", ""},
	{"/a/..", ""},
	{"/a/.", "box=a"},
	{"/...", "box=..."},
	{"/.a", "box=.a"},
	{"/a.", "box=a."},
	{"/.//a", "bad"},
	{"imap://host//a", "imap host=host box=/a"},
	{"imap://host/../a", "imap host=host box=a"},
	{"imap://host/..", "imap host=host"},
	{"/a/../b?x/../y", "box=b search=x/../y"},
	{"/a/", "box=a/"},

	/* which of them */
	{"/a;UIDVALIDITY=1", "box=a validity=1"},
	{"/a;uidvalidity=4294967295", "box=a validity=4294967295"},
	{"/a;UIDVALIDITY=0", "bad"},
	{"/a;UIDVALIDITY=01", "bad"},
	{"/a;UIDVALIDITY=4294967296", "bad"},
	{"/a;UIDVALIDITY=", "bad"},
	{"/a;UIDVALIDITY=1x", "bad"},
	{"/a;UIDVALIDITY=1;UIDVALIDITY=1", "bad"},
	{"/;UIDVALIDITY=1", "bad"},
	{"/a/;UIDVALIDITY=1/;UID=2", "box=a/ validity=1 uid=2"},
	{"/a;UIDVALIDITY=1?ALL", "box=a validity=1 search=ALL"},
	{"/a?", "bad"},
	{"/a?x?y", "bad"},
	{"/a?x%00", "bad"},
	{"/a?%ff", "box=a search=\xff"},
	{"/a?ALL/;UID=1", "bad"},
	{"/?ALL", "bad"},
	{"imap://host?ALL", "bad"},

	/* messages */
	{"/a/;UID=1", "box=a uid=1"},
	{"/a/;uid=4294967295", "box=a uid=4294967295"},
	{"/a/;UID=0", "bad"},
	{"/a/;UID=4294967296", "bad"},
	{"/a/;UID=99999999999999999999999", "bad"},
	{"/a/;UID=01", "bad"},
	{"/a/;UID=", "bad"},
	{"/a/;UID=*", "bad"},
	{"/a/;UID=1:2", "bad"},
	{"/a/;UID=1,2", "bad"},
	{"/a/;UID=1?ALL", "bad"},
	{"/a/;UID=1/", "bad"},
	{"/a/;%55ID=1", "bad"},
	{"/a/;UID=%31", "bad"},
	{"/a;UID=1", "bad"},
	{"/;UID=1", "bad"},
	{"//;UID=1", "host=;UID=1"},
	{"imap://host/;UID=1", "bad"},
	{"/a//;UID=1", "box=a/ uid=1"},
	{"/a/;UID=1/;UID=1", "bad"},
	{"/a/;UID=1;UIDVALIDITY=1", "bad"},

	/* parts */
	{"/a/;UID=1/;SECTION=1", "box=a uid=1 section=1"},
	{"/a/;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT%20%22TO%22)",
	 "box=a uid=1 section=HEADER.FIELDS (SUBJECT \"TO\")"},
	{"/a/;UID=1/;SECTION=", "bad"},
	{"/a/;UID=1/;SECTION=%00", "bad"},
	{"/a/;UID=1/;SECTION=1%2E2", "box=a uid=1 section=1.2"},
	{"/a/;UID=1;SECTION=1", "bad"},
	{"/a/;SECTION=1", "bad"},
	{"/a/;UID=1/;SECTION=1/", "box=a uid=1 section=1/"},
	{"/a/;UID=1/;SECTION=1/;PARTIAL=5", "box=a uid=1 section=1 part=5."},
	{"/a/;UID=1/;SECTION=1;PARTIAL=5", "bad"},
	{"/a/;UID=1/;SECTION=/;PARTIAL=5", "bad"},
	{"/a/;UID=1/;PARTIAL=0", "box=a uid=1 part=0."},
	{"/a/;UID=1/;partial=00.1", "box=a uid=1 part=0.1"},
	{"/a/;UID=1/;PARTIAL=9223372036854775807.9223372036854775807",
	 "box=a uid=1 part=9223372036854775807.9223372036854775807"},
	{"/a/;UID=1/;PARTIAL=9223372036854775808", "bad"},
	{"/a/;UID=1/;PARTIAL=1.0", "bad"},
	{"/a/;UID=1/;PARTIAL=1.01", "bad"},
	{"/a/;UID=1/;PARTIAL=1.", "bad"},
	{"/a/;UID=1/;PARTIAL=.1", "bad"},
	{"/a/;UID=1/;PARTIAL=", "bad"},
	{"/a/;UID=1/;PARTIAL=1.2.3", "bad"},
	{"/a/;UID=1/;PARTIAL=1/;SECTION=1", "bad"},
	{"/a/;UID=1/;PARTIAL=1/", "bad"},

	/* authorized ones */
	{"/a/;UID=1;URLAUTH=anonymous", "box=a uid=1 for=anonymous rump=27"},
	{"/a/;UID=1/;SECTION=1;URLAUTH=anonymous", "box=a uid=1 section=1 for=anonymous rump=38"},
	{"/a/;UID=1/;PARTIAL=1.2;URLAUTH=authuser", "box=a uid=1 part=1.2 for=authuser rump=39"},
	{"/a/;UID=1/;URLAUTH=anonymous", "bad"},
	{"/a;URLAUTH=anonymous", "bad"},
	{"/a;UIDVALIDITY=1;URLAUTH=anonymous", "bad"},
	{"imap://joe@host/;URLAUTH=anonymous", "bad"},
	{"/a?ALL;URLAUTH=anonymous", "bad"},
	{"/a/;UID=1;URLAUTH=user+fred", "box=a uid=1 for=user+fred rump=27"},
	{"/a/;UID=1;URLAUTH=USER+fred", "box=a uid=1 for=user+fred rump=27"},
	{"/a/;UID=1;URLAUTH=user+fr%65d", "box=a uid=1 for=user+fred rump=29"},
	{"/a/;UID=1;URLAUTH=user+a+b", "box=a uid=1 for=user+a+b rump=26"},
	{"/a/;UID=1;URLAUTH=user+", "bad"},
	{"/a/;UID=1;URLAUTH=user", "bad"},
	{"/a/;UID=1;URLAUTH=submit", "bad"},
	{"/a/;UID=1;URLAUTH=submit+", "bad"},
	{"/a/;UID=1;URLAUTH=authuser+fred", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous+fred", "bad"},
	{"/a/;UID=1;URLAUTH=stream", "box=a uid=1 for=stream rump=24"},
	{"/a/;UID=1;URLAUTH=Stream", "box=a uid=1 for=Stream rump=24"},
	{"/a/;UID=1;URLAUTH=exampleapp3+testuser", "box=a uid=1 for=exampleapp3+testuser rump=38"},
	{"/a/;UID=1;URLAUTH=example-app", "bad"},
	{"/a/;UID=1;URLAUTH=", "bad"},
	{"/a/;UID=1;URLAUTH=+fred", "bad"},
	{"/a/;UID=1;URLAUTH=user+f%ffd", "bad"},
	{"/a/;UID=1;URLAUTH=user+f%0ad", "bad"},
	{"/a/;UID=1;URLAUTH=user+f;d", "bad"},
	{"/a/;UID=1;URLAUTH=user+f@d", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:INTERNAL:" TOKEN,
	 "box=a uid=1 for=anonymous by=INTERNAL token=" TOKEN " rump=27"},
	{"/a/;UID=1;URLAUTH=anonymous:X-1.b:" TOKEN "AF",
	 "box=a uid=1 for=anonymous by=X-1.b token=" TOKEN "AF rump=27"},
	{"/a/;UID=1;URLAUTH=anonymous:internal:91354a473744909de610943775f9203", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:internal:91354a473744909de610943775f9203g", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:internal:" TOKEN ":", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:internal:" TOKEN "/", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:internal", "bad"},
	{"/a/;UID=1;URLAUTH=anonymous::" TOKEN, "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:in_ternal:" TOKEN, "bad"},
	{"/a/;UID=1;URLAUTH=anonymous:" TOKEN, "bad"},
	{"/a/../b/;UID=1;URLAUTH=anonymous:INTERNAL:" TOKEN,
	 "box=b uid=1 for=anonymous by=INTERNAL token=" TOKEN " rump=32"},
	{"/a/;UID=1;URLAUTH=anonymous:INTERNAL:" TOKEN ";URLAUTH=anonymous", "bad"},

	/* until when */
	{"/a/;UID=1;EXPIRE=1970-01-01T00:00:00Z;URLAUTH=anonymous",
	 "box=a uid=1 expire=0 for=anonymous rump=55"},
	{"/a/;UID=1;expire=2009-02-13t23:31:30z;urlauth=anonymous",
	 "box=a uid=1 expire=1234567890 for=anonymous rump=55"},
	{"/a/;UID=1;EXPIRE=2009-02-14T00:31:30+01:00;URLAUTH=authuser",
	 "box=a uid=1 expire=1234567890 for=authuser rump=59"},
	{"/a/;UID=1;EXPIRE=2009-02-13T18:01:30-05:30;URLAUTH=authuser",
	 "box=a uid=1 expire=1234567890 for=authuser rump=59"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:30.999Z;URLAUTH=authuser",
	 "box=a uid=1 expire=1234567890 for=authuser rump=58"},
	{"/a/;UID=1;EXPIRE=1990-12-31T23:59:60Z;URLAUTH=authuser",
	 "box=a uid=1 expire=662688000 for=authuser rump=54"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:30Z", "bad"},
	{"/a/;UID=1;EXPIRE=;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-29T23:31:30Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-13-01T23:31:30Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T24:00:00Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:60:00Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:61Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:30;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:30.Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:30+0100;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13T23:31:30+24:00;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=2009-02-13%20T23:31:30Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;EXPIRE=09-02-13T23:31:30Z;URLAUTH=authuser", "bad"},
	{"/a/;UID=1;URLAUTH=authuser;EXPIRE=2009-02-13T23:31:30Z", "bad"},
};

struct text {
	char data[1024];
	size_t len;
};

static void say(struct text *t, const char *name, struct imapsrv_span span)
{
	int len;

	if (!span.data)
		return;
	len = snprintf(t->data + t->len, sizeof(t->data) - t->len, " %s=%.*s", name, (int)span.len,
	               span.data);
	assert_true(len > 0 && (size_t)len < sizeof(t->data) - t->len);
	t->len += (size_t)len;
}

static void say_number(struct text *t, const char *name, uint64_t n)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	if (n)
		say(t, name, (struct imapsrv_span){digits, strlen(digits)});
}

static void say_access(struct text *t, const struct isrv_url *u)
{
	static const char *const names[] = {NULL, "user", "authuser", "anonymous", NULL};
	char whole[128];

	if (u->access == ISRV_URL_UNAUTHORIZED)
		return;
	if (names[u->access])
		snprintf(whole, sizeof(whole), "%s", names[u->access]);
	else
		snprintf(whole, sizeof(whole), "%.*s", (int)u->application.len, u->application.data);
	if (u->grantee.data)
		snprintf(whole + strlen(whole), sizeof(whole) - strlen(whole), "+%.*s",
		         (int)u->grantee.len, u->grantee.data);
	say(t, "for", (struct imapsrv_span){whole, strlen(whole)});
}

static void write_out(struct text *t, const struct isrv_url *u)
{
	char part[64], seconds[32];

	t->len = 0;
	t->data[0] = '\0';
	if (u->scheme)
		t->len += (size_t)snprintf(t->data, sizeof(t->data), " imap");
	say(t, "user", u->user);
	say(t, "auth", u->auth);
	if (u->server)
		say(t, "host", u->host);
	say_number(t, "port", u->port);
	say(t, "box", u->mailbox);
	say_number(t, "validity", u->uidvalidity);
	say(t, "search", u->search);
	say_number(t, "uid", u->uid);
	say(t, "section", u->section);
	if (u->partial) {
		snprintf(part, sizeof(part), "%" PRIu64 ".", u->origin);
		if (u->count != UINT64_MAX)
			snprintf(part + strlen(part), sizeof(part) - strlen(part), "%" PRIu64, u->count);
		say(t, "part", (struct imapsrv_span){part, strlen(part)});
	}
	if (u->expires) {
		snprintf(seconds, sizeof(seconds), "%" PRId64, u->expire);
		say(t, "expire", (struct imapsrv_span){seconds, strlen(seconds)});
	}
	say_access(t, u);
	say(t, "by", u->mechanism);
	say(t, "token", u->token);
	if (u->access != ISRV_URL_UNAUTHORIZED)
		say_number(t, "rump", u->rump_len);
}

static void test_texts(void **unused)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct isrv_url u;
	struct text t;
	size_t i, wrong = 0;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);
		char *text = exact(rows[i].text, len);
		enum isrv_url_result result = isrv_url_parse(&u, &arena, (struct imapsrv_span){text, len});
		const char *is = "bad";

		free(text); /* what was found does not lie in it */
		if (result == ISRV_URL_OK) {
			write_out(&t, &u);
			is = t.len ? t.data + 1 : "";
		}
		if (strcmp(is, rows[i].is) != 0) {
			print_error("row %zu: %s is \"%s\", not \"%s\"\n", i, rows[i].text, is,
			            rows[i].is);
			wrong++;
		}
		if (result == ISRV_URL_OK)
			ROW(i, (u.kind == ISRV_URL_MESSAGE) == (u.uid != 0) &&
			               (u.kind == ISRV_URL_SERVER) == !u.mailbox.data);
		isrv_arena_reset(&arena);
	}
	isrv_arena_clear(&arena);
	assert_int_equal(mem.used, 0);
	assert_int_equal(wrong, 0);
}

/* Cut short everywhere, and each octet changed: a sanitizer sees what is wrong. */
static void test_damaged(void **unused)
{
	static const char changes[] = "/;%@:?=\xff";
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct isrv_url u;
	size_t i, at, k;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, SIZE_MAX);
	for (i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);

		for (at = 0; at < len; at++) {
			char *text = exact(rows[i].text, at);

			(void)isrv_url_parse(&u, &arena, (struct imapsrv_span){text, at});
			free(text);
			text = exact(rows[i].text, len);
			for (k = 0; k < sizeof(changes); k++) {
				text[at] = changes[k];
				ROW(i, isrv_url_parse(&u, &arena, (struct imapsrv_span){text, len}) !=
				               ISRV_URL_NOMEM);
			}
			free(text);
			isrv_arena_reset(&arena);
		}
	}
	isrv_arena_clear(&arena);
}

static void test_no_memory(void **unused)
{
	struct isrv_arena arena;
	struct isrv_mem mem;
	struct isrv_url u;

	(void)unused;
	isrv_mem_init(&mem, NULL, SIZE_MAX);
	isrv_arena_init(&arena, &mem, 8);
	assert_int_equal(isrv_url_parse(&u, &arena, (struct imapsrv_span){BYTES(JOE)}),
	                 ISRV_URL_NOMEM);
	isrv_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
