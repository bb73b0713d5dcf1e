/* SPDX-License-Identifier: MIT */
/*
 * address.h - network addresses as text: "127.0.0.1:1143", "[::1]:1143".
 */
#ifndef MAILDIR_ADDRESS_H
#define MAILDIR_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_MAX 64

/* A listening socket that does not block.  Errors end the program. */
int address_listen(const char *text);

/* The same number for all connections of one host: an IPv4 address, or the network of 64 bits in
 * which a host chooses its IPv6 addresses as it likes. */
uint64_t address_host(const struct sockaddr_storage *address);

void address_print(const struct sockaddr_storage *address, socklen_t len, char *text,
                   size_t size);

#endif
