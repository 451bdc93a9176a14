#!/usr/bin/env python3
"""A client of a session's helper, with nothing but Python's standard library.

    client.py SOCKET send TEXT    0: delivered; 75: it may or may not arrive; 1: certainly not delivered
    client.py SOCKET read         prints what is unread, and marks it read

$TIMEOUT (5) is how many seconds to wait for the helper. SOCKET is NAME.sock, mostly in
$XDG_RUNTIME_DIR/pchat; docs/PROTOCOL.md ("Control socket") has all that goes over it.
"""
import os, secrets, socket, struct, sys

MSG, ACK, HELLO, READ, DONE, RECORD, READ_END = 0x10, 0x11, 0x41, 0x48, 0x49, 0x62, 0x63
HELD, READY, ENDED, BYE = 0xC0, 0xC1, 0xC2, 0xC4
NOTES_FEATURE, READ_NOTES, UNCONFIRMED, STALE = 2, 8, 17, 25


class Helper:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(float(os.environ.get("TIMEOUT", 5)))
        self.socket.connect(path)
        self.replies = self.socket.makefile("rb")
        self.put(HELLO, struct.pack("<4sHI", b"CHAT", 1, NOTES_FEATURE))

    def put(self, kind, body):
        self.socket.sendall(struct.pack("<IHH", len(body), kind, 0) + body)

    def get(self):
        header = self.replies.read(8)
        length, kind, _ = struct.unpack("<IHH", header) if len(header) == 8 else (0, BYE, 0)
        if kind == BYE:
            raise ConnectionError("the helper has ended; any command of pchat starts it again")
        return kind, self.replies.read(length)

    def send(self, text):
        """The verdict, by its number in PROTOCOL.md. An exception says that the message may or may not arrive."""
        message, pair, generation, held = secrets.token_bytes(16) + text, 0, 0, False
        self.put(MSG, struct.pack("<QII", pair, generation, 0) + message)
        while True:
            kind, body = self.get()
            if kind in (HELD, READY):
                pair, latest, _ = struct.unpack("<QII", body)
                if kind == READY and (held or latest != generation):  # what was on the way was dropped: once more
                    self.put(MSG, struct.pack("<QII", pair, latest, 0) + message)
                generation, held = latest, kind == HELD
            elif kind in (ACK, ENDED):
                return body[-1]

    def read(self):
        """Each unread message and note: from whom, and its bytes. It is marked read when the caller asks for more."""
        more = True
        while more:
            self.put(READ, struct.pack("<BIQ", READ_NOTES, 0, 0))
            while (reply := self.get())[0] == RECORD:
                body = reply[1]
                name_end = 19 + body[18]  # the peer's name; then its account, its uid, and the message's id
                account_end = name_end + 1 + body[name_end]
                if body[8] in (0, 8):  # a message, a note
                    yield body[19:name_end] or body[name_end + 1 : account_end], body[account_end + 20 :]
            _, more, last, _ = struct.unpack("<I?QB", reply[1])
            if last:
                self.put(DONE, struct.pack("<Q?", last, False))
                self.get()


def main():
    helper = Helper(sys.argv[1])  # or there is none (1)
    if sys.argv[2] == "read":
        for whose, text in helper.read():
            # repr: what others wrote may hold bytes that move the cursor
            print(os.fsdecode(whose), repr(text), flush=True)
        return 0
    try:
        verdict = helper.send(os.fsencode(sys.argv[3]))
    except OSError as error:
        print(error, file=sys.stderr)
        return 75
    print("verdict", verdict, file=sys.stderr)
    return 75 if verdict in (UNCONFIRMED, STALE) else 1 if verdict else 0


if __name__ == "__main__":
    sys.exit(main())
