// client weir|redis|http|record SOCKET CONNECTIONS DEPTH SECONDS KEYS [SHA]: asks a server on a Unix socket as fast as it answers,
// DEPTH questions at a time on each of CONNECTIONS, and prints: answers per second, p50, p99 and p99.9 of a round trip in
// microseconds, and the share that was allowed. One thread; the same loop for all protocols. `record` tells collector.sock of
// requests of KEYS visitors, each under an event id of its own, and the share is of those that were recorded.
//
// The environment changes how it asks: PACE=N asks N times a second instead, and counts a round trip from when it was due;
// ONCE=1 asks once for each key, and ends; FIRST=N numbers the keys from N; DEAR=N makes every Nth key ask for more tokens
// than there are; REPORTS=N sends a verdict.report, about one key in 40, after every N questions.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int fd;
    int waiting;   // answers that have not come
    long key;      // the next question
    uint64_t sent; // when the batch left, or was due
};

static int is_redis, is_http, is_record, depth;
static long keys, first, dear, reports, asked, reported;
static char **questions;
static size_t *sizes;
static char *batch;
static uint64_t answers, allowed, begun_ms;
#define SLOTS 5000000 // tenths of a microsecond
static uint32_t histogram[SLOTS + 1];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t read_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now(void) { return read_clock(CLOCK_MONOTONIC); }

static long setting(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail(path);
    return fd;
}

static void name_client(long number, char ip[32], char fingerprint[40]) {
    uint64_t mixed = ((uint64_t)number + 1) * 0x9E3779B97F4A7C15u;
    snprintf(ip, 32, "10.%ld.%ld.%ld", number >> 16 & 255, number >> 8 & 255, number & 255);
    snprintf(fingerprint, 40, "fp_%016lx%016lx", mixed, ~mixed);
}

// Where the event id stands in a question, and how much of it a client's questions have in common.
#define EVENT_ID_AT (sizeof "{\"v\":1,\"type\":\"request.record\",\"body\":{\"event_id\":\"" - 1)
#define COMMON 19

static void make_questions(const char *sha) {
    questions = malloc((size_t)keys * sizeof *questions);
    sizes = malloc((size_t)keys * sizeof *sizes);
    for (long i = 0; i < keys; i++) {
        char ip[32], fingerprint[40], text[512];
        name_client(first + i, ip, fingerprint);
        int size;
        if (is_http) {
            size = snprintf(text, sizeof text,
                            "GET /articles/%ld HTTP/1.1\r\nHost: example.org\r\nX-Test-Client: %s\r\n"
                            "User-Agent: %s\r\nAccept-Language: en-GB,en;q=0.9\r\n\r\n",
                            i, ip, fingerprint);
        } else if (is_redis) {
            char key[80];
            int length = snprintf(key, sizeof key, "%s+%s", ip, fingerprint);
            size = snprintf(text, sizeof text,
                            "*7\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$1\r\n1\r\n$%d\r\n%s\r\n$2\r\n10\r\n$7\r\n1000000\r\n"
                            "$1\r\n1\r\n",
                            sha, length, key);
        } else if (is_record) {
            size = snprintf(text, sizeof text,
                            "{\"v\":1,\"type\":\"request.record\",\"body\":{\"event_id\":\"%08lx-%04lx-7%03x-%04x-%012x\","
                            "\"at\":%lu,\"site\":\"shop.example\",\"method\":\"GET\",\"path\":\"/articles/%ld\",\"status\":200,"
                            "\"duration_ms\":12.5,\"bytes\":5120,\"ip\":\"%s\",\"accept_language\":\"en-GB,en;q=0.9\","
                            "\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\"},"
                            "\"id\":\"%ld\"}\n",
                            begun_ms >> 16, begun_ms & 65535, (unsigned)getpid() & 4095, 0x8000, 0, begun_ms, i % 200, ip, i);
        } else {
            size = snprintf(text, sizeof text,
                            "{\"v\":1,\"type\":\"throttle.check\",\"id\":\"%ld\",\"body\":{\"ip\":\"%s\",\"fingerprint\":\"%s\","
                            "\"path\":\"/articles/%ld\"%s}}\n",
                            i, ip, fingerprint, i, dear && i % dear == 0 ? ",\"cost\":100000" : "");
        }
        questions[i] = strdup(text);
        sizes[i] = (size_t)size;
    }
}

static size_t report(char *text, long key) {
    char ip[32], fingerprint[40];
    long number = first + key / 40 * 40;
    name_client(number, ip, fingerprint);
    return (size_t)sprintf(text,
                           "{\"v\":1,\"type\":\"verdict.report\",\"body\":{\"verdict_id\":\"bench-%ld-%ld\","
                           "\"session_id\":\"sess_bench%ld\",\"site\":\"example.org\",\"fingerprint\":\"%s\",\"ip\":\"%s\","
                           "\"class\":\"behavioral_bot\",\"score\":60,\"requests_per_minute\":30,\"error_rate\":0,"
                           "\"request_count\":30,\"at\":%lu}}\n",
                           (long)getpid(), ++reported, number, fingerprint, ip, read_clock(CLOCK_REALTIME) / 1000000);
}

