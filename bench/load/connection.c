// One client connection, from connect to close, as a state machine driven by epoll.
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, TOO_MANY_ERRORS = 2000, SHOWN_ERRORS = 4 };

static int connection_index;

static bool one_request_each(void) {
  return load.options.mode == MODE_FULL || load.options.mode == MODE_RESUMED;
}

// Keeps the ticket; returning 1 takes over the reference.
static int keep_session(SSL *ssl, SSL_SESSION *session) {
  struct connection *connection = SSL_get_ex_data(ssl, connection_index);
  SSL_SESSION_free(connection->session);
  connection->session = session;
  return 1;
}

SSL_CTX *create_context(const struct options *options) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context, options->certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    exit(1);
  }
  // The other end is a proxy this machine has just started: what is measured is its work, not ours.
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 65536);
  SSL_CTX_set1_groups_list(context, "P-256:X25519");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (options->mode == MODE_RESUMED) SSL_CTX_sess_set_new_cb(context, keep_session);
  connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  load.buffer = malloc(BUFFER);
  return context;
}

static void watch(struct connection *connection, int operation, bool writable) {
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = connection};
  connection->wants_writable = writable;
  epoll_ctl(load.epoll, operation, connection->fd, &event);
}

static void rewatch(struct connection *connection, bool writable) {
  if (connection->wants_writable != writable) watch(connection, EPOLL_CTL_MOD, writable);
}

void connection_close(struct connection *connection) {
  if (connection->ssl != NULL) {
    SSL_shutdown(connection->ssl);
    SSL_free(connection->ssl);
    connection->ssl = NULL;
  }
  ERR_clear_error();
  close(connection->fd);
  connection->fd = -1;
  if (connection->state == HOLDING) load.holding--;
  else if (connection->state != PARKED) load.active--;
  connection->state = CLOSED;
}

// Counts and starts over; gives the whole run up where nothing works at all.
static void fail(struct connection *connection, const char *doing) {
  if (++load.count.errors <= SHOWN_ERRORS) {
    fprintf(stderr, "load: error while %s: %s\n", doing, errno ? strerror(errno) : "connection ended");
    ERR_print_errors_fp(stderr);
  }
  if (load.count.errors > TOO_MANY_ERRORS) {
    fprintf(stderr, "load: too many errors\n");
    exit(3);
  }
  bool parked = connection->state == PARKED;
  connection_close(connection);
  if (load.stopping || parked) return;
  if (load.options.rate > 0) pace_park(connection);
  else connection_open(connection);
}

// Where the system has no local port or no address left, nothing that is measured afterwards would mean anything.
static void bind_address(int fd) {
  static int next;
  if (load.options.addresses == 1) return;
  int yes = 1;
  // The port is chosen when it connects, and may be in use towards others.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  struct sockaddr_in own = {.sin_family = AF_INET};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(next++ % load.options.addresses));
  if (bind(fd, (void *)&own, sizeof own) < 0) {
    perror("load: cannot bind");
    exit(3);
  }
}

void connection_open(struct connection *connection) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load.options.port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int yes = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  bind_address(connection->fd);
  connection->started = now_us();
  if (connection->fd < 0 || (connect(connection->fd, (void *)&address, sizeof address) < 0 && errno != EINPROGRESS)) {
    perror("load: cannot connect");
    exit(3);
  }
  load.active++;
  connection->state = CONNECTING;
  watch(connection, EPOLL_CTL_ADD, true);
}

static void start_request(struct connection *connection) {
  connection->state = WRITING;
  connection->written = 0;
  connection->request = &load.requests[load.next_request];
  load.next_request = (load.next_request + 1) % load.options.paths;
  response_start(&connection->response);
}

// OpenSSL marks a TLS 1.3 ticket as used up after one resumption, and Node.js sends no new one with a resumed handshake.
// Copies keep every handshake a resumed one, so that all contenders do the same work.
static void offer_session(struct connection *connection) {
  if (connection->session == NULL) return;
  SSL_SESSION *copy = SSL_SESSION_dup(connection->session);
  SSL_set_session(connection->ssl, copy);
  SSL_SESSION_free(copy);
}

