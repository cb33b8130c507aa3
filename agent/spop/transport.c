/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/spop/transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void
transport_init(struct transport *transport, int descriptor)
{
	transport->descriptor = descriptor;
}

static enum transport_result
failure(void)
{
	return errno == EAGAIN || errno == EINTR ? TRANSPORT_LATER
						 : TRANSPORT_BROKEN;
}

enum transport_result
transport_receive(const struct transport *transport, uint8_t *bytes,
    size_t size, size_t *received)
{
	ssize_t count = recv(transport->descriptor, bytes, size, 0);

	if (count < 0)
		return failure();
	*received = (size_t)count;
	return count > 0 ? TRANSPORT_DONE : TRANSPORT_END;
}

enum transport_result
transport_send(const struct transport *transport, const uint8_t *bytes,
    size_t size, size_t *sent)
{
	ssize_t count = send(transport->descriptor, bytes, size, MSG_NOSIGNAL);

	*sent = 0;
	if (count < 0)
		return failure();
	*sent = (size_t)count;
	return TRANSPORT_DONE;
}

bool
transport_end(const struct transport *transport)
{
	return shutdown(transport->descriptor, SHUT_WR) == 0;
}

void
transport_close(struct transport *transport)
{
	close(transport->descriptor);
	transport->descriptor = -1;
}