// The last 16 digits of an event id, "8xxx-xxxxxxxxxxxx", from a number: printing each would cost more than sending it.
static void number_event(char *at, uint64_t number) {
    for (int place = 16; place > 4; place--, number >>= 4) at[place] = "0123456789abcdef"[number & 15];
}

static void ask(struct connection *c, uint64_t due) {
    size_t size = 0;
    for (int i = 0; i < depth; i++) {
        memcpy(batch + size, questions[c->key], sizes[c->key]);
        if (is_record) number_event(batch + size + EVENT_ID_AT + COMMON, (uint64_t)asked);
        size += sizes[c->key];
        asked++;
        if (reports && asked % reports == 0) size += report(batch + size, c->key);
        c->key = (c->key + 7919) % keys;
    }
    c->waiting = depth;
    c->sent = due;
    for (size_t done = 0; done < size;) {
        ssize_t count = send(c->fd, batch + done, size - done, MSG_NOSIGNAL);
        if (count <= 0) fail("send");
        done += (size_t)count;
    }
}

// An answer of redis is "*2\r\n:1\r\n…", one of weir a line with "allow":true at a place that the id's length decides, one
// of the site over HTTP a head without a body.
static void count(struct connection *c, const char *text, ssize_t size) {
    const char *end = text + size, *at = text;
    const char *last = is_http ? "\r\n\r\n" : is_redis ? "*" : "\n";
    size_t step = strlen(last);
    while (at < end && (at = memmem(at, (size_t)(end - at), last, step)) != NULL) {
        c->waiting--;
        answers++;
        at += step;
    }
    const char *word = is_http ? "HTTP/1.1 2" : is_record ? "request.recorded" : is_redis ? "*2\r\n:1" : "\"allow\":true";
    size_t length = strlen(word);
    for (at = text; (at = memmem(at, (size_t)(end - at), word, length)) != NULL; at += length) allowed++;
}

static double percentile(double share) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i <= SLOTS; i++) total += histogram[i];
    for (int i = 0; i <= SLOTS; i++) {
        seen += histogram[i];
        if ((double)seen >= share * (double)total) return i / 10.0;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: client weir|redis|http|record SOCKET CONNECTIONS DEPTH SECONDS KEYS [SHA]\n");
        return 64;
    }
    is_redis = strcmp(argv[1], "redis") == 0;
    is_http = strcmp(argv[1], "http") == 0;
    is_record = strcmp(argv[1], "record") == 0;
    begun_ms = read_clock(CLOCK_REALTIME) / 1000000;
    int total = atoi(argv[3]);
    depth = atoi(argv[4]);
    double seconds = atof(argv[5]);
    keys = atol(argv[6]);
    first = setting("FIRST");
    dear = setting("DEAR");
    reports = setting("REPORTS");
    int once = setting("ONCE") != 0;
    uint64_t interval = setting("PACE") ? (uint64_t)depth * 1000000000u / (uint64_t)setting("PACE") : 0;
    make_questions(argc > 7 ? argv[7] : "");
    batch = malloc((size_t)depth * 1024);
    char *answer = malloc(1 << 20);
    struct connection *all = calloc((size_t)total, sizeof *all);
    struct connection **idle = calloc((size_t)total, sizeof *idle);
    int waits = total > 1 || interval, idles = 0, busy = 0;
    int set = epoll_create1(0);
    for (int i = 0; i < total; i++) {
        all[i].fd = connect_to(argv[2]);
        all[i].key = (long)i * 104729 % keys;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (waits && epoll_ctl(set, EPOLL_CTL_ADD, all[i].fd, &event) != 0) fail("epoll");
        idle[idles++] = &all[i];
    }
    prctl(PR_SET_TIMERSLACK, 1);
    uint64_t start = now(), stop = start + (uint64_t)(seconds * 1e9), last = start, due = start;
    while (last < stop && (busy || !once || asked < keys)) {
        uint64_t moment = now();
        while (idles > 0 && (!interval || due <= moment) && (!once || asked < keys)) {
            ask(idle[--idles], interval ? due : moment);
            busy++;
            due += interval;
        }
        uint64_t pause = interval && idles > 0 && due > moment ? due - moment : 1000000000u;
        struct timespec limit = {.tv_sec = (time_t)(pause / 1000000000u), .tv_nsec = (long)(pause % 1000000000u)};
        struct epoll_event events[64];
        int ready = waits ? epoll_pwait2(set, events, 64, &limit, NULL) : 1;
        if (!busy) last = now();
        for (int i = 0; i < ready; i++) {
            struct connection *c = waits ? events[i].data.ptr : all;
            ssize_t size = recv(c->fd, answer, 1 << 20, 0);
            if (size <= 0) fail("recv");
            count(c, answer, size);
            if (c->waiting > 0) continue;
            last = now();
            uint64_t took = (last - c->sent) / 100;
            histogram[took < SLOTS ? took : SLOTS]++;
            idle[idles++] = c;
            busy--;
        }
    }
    printf("%.0f %.1f %.1f %.1f %.4f\n", (double)answers / ((double)(last - start) / 1e9), percentile(0.5),
           percentile(0.99), percentile(0.999), (double)allowed / (double)answers);
    return 0;
}
