/* SPDX-License-Identifier: MIT */
/*
 * base/crc - the checksum of what is kept outside of the process: CRC-32C, which finds every burst
 * of up to 32 bits.
 */
#ifndef ISRV_BASE_CRC_H
#define ISRV_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what crc covers (0: nothing) and these octets behind it. */
uint32_t isrv_crc_add(uint32_t crc, const void *data, size_t len);

#endif
