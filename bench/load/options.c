#include "load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "usage: load --port N --certificate FILE --key FILE [options]\n"
    "  --mode keep-alive|full|resumed|hold|idle   default: keep-alive\n"
    "  --connections N                       at once, default 24\n"
    "  --seconds S   --warm-up S             measured, and before that\n"
    "  --stop-after N                        end after so many requests, even if time is left\n"
    "  --rate N                              begin so many a second, not as many as are answered\n"
    "  --addresses N                         connect from 127.0.0.1 and on, so many in turn\n"
    "  --path PATH   --paths N               {n} in the path becomes 0000 to N - 1 in turn\n"
    "  --body BYTES                          POST so many\n"
    "  --pids A,B,C                          whose processor time to count\n"
    "In mode hold it reads a number of connections per line from standard input, says when so many are open, and ends with the input.\n"
    "Mode idle asks nothing when it opens one, and one request on each when a line says 'ask'.\n";

static void wrong(const char *what, const char *value) {
  fprintf(stderr, "load: %s %s\n%s", what, value, USAGE);
  exit(2);
}

static enum mode parse_mode(const char *name) {
  static const char *const names[] = {"keep-alive", "full", "resumed", "hold", "idle"};
  for (int i = 0; i < 5; i++) {
    if (strcmp(name, names[i]) == 0) return (enum mode)i;
  }
  wrong("unknown mode", name);
  return MODE_KEEP_ALIVE;
}

static double number(const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (*text == 0 || *end != 0 || value < 0) wrong("not a number:", text);
  return value;
}

static void parse_pids(char *list, struct options *options) {
  for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
    if (options->pid_count == MAX_PIDS) wrong("too many processes:", word);
    options->pids[options->pid_count++] = (pid_t)number(word);
  }
}

void parse_options(int argc, char **argv, struct options *options) {
  enum { PORT = 1, MODE, CONNECTIONS, SECONDS, WARM_UP, STOP_AFTER, PATH, PATHS, BODY, CERTIFICATE, KEY, PIDS, RATE, ADDRESSES };
  static const struct option known[] = {
      {"port", 1, 0, PORT},       {"mode", 1, 0, MODE},       {"connections", 1, 0, CONNECTIONS}, {"seconds", 1, 0, SECONDS},
      {"warm-up", 1, 0, WARM_UP}, {"path", 1, 0, PATH},       {"stop-after", 1, 0, STOP_AFTER},   {"paths", 1, 0, PATHS},
      {"body", 1, 0, BODY},       {"key", 1, 0, KEY},         {"certificate", 1, 0, CERTIFICATE}, {"pids", 1, 0, PIDS},
      {"rate", 1, 0, RATE},       {"addresses", 1, 0, ADDRESSES},
      {0, 0, 0, 0},
  };
  *options = (struct options){.connections = 24, .seconds = 3, .path = "/", .paths = 1, .addresses = 1};
  for (int found; (found = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (found) {
      case PORT: options->port = (int)number(optarg); break;
      case MODE: options->mode = parse_mode(optarg); break;
      case CONNECTIONS: options->connections = (int)number(optarg); break;
      case SECONDS: options->seconds = number(optarg); break;
      case WARM_UP: options->warm_up = number(optarg); break;
      case STOP_AFTER: options->stop_after = (uint64_t)number(optarg); break;
      case PATH: options->path = optarg; break;
      case PATHS: options->paths = (int)number(optarg); break;
      case BODY: options->body = (size_t)number(optarg); break;
      case CERTIFICATE: options->certificate = optarg; break;
      case KEY: options->key = optarg; break;
      case RATE: options->rate = number(optarg); break;
      case ADDRESSES: options->addresses = (int)number(optarg); break;
      case PIDS: parse_pids(optarg, options); break;
      default: wrong("wrong option", "");
    }
  }
  if (optind < argc) wrong("unexpected argument", argv[optind]);
  if (options->port == 0 || options->certificate == NULL || options->key == NULL) wrong("needs --port, --certificate and --key", "");
  if (options->connections == 0 || options->paths == 0 || options->addresses == 0) {
    wrong("needs at least one connection, one path and one address", "");
  }
}
