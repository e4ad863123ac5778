# Opens TCP connections and makes them vanish: TCP_REPAIR lets the kernel forget a connection without a word to the other end, as
# if the machine had lost its power. Needs CAP_NET_ADMIN.
#   vanish.py PORT COUNT
import socket
import sys

TCP_REPAIR = 19
port, count = int(sys.argv[1]), int(sys.argv[2])
connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
for connection in connections:
    connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    connection.close()
