/* SPDX-License-Identifier: MIT */
/*
 * slots.c - all that a ledger wants of its host: read, append and cut, of two files.
 */
#include "slots.h"

#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int slot_fd(struct slots *slots, unsigned slot)
{
	if (slots->fds[slot] < 0) {
		slots->fds[slot] = open_side(slots->paths[slot], O_RDWR | O_CREAT);
		if (slots->fds[slot] >= 0)
			sync_directory(slots->paths[slot]);
	}
	return slots->fds[slot];
}

static int slot_read(void *user, unsigned slot, uint64_t offset, void *to, size_t len,
                     size_t *got_r)
{
	int fd = slot_fd(user, slot);
	ptrdiff_t got = fd < 0 ? -1 : read_at(fd, to, len, offset);

	*got_r = got > 0 ? (size_t)got : 0;
	return got < 0;
}

static int slot_append(void *user, unsigned slot, const void *data, size_t len, int durable)
{
	struct slots *slots = user;
	int fd = slot_fd(slots, slot);

	if (fd < 0 || !write_at(fd, data, len, slots->lengths[slot]) || (durable && fsync(fd)))
		return -1;
	slots->lengths[slot] += len;
	return 0;
}

static int slot_cut(void *user, unsigned slot, uint64_t length)
{
	struct slots *slots = user;
	int fd = slot_fd(slots, slot);

	if (fd < 0 || ftruncate(fd, (off_t)length) || fsync(fd))
		return -1;
	slots->lengths[slot] = length;
	return 0;
}

static uint64_t length_of(const struct slots *slots, int slot)
{
	struct stat st;

	return stat(slots->paths[slot], &st) ? 0 : (uint64_t)st.st_size;
}

bool slots_are_stale(const struct slots *slots)
{
	return slots->lengths[0] != length_of(slots, 0) || slots->lengths[1] != length_of(slots, 1);
}

int slots_open_ledger(struct slots *slots, uint32_t uidvalidity,
                      struct imapsrv_ledger_opened *opened_r, struct imapsrv_ledger **ledger_r)
{
	struct imapsrv_ledger_io io = IMAPSRV_LEDGER_IO_INIT;
	struct imapsrv_ledger_config config = IMAPSRV_LEDGER_CONFIG_INIT;

	slots->lengths[0] = length_of(slots, 0);
	slots->lengths[1] = length_of(slots, 1);
	io.read = slot_read;
	io.append = slot_append;
	io.cut = slot_cut;
	config.io = &io;
	config.user = slots;
	/* Other processes go on with it at any time; and an mbox that was rewritten has been synced
	 * already. */
	config.synced = 1;
	config.start = (uint64_t)time(NULL) << 20;
	return imapsrv_ledger_open(&config, uidvalidity, opened_r, ledger_r);
}

void slots_close(struct slots *slots)
{
	for (int i = 0; i < 2; i++) {
		if (slots->fds[i] >= 0)
			close(slots->fds[i]);
		slots->fds[i] = -1;
	}
}
