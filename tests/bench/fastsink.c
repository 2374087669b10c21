/* An SMTP server that takes everything and keeps nothing: as fast as one thread can be, so that a benchmark
 * measures its client, and with a log that can be believed, so that a test may kill the client.
 *
 *     fastsink [-l FILE] [-d MS] [-p]
 *
 * It listens on a free port of 127.0.0.1, says "port N" once it does, and at SIGTERM prints what it took and
 * the CPU that cost as a line of JSON.
 *
 * -l FILE  a line "data ADDRESS" before DATA is answered with 354, and "taken ADDRESS" once a body is complete,
 *          before that is answered. Each is one write(2) to a file opened with O_APPEND.
 * -d MS    so many milliseconds pass between a complete body and its answer.
 * -p       PIPELINING is not offered.
 *
 * Commands and bodies may be cut anywhere and may come several at once (RFC 5321, RFC 2920). Lines end in
 * CRLF and only there; a body ends with CRLF . CRLF.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN = 1 << 17, OUT = 1 << 13, RCPTS = 1 << 13, EVENTS = 256, LINE = 4096 };
enum state { IDLE, MAIL, RCPT, BODY, ANSWERING };

struct peer {
    int fd;
    enum state state;
    bool last; /* close once everything is written */
    size_t used, ready, names;
    int64_t answer_at;         /* ms; while ANSWERING */
    struct peer *next;         /* in the queue of delayed answers, or of peers to be freed */
    char in[IN], out[OUT];
    char rcpts[RCPTS];         /* the accepted recipients, each ended by a newline */
};

static int epoll, log_file = -1;
static int64_t delay;
static bool pipelining = true;
static long long messages, recipients, bytes, connections;
static volatile sig_atomic_t told;
/* Every answer is delayed by the same time, so whoever came first is answered first. */
static struct peer *first, *newest;

static void stop(int number) { (void)number; told = 1; }

static void die(const char *what) { perror(what); exit(1); }

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void say(struct peer *peer, const char *answer) {
    size_t length = strlen(answer);
    if (peer->ready + length > OUT) { /* hundreds of answers unread: no client of ours */
        peer->last = true;
        return;
    }
    memcpy(peer->out + peer->ready, answer, length);
    peer->ready += length;
}

/* Log a line for each recipient of the transaction; the word says what happened. */
static void note(struct peer *peer, const char *word) {
    if (log_file < 0) return;
    static char lines[8 * RCPTS];
    size_t length = 0;
    for (char *name = peer->rcpts, *end; name < peer->rcpts + peer->names; name = end + 1) {
        end = memchr(name, '\n', peer->rcpts + peer->names - name);
        length += snprintf(lines + length, sizeof lines - length, "%s %.*s\n", word, (int)(end - name), name);
    }
    if (write(log_file, lines, length) != (ssize_t)length) die("log");
}

static void close_peer(struct peer *peer) {
    close(peer->fd);
    peer->fd = -1;
    if (peer->state != ANSWERING) free(peer); /* else the queue still knows it */
}

static void watch(struct peer *peer, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = peer};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, peer->fd, &event)) die("epoll_ctl");
}

/* Write what is ready; tell whether the peer is still there. */
static bool flush(struct peer *peer) {
    size_t done = 0;
    while (done < peer->ready) {
        ssize_t wrote = send(peer->fd, peer->out + done, peer->ready - done, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EAGAIN) break;
        if (wrote < 0) return false;
        done += wrote;
    }
    bool waited = done < peer->ready;
    memmove(peer->out, peer->out + done, peer->ready - done);
    peer->ready -= done;
    if (waited) watch(peer, EPOLLIN | EPOLLOUT);
    return waited || !peer->last;
}

static bool is(const char *line, const char *verb) { return !strncasecmp(line, verb, strlen(verb)); }

/* Keep the address between < and >; tell whether there was room. */
static bool keep(struct peer *peer, const char *line, size_t length) {
    const char *from = memchr(line, '<', length), *to = memrchr(line, '>', length);
    if (!from || !to || to < from || peer->names + (to - from) > RCPTS) return false;
    memcpy(peer->rcpts + peer->names, from + 1, to - from - 1);
    peer->names += to - from;
    peer->rcpts[peer->names - 1] = '\n';
    return true;
}

