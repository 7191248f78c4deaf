/* The floor of what a DNS query over UDP can cost here: a loop that sends prepared queries, counts answers and does nothing with them.
 *
 *   floor ADDRESS PORT QUESTIONS mmsg|plain IN_FLIGHT [REPEATS]
 *
 * QUESTIONS has one "name TYPE" a line (MX or TXT), as dnsperf reads it. mmsg: sendmmsg and recvmmsg, 64 at a time; plain: send and recv.
 * One connected socket, EDNS with 1232 octets in every query (RFC 6891), the ID is the number of the slot. Prints one JSON line; CPU is
 * getrusage around the loop, without reading the file. Five seconds of silence end the run: what is then out is lost and counted.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { BATCH = 64, MAX_QUERY = 300, MAX_ANSWER = 4096 };

struct query { uint16_t length; uint8_t octets[]; };

static struct query **queries;
static size_t query_count;

static void die(const char *what) { perror(what); exit(1); }

static size_t put_name(uint8_t *at, const char *name)
{
    uint8_t *start = at;
    while (*name) {
        size_t label = strcspn(name, ".");
        if (label == 0 || label > 63) { fprintf(stderr, "bad name\n"); exit(1); }
        *at++ = (uint8_t)label;
        memcpy(at, name, label);
        at += label;
        name += label + (name[label] == '.');
    }
    *at++ = 0;
    return (size_t)(at - start);
}

static void read_questions(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    char name[256], type[16];
    size_t room = 0;
    while (fscanf(file, "%255s %15s", name, type) == 2) {
        uint8_t m[MAX_QUERY] = { 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1 }; /* RD, one question, one additional record */
        size_t n = 12 + put_name(m + 12, name);
        uint16_t number = strcmp(type, "MX") == 0 ? 15 : 16;
        const uint8_t tail[] = { 0, (uint8_t)number, 0, 1, 0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 0 };
        memcpy(m + n, tail, sizeof tail);
        n += sizeof tail;
        if (query_count == room) {
            room = room ? room * 2 : 1 << 16;
            queries = realloc(queries, room * sizeof *queries);
            if (!queries) die("realloc");
        }
        struct query *q = malloc(sizeof *q + n);
        if (!q) die("malloc");
        q->length = (uint16_t)n;
        memcpy(q->octets, m, n);
        queries[query_count++] = q;
    }
    fclose(file);
    if (query_count == 0) { fprintf(stderr, "%s: no questions\n", path); exit(1); }
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv)
{
    if (argc < 6) { fprintf(stderr, "usage: floor ADDRESS PORT QUESTIONS mmsg|plain IN_FLIGHT [REPEATS]\n"); return 2; }
    int batched = strcmp(argv[4], "mmsg") == 0;
    uint32_t window = (uint32_t)atoi(argv[5]);
    uint64_t repeats = argc > 6 ? (uint64_t)atoi(argv[6]) : 1;
    if (window < 1 || window > 65535) { fprintf(stderr, "IN_FLIGHT: 1 to 65535\n"); return 2; }
    read_questions(argv[3]);

    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) die("socket");
    int buffer = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    struct timeval silence = { 5, 0 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2])) };
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) { fprintf(stderr, "%s: not an IPv4 address\n", argv[1]); return 2; }
    if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) die("connect");

    static uint8_t in[BATCH][MAX_ANSWER];
    struct mmsghdr send_batch[BATCH], receive_batch[BATCH];
    struct iovec send_parts[BATCH], receive_parts[BATCH];
    memset(send_batch, 0, sizeof send_batch);
    memset(receive_batch, 0, sizeof receive_batch);
    for (int i = 0; i < BATCH; i++) {
        receive_parts[i] = (struct iovec){ in[i], MAX_ANSWER };
        receive_batch[i].msg_hdr.msg_iov = &receive_parts[i];
        receive_batch[i].msg_hdr.msg_iovlen = 1;
        send_batch[i].msg_hdr.msg_iov = &send_parts[i];
        send_batch[i].msg_hdr.msg_iovlen = 1;
    }

    uint16_t *free_ids = malloc(window * sizeof *free_ids);
    uint8_t *busy = calloc(65536, 1);
    if (!free_ids || !busy) die("malloc");
    for (uint32_t i = 0; i < window; i++) free_ids[i] = (uint16_t)i;
    uint32_t idle = window;

    uint64_t total = query_count * repeats, sent = 0, answered = 0, nxdomain = 0, stray = 0;
    struct rusage before, after;
    struct timespec start, end;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (answered < total) {
        while (idle > 0 && sent < total) {
            int n = 0;
            for (; n < (batched ? BATCH : 1) && idle > 0 && sent < total; n++) {
                struct query *q = queries[sent++ % query_count];
                uint16_t id = free_ids[--idle];
                q->octets[0] = (uint8_t)(id >> 8);
                q->octets[1] = (uint8_t)id;
                busy[id] = 1;
                send_parts[n] = (struct iovec){ q->octets, q->length };
            }
            if (!batched) {
                if (send(fd, send_parts[0].iov_base, send_parts[0].iov_len, 0) < 0) die("send");
                continue;
            }
            for (int done = 0; done < n;) {
                int k = sendmmsg(fd, send_batch + done, (unsigned)(n - done), 0);
                if (k < 0) die("sendmmsg");
                done += k;
            }
        }
        int got;
        if (batched) {
            got = recvmmsg(fd, receive_batch, BATCH, MSG_WAITFORONE, NULL);
        } else {
            ssize_t length = recv(fd, in[0], MAX_ANSWER, 0);
            receive_batch[0].msg_len = length < 0 ? 0 : (unsigned)length;
            got = length < 0 ? -1 : 1;
        }
        if (got < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            if (errno == EINTR) continue;
            die("receive");
        }
        for (int i = 0; i < got; i++) {
            uint16_t id = (uint16_t)(in[i][0] << 8 | in[i][1]);
            if (receive_batch[i].msg_len < 12 || !busy[id]) { stray++; continue; }
            busy[id] = 0;
            free_ids[idle++] = id;
            answered++;
            nxdomain += (in[i][3] & 15) == 3;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    getrusage(RUSAGE_SELF, &after);

    double wall = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    double user = (seconds(after.ru_utime) - seconds(before.ru_utime)) * 1e6 / (double)total;
    double system = (seconds(after.ru_stime) - seconds(before.ru_stime)) * 1e6 / (double)total;
    printf("{\"client\":\"floor-%s\",\"queries\":%llu,\"in_flight\":%u,\"seconds\":%.3f,\"queries_per_second\":%.0f,"
           "\"user_microseconds\":%.4f,\"system_microseconds\":%.4f,\"timeouts\":%llu,\"nxdomain\":%llu,\"stray\":%llu}\n",
           argv[4], (unsigned long long)total, window, wall, (double)answered / wall, user, system,
           (unsigned long long)(sent - answered), (unsigned long long)nxdomain, (unsigned long long)stray);
    return answered == total ? 0 : 1;
}
