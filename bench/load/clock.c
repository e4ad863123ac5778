#include "load.h"

#include <time.h>

uint64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

// Processor time of whole processes, all threads and user and system together, with the scheduler's own precision:
// the ticks of /proc/PID/stat are too coarse for a second shared by five proxies. A process that is gone counts 0.
uint64_t cpu_ns(const pid_t *pids, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pids[i], &clock) != 0 || clock_gettime(clock, &time) != 0) continue;
    sum += (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
  }
  return sum;
}
