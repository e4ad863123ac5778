// Just enough of RFC 9112 to know where a response ends: Content-Length or chunked, never until close.
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>

void response_start(struct response *response) {
  response->in_body = false;
  response->chunked = false;
  response->remaining = 0;
  response->head_length = 0;
  memset(response->tail, 0, sizeof response->tail);
}

bool response_is_200(const struct response *response) {
  return response->head_length > 12 && memcmp(response->head + 9, "200", 3) == 0;
}

static enum progress feed_body(struct response *response, const char *bytes, size_t length) {
  if (!response->chunked) {
    if (length > response->remaining) return BROKEN;
    response->remaining -= length;
    return response->remaining == 0 ? COMPLETE : INCOMPLETE;
  }
  size_t size = sizeof response->tail;
  if (length >= size) {
    memcpy(response->tail, bytes + length - size, size);
  } else {
    memmove(response->tail, response->tail + length, size - length);
    memcpy(response->tail + size - length, bytes, length);
  }
  return memcmp(response->tail, "0\r\n\r\n", size) == 0 ? COMPLETE : INCOMPLETE;
}

static enum progress read_framing(struct response *response) {
  const char *length = strcasestr(response->head, "\r\ncontent-length:");
  if (length != NULL) {
    response->remaining = strtoull(length + strlen("\r\ncontent-length:"), NULL, 10);
    return response->remaining == 0 ? COMPLETE : INCOMPLETE;
  }
  response->chunked = strcasestr(response->head, "\r\ntransfer-encoding: chunked") != NULL;
  return response->chunked ? INCOMPLETE : BROKEN;
}

enum progress response_feed(struct response *response, const char *bytes, size_t length) {
  if (response->in_body) return feed_body(response, bytes, length);
  size_t before = response->head_length;
  size_t taken = length < MAX_HEAD - before ? length : MAX_HEAD - before;
  memcpy(response->head + before, bytes, taken);
  size_t from = before > 3 ? before - 3 : 0;
  char *end = memmem(response->head + from, before + taken - from, "\r\n\r\n", 4);
  response->head_length += taken;
  if (end == NULL) return response->head_length == MAX_HEAD ? BROKEN : INCOMPLETE;

  response->in_body = true;
  response->head_length = (size_t)(end - response->head);
  *end = 0;
  size_t used = response->head_length + 4 - before;
  enum progress progress = read_framing(response);
  if (used == length) return progress;
  return progress == INCOMPLETE ? feed_body(response, bytes + used, length - used) : BROKEN;
}
