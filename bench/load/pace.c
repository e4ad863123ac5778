// Keeps to a rate: connections wait for their turn, first come first served.
#include "load.h"

#include <stdlib.h>

static struct connection **waiting;
static int first, count;
static uint64_t started, released;

static struct connection *take(void) {
  struct connection *connection = waiting[first];
  first = (first + 1) % load.options.connections;
  count--;
  return connection;
}

void pace_park(struct connection *connection) {
  if (waiting == NULL) waiting = calloc((size_t)load.options.connections, sizeof *waiting);
  waiting[(first + count++) % load.options.connections] = connection;
}

// What was late because nobody was free is made up for, so that the rate is what was asked for or what could be had.
void pace_release(void) {
  if (load.options.rate == 0) return;
  if (started == 0) started = now_us();
  uint64_t due = (uint64_t)((double)(now_us() - started) * load.options.rate / 1e6);
  for (; count > 0 && released < due; released++) connection_resume(take());
}

void pace_abandon(void) {
  while (count > 0) {
    struct connection *connection = take();
    if (connection->state != CLOSED) connection_close(connection);
  }
}
