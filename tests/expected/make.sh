#!/bin/sh
# make.sh - what tshark (4.0) finds in samples/web-incident.pcapng.gz, under the names thresher's tables have for it.
#
# Run from the top of the tree; writes flows.tsv, http.tsv, dns.tsv and tls.tsv beside this file. The checks only read
# those, they need no tshark. Headings are columns of thresher's tables; rows are sorted as bytes.
set -eu
export LC_ALL=C TZ=UTC
sample=samples/web-incident.pcapng.gz
here=tests/expected
tab=$(printf '\t')

# fields FILTER FIELD...: one line per packet, tabs between.
fields()
{
	filter=$1
	shift
	for f in "$@"; do
		set -- "$@" -e "$f"
		shift
	done
	tshark -r "$sample" -n --enable-protocol communityid -Y "$filter" -T fields "$@" 2> /dev/null
}

# Functions of all the awk programs below: a time as thresher writes it, a duration in nanoseconds.
lib='
function iso(epoch,   part) { split(epoch, part, "."); return strftime("%Y-%m-%dT%H:%M:%S", part[1], 1) "." part[2] "Z" }
function ns(seconds,   part) { split(seconds, part, "."); return part[1] * 1000000000 + part[2] }
BEGIN { FS = "\t"; OFS = "\t" }
'

# write NAME HEADING: sorted rows from stdin.
write()
{
	{ echo "$2" | tr ' ' "$tab"; sort; } > "$here/$1.tsv"
	echo "$1.tsv: $(($(wc -l < "$here/$1.tsv") - 1)) rows"
}

# Streams of TCP and UDP: who sent the first packet is the client.
fields 'tcp || udp' frame.number frame.time_epoch frame.len tcp.stream udp.stream ip.src ipv6.src ip.dst ipv6.dst \
	tcp.srcport udp.srcport tcp.dstport udp.dstport tcp.len udp.length communityid | awk "$lib"'
{
	id = $4 != "" ? "tcp " $4 : "udp " $5
	from = $6 $7 " " $10 $11
	if (!(id in first)) {
		first[id] = $1; begin[id] = iso($2); client[id] = from
		ends[id] = $6 $7 OFS $10 $11 OFS $8 $9 OFS $12 $13
		cid[id] = $16
		order[n++] = id
	}
	side = from == client[id] ? 0 : 1
	packets[id, side]++
	bytes[id, side] += $3
	payload[id, side] += $4 != "" ? $14 : $15 - 8
	last[id] = $1; end[id] = iso($2)
}
END {
	for (i = 0; i < n; i++) {
		id = order[i]
		print first[id], last[id], begin[id], end[id], substr(id, 1, 3), ends[id], packets[id, 0] + 0, packets[id, 1] + 0, \
			bytes[id, 0] + 0, bytes[id, 1] + 0, payload[id, 0] + 0, payload[id, 1] + 0, cid[id]
	}
}' | write flows "first_packet last_packet first last protocol client client_port server server_port client_packets\
 server_packets client_bytes server_bytes client_payload server_payload community_id"

# Requests with their responses. tshark shows a message at its last packet and names the packets of one that has several.
times=$(mktemp)
trap 'rm -f "$times"' EXIT
fields 'tcp' frame.number frame.time_epoch > "$times"
fields 'http.request || http.response' frame.number tcp.segment tcp.srcport http.request.method http.host \
	http.request.uri http.response.code http.request_in http.content_length_header | awk "$lib"'
FILENAME != "-" { time[$1] = iso($2); next }
{
	split($2, segment, ",")
	start = $2 != "" ? segment[1] : $1
}
$4 != "" { seen[n++] = $1; from[$1] = start; port[$1] = $3; method[$1] = $4; host[$1] = $5; uri[$1] = $6 }
$7 != "" { answer[$8] = $1; begun[$8] = start; status[$8] = $7; len[$8] = $9 }
END {
	for (i = 0; i < n; i++) {
		r = seen[i]
		a = answer[r]
		print from[r], r, begun[r], a, time[from[r]], a != "" ? time[a] : "", port[r], method[r], host[r], uri[r], \
			status[r], len[r]
	}
}' "$times" - | write http "request_packet request_last_packet response_packet response_last_packet time end client_port\
 method host target status response_length"

fields 'dns' frame.number frame.time_epoch ip.src udp.srcport ip.dst udp.dstport dns.id dns.qry.name dns.qry.type \
	dns.flags.response dns.flags.rcode dns.response_to dns.time dns.count.answers | awk "$lib"'
BEGIN { type[1] = "A"; type[16] = "TXT"; rcode[0] = "NOERROR"; rcode[3] = "NXDOMAIN"; rcode[5] = "REFUSED" }
function hex(s,   i, x) { x = 0; for (i = 3; i <= length(s); i++) { x = x * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1 } return x }
$10 == 0 { seen[n++] = $1; rest[$1] = iso($2) OFS $3 OFS $4 OFS $5 OFS $6 OFS hex($7) OFS $8 OFS type[$9] }
$10 == 1 { answer[$12] = $1 OFS rcode[$11] OFS ns($13) OFS $14 }
END {
	for (i = 0; i < n; i++) {
		print seen[i], rest[seen[i]], answer[seen[i]] != "" ? answer[seen[i]] : OFS OFS OFS
	}
}' | write dns "query_packet time client client_port server server_port id name type response_packet rcode latency answer_count"

# One session: TLS 1.2 and TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 stand for the numbers 0x0303 and 0xc030 of the server hello.
fields 'tls.handshake.type == 1 || tls.handshake.type == 2' frame.number frame.time_epoch ip.src tcp.srcport ip.dst \
	tcp.dstport tls.handshake.type tls.handshake.extensions_server_name tls.handshake.ja3 tls.handshake.ja3s \
	tls.handshake.version tls.handshake.ciphersuite tls.handshake.extensions_alpn_str | awk "$lib"'
BEGIN { version["0x0303"] = "TLS 1.2"; cipher["0xc030"] = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" }
$7 == 1 { hello = $1 OFS iso($2) OFS $3 OFS $4 OFS $5 OFS $6 OFS $8 OFS $9 OFS $13 }
$7 != 1 { print hello, $1, $10, version[$11], cipher[$12], $13 }
' | write tls "client_hello_packet time client client_port server server_port server_name ja3 alpn_offered\
 server_hello_packet ja3s version cipher alpn"
