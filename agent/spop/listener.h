/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_LISTENER_H
#define AGENT_SPOP_LISTENER_H

/* A listening socket, TCP or local. */

#include <sys/types.h>

#include "conf/load/settings.h"

enum {
	LISTENER_TEXT_SIZE = 128,
	LISTENER_ERROR_SIZE = 256,
	LISTENER_BACKLOG = 4096,
};

struct listener {
	int descriptor; /* non-blocking; -1: not open */
	enum listen_kind kind;
	char address[LISTENER_TEXT_SIZE]; /* as bound, the port that was got */
	char *path;                       /* local: the socket file, ours */
	dev_t device;
	ino_t inode;
};

/*
 * Opens it. False: error says what is wrong, and nothing is left behind. A
 * socket file that nobody answers at is replaced.
 */
bool listener_open(struct listener *listener,
    const struct listen_settings *settings, char error[LISTENER_ERROR_SIZE]);

/* The same for a socket file of that mode, at no time more open than that. */
bool listener_open_local(struct listener *listener, const char *path,
    unsigned mode, char error[LISTENER_ERROR_SIZE]);

/* Removes the socket file too, if it still is the one that was made here. */
void listener_close(struct listener *listener);

#endif
