"""A daemon that says what no daemon of ours would: strange_daemon.py SOCKET WHAT

WHAT: `welcome` welcomes to another name than the one that asked, with bytes that steer a terminal; `all` has such bytes wherever it has
a word of its own. Says on standard output that it listens, and how each note was answered.
"""
import os, secrets, socket, struct, sys, threading

HELLO, LOGIN, CANCEL, QUIT, WHO, NOTE_ACK, KEPT, ABOUT = 1, 2, 4, 6, 7, 10, 12, 0x15
RESULT, WELCOME, WHO_PAGE, KEPT_PAGE, VERSION, PAIRED, NOTE, IS_AWAY = 0x20, 0x21, 0x22, 0x23, 0x25, 0x80, 0x86, 0x8D
FEATURES = 1 | 2 | 4 | 8 | 16 | 32
STEERS = b"x\xc2\x9b31m"  # U+009B is ESC [ in one
WORSE = b"a\x1b[31m\xc2\x9b31m\xff"  # what is no name may have any bytes
PAIR = 7


def string(text):
    return bytes([len(text)]) + text


def peer(name, account, uid=4321):
    return string(name) + string(account) + struct.pack("<I", uid)


class Connection:
    def __init__(self, end):
        self.end, self.left = end, b""

    def put(self, kind, body=b""):
        self.end.sendall(struct.pack("<IHH", len(body), kind, 0) + body)

    def get(self):
        while len(self.left) < 8 or len(self.left) < 8 + struct.unpack("<I", self.left[:4])[0]:
            data = self.end.recv(65536)
            if not data:
                raise EOFError
            self.left += data
        length, kind, _ = struct.unpack("<IHH", self.left[:8])
        body, self.left = self.left[8 : 8 + length], self.left[8 + length :]
        return kind, body

    def note(self, token, name, account):
        self.put(NOTE, struct.pack("<QB", token, 0) + peer(name, account) + secrets.token_bytes(16) + b"hi there")

    def settled(self):
        self.put(IS_AWAY, struct.pack("<Q", PAIR) + string(WORSE))
        self.note(1, STEERS, b"acct")
        self.note(2, STEERS, b"")
        self.note(3, b"", WORSE)
        self.note(4, b"", STEERS)

    def welcome(self, name):
        if WHAT == "welcome":
            name = STEERS
        self.put(WELCOME, b"\0\0" + peer(name, WORSE) + struct.pack("<I", 10000))
        self.put(PAIRED, struct.pack("<QIB", PAIR, 1, 1) + peer(b"bob", WORSE))

    def answer(self, kind, body):
        if kind == HELLO:
            self.put(HELLO, struct.pack("<4sHI", b"CHAT", 1, FEATURES))
        elif kind == LOGIN:
            self.welcome(body[17 : 17 + body[16]])
        elif kind == CANCEL:
            self.put(RESULT, b"\0")
            self.settled()
        elif kind == NOTE_ACK:
            print("note", struct.unpack("<Q", body[:8])[0], "was answered", body[8], flush=True)
        elif kind == WHO:
            entries = [peer(STEERS, b"eve"), peer(b"carol", WORSE)]
            page = b"".join(e + struct.pack("<BBq", 0, 1, 1764439000000) for e in entries)
            self.put(WHO_PAGE, struct.pack("<IH", 0, len(entries)) + page)
        elif kind == KEPT:
            entries = [secrets.token_bytes(16) + string(n) + struct.pack("<qI", 1764439000000, 5) for n in (STEERS, b"bob")]
            self.put(KEPT_PAGE, struct.pack("<QH", 0, len(entries)) + b"".join(entries))
        elif kind == ABOUT:
            self.put(VERSION, string(WORSE))
        else:
            self.put(RESULT, b"\0")

    def serve(self):
        try:
            while True:
                self.answer(*self.get())
        except (EOFError, OSError):
            self.end.close()


WHAT = sys.argv[2]
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
listener.listen(8)
print("listening", flush=True)
while True:
    threading.Thread(target=Connection(listener.accept()[0]).serve, daemon=True).start()
