// Opens as many connections as standard input says, each with one request (mode hold) or none, and holds them until the input ends.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 256, AT_ONCE = 64 };

// Connections of those that are open that have still to ask once more.
static int to_ask;

// Returns the last whole number that came in, -1 at the end of the input, and `before` where nothing new came.
static int read_target(int before) {
  static char line[32];
  static size_t length;
  char byte;
  ssize_t got = read(STDIN_FILENO, &byte, 1);
  if (got <= 0) return -1;
  if (byte != '\n') {
    if (length < sizeof line - 1) line[length++] = byte;
    return before;
  }
  line[length] = 0;
  length = 0;
  if (strcmp(line, "ask") == 0) {
    to_ask = before;
    return before;
  }
  int target = atoi(line);
  return target > load.options.connections ? load.options.connections : target;
}

int run_hold(void) {
  struct epoll_event events[EVENTS], input = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(load.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  bool asked = false;
  int target = 0, opened = 0, announced = 0;
  for (;;) {
    while (opened < target && load.active < AT_ONCE) connection_open(&load.connections[opened++]);
    for (; to_ask > 0 && load.active < AT_ONCE; asked = true) connection_resume(&load.connections[--to_ask]);
    if ((target != announced || (asked && to_ask == 0)) && load.holding == target) {
      asked = false;
      printf("{\"holding\":%d,\"errors\":%lu,\"not_200\":%lu}\n", load.holding, load.count.errors, load.count.not_200);
      fflush(stdout);
      announced = target;
    }
    int count = epoll_wait(load.epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr != NULL) connection_drive(events[i].data.ptr);
      else if ((target = read_target(target)) < 0) return 0;
    }
  }
}