static void start_handshake(struct connection *connection) {
  rewatch(connection, false);
  connection->ssl = SSL_new(load.context);
  SSL_set_fd(connection->ssl, connection->fd);
  SSL_set_ex_data(connection->ssl, connection_index, connection);
  SSL_set_tlsext_host_name(connection->ssl, "localhost");
  offer_session(connection);
  connection->state = HANDSHAKING;
}

void connection_resume(struct connection *connection) {
  if (connection->state == CLOSED) {
    connection_open(connection);
    return;
  }
  if (connection->state == HOLDING) load.holding--;
  load.active++;
  connection->started = now_us();
  start_request(connection);
  connection_drive(connection);
}

static void hold(struct connection *connection) {
  connection->state = HOLDING;
  load.active--;
  load.holding++;
}

// It waits for its turn; where each request has a connection of its own, without one.
static void park(struct connection *connection) {
  if (one_request_each()) {
    connection_close(connection);
  } else {
    connection->state = PARKED;
    load.active--;
  }
  pace_park(connection);
}

static void finish_request(struct connection *connection) {
  uint64_t now = now_us();
  load.count.completed++;
  if (load.measuring) {
    load.count.requests++;
    load.latencies[load.latency_count++ % MAX_LATENCIES] = (uint32_t)(now - connection->started);
  }
  if (!response_is_200(&connection->response) && ++load.count.not_200 == 1) {
    fprintf(stderr, "load: not 200: %.60s\n", connection->response.head);
  }
  if (load.options.mode == MODE_HOLD || load.options.mode == MODE_IDLE) {
    hold(connection);
  } else if (load.stopping) {
    connection_close(connection);
  } else if (load.options.rate > 0) {
    park(connection);
  } else if (one_request_each()) {
    connection_close(connection);
    connection_open(connection);
  } else {
    connection->started = now;
    start_request(connection);
  }
}

// The steps below return whether the next step can go on at once.

static bool check_connected(struct connection *connection) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    errno = error;
    fail(connection, "connecting");
    return false;
  }
  start_handshake(connection);
  return true;
}

static bool shake_hands(struct connection *connection) {
  errno = 0;
  int result = SSL_connect(connection->ssl);
  if (result != 1) {
    if (SSL_get_error(connection->ssl, result) != SSL_ERROR_WANT_READ) fail(connection, "shaking hands");
    return false;
  }
  if (load.measuring) {
    load.count.handshakes++;
    if (SSL_session_reused(connection->ssl)) load.count.resumed++;
  }
  if (!one_request_each()) connection->started = now_us();
  if (load.options.mode == MODE_IDLE) hold(connection);
  else start_request(connection);
  return true;
}

static bool write_request(struct connection *connection) {
  const struct request *request = connection->request;
  while (connection->written < request->length) {
    errno = 0;
    int result = SSL_write(connection->ssl, request->bytes + connection->written, (int)(request->length - connection->written));
    if (result <= 0) {
      if (SSL_get_error(connection->ssl, result) == SSL_ERROR_WANT_WRITE) rewatch(connection, true);
      else fail(connection, "writing");
      return false;
    }
    connection->written += (size_t)result;
  }
  rewatch(connection, false);
  connection->state = READING;
  return false;
}

static bool read_response(struct connection *connection) {
  errno = 0;
  int result = SSL_read(connection->ssl, load.buffer, BUFFER);
  if (result <= 0) {
    if (SSL_get_error(connection->ssl, result) != SSL_ERROR_WANT_READ) fail(connection, "reading");
    return false;
  }
  if (connection->state == HOLDING || connection->state == PARKED) {
    fail(connection, "idle: unexpected data");
    return false;
  }
  if (load.measuring) load.count.bytes += (uint64_t)result;
  switch (response_feed(&connection->response, load.buffer, (size_t)result)) {
    case INCOMPLETE: return true;
    case BROKEN:
      errno = EPROTO;
      fail(connection, "reading a response");
      return false;
    case COMPLETE: break;
  }
  finish_request(connection);
  // A connection opened anew waits for epoll.
  return connection->state == WRITING || connection->state == HOLDING || connection->state == PARKED;
}

void connection_drive(struct connection *connection) {
  for (bool more = true; more;) {
    switch (connection->state) {
      case CONNECTING: more = check_connected(connection); break;
      case HANDSHAKING: more = shake_hands(connection); break;
      case WRITING: more = write_request(connection); break;
      case READING:
      case PARKED:
      case HOLDING: more = read_response(connection); break;
      default: return;
    }
  }
}
