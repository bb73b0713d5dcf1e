/* SPDX-License-Identifier: MIT */
/*
 * address.c - network addresses as text.
 */
#include "address.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void address_print(const struct sockaddr_storage *address, socklen_t len, char *text, size_t size)
{
	char host[ADDRESS_MAX], port[16];
	bool six = address->ss_family == AF_INET6;

	if (getnameinfo((const struct sockaddr *)address, len, host, sizeof host, port,
	                sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(text, size, "?");
	else
		snprintf(text, size, six ? "[%s]:%s" : "%s:%s", host, port);
}

static uint64_t bytes_of(const unsigned char *bytes, size_t count)
{
	uint64_t number = 0;

	for (size_t i = 0; i < count; i++)
		number = number << 8 | bytes[i];
	return number;
}

uint64_t address_host(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	const unsigned char *bytes = (const unsigned char *)&four->sin_addr;

	if (address->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		return bytes_of(six->sin6_addr.s6_addr, 8);
	if (address->ss_family == AF_INET6)
		bytes = six->sin6_addr.s6_addr + 12;
	/* No network has such a number. */
	return UINT64_C(1) << 32 | bytes_of(bytes, 4);
}

static struct addrinfo *parse(const char *text)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
	                         .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const char *colon = strrchr(text, ':');
	bool six = text[0] == '[' && colon && colon > text + 1 && colon[-1] == ']';
	char *host = colon ? xstrndup(six ? text + 1 : text,
	                              (size_t)(colon - text) - (six ? 2 : 0))
	                   : NULL;

	/* An address without brackets has no colon: "::1" is not ":" port 1. */
	if (!host || !*host || (!six && strchr(host, ':')) ||
	    getaddrinfo(host, colon + 1, &hints, &found))
		die("--listen %s: not an address and a port, as 127.0.0.1:1143 or [::1]:1143",
		    text);
	free(host);
	return found;
}

int address_listen(const char *text)
{
	struct addrinfo *address = parse(text);
	int fd = socket(address->ai_family, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		die("--listen %s: %s", text, strerror(errno));
	/* Connections of a server that ran before may still be waiting to be forgotten. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, SOMAXCONN) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		die("--listen %s: %s", text, strerror(errno));
	freeaddrinfo(address);
	return fd;
}
