// A TLS client that asks for the same thing again and again, as fast as it can, and reads no answer: key updates (TLS 1.3) or
// renegotiations (TLS 1.2). Prints how many it asked for and how it ended.
//   flood PORT CERTIFICATE KEY key-update|renegotiate SECONDS
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int dial(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&address, sizeof address) == 0) return fd;
  perror("flood: connect");
  exit(1);
}

// Waits for room in the socket, and gives up on a server that has closed or takes nothing for a second.
static bool writable(int fd) {
  struct pollfd wait = {.fd = fd, .events = POLLOUT};
  return poll(&wait, 1, 1000) > 0 && (wait.revents & (POLLERR | POLLHUP)) == 0;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  signal(SIGPIPE, SIG_IGN);
  bool updates = strcmp(argv[4], "key-update") == 0;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, updates ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_use_certificate_chain_file(context, argv[2]);
  SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM);
  int fd = dial(atoi(argv[1]));
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  SSL_set_tlsext_host_name(ssl, "localhost");
  if (SSL_connect(ssl) != 1) {
    ERR_print_errors_fp(stderr);
    return 1;
  }
  unsigned long asked = 0;
  const char *end = "time";
  for (double start = now(); now() - start < atof(argv[5]); asked++) {
    int begun = updates ? SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) : SSL_renegotiate(ssl);
    if (begun != 1 || SSL_do_handshake(ssl) != 1 || !writable(fd)) {
      end = "closed";
      break;
    }
  }
  printf("{\"asked\":%lu,\"end\":\"%s\"}\n", asked, end);
  close(fd);
  return 0;
}
