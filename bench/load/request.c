#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a client library sends, and a forged identity that every contender has to remove.
static const char HEADERS[] =
    "User-Agent: load/1.0 (linux; x86_64)\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Encoding: gzip\r\n"
    "X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n"
    "X-Client-CN: spoofed\r\n";

// `/a/{n}/b` with 7 becomes `/a/0007/b`.
static void write_path(char *target, size_t size, const char *path, int n) {
  const char *mark = strstr(path, "{n}");
  if (mark == NULL) snprintf(target, size, "%s", path);
  else snprintf(target, size, "%.*s%04d%s", (int)(mark - path), path, n, mark + 3);
}

static struct request build_request(const struct options *options, int n) {
  char path[1024];
  write_path(path, sizeof path, options->path, n);
  char *bytes = malloc(options->body + 4096);
  int length = sprintf(bytes, "%s %s HTTP/1.1\r\nHost: localhost:%d\r\n%s", options->body ? "POST" : "GET", path, options->port, HEADERS);
  if (options->body > 0) {
    length += sprintf(bytes + length, "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n", options->body);
  }
  length += sprintf(bytes + length, "\r\n");
  memset(bytes + length, 'x', options->body);
  return (struct request){.bytes = bytes, .length = (size_t)length + options->body};
}

struct request *build_requests(const struct options *options) {
  struct request *requests = calloc((size_t)options->paths, sizeof *requests);
  for (int n = 0; n < options->paths; n++) requests[n] = build_request(options, n);
  return requests;
}
