// A crowd of web socket clients in one light process, so that the server is what is measured.
//
//   crowd PORT PATH SUBPROTOCOL HELLO READY PLAN
//
// PLAN is a file with a line for each socket: its bearer token and its topic, each may be "-". SUBPROTOCOL, HELLO (a text
// frame sent after the handshake, for servers that are not ours) and READY (a text whose arrival makes such a socket
// ready) may be "-" too. With a topic the socket subscribes to it in casewire.v1 and checks that the seq of its events
// grows by one each.
//
// Commands come by standard input, a line each; each is answered with a line of JSON:
//   connect|resume FIRST COUNT AT_ONCE SECONDS   with resume: after the epoch and seq held; told to come back, it does
//   drop|stall|read FIRST COUNT                  close; stop reading; read again
//   room FIRST COUNT BYTES                       of the kernel's receive buffer (SO_RCVBUF) from the next connecting on
//   until EVENTS SECONDS                         until so many events came since the last clear
//   counts, clear                                clear forgets counts and arrivals, not what was seen
//   again 0|1                                    whether a socket that the server closes comes back when it was told to
//   arrivals FILE                                write {u32 socket, u32 bytes, i64 mark, i64 at_ns} for each event, and clear
//   sockets FILE                                 write {u32 state, u32 close code, i64 seq, i64 events} for each socket
// A mark is the number behind "t=" in an event. Times are CLOCK_MONOTONIC in ns. Ends with its standard input.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NEW, CONNECTING, SHAKING, JOINING, READY, AWAY, CLOSED, FAILED };  // AWAY: comes back at `again_at`
enum { BUFFER = 4 << 20, EVENTS_AT_ONCE = 1024, CODES = 5000 };

typedef struct {
    int fd;
    unsigned char state, resuming, stalled;
    unsigned short code;
    int room;
    char *token, *topic, epoch[64];
    long long seq, events, again_at;
    unsigned char *kept;  // of a frame that is not whole yet
    size_t kept_size;
} Client;

typedef struct {
    uint32_t socket, bytes;
    int64_t mark, at;
} Arrival;

static Client *clients;
static int count, port, poll_fd;
static const char *path, *subprotocol, *hello, *ready_text;
static unsigned char *buffer;
static Arrival *arrivals;
static size_t arrived, arrivals_room;
static long long events, gaps, repeats, resets, errors, ended, bytes, reads, replayed, came_back, failed;
static int codes[CODES];
static char first_error[400];
static int come_back = 0;

static struct {
    char kind;  // 0: none, c: connecting, u: until events
    int next, last, at_once, resuming, in_flight;
    long long begun, until, wanted;
} job;

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *must(void *pointer) {
    if (!pointer) { perror("memory"); exit(1); }
    return pointer;
}

static void send_frame(Client *c, int opcode, const char *text, size_t size) {
    unsigned char frame[1500];
    size_t head = 2;
    if (size > sizeof frame - 8) return;
    frame[0] = 0x80 | opcode;
    if (size < 126) frame[1] = 0x80 | size;
    else { frame[1] = 0x80 | 126; frame[2] = size >> 8; frame[3] = size & 255; head = 4; }
    memset(frame + head, 0, 4);  // a mask of zeros leaves the payload as it is
    memcpy(frame + head + 4, text, size);
    if (write(c->fd, frame, head + 4 + size) < 0) return;  // the read will tell why
}

static void leave(Client *c, int state) {
    if (c->state == CONNECTING || c->state == SHAKING || c->state == JOINING) job.in_flight--;
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    free(c->kept);
    c->kept = NULL;
    c->kept_size = 0;
    c->state = state;
    if (state == FAILED) failed++;
}

static void begin(Client *c, int resuming) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) { perror("socket"); exit(1); }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->room) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &c->room, sizeof c->room);  // before: it sets the window
    c->state = CONNECTING;
    c->resuming = resuming;
    c->code = 0;
    job.in_flight++;
    struct epoll_event e = {EPOLLIN | EPOLLOUT, {.ptr = c}};
    if (connect(c->fd, (void *)&address, sizeof address) < 0 && errno != EINPROGRESS) { leave(c, FAILED); return; }
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

