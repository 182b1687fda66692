// The floor of a fan-out: a loop that write()s a ready frame to each socket, and knows nothing else.
//
//   floor SOCKETS EVENTS BURST PAUSE_US SIZE
//
// Prints its port, answers SOCKETS handshakes, then sends EVENTS times BURST frames of SIZE bytes to each socket, one
// write() for each delivery, with a pause after every burst. Prints {"cpu_s", "sending_s", "deliveries"}: both times
// without the pauses' sleep. A frame holds t=<CLOCK_MONOTONIC ns>. Ends with its standard input.
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

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 6) { fprintf(stderr, "floor SOCKETS EVENTS BURST PAUSE_US SIZE\n"); return 2; }
    int sockets = atoi(argv[1]), events = atoi(argv[2]), burst = atoi(argv[3]), pause = atoi(argv[4]), size = atoi(argv[5]);
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
        const char *answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        if ((fds[i] = accept(listening, NULL, NULL)) < 0) { perror("accept"); return 1; }
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (read(fds[i], request, sizeof request) <= 0 || write(fds[i], answer, strlen(answer)) < 0) { perror("handshake"); return 1; }
    }
    usleep(300000);
    char *frame = malloc(size + 64);
    long long sending = 0;
    double cpu = cpu_s();
    for (int event = 0; event < events; event++) {
        long long begun = now_ns();
        for (int b = 0; b < burst; b++) {
            char *payload = frame + 4;
            int room = size - 4;
            memset(payload, ' ', room);
            int head = snprintf(payload, room, "{\"op\":\"event\",\"body\":\"t=%lld;\"", now_ns());
            payload[head] = ' ';
            payload[room - 1] = '}';
            frame[0] = (char)0x81, frame[1] = 126, frame[2] = room >> 8, frame[3] = room & 255;
            for (int i = 0; i < sockets; i++)
                if (write(fds[i], frame, size) != size) { perror("write"); return 1; }
        }
        sending += now_ns() - begun;
        usleep(pause);
    }
    printf("{\"cpu_s\":%.6f,\"sending_s\":%.6f,\"deliveries\":%lld}\n", cpu_s() - cpu, sending / 1e9, (long long)sockets * events * burst);
    fflush(stdout);
    char rest[64];
    while (read(0, rest, sizeof rest) > 0) {}
    return 0;
}
