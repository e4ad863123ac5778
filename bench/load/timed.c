// Loads for a fixed time and prints one line of JSON.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { EVENTS = 256, DRAIN_SECONDS = 20 };

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static uint32_t percentile(double share) {
  size_t count = load.latency_count < MAX_LATENCIES ? load.latency_count : MAX_LATENCIES;
  return count == 0 ? 0 : load.latencies[(size_t)((double)(count - 1) * share)];
}

static void poll_once(void) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(load.epoll, events, EVENTS, load.options.rate > 0 ? 1 : 20);
  for (int i = 0; i < count; i++) connection_drive(events[i].data.ptr);
  if (!load.stopping) pace_release();
}

static bool over(uint64_t start, double seconds) {
  if (load.options.stop_after > 0 && load.count.completed >= load.options.stop_after) return true;
  return (double)(now_us() - start) >= seconds * 1e6;
}

// Requests under way are finished, so that the next run starts with healthy pools; what does not finish is an error.
static void drain(void) {
  uint64_t start = now_us();
  load.stopping = true;
  pace_abandon();
  while (load.active > 0 && now_us() - start < DRAIN_SECONDS * 1000000ull) poll_once();
  if (load.active > 0) fprintf(stderr, "load: %d requests were never answered\n", load.active);
  load.count.errors += (uint64_t)load.active;
}

int run_timed(void) {
  const struct options *options = &load.options;
  load.latencies = malloc(MAX_LATENCIES * sizeof *load.latencies);
  for (int i = 0; i < options->connections; i++) {
    if (options->rate > 0) pace_park(&load.connections[i]);
    else connection_open(&load.connections[i]);
  }

  uint64_t start = now_us();
  while (!over(start, options->warm_up)) poll_once();

  load.measuring = true;
  uint64_t cpu = cpu_ns(options->pids, options->pid_count);
  start = now_us();
  while (!over(start, options->seconds)) poll_once();
  uint64_t elapsed = now_us() - start;
  cpu = cpu_ns(options->pids, options->pid_count) - cpu;
  load.measuring = false;
  drain();

  size_t count = load.latency_count < MAX_LATENCIES ? load.latency_count : MAX_LATENCIES;
  qsort(load.latencies, count, sizeof *load.latencies, compare);
  printf("{\"requests\":%lu,\"completed\":%lu,\"elapsed_us\":%lu,\"cpu_ns\":%lu,\"bytes\":%lu,\"handshakes\":%lu,\"resumed\":%lu,"
         "\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"errors\":%lu,\"not_200\":%lu}\n",
         load.count.requests, load.count.completed, elapsed, cpu, load.count.bytes, load.count.handshakes, load.count.resumed,
         percentile(0.5), percentile(0.99), percentile(1), load.count.errors, load.count.not_200);
  return 0;
}