static void shake(Client *c) {
    char request[1200];
    int size = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n", path, port);
    if (*subprotocol != '-')
        size += snprintf(request + size, sizeof request - size, "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
    if (strcmp(c->token, "-"))
        size += snprintf(request + size, sizeof request - size, "Authorization: Bearer %s\r\n", c->token);
    size += snprintf(request + size, sizeof request - size, "\r\n");
    struct epoll_event e = {EPOLLIN, {.ptr = c}};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->fd, &e);
    c->state = SHAKING;
    if (write(c->fd, request, size) != size) leave(c, FAILED);
}

static void is_ready(Client *c) {
    if (c->state != JOINING) return;
    c->state = READY;
    job.in_flight--;
}

static void upgraded(Client *c) {
    char text[600];
    c->state = JOINING;
    if (*c->topic != '-') {
        int size = c->resuming && *c->epoch
            ? snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"ref\":\"1\",\"topic\":\"%s\",\"after\":{\"epoch\":\"%s\",\"seq\":%lld}}",
                       c->topic, c->epoch, c->seq)
            : snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"ref\":\"1\",\"topic\":\"%s\"}", c->topic);
        send_frame(c, 1, text, size);
    } else if (*hello != '-') send_frame(c, 1, hello, strlen(hello));
    if (*c->topic == '-' && *ready_text == '-') is_ready(c);
}

static long long number_behind(const char *text, size_t size, const char *name) {
    const char *at = memmem(text, size, name, strlen(name));
    return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}

static void remember(Client *c, const char *text, size_t size, long long at) {
    if (arrived == arrivals_room) {
        arrivals_room = arrivals_room ? 2 * arrivals_room : 1 << 16;
        arrivals = must(realloc(arrivals, arrivals_room * sizeof *arrivals));
    }
    arrivals[arrived++] = (Arrival){c - clients, size, number_behind(text, size, "t="), at};
    events++;
    c->events++;
}

static void heard(Client *c, const char *text, size_t size, long long at) {
    if (*c->topic == '-') {
        if (size == 1 && *text == '2') send_frame(c, 1, "3", 1);  // Engine.IO asks whether we live
        else if (c->state == READY && memmem(text, size, "t=", 2)) remember(c, text, size, at);
        else if (c->state == JOINING && memmem(text, size, ready_text, strlen(ready_text))) is_ready(c);
        return;
    }
    if (size > 12 && !memcmp(text, "{\"op\":\"event", 12)) {
        long long seq = number_behind(text, size, "\"seq\":");
        if (seq <= c->seq) repeats++;
        else if (seq != c->seq + 1) gaps++;
        if (seq > c->seq) c->seq = seq;
        remember(c, text, size, at);
    } else if (size > 16 && !memcmp(text, "{\"op\":\"subscribed", 17)) {
        const char *epoch = memmem(text, size, "\"epoch\":\"", 9);
        if (!c->resuming || !*c->epoch) c->seq = number_behind(text, size, "\"seq\":");
        if (epoch) sscanf(epoch + 9, "%63[^\"]", c->epoch);
        replayed += number_behind(text, size, "\"replay\":");
        is_ready(c);
    } else if (size > 12 && !memcmp(text, "{\"op\":\"reset", 12)) resets++;
    else if (size > 12 && !memcmp(text, "{\"op\":\"ended", 12)) ended++;
    else if (size > 12 && !memcmp(text, "{\"op\":\"error", 12)) {
        if (!errors++) snprintf(first_error, sizeof first_error, "%.*s", (int)(size < 300 ? size : 300), text);
    }
}

static void closed(Client *c, const unsigned char *payload, size_t size, long long at) {
    c->code = size >= 2 ? payload[0] << 8 | payload[1] : 1005;
    if (c->code < CODES) codes[c->code]++;
    long long wait = size > 2 ? number_behind((const char *)payload + 2, size - 2, "retry_after_ms=") : -1;
    if (wait >= 0 && come_back && c->code < 4500) {
        leave(c, AWAY);
        c->again_at = at + wait * 1000000;
        came_back++;
    } else leave(c, c->state == READY ? CLOSED : FAILED);
}

