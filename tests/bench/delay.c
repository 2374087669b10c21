/* A proxy that makes loopback as long as the Internet: what comes in goes out so many milliseconds later, in
 * both directions. tc could do it too, but only for root and for the whole machine.
 *
 *     delay MS PORT
 *
 * It listens on a free port of 127.0.0.1, says "port N" once it does, and passes every connection on to PORT.
 * MS is one way: 20 make a round trip of 40 ms. Opening a connection is not delayed, its first bytes are.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 1 << 16, UNDER_WAY = 1 << 22, EVENTS = 256 };

/* One end of a connection; bytes read here are written to the other end. It is never freed: a benchmark opens
 * some hundred, and so nothing can point to one that is gone. */
struct end {
    int fd;
    struct end *other;
    struct piece *waiting, *newest; /* due, but the kernel's buffer is full */
    size_t under_way;               /* bytes read here that were not written yet */
    bool full;                      /* there was more to read than may be under way */
    bool finished, shut, broken;    /* read to its end, written to its end, closed */
};

struct piece {
    struct piece *next;
    struct end *to;
    int64_t due; /* µs */
    size_t length, done; /* a length of 0 is the end of the stream */
    char bytes[];
};

static int epoll;
static int64_t delay; /* µs */
static struct piece *line, *newest; /* everything has the same way to go: in the order of arrival */
static char buffer[PIECE];

static void die(const char *what) { perror(what); exit(1); }

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void break_off(struct end *end) {
    if (end->broken) return;
    end->broken = end->other->broken = true;
    close(end->fd);
    close(end->other->fd);
}

/* Read until there is nothing more: edge-triggered, the kernel tells of each arrival once. */
static void read_from(struct end *end) {
    while (!end->broken && !end->finished) {
        if ((end->full = end->under_way >= UNDER_WAY)) return;
        ssize_t got = recv(end->fd, buffer, PIECE, MSG_DONTWAIT);
        if (got < 0) {
            if (errno != EAGAIN) break_off(end);
            return;
        }
        struct piece *piece = malloc(sizeof *piece + got);
        if (!piece) die("malloc");
        *piece = (struct piece){.to = end->other, .due = now() + delay, .length = got};
        memcpy(piece->bytes, buffer, got);
        end->finished = !got;
        end->under_way += got;
        if (line) newest->next = piece; else line = piece;
        newest = piece;
    }
}

/* Write a piece as far as the kernel takes it; tell whether all of it went. */
static bool write_piece(struct end *to, struct piece *piece) {
    if (!piece->length) {
        shutdown(to->fd, SHUT_WR);
        to->shut = true;
        if (to->other->shut) break_off(to);
        return true;
    }
    size_t left = piece->length - piece->done;
    ssize_t wrote = send(to->fd, piece->bytes + piece->done, left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote < 0 && errno != EAGAIN) break_off(to);
    if (wrote > 0) {
        piece->done += wrote;
        to->other->under_way -= wrote;
    }
    return piece->done == piece->length;
}

static void write_to(struct end *to) {
    while (!to->broken && to->waiting && write_piece(to, to->waiting)) {
        struct piece *done = to->waiting;
        to->waiting = done->next;
        free(done);
    }
    if (to->other->full) read_from(to->other);
}

/* Pass on what has been under way for long enough; return the ms until the next piece is due, -1 for none. */
static int pass_on(void) {
    for (int64_t time = now(); line && line->due <= time;) {
        struct piece *piece = line;
        struct end *to = piece->to;
        line = piece->next;
        piece->next = NULL;
        if (to->broken) {
            free(piece);
            continue;
        }
        if (to->waiting) to->newest->next = piece; else to->waiting = piece;
        to->newest = piece;
        write_to(to);
    }
    if (!line) return -1;
    /* Passing on takes time as well: the next piece may be overdue by now, and less than 0 would be for ever. */
    int64_t left = line->due - now();
    return left > 0 ? (int)((left + 999) / 1000) : 0;
}

static void add(struct end *end) {
    int yes = 1;
    setsockopt(end->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = end};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, end->fd, &event)) die("epoll_ctl");
}

static void welcome(int listener, const struct sockaddr_in *target) {
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
        int far = socket(AF_INET, SOCK_STREAM, 0);
        if (far < 0 || connect(far, (const struct sockaddr *)target, sizeof *target)) {
            close(far);
            close(fd);
            continue;
        }
        struct end *one = calloc(1, sizeof *one), *two = calloc(1, sizeof *two);
        if (!one || !two) die("calloc");
        *one = (struct end){.fd = fd, .other = two};
        *two = (struct end){.fd = far, .other = one};
        add(one);
        add(two);
    }
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int main(int count, char **words) {
    if (count != 3) return 2;
    delay = atoi(words[1]) * 1000LL;
    struct sockaddr_in target = loopback(atoi(words[2])), here = loopback(0);
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, length) || listen(listener, 512)) die("listen");
    getsockname(listener, (struct sockaddr *)&here, &length);
    printf("port %d\n", ntohs(here.sin_port));
    fflush(stdout);
    if ((epoll = epoll_create1(0)) < 0) die("epoll");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll_ctl");
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, pass_on());
        for (int each = 0; each < ready; each++) {
            struct end *end = events[each].data.ptr;
            if (!end) {
                welcome(listener, &target);
                continue;
            }
            write_to(end);
            read_from(end);
        }
    }
}
