// The floor of a fan-out: a loop that write()s a ready frame to each socket, and knows nothing else.
//
//   floor SOCKETS
//
// Prints its port and answers SOCKETS handshakes. Then each line "EVENTS BURST PACE_US SIZE" of its standard input makes
// it write() EVENTS times BURST frames of SIZE bytes to each socket, one call for each delivery, a burst every PACE_US; it
// answers "done". A frame holds t=<CLOCK_MONOTONIC ns>. Ends with its input.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void until(long long ns) {
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)) {}
}

static void make(char *frame, int size) {
    int room = size - 4;
    char *payload = frame + 4;
    frame[0] = (char)0x81, frame[1] = 126, frame[2] = room >> 8, frame[3] = room & 255;
    memset(payload, ' ', room);
    payload[snprintf(payload, room, "{\"op\":\"event\",\"body\":\"t=%lld;\"", now_ns())] = ' ';
    payload[room - 1] = '}';
}

static void deliver(int *fds, int sockets, int events, int burst, int pace, int size) {
    char *frame = malloc(size);
    long long begun = now_ns();
    for (int event = 0; event < events; event++) {
        until(begun + event * pace * 1000LL);
        for (int b = 0; b < burst; b++) {
            make(frame, size);
            for (int i = 0; i < sockets; i++)
                if (write(fds[i], frame, size) != size) { perror("write"); exit(1); }
        }
    }
    free(frame);
    printf("done\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 2) { fprintf(stderr, "floor SOCKETS\n"); return 2; }
    int sockets = atoi(argv[1]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listening = socket(AF_INET, SOCK_STREAM, 0), one = 1, *fds = malloc(sockets * sizeof *fds);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listening, (void *)&address, length) || listen(listening, 4096)) { perror("listen"); return 1; }
    getsockname(listening, (void *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int i = 0; i < sockets; i++) {
        char request[4096];
        const char *hello = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        if ((fds[i] = accept(listening, NULL, NULL)) < 0) { perror("accept"); return 1; }
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (read(fds[i], request, sizeof request) <= 0 || write(fds[i], hello, strlen(hello)) < 0) { perror("handshake"); return 1; }
    }
    char line[200];
    int events, burst, pace, size;
    while (fgets(line, sizeof line, stdin) && sscanf(line, "%d %d %d %d", &events, &burst, &pace, &size) == 4)
        deliver(fds, sockets, events, burst, pace, size);
    return 0;
}