static void receive(Client *c) {
    for (;;) {
        if (c->kept_size) memcpy(buffer, c->kept, c->kept_size);
        ssize_t got = read(c->fd, buffer + c->kept_size, BUFFER - 1 - c->kept_size);
        if (got <= 0) {
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
            if (c->state == READY) codes[1006]++;
            if (come_back && c->state == READY) { leave(c, AWAY); c->again_at = now_ns(); came_back++; }
            else leave(c, c->state == READY ? CLOSED : FAILED);
            return;
        }
        long long at = now_ns();
        size_t size = c->kept_size + got, place = 0;
        int whole = size < BUFFER - 1;
        bytes += got;
        reads++;
        buffer[size] = 0;
        if (c->state == SHAKING) {
            unsigned char *end = memmem(buffer, size, "\r\n\r\n", 4);
            if (end) {
                if (memcmp(buffer, "HTTP/1.1 101", 12)) {
                    if (!errors++) snprintf(first_error, sizeof first_error, "%.200s", buffer);
                    leave(c, FAILED);
                    return;
                }
                place = end + 4 - buffer;
                upgraded(c);
            }
        }
        while (c->state >= JOINING && c->fd >= 0 && size - place >= 2) {
            unsigned char *frame = buffer + place;
            size_t length = frame[1] & 127, head = 2;
            if (length == 126) { head = 4; if (size - place < head) break; length = frame[2] << 8 | frame[3]; }
            else if (length == 127) {
                head = 10;
                if (size - place < head) break;
                length = 0;
                for (int i = 2; i < 10; i++) length = length << 8 | frame[i];
            }
            if (length > BUFFER - 20) { fprintf(stderr, "a frame of %zu bytes\n", length); exit(1); }
            if (size - place < head + length) break;
            int opcode = frame[0] & 15;
            unsigned char after = frame[head + length];
            frame[head + length] = 0;
            if (opcode == 1 || opcode == 2) heard(c, (char *)frame + head, length, at);
            else if (opcode == 9) send_frame(c, 10, (char *)frame + head, length);
            else if (opcode == 8) { closed(c, frame + head, length, at); return; }
            frame[head + length] = after;
            place += head + length;
        }
        if (c->fd < 0) return;
        size -= place;
        if (size > c->kept_size) c->kept = must(realloc(c->kept, size));
        if (size) memcpy(c->kept, buffer + place, size);
        else { free(c->kept); c->kept = NULL; }
        c->kept_size = size;
        if (whole) return;
    }
}

static int in_state(int state) {
    int found = 0;
    for (int i = 0; i < count; i++) found += clients[i].state == state;
    return found;
}

static void answer_counts(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"ready\":%d,\"away\":%d,\"events\":%lld,\"gaps\":%lld,\"repeats\":%lld,\"resets\":%lld,\"ended\":%lld,\"errors\":%lld,"
           "\"replayed\":%lld,\"came_back\":%lld,\"failed\":%lld,\"bytes\":%lld,\"reads\":%lld,\"seconds\":%.6f,\"cpu_s\":%.3f,\"closes\":{",
           in_state(READY), in_state(AWAY), events, gaps, repeats, resets, ended, errors, replayed, came_back, failed, bytes, reads,
           (now_ns() - job.begun) / 1e9,
           used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    for (int i = 0, first = 1; i < CODES; i++)
        if (codes[i]) { printf("%s\"%d\":%d", first ? "" : ",", i, codes[i]); first = 0; }
    printf("},\"error\":\"");
    for (char *p = first_error; *p; p++) {
        if (*p == '"' || *p == '\\') putchar('\\');
        if ((unsigned char)*p >= 32) putchar(*p);
    }
    printf("\"}\n");
    fflush(stdout);
}

static void clear(void) {
    events = gaps = repeats = resets = errors = ended = bytes = reads = replayed = came_back = failed = 0;
    arrived = 0;
    memset(codes, 0, sizeof codes);
    *first_error = 0;
    for (int i = 0; i < count; i++) clients[i].events = 0;
}

static void dump(const char *name, int what) {
    FILE *file = fopen(name, "wb");
    if (!file) { perror(name); exit(1); }
    if (what == 'a') {
        fwrite(arrivals, sizeof *arrivals, arrived, file);
        clear();
    } else
        for (int i = 0; i < count; i++) {
            struct { uint32_t state, code; int64_t seq, events; } one = {clients[i].state, clients[i].code, clients[i].seq, clients[i].events};
            fwrite(&one, sizeof one, 1, file);
        }
    fclose(file);
}

