/*
 * udp_self.c - ten datagrams over the loopback interface to a socket of its own: packets and calls without any server.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char data[16];

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		perror("udp_self");
		return 1;
	}
	for (int i = 0; i < 10; i++) {
		if (sendto(fd, "datagram", 8, 0, (struct sockaddr *)&a, sizeof(a)) != 8 ||
		    recv(fd, data, sizeof(data), 0) != 8) {
			perror("udp_self");
			return 1;
		}
	}
	return 0;
}
