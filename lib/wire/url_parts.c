/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "wire/url_parts.h"

#include "base/calendar.h"

static bool is_digit(const struct isrv_url_cursor *c)
{
	return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool skip(struct isrv_url_cursor *c, char octet)
{
	if (c->at == c->end || *c->at != octet)
		return false;
	c->at++;
	return true;
}

/* ---- host ---------------------------------------------------------------------------------- */

/* IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet, to the end */
static bool is_ipv4(struct isrv_url_cursor c)
{
	int octets = 0;

	do {
		const char *start = c.at;
		unsigned n = 0;

		while (is_digit(&c) && c.at - start < 3)
			n = n * 10 + (unsigned)(*c.at++ - '0');
		if (c.at == start || n > 255 || (*start == '0' && c.at - start > 1))
			return false;
		octets++;
	} while (octets < 4 && skip(&c, '.'));
	return octets == 4 && c.at == c.end;
}

/* IPv6address: eight groups of up to four HEXDIG, or fewer and one "::" that stands for one or
 * more; the last two may be an IPv4address. */
static bool is_ipv6(struct isrv_url_cursor c)
{
	int groups = 0;
	bool gap = false;

	if (c.end - c.at >= 2 && c.at[0] == ':' && c.at[1] == ':') {
		gap = true;
		c.at += 2;
	}
	while (c.at < c.end) {
		const char *start = c.at;

		while (c.at < c.end && c.at - start < 4 && isrv_url_hex(*c.at) >= 0)
			c.at++;
		if (c.at < c.end && *c.at == '.') {
			c.at = start;
			groups += 2;
			return is_ipv4(c) && (gap ? groups < 8 : groups == 8);
		}
		if (c.at == start)
			return false;
		groups++;
		if (c.at == c.end)
			break;
		if (!skip(&c, ':') || c.at == c.end)
			return false;
		if (*c.at == ':') {
			if (gap)
				return false;
			gap = true;
			c.at++;
		}
	}
	return gap ? groups < 8 : groups == 8;
}

/* unreserved / sub-delims; pct-encoded aside */
static bool is_name_char(char c)
{
	return isrv_url_is_alnum(c) || (c && strchr("-._~!$&'()*+,;=", c));
}

/* IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool is_future(struct isrv_url_cursor c)
{
	const char *start;

	if (!skip(&c, 'v') && !skip(&c, 'V'))
		return false;
	start = c.at;
	while (c.at < c.end && isrv_url_hex(*c.at) >= 0)
		c.at++;
	if (c.at == start || !skip(&c, '.') || c.at == c.end)
		return false;
	while (c.at < c.end && (is_name_char(*c.at) || *c.at == ':'))
		c.at++;
	return c.at == c.end;
}

/* IP-literal = "[" ( IPv6address / IPvFuture ) "]" */
static bool take_literal(struct isrv_url_cursor *c)
{
	struct isrv_url_cursor inside = {c->at + 1, c->at + 1};

	while (inside.end < c->end && *inside.end != ']')
		inside.end++;
	c->at = inside.end;
	return skip(c, ']') && (is_ipv6(inside) || is_future(inside));
}

bool isrv_url_host(struct isrv_url_cursor *c, struct imapsrv_span *host_r)
{
	const char *start = c->at;

	if (c->at < c->end && *c->at == '[') {
		if (!take_literal(c))
			return false;
	} else {
		while (c->at < c->end && (is_name_char(*c->at) || isrv_url_is_escape(c)))
			c->at += *c->at == '%' ? 3 : 1;
	}
	*host_r = (struct imapsrv_span){start, (size_t)(c->at - start)};
	return true;
}

bool isrv_url_port(struct isrv_url_cursor *c, uint16_t *port_r)
{
	uint32_t port = 0;

	if (skip(c, ':')) {
		while (is_digit(c) && port <= 65535)
			port = port * 10 + (uint32_t)(*c->at++ - '0');
	}
	*port_r = (uint16_t)port;
	return c->at == c->end && port <= 65535;
}

/* ---- numbers ------------------------------------------------------------------------------- */

bool isrv_url_number(struct isrv_url_cursor *c, uint64_t *n_r)
{
	const char *start = c->at;
	uint64_t n = 0;

	while (is_digit(c)) {
		unsigned digit = (unsigned)(*c->at++ - '0');

		if (n > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*n_r = n;
	return c->at > start;
}

bool isrv_url_nz_number(struct isrv_url_cursor *c, uint32_t *n_r)
{
	uint64_t n;

	if (!is_digit(c) || *c->at == '0' || !isrv_url_number(c, &n) || n > UINT32_MAX)
		return false;
	*n_r = (uint32_t)n;
	return true;
}

/* ---- date-time ----------------------------------------------------------------------------- */

/* Exactly so many digits, up to max. */
static bool digits(struct isrv_url_cursor *c, int count, int max, int *n_r)
{
	int n = 0;

	for (; count; count--) {
		if (!is_digit(c))
			return false;
		n = n * 10 + (*c->at++ - '0');
	}
	*n_r = n;
	return n <= max;
}

/* partial-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*DIGIT]; a leap second is taken. */
static bool take_time(struct isrv_url_cursor *c, int *second_r)
{
	int hour, minute, second;

	if (!digits(c, 2, 23, &hour) || !skip(c, ':') || !digits(c, 2, 59, &minute) ||
	    !skip(c, ':') || !digits(c, 2, 60, &second))
		return false;
	*second_r = (hour * 60 + minute) * 60 + second;
	if (!skip(c, '.'))
		return true;
	if (!is_digit(c))
		return false;
	while (is_digit(c))
		c->at++;
	return true;
}

/* time-offset = "Z" / ("+" / "-") 2DIGIT ":" 2DIGIT */
static bool take_offset(struct isrv_url_cursor *c, int *minutes_r)
{
	bool west = c->at < c->end && *c->at == '-';
	int hours, minutes;

	*minutes_r = 0;
	if (skip(c, 'Z') || skip(c, 'z'))
		return true;
	if ((!skip(c, '+') && !skip(c, '-')) || !digits(c, 2, 23, &hours) || !skip(c, ':') ||
	    !digits(c, 2, 59, &minutes))
		return false;
	minutes += hours * 60;
	*minutes_r = west ? -minutes : minutes;
	return true;
}

bool isrv_url_datetime(struct isrv_url_cursor *c, int64_t *seconds_r)
{
	struct isrv_date date;
	int second, offset;

	if (!digits(c, 4, 9999, &date.year) || !skip(c, '-') || !digits(c, 2, 12, &date.month) ||
	    !skip(c, '-') || !digits(c, 2, 31, &date.day) || !isrv_calendar_valid(date))
		return false;
	if ((!skip(c, 'T') && !skip(c, 't')) || !take_time(c, &second) || !take_offset(c, &offset))
		return false;
	*seconds_r = isrv_calendar_days(date) * ISRV_CALENDAR_DAY_SECONDS + second - offset * 60;
	return true;
}