static void command(struct peer *peer, const char *line, size_t length) {
    if (is(line, "MAIL FROM:")) {
        if (peer->state != IDLE) { say(peer, "503 5.5.1 nested MAIL\r\n"); return; }
        peer->state = MAIL;
        peer->names = 0;
        say(peer, "250 2.1.0 fine\r\n");
    } else if (is(line, "RCPT TO:")) {
        if (peer->state != MAIL && peer->state != RCPT) say(peer, "503 5.5.1 MAIL first\r\n");
        else if (!keep(peer, line, length)) say(peer, "452 4.5.3 no room for it\r\n");
        else { peer->state = RCPT; say(peer, "250 2.1.5 fine\r\n"); }
    } else if (is(line, "DATA")) {
        if (peer->state != RCPT) { say(peer, "503 5.5.1 RCPT first\r\n"); return; }
        note(peer, "data");
        peer->state = BODY;
        say(peer, "354 go on\r\n");
    } else if (is(line, "EHLO")) {
        peer->state = IDLE;
        say(peer, "250-fastsink\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
        if (pipelining) say(peer, "250-PIPELINING\r\n");
        say(peer, "250 ENHANCEDSTATUSCODES\r\n");
    } else if (is(line, "HELO") || is(line, "RSET")) {
        peer->state = IDLE;
        say(peer, "250 2.0.0 fine\r\n");
    } else if (is(line, "NOOP")) {
        say(peer, "250 2.0.0 fine\r\n");
    } else if (is(line, "QUIT")) {
        say(peer, "221 2.0.0 bye\r\n");
        peer->last = true;
    } else {
        say(peer, "502 5.5.2 what?\r\n");
    }
}

/* The body is complete: it is taken before anybody is told so. */
static void take(struct peer *peer) {
    note(peer, "taken");
    messages++;
    for (size_t at = 0; at < peer->names; at++) recipients += peer->rcpts[at] == '\n';
    if (!delay) {
        peer->state = IDLE;
        say(peer, "250 2.0.0 taken\r\n");
        return;
    }
    peer->state = ANSWERING;
    peer->answer_at = now() + delay;
    peer->next = NULL;
    if (first) newest->next = peer; else first = peer;
    newest = peer;
}

/* Work through what was read. Of a body only its last four bytes are kept, in which its end may have begun.
 * The CRLF of the line "DATA" counts as the body's: so an empty one, ".", needs no case of its own. */
static void parse(struct peer *peer) {
    char *at = peer->in, *end = peer->in + peer->used, *line_end;
    while (peer->state != ANSWERING && !peer->last) {
        if (peer->state == BODY) {
            char *lf = at, *dot = NULL;
            while (!dot && lf < end && (lf = memchr(lf, '\n', end - lf))) {
                if (lf - at >= 4 && !memcmp(lf - 4, "\r\n.\r", 4)) dot = lf;
                lf++;
            }
            if (!dot) {
                if (end - at > 4) { bytes += end - at - 4; at = end - 4; }
                break;
            }
            bytes += dot + 1 - at;
            at = dot + 1;
            take(peer);
        } else {
            if (!(line_end = memmem(at, end - at, "\r\n", 2))) {
                if (end - at > LINE) { say(peer, "500 5.5.2 line too long\r\n"); peer->last = true; }
                break;
            }
            *line_end = 0;
            command(peer, at, line_end - at);
            *line_end = '\r';
            at = line_end + (peer->state == BODY ? 0 : 2);
        }
    }
    peer->used = end - at;
    memmove(peer->in, at, peer->used);
}

static void readable(struct peer *peer) {
    /* Full only while an answer is delayed: the rest waits in the kernel. */
    if (peer->used == IN) return;
    ssize_t got = recv(peer->fd, peer->in + peer->used, IN - peer->used, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { close_peer(peer); return; }
    peer->used += got;
    parse(peer);
    if (!flush(peer)) close_peer(peer);
    else if (peer->used == IN) watch(peer, 0);
}

/* Give the delayed answers that are due; return how long the next one has to wait in ms, -1 if there is none. */
static int answer(void) {
    int64_t time = now();
    while (first && first->answer_at <= time) {
        struct peer *peer = first;
        first = peer->next;
        if (peer->fd < 0) { free(peer); continue; }
        peer->state = IDLE;
        say(peer, "250 2.0.0 taken\r\n");
        bool full = peer->used == IN;
        parse(peer);
        if (!flush(peer)) close_peer(peer);
        else if (full) watch(peer, EPOLLIN);
    }
    return first ? (int)(first->answer_at - time) : -1;
}

static void welcome(int listener) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = malloc(sizeof *peer);
        if (!peer) die("malloc");
        memset(peer, 0, offsetof(struct peer, in));
        peer->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
        connections++;
        say(peer, "220 fastsink ESMTP\r\n");
        if (!flush(peer)) close_peer(peer);
    }
}

static int listening(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 512)) die("listen");
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **words) {
    for (int option; (option = getopt(count, words, "l:d:p")) != -1;) {
        if (option == 'l') {
            if ((log_file = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0) die(optarg);
        } else if (option == 'd') delay = atoi(optarg);
        else if (option == 'p') pipelining = false;
        else return 2;
    }
    /* Delivered only while it waits, so that none is missed between looking and waiting. */
    sigset_t blocked, open_set;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &open_set);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll");
    int listener = listening();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll_ctl");
    while (!told) {
        int ready = epoll_pwait(epoll, events, EVENTS, answer(), &open_set);
        for (int each = 0; each < ready; each++) {
            struct peer *peer = events[each].data.ptr;
            if (!peer) { welcome(listener); continue; }
            if (events[each].events & EPOLLOUT) {
                watch(peer, EPOLLIN);
                if (!flush(peer)) { close_peer(peer); continue; }
            }
            if (events[each].events & ~EPOLLOUT) readable(peer);
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long long cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    printf("{\"messages\": %lld, \"recipients\": %lld, \"bytes\": %lld, \"connections\": %lld, \"cpu_us\": %lld}\n",
           messages, recipients, bytes, connections, cpu);
    return 0;
}
