"""A command that speaks to its helper and misbehaves at its end of a channel: streams_hostile.py SOCKET WHAT

Takes the oldest offer (push, silent, answer, flood, words), or makes one (give-push, lie, short, hole, some, twins), see streams_hostile.sh.
"""
import array, os, secrets, socket, struct, sys, threading, time

OFFER, ACCEPT, HELLO, STATUS, CHANNEL, RECORD, STATE = 0x51, 0x53, 0x41, 0x42, 0xC7, 0x62, 0x61
BEGIN, DATA, HOLE, FILE, END, RESULT = 1, 2, 3, 4, 5, 8
SOME = struct.pack("<QB", 10, 4) + b"file"
OFFERS = {"some": b"\1" + SOME, "twins": b"\1" + SOME + SOME}


class Helper:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.left, self.passed = b"", []
        self.put(HELLO, struct.pack("<4sHI", b"CHAT", 1, 15))

    def put(self, kind, body=b""):
        self.socket.sendall(struct.pack("<IHH", len(body), kind, 0) + body)

    def get(self):
        while len(self.left) < 8 or len(self.left) < 8 + struct.unpack("<I", self.left[:4])[0]:
            data, control, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(64))
            if not data:
                raise SystemExit("the helper has gone")
            for level, kind, passed in control:
                fds = array.array("i")
                fds.frombytes(passed[: len(passed) // 4 * 4])
                self.passed += list(fds)
            self.left += data
        length, kind, _ = struct.unpack("<IHH", self.left[:8])
        body, self.left = self.left[8 : 8 + length], self.left[8 + length :]
        return kind, body

    def wait_for(self, wanted):
        while True:
            kind, body = self.get()
            if kind == wanted:
                return body
            if kind in (0x60, 0xC6) and body[0 if kind == 0x60 else 16] != 0:
                raise SystemExit(f"refused: {body!r}")


def piece(kind, body=b""):
    return struct.pack("<IBBH", len(body), kind, 0, 0) + body


def blocking():
    """A TCP socket whose close(2) takes its time: nobody reads what is in it."""
    listener = socket.create_server(("127.0.0.1", 0))
    end = socket.create_connection(listener.getsockname())
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
    end.setblocking(False)
    try:
        while True:
            end.send(b"x" * 65536)
    except BlockingIOError:
        pass
    return listener, end


def push(channel, data):
    """Data with a descriptor; on a kernel that refuses it (SO_PASSRIGHTS), the data alone."""
    kept, end = blocking()
    try:
        channel.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [end.fileno()]))])
    except PermissionError:
        print("refused by the kernel", flush=True)
        channel.send(data)
        return kept, end  # ours is the only one: closing it would keep us waiting
    threading.Thread(target=end.close, daemon=True).start()  # waits, if the other side has closed its own before
    return kept


def take(helper):
    helper.put(ACCEPT, struct.pack("<Q", 0))
    helper.wait_for(RECORD)
    return socket.socket(fileno=helper.passed.pop())


def offer(helper, thing):
    helper.put(STATUS)
    state = helper.wait_for(STATE)
    at = 1 + state[0]
    at += 1 + state[at] + 4  # the account, and the uid
    at += 1 + state[at]
    at += 1 + state[at] + 4
    pair = state[at : at + 8]
    helper.put(OFFER, pair + secrets.token_bytes(16) + b"\0" + thing)
    helper.wait_for(CHANNEL)
    return socket.socket(fileno=helper.passed.pop())


def main():
    helper, what = Helper(sys.argv[1]), sys.argv[2]
    channel = take(helper) if what in ("push", "silent", "answer", "flood", "words") else offer(helper, OFFERS.get(what, b"\0hostile"))
    kept = None
    if what == "push":
        kept = push(channel, piece(RESULT, b"\0\xff\xff"))
    elif what == "answer":  # all is well, though nothing was read
        channel.sendall(piece(RESULT, b"\0\xff\xff"))
    elif what == "words":  # as if they were of pchat itself
        channel.sendall(piece(RESULT, b"\x2e\xff\xff" + b'".\npchat: your session has expired; "'))
    elif what == "flood":
        channel.settimeout(5)
        try:
            while True:
                channel.sendall(os.urandom(65536))
        except OSError:
            pass
    elif what == "give-push":
        kept = push(channel, piece(BEGIN, b"\1\0") + piece(DATA, b"abc"))
    elif what == "lie":
        channel.sendall(piece(BEGIN, b"\1\0") + piece(DATA, b"abc") + piece(END, struct.pack("<Q", 4)))
    elif what == "hole":  # in a stream
        channel.sendall(piece(BEGIN, b"\1\0") + piece(HOLE, struct.pack("<Q", 1)) + piece(END, struct.pack("<Q", 1)))
    elif what == "some":  # of a file
        channel.sendall(piece(BEGIN, b"\1\0") + piece(FILE, bytes(4)) + piece(DATA, b"abc"))
    elif what == "short":
        channel.sendall(piece(BEGIN, b"\1\0") + piece(DATA, b"abc"))
        os._exit(0)
    print("ready", flush=True)
    time.sleep(600)
    del kept


main()
