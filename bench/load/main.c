#include "load.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

struct load load;

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  parse_options(argc, argv, &load.options);
  load.context = create_context(&load.options);
  load.requests = build_requests(&load.options);
  load.connections = calloc((size_t)load.options.connections, sizeof *load.connections);
  load.epoll = epoll_create1(0);
  return load.options.mode == MODE_HOLD || load.options.mode == MODE_IDLE ? run_hold() : run_timed();
}