static void command(char *line) {
    char word[32] = "", file[500];
    int first = 0, some = 0, at_once = 0, room = 0;
    double seconds = 0;
    long long wanted;
    sscanf(line, "%31s", word);
    job.begun = now_ns();
    if (!strcmp(word, "connect") || !strcmp(word, "resume")) {
        sscanf(line, "%*s %d %d %d %lf", &first, &some, &at_once, &seconds);
        job.kind = 'c', job.next = first, job.last = first + some, job.at_once = at_once, job.resuming = *word == 'r';
        job.until = job.begun + (long long)(seconds * 1e9);
        return;
    }
    if (sscanf(line, "until %lld %lf", &wanted, &seconds) == 2) {
        job.kind = *line, job.wanted = wanted, job.until = job.begun + (long long)(seconds * 1e9);
        return;
    }
    if (sscanf(line, "%*s %d %d %d", &first, &some, &room) >= 2)
        for (int i = first; i < first + some && i < count; i++) {
            Client *c = clients + i;
            struct epoll_event e = {EPOLLIN, {.ptr = c}};
            if (!strcmp(word, "room")) c->room = room;
            else if (!strcmp(word, "drop")) { if (c->fd >= 0) leave(c, CLOSED); c->stalled = 0; }
            else if (!strcmp(word, "stall")) { c->stalled = 1; if (c->fd >= 0) epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, NULL); }
            else if (!strcmp(word, "read")) { c->stalled = 0; if (c->fd >= 0) epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e); }
        }
    else if (!strcmp(word, "again")) come_back = atoi(line + 6);
    else if (!strcmp(word, "clear")) clear();
    else if (sscanf(line, "arrivals %499s", file) == 1) dump(file, 'a');
    else if (sscanf(line, "sockets %499s", file) == 1) dump(file, 's');
    answer_counts();
}

static void go_on(void) {
    static long long looked;
    long long now = now_ns();
    if (come_back && now - looked > 5000000) {
        looked = now;
        for (int i = 0; i < count && job.in_flight < 500; i++)
            if (clients[i].state == AWAY && clients[i].again_at <= now) begin(clients + i, 1);
    }
    if (!job.kind) return;
    int done = now >= job.until;
    if (job.kind == 'c') {
        while (job.next < job.last && job.in_flight < job.at_once) begin(clients + job.next++, job.resuming);
        done |= job.next == job.last && !job.in_flight && !(come_back && in_state(AWAY));
    } else done |= events >= job.wanted;
    if (done) { job.kind = 0; answer_counts(); }
}

int main(int argc, char **argv) {
    if (argc != 7) { fprintf(stderr, "crowd PORT PATH SUBPROTOCOL HELLO READY PLAN\n"); return 2; }
    port = atoi(argv[1]), path = argv[2], subprotocol = argv[3], hello = argv[4], ready_text = argv[5];
    signal(SIGPIPE, SIG_IGN);  // a server may have closed what we write to
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    FILE *plan = fopen(argv[6], "r");
    if (!plan) { perror(argv[6]); return 1; }
    char token[300], topic[300], line[1000];
    while (fscanf(plan, "%299s %299s", token, topic) == 2) {
        clients = must(realloc(clients, (count + 1) * sizeof *clients));
        clients[count++] = (Client){.fd = -1, .token = must(strdup(token)), .topic = must(strdup(topic))};
    }
    fclose(plan);
    buffer = must(malloc(BUFFER));
    poll_fd = epoll_create1(0);
    struct epoll_event input = {EPOLLIN, {.ptr = NULL}}, happened[EVENTS_AT_ONCE];
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &input);
    setvbuf(stdin, NULL, _IONBF, 0);
    answer_counts();
    for (;;) {
        int many = epoll_wait(poll_fd, happened, EVENTS_AT_ONCE, job.kind || come_back ? 5 : 1000);
        for (int i = 0; i < many; i++) {
            Client *c = happened[i].data.ptr;
            if (!c) {
                if (!fgets(line, sizeof line, stdin)) return 0;
                command(line);
            } else if (c->fd < 0) continue;
            else if (c->state == CONNECTING) {
                int error = 0;
                socklen_t size = sizeof error;
                getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
                if (error) leave(c, FAILED);
                else if (happened[i].events & EPOLLOUT) shake(c);
            } else receive(c);
        }
        go_on();
    }
}
