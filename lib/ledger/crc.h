/* SPDX-License-Identifier: MIT */
/*
 * ledger/crc - the checksum of a ledger's records: CRC-32C, which finds every burst of up to 32
 * bits.
 */
#ifndef ISRV_LEDGER_CRC_H
#define ISRV_LEDGER_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what crc covers (0: nothing) and these octets behind it. */
uint32_t isrv_crc_add(uint32_t crc, const void *data, size_t len);

#endif
