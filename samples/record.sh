#!/bin/sh
# samples/record.sh [FILE] - records samples/ticket-office.scap.gz with thresher-capture: system calls and packets of a small story in one
# file. As root, from the top of the tree, after `make`; needs iproute2, python3, curl. See samples/README.md for the story.
#
# Everything happens in two network namespaces and a folder made for it, with a clean environment; only the story's own processes
# are recorded and listed.
set -eu

if [ "${1:-}" = --story ]; then
	# ---- the story, as the recorded command ------------------------------------------------------------------------------------
	visit() { ip netns exec street curl -s -m 5 -o /dev/null "http://tickets.lab:8000$1"; }

	ip netns exec office python3 names.py &
	names=$!
	ip netns exec office python3 prices.py 9000 &
	prices=$!
	ip netns exec office python3 office.py 9000 &
	office=$!
	sleep 1

	# Business as usual; one ticket that nobody sells.
	for i in 1 2 3; do visit /ticket/$i; done
	visit /ticket/99 || true

	# A new version with a typing error in the port of the price service.
	sed 's/9000/9900/' office.conf > office.conf.new
	mv office.conf.new office.conf
	kill $office
	wait $office 2> /dev/null || true
	visit /ticket/1 || true
	ip netns exec office python3 office.py $(sed -n 's/^port=//p' office.conf) &
	office=$!
	sleep 0.7
	visit /ticket/2 || true
	visit /ticket/3 || true

	# Rolled back.
	echo 'port=9000' > office.conf
	kill $office
	wait $office 2> /dev/null || true
	ip netns exec office python3 office.py 9000 &
	office=$!
	sleep 0.7
	visit /ticket/2
	kill $office $prices $names
	exit 0
fi

top=$(pwd)
file=${1:-$top/samples/ticket-office.scap.gz}
rec=${BUILD:-build}/thresher-capture
case $rec in
/*) ;;
*) rec=$top/$rec ;;
esac
lab=/tmp/ticket-office
rm -rf $lab
mkdir -p $lab/tickets
cp "$top/samples/record.sh" $lab/story.sh
clean_up()
{
	ip netns del office 2> /dev/null || true
	ip netns del street 2> /dev/null || true
	rm -rf $lab /etc/netns/street
	rmdir /etc/netns 2> /dev/null || true
}
trap clean_up EXIT
ip netns add office
ip netns add street
ip link add door netns office type veth peer name kerb netns street
ip -n office addr add 10.78.0.2/24 dev door
ip -n street addr add 10.78.0.1/24 dev kerb
for n in office street; do ip -n $n link set lo up; done
ip -n office link set door up
ip -n street link set kerb up
mkdir -p /etc/netns/street
echo 'nameserver 10.78.0.2' > /etc/netns/street/resolv.conf

cd $lab
for i in 1 2 3; do echo "seat $i, row $((i * 7))" > tickets/$i; done
echo 'port=9000' > office.conf
# Answers every question for an IPv4 address with the office's.
cat > names.py << 'P'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.78.0.2", 53))
while True:
    q, who = s.recvfrom(512)
    end = q.index(b"\0", 12) + 5
    a = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton("10.78.0.2") if q[end - 4:end - 2] == b"\0\1" else b""
    s.sendto(q[:2] + b"\x81\x80\0\1\0" + bytes([len(a) > 0]) + b"\0\0\0\0" + q[12:end] + a, who)
P
cat > prices.py << 'P'
import http.server, sys, time
class Prices(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.03)
        text = b"%d EUR\n" % (len(self.path) * 11)
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Prices).serve_forever()
P
cat > office.py << 'P'
import http.client, http.server, sys
log = open("office.log", "a")
class Office(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        log.write("%d %s\n" % (status, self.path))
        log.flush()
    def do_GET(self):
        try:
            ticket = open("tickets/" + self.path.rsplit("/", 1)[-1], "rb").read()
        except OSError:
            return self.answer(404, b"no such ticket\n")
        try:
            c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
            c.request("GET", "/price" + self.path)
            self.answer(200, ticket + c.getresponse().read())
        except OSError as e:
            self.answer(502, str(e).encode() + b"\n")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("10.78.0.2", 8000), Office).serve_forever()
P
cp "$rec" thresher-capture
# The name and the cgroups of the machine it is recorded on are no part of it.
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 unshare -u sh -c '
	hostname reef
	for c in /sys/fs/cgroup /sys/fs/cgroup/*; do
		if [ -e $c/cgroup.procs ]; then echo $$ > $c/cgroup.procs; fi
	done 2> /dev/null
	exec ./thresher-capture --force -w out.scap.gz -z 9 --own-lists -i door -i lo --netns office -- sh story.sh --story'
cp out.scap.gz "$file"
chmod 644 "$file"
ls -l "$file"
