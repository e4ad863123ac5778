// A single-threaded HTTP/1.1 load generator over mutual TLS 1.3 (OpenSSL and epoll).
#ifndef LOAD_H
#define LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { MAX_PIDS = 64, MAX_HEAD = 8192, MAX_LATENCIES = 1 << 22 };

enum mode {
  MODE_KEEP_ALIVE, // many requests per connection
  MODE_FULL,       // one full handshake per request
  MODE_RESUMED,    // one resumed handshake per request
  MODE_HOLD,       // one request per connection, which then stays open
  MODE_IDLE,       // as hold, but a connection asks only when it is told to
};

struct options {
  int port;
  int connections;
  double seconds;         // measured
  double warm_up;         // before that, in seconds
  uint64_t stop_after;    // requests; 0: only time ends the run
  double rate;            // requests begun a second, by all connections together; 0: as many as are answered
  int addresses;          // connect from so many, 127.0.0.1 and on, in turn
  const char *path;       // `{n}` becomes 0000 to paths - 1
  int paths;
  enum mode mode;
  size_t body;            // bytes; 0: GET
  const char *certificate;
  const char *key;
  pid_t pids[MAX_PIDS];   // whose processor time is counted
  int pid_count;
};

struct request {
  char *bytes;
  size_t length;
};

struct response {
  bool in_body;
  bool chunked;
  size_t remaining; // body bytes still to come, unless chunked
  size_t head_length;
  char tail[5];     // the last body bytes: a chunked body ends in "0\r\n\r\n"
  char head[MAX_HEAD + 1];
};

enum progress { INCOMPLETE, COMPLETE, BROKEN };

enum state { CLOSED, CONNECTING, HANDSHAKING, WRITING, READING, HOLDING, PARKED };

struct connection {
  int fd;
  enum state state;
  bool wants_writable;
  uint64_t started; // microseconds: of the request, or of the whole connection where each request has its own
  const struct request *request;
  size_t written;
  SSL *ssl;
  SSL_SESSION *session;
  struct response response;
};

struct counters {
  uint64_t requests; // completed while measuring
  uint64_t bytes;
  uint64_t handshakes;
  uint64_t resumed;
  uint64_t errors;   // these two count from the start, warm-up included
  uint64_t not_200;
  uint64_t completed;
};

struct load {
  struct options options;
  struct counters count;
  SSL_CTX *context;
  int epoll;
  struct connection *connections;
  struct request *requests;
  int next_request;
  bool measuring;
  bool stopping;
  int active;  // connections that have something under way
  int holding;
  uint32_t *latencies; // microseconds
  size_t latency_count;
  char *buffer;
};

extern struct load load;

// options.c: exits with status 2 on wrong usage.
void parse_options(int argc, char **argv, struct options *options);

// request.c: one request per path.
struct request *build_requests(const struct options *options);

// response.c
void response_start(struct response *response);
enum progress response_feed(struct response *response, const char *bytes, size_t length);
bool response_is_200(const struct response *response);

// connection.c
SSL_CTX *create_context(const struct options *options);
void connection_open(struct connection *connection);
void connection_drive(struct connection *connection);
// The next request of one that is closed, holding or parked.
void connection_resume(struct connection *connection);
void connection_close(struct connection *connection);

// pace.c: who waits for a turn where there is a rate.
void pace_park(struct connection *connection);
void pace_release(void);
void pace_abandon(void);

// clock.c
uint64_t now_us(void);
uint64_t cpu_ns(const pid_t *pids, int count);

// timed.c and hold.c: the two ways to run; both return the exit status.
int run_timed(void);
int run_hold(void);

#endif
