/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/spop/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const unsigned MODE_BY_UMASK = ~0U;

union socket_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_un local;
};

static bool
fail(const struct listen_settings *settings, const char *what,
    char error[LISTENER_ERROR_SIZE])
{
	snprintf(error, LISTENER_ERROR_SIZE, "%s: %s: %s", settings->written,
	    what, strerror(errno));
	return false;
}

static bool
set_option(int descriptor, int level, int option, int value)
{
	return setsockopt(descriptor, level, option, &value, sizeof(value)) ==
	       0;
}

/* ---- TCP ---- */

/* What a socket keeps for a peer beyond what is on its way, in bytes. */
enum { UNSENT_MAX = 131072 };

/*
 * Connections inherit all of this from their listener, so that accepting one
 * is one call. A node that vanished without a word is noticed within a minute.
 * One that does not read must not fill the kernel's memory, which would keep
 * some megabytes for it.
 */
static bool
set_tcp_options(int descriptor)
{
	return set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1) &&
	       set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1) &&
	       set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 30) &&
	       set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10) &&
	       set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3) &&
	       set_option(
		   descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_MAX) &&
	       set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
}

static socklen_t
tcp_address(
    const struct listen_settings *settings, union socket_address *address)
{
	memset(address, 0, sizeof(*address));
	if (settings->address.family == ADDRESS_IPV4) {
		address->ipv4.sin_family = AF_INET;
		address->ipv4.sin_port = htons(settings->port);
		address_to_ipv4(&settings->address,
		    (uint8_t *)&address->ipv4.sin_addr.s_addr);
		return sizeof(address->ipv4);
	}
	address->ipv6.sin6_family = AF_INET6;
	address->ipv6.sin6_port = htons(settings->port);
	address_to_ipv6(&settings->address, address->ipv6.sin6_addr.s6_addr);
	return sizeof(address->ipv6);
}

/*
 * "[::]" takes IPv4 too, as operators expect of the address that means all of
 * them. It is said explicitly, since the system's default can be either.
 */
static bool
set_dual_stack(int descriptor, const struct listen_settings *settings)
{
	if (settings->address.family != ADDRESS_IPV6)
		return true;
	return set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY,
	    !address_unspecified(&settings->address));
}

/* The port may have been the kernel's choice. */
static bool
learn_address(struct listener *listener, const struct listen_settings *settings)
{
	union socket_address bound;
	socklen_t length = sizeof(bound);
	char text[ADDRESS_TEXT_SIZE];

	if (getsockname(listener->descriptor, &bound.any, &length) != 0)
		return false;
	address_format(&settings->address, text);
	bool ipv4 = settings->address.family == ADDRESS_IPV4;
	snprintf(listener->address, sizeof(listener->address),
	    ipv4 ? "%s:%u" : "[%s]:%u", text,
	    ntohs(ipv4 ? bound.ipv4.sin_port : bound.ipv6.sin6_port));
	return true;
}

static bool
open_tcp(struct listener *listener, const struct listen_settings *settings,
    char error[LISTENER_ERROR_SIZE])
{
	union socket_address address;
	socklen_t length = tcp_address(settings, &address);
	int descriptor = socket(address.any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	listener->descriptor = descriptor;
	if (descriptor < 0)
		return fail(settings, "socket", error);
	if (!set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    !set_tcp_options(descriptor) ||
	    !set_dual_stack(descriptor, settings))
		return fail(settings, "setsockopt", error);
	if (bind(descriptor, &address.any, length) != 0)
		return fail(settings, "cannot bind", error);
	if (listen(descriptor, LISTENER_BACKLOG) != 0 ||
	    !learn_address(listener, settings))
		return fail(settings, "cannot listen", error);
	return true;
}

/* ---- local sockets ---- */

static bool
local_address(
    const struct listen_settings *settings, struct sockaddr_un *address)
{
	size_t length = strlen(settings->path);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (length >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address->sun_path, settings->path, length);
	return true;
}

/* Is it a socket file that nobody listens at any more? */
static bool
is_stale(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
		return false;
	int descriptor =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return false;
	bool refused = connect(descriptor, (const struct sockaddr *)address,
			   sizeof(*address)) != 0 &&
		       errno == ECONNREFUSED;
	close(descriptor);
	return refused;
}

static bool
bind_local(int descriptor, const struct sockaddr_un *address)
{
	const struct sockaddr *any = (const struct sockaddr *)address;

	if (bind(descriptor, any, sizeof(*address)) == 0)
		return true;
	if (errno != EADDRINUSE)
		return false;
	if (!is_stale(address) || unlink(address->sun_path) != 0) {
		errno = EADDRINUSE;
		return false;
	}
	return bind(descriptor, any, sizeof(*address)) == 0;
}

static bool
remember_file(struct listener *listener, const char *path)
{
	struct stat status;

	listener->path = strdup(path);
	if (listener->path == NULL || lstat(path, &status) != 0)
		return false;
	listener->device = status.st_dev;
	listener->inode = status.st_ino;
	return true;
}

/*
 * The file is made with the mode that the socket has, less what the umask
 * takes; open_local() gives that back. At no time may more people connect than
 * are meant to.
 */
static bool
set_mode(int descriptor, unsigned mode)
{
	return mode == MODE_BY_UMASK || fchmod(descriptor, mode) == 0;
}

static bool
correct_mode(const char *path, unsigned mode)
{
	return mode == MODE_BY_UMASK || chmod(path, mode) == 0;
}

static bool
open_local(struct listener *listener, const struct listen_settings *settings,
    unsigned mode, char error[LISTENER_ERROR_SIZE])
{
	struct sockaddr_un address;
	int descriptor =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	listener->descriptor = descriptor;
	if (descriptor < 0)
		return fail(settings, "socket", error);
	if (!local_address(settings, &address) || !set_mode(descriptor, mode) ||
	    !bind_local(descriptor, &address))
		return fail(settings, "cannot bind", error);
	if (!remember_file(listener, settings->path) ||
	    !correct_mode(settings->path, mode) ||
	    listen(descriptor, LISTENER_BACKLOG) != 0)
		return fail(settings, "cannot listen", error);
	snprintf(listener->address, sizeof(listener->address), "unix:%s",
	    settings->path);
	return true;
}

/* ---- both ---- */

bool
listener_open(struct listener *listener, const struct listen_settings *settings,
    char error[LISTENER_ERROR_SIZE])
{
	*listener = (struct listener){.descriptor = -1, .kind = settings->kind};
	bool opened = settings->kind == LISTEN_UNIX
			  ? open_local(listener, settings, MODE_BY_UMASK, error)
			  : open_tcp(listener, settings, error);
	if (!opened)
		listener_close(listener);
	return opened;
}

bool
listener_open_local(struct listener *listener, const char *path, unsigned mode,
    char error[LISTENER_ERROR_SIZE])
{
	const struct listen_settings settings = {
	    .written = path, .kind = LISTEN_UNIX, .path = path};

	*listener = (struct listener){.descriptor = -1, .kind = LISTEN_UNIX};
	if (open_local(listener, &settings, mode, error))
		return true;
	listener_close(listener);
	return false;
}

static void
remove_file(const struct listener *listener)
{
	struct stat status;

	if (lstat(listener->path, &status) == 0 &&
	    status.st_dev == listener->device &&
	    status.st_ino == listener->inode)
		unlink(listener->path);
}

void
listener_close(struct listener *listener)
{
	if (listener->descriptor >= 0)
		close(listener->descriptor);
	listener->descriptor = -1;
	if (listener->path != NULL)
		remove_file(listener);
	free(listener->path);
	listener->path = NULL;
}
