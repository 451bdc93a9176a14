/*
 * Delivery (D1-D3, R8, R9) as a model for spin(1): two commands, two helpers,
 * the daemon, bob's disk, and everything that may happen to them.
 *
 *   Client 0 ──c2h──► Helper A ──a2d──► Daemon ──d2b──► Helper B ──► disk
 *   Client 1 ◄──h2c──          ◄──d2a──        ◄──b2d──
 *
 * Client 0 sends a stream of N messages from alice to bob, under pair BOB. When it ends
 * unconfirmed (75), client 1 sends the same ids again. Meanwhile, in any order and at
 * any moment: each process is killed and started again, each connection is cut,
 * the machine loses power, bob's disk refuses, fails in fsync, either side leaves, bob
 * moves on to somebody else, a grace ends, and carol pairs with alice (CAROL).
 *
 * A channel outlives its writer: the reader drains it before it sees the end of
 * file. Channels of a connection that nobody will read again are emptied at once. Whatever is forgotten
 * is set to 0, so that equal states look equal.
 *
 * What must hold, whatever happens:
 *   delivered  a message that a command counts as acknowledged is on bob's disk
 *   once       no message is stored twice
 *   in order   none is stored before its predecessor: no gap
 *   certain    a message that was certainly refused is not stored, nor ever will be
 *   private    no message reaches anybody but the partner that its stream began with
 *
 * Each switch is a deliberate mistake, which run.sh demands to be caught. WITNESS_x make
 * a good thing an error, to show that the model gets there; PATIENT takes the
 * time limit away, to show that every command comes to an end.
 */

#ifndef N
#define N 2         /* messages of the stream */
#endif
#ifndef FAULTS
#define FAULTS 2    /* kills, cuts and power losses */
#endif
#ifndef REFUSALS
#define REFUSALS 1  /* failures of bob's disk, or of its limits */
#endif

#define NONE 255
#define BOB 1   /* pairs */
#define CAROL 2

mtype = {
	MSG, OK, FULL, UNSURE,                   /* a message, and how it ended */
	NOBODY, PAIRED, ENDED, MOVED, LOST, BACK, /* daemon to helper A */
	HELD, READY, REFUSED,                    /* helper A to its commands */
	LEAVE
};

chan c2h[2] = [N] of { byte, byte, byte };        /* message, generation, pair (0: any) */
chan h2c[2] = [12] of { mtype, byte, byte };       /* type, message or generation, forwarded or pair */
chan a2d = [12] of { mtype, byte, byte, byte, byte }; /* type, message, pair, epoch, behind */
chan d2a = [12] of { mtype, byte, byte, byte };
chan d2b = [12] of { byte, byte, byte };           /* message, epoch, behind; the pair is BOB */
chan b2d = [12] of { mtype, byte, byte };          /* type, message, epoch */
chan underway = [8] of { byte, byte, byte };      /* helper A's runs: client, generation, message */

/* Bob's disk. */
byte stored;   /* messages 0 to stored - 1 are on it, once and in order */
bool lingers;  /* the next one too, perhaps: its commit failed in fsync, its bytes are in the log */

/* What was promised. */
byte certain = NONE; /* this message and all after it are certainly not delivered */
byte partner;        /* the pair under which the stream began */

/* Budgets of the world. */
byte faults = FAULTS;
byte refusals = REFUSALS;
bool carol_came;

/* Commands. */
bool running[2], hangup[2]; /* hangup: the helper died, its end is closed */
bool again;      /* client 0 ended unconfirmed: send the same ids again, --to bob */
bool resent;

/* Helper A: one courier. */
bool a_link = true; /* logged in */
bool a_eof;      /* the daemon's end is closed */
bool known = true;      /* since the login: whether there is a pair */
bool open = true;
byte a_pair = BOB, a_epoch = 1;
bool attached[2], held[2];
byte gen[2], inflight[2], to_pair[2];
byte ago[2];     /* messages that went since the latest of this client, while one of it is under way */

/* Helper B. */
bool b_link = true, b_eof, leaving;
mtype answer;    /* to be sent for message last under last_epoch; 0: none */
byte last, last_epoch;
byte refused;    /* the messages that arrived last, the latest in bit 0: whether each was refused */
#define REMEMBERED 15 /* a message is at most 4 behind the one before it: 2 clients, N messages each */

/* The daemon. The pair is in the registry too, and survives. */
bool a_online = true, b_online = true, a_gone, b_gone; /* x_gone: the helper's end is closed */
byte pair = BOB, epoch = 1;

inline drain2(c) { do :: nempty(c) -> c?_,_ :: empty(c) -> break od; skip }
inline drain3(c) { do :: nempty(c) -> c?_,_,_ :: empty(c) -> break od; skip }
inline drain4(c) { do :: nempty(c) -> c?_,_,_,_ :: empty(c) -> break od; skip }
inline drain5(c) { do :: nempty(c) -> c?_,_,_,_,_ :: empty(c) -> break od; skip }

/* --- the disk --- */

inline store(m)
{
	assert(m == stored);  /* once; in order, no gap */
	assert(m < certain);  /* certain */
	stored++
}

/* A process that opens the log anew takes in what is whole in it. */
inline recover()
{
	if
	:: lingers -> store(stored)
	:: true
	fi;
	lingers = false
}

/* --- helper A: the courier --- */

inline tell(i, type, x, y)
{
	if
	:: running[i] -> assert(nfull(h2c[i])); h2c[i]!type(x, y)
	:: else
	fi
}

inline to_daemon(type, m, p, e, b)
{
	if
	:: !a_eof -> assert(nfull(a2d)); a2d!type(m, p, e, b)
	:: else
	fi
}

/* What went upstream may be lost, or not: the client is to wait. */
inline hold(i)
{
	if
	:: attached[i] && inflight[i] > 0 ->
		gen[i]++;
#ifdef HELD_FORGETS
		tell(i, HELD, gen[i], 0);
#else
		tell(i, HELD, gen[i], inflight[i]);
#endif
		held[i] = true;
		inflight[i] = 0; ago[i] = 0
	:: else
	fi
}

inline blocked()
{
	open = false;
	hold(0); hold(1);
	drain3(underway)
}

inline ready1(i)
{
	if
	:: attached[i] && held[i] ->
		held[i] = false; to_pair[i] = a_pair;
		tell(i, READY, gen[i], a_pair)
	:: else
	fi
}

/* The end of a pair, for a client that talked to it, or waits for any. */
inline end1(i)
{
	if
	:: attached[i] && (to_pair[i] != 0 && to_pair[i] != a_pair || to_pair[i] == 0 && held[i] && a_pair == 0) ->
		tell(i, ENDED, 0, 0);
		gen[i]++;
		held[i] = false;
		inflight[i] = 0; ago[i] = 0
	:: else
	fi
}

inline ended()
{
	a_pair = 0;
	a_epoch = 0;
	open = false;
	end1(0); end1(1);
	drain3(underway)
}

inline unlink_a()
{
	drain4(d2a); drain5(a2d);
	a_link = false; a_eof = false; known = false;
	blocked()
}

#ifdef ANY_PAIR
#define STRANGER(i) false
#else
#define STRANGER(i) (to_pair[i] != 0 && to_pair[i] != a_pair)
#endif

inline step(j)
{
	if
	:: inflight[j] > 0 && ago[j] < 3 -> ago[j]++
	:: else
	fi
}

inline offer(i)
{
	c2h[i]?m,g,p;
	if
	:: to_pair[i] == 0 -> to_pair[i] = p
	:: else
	fi;
	if
#ifndef GEN_IGNORED
	:: g != gen[i] -> skip
#endif
	:: else ->
		if
		:: !known || a_pair != 0 && !STRANGER(i) && !open ->
			gen[i]++; held[i] = true;
			tell(i, HELD, gen[i], 0)
		:: known && (a_pair == 0 || STRANGER(i)) ->
			tell(i, REFUSED, m, 0);
#ifndef REFUSED_GOES_ON
			gen[i]++
#endif
#ifndef FORWARDS_FOR_THE_DEAD
		:: known && a_pair != 0 && !STRANGER(i) && open && to_pair[i] == 0 && !running[i] ->
			skip /* READY cannot be told: nobody vouches for the pair */
#endif
		:: else ->
			if
			:: to_pair[i] == 0 -> to_pair[i] = a_pair; tell(i, READY, gen[i], a_pair)
			:: else
			fi;
			assert(nfull(underway));
			underway!i,gen[i],m;
			/* which message under way is the one before: 1: none; 2: the latest that went; and so on */
			b = (inflight[i] > 0 -> 2 + ago[i] : 1);
			inflight[i]++;
			step(0); step(1);
			ago[i] = 0;
			to_daemon(MSG, m, a_pair, a_epoch, b)
		fi
	fi;
	g = 0; m = 0; p = 0; b = 0
}

/* An acknowledgement: for the oldest run, if it is its turn. */
inline answered(type, m)
{
	if
	:: underway?[i,g,eval(m)] ->
		underway?i,g,_;
		if
		:: attached[i] && g == gen[i] ->
			inflight[i]--;
			if
			:: inflight[i] == 0 -> ago[i] = 0
			:: else
			fi;
			tell(i, type, m, 0);
			if
#ifndef REFUSED_GOES_ON
			:: type != OK -> gen[i]++; inflight[i] = 0; ago[i] = 0
#endif
			:: else
			fi
		:: else
		fi
	:: else
	fi
}

proctype HelperA()
{
	byte i, g, m, p, e, b;
	mtype t;

end:	do
	:: atomic { a_link && a_eof -> d_step { unlink_a() } }

	:: atomic { nempty(c2h[0]) -> d_step { offer(0) } }
	:: atomic { nempty(c2h[1]) -> d_step { offer(1) } }
	:: d_step { attached[0] && !running[0] && empty(c2h[0]) ->
		attached[0] = false; held[0] = false; gen[0] = 0; inflight[0] = 0; ago[0] = 0; to_pair[0] = 0 }
	:: d_step { attached[1] && !running[1] && empty(c2h[1]) ->
		attached[1] = false; held[1] = false; gen[1] = 0; inflight[1] = 0; ago[1] = 0; to_pair[1] = 0 }

	:: atomic { nempty(d2a) -> d_step {
		d2a?t,m,p,e;
		if
		:: t == PAIRED ->
			a_pair = p; a_epoch = e; known = true; open = m;
			end1(0); end1(1);
			if
			:: open -> ready1(0); ready1(1)
			:: else
			fi
		:: t == NOBODY -> known = true; ended()
		:: t == LOST && p == a_pair -> blocked()
		:: t == BACK && p == a_pair ->
			/* without LOST before it when a new connection replaced the old one */
			blocked();
			a_epoch = e; open = true;
			ready1(0); ready1(1)
#ifdef MOVED_IS_CERTAIN
		:: (t == ENDED || t == MOVED) && p == a_pair -> ended()
#else
		:: t == ENDED && p == a_pair -> ended()
		:: t == MOVED && p == a_pair -> hold(0); hold(1); ended()
#endif
#ifdef ACK_EPOCH_IGNORED
		:: (t == OK || t == FULL || t == UNSURE) && p == a_pair -> answered(t, m)
#else
		:: (t == OK || t == FULL || t == UNSURE) && p == a_pair && e == a_epoch -> answered(t, m)
#endif
		:: else
		fi;
		t = 0; i = 0; g = 0; m = 0; p = 0; e = 0 } }

	/* alice leaves */
	:: atomic { a_link && a_pair == BOB -> d_step {
		to_daemon(LEAVE, 0, 0, 0, 0);
#ifndef OWN_LEAVE_IS_CERTAIN
		hold(0); hold(1);
#endif
		ended() } }
	od
}

/* --- helper B --- */

inline to_daemon_b(type, m, e)
{
	if
	:: !b_eof -> assert(nfull(b2d)); b2d!type(m, e)
	:: else
	fi
}

inline unlink_b()
{
	drain3(d2b); drain3(b2d);
	b_link = false; b_eof = false; leaving = false;
	answer = 0; last = 0; last_epoch = 0
}

proctype HelperB()
{
	byte m, e, b;

end:	do
	:: atomic { b_link && b_eof -> d_step { unlink_b() } }

	:: atomic { answer == 0 && nempty(d2b) ->
		d2b?m,e,b;
		refused = (refused << 1) & (2 * REMEMBERED);
		if
#ifndef STORE_AFTER_LEAVE
		:: leaving
#endif
		:: else ->
			last = m; last_epoch = e;
			if
#ifdef NO_DEDUP
			:: false
#elif defined(NEW_ID_ON_RETRY)
			:: m < stored && !resent -> answer = OK
#else
			:: m < stored -> answer = OK
#endif
#ifndef GAP_AFTER_REFUSAL
			:: m >= stored && b > 1 && (refused >> (b - 1)) & 1 -> answer = (lingers -> UNSURE : FULL); refused = refused | 1
#endif
			:: else ->
				if
#ifdef ACK_BEFORE_COMMIT
				:: to_daemon_b(OK, m, e); answer = MSG
#else
				:: store(m); lingers = false; answer = OK
#endif
				:: refusals > 0 -> /* the disk, or the inbox, is full */
					refusals--; refused = refused | 1;
					answer = (lingers -> UNSURE : FULL)
#ifdef ACK_FROM_MEMORY
				:: refusals > 0 -> /* rolled back, but remembered as known */
					refusals--; answer = OK
#endif
				:: refusals > 0 && m == stored -> /* fsync failed */
					refusals--; refused = refused | 1; lingers = true;
#ifdef REFUSES_WHAT_LINGERS
					answer = FULL
#else
					/* another transaction writes over it, or fails as well */
					if
					:: lingers = false; answer = FULL
					:: answer = UNSURE
					fi
#endif
				fi
			fi
		fi;
		m = 0; e = 0; b = 0 }

#ifdef ACK_BEFORE_COMMIT
	:: atomic { answer == MSG -> store(last); answer = 0; last = 0; last_epoch = 0 }
#endif
	:: atomic { answer != 0 && answer != MSG -> d_step {
		to_daemon_b(answer, last, last_epoch);
		answer = 0; last = 0; last_epoch = 0 } }

	/* bob leaves: all is committed and acknowledged; nothing more is stored */
	:: d_step { b_link && !b_eof && answer == 0 && !leaving && pair == BOB ->
		leaving = true;
		to_daemon_b(LEAVE, 0, 0) }
	od
}

/* --- the daemon --- */

inline to_a(type, m, p, e)
{
	if
	:: a_online && a_link && !a_eof -> assert(nfull(d2a)); d2a!type(m, p, e)
	:: else
	fi
}

inline b_lost()
{
	b_online = false;
	if
	:: pair == BOB -> to_a(LOST, 0, BOB, 0)
	:: else
	fi
}

proctype Daemon()
{
	byte m, p, e, b;
	mtype t;

end:	do
	/* a helper resumes; if its old connection is still there, what that holds is void */
	:: atomic { !a_link -> d_step {
		drain5(a2d); a_gone = false;
		a_link = true; a_online = true; epoch++;
		if
		:: pair == 0 -> to_a(NOBODY, 0, 0, 0)
		:: pair == BOB -> to_a(PAIRED, b_online, BOB, epoch)
		:: pair == CAROL -> to_a(PAIRED, true, CAROL, epoch)
		fi } }
	:: atomic { !b_link -> d_step {
		drain3(b2d); b_gone = false;
		b_link = true; b_online = true; epoch++;
		if
		:: pair == BOB -> to_a(BACK, 0, BOB, epoch)
		:: else
		fi } }

	:: d_step { a_gone && empty(a2d) -> a_gone = false; a_online = false }
	:: atomic { b_gone && empty(b2d) -> d_step { b_gone = false; b_lost() } }

	:: atomic { nempty(a2d) -> d_step {
		a2d?t,m,p,e,b;
		if
		:: t == LEAVE ->
			if
			:: pair == BOB -> pair = 0
			:: else
			fi
		:: t == MSG && p != pair -> skip /* NOT_PAIRED; ENDED was told before */
#ifdef GAP_ACCEPTED
		:: t == MSG && p == pair ->
#else
		:: t == MSG && p == pair && e == epoch ->
#endif
			if
			:: partner == 0 -> partner = p
			:: else
			fi;
			assert(p == partner); /* private */
			if
			:: p == BOB && b_online && b_link && !b_eof -> assert(nfull(d2b)); d2b!m,e,b
			:: else
			fi
		:: else /* of an earlier epoch */
		fi;
		t = 0; m = 0; p = 0; e = 0; b = 0 } }

	:: atomic { nempty(b2d) -> d_step {
		b2d?t,m,e;
		if
		:: t == LEAVE ->
			if
			:: pair == BOB -> pair = 0; to_a(ENDED, 0, BOB, 0)
			:: else
			fi
#ifdef ACK_EPOCH_IGNORED
		:: t != LEAVE && pair == BOB -> to_a(t, m, BOB, e)
#else
		:: t != LEAVE && pair == BOB && e == epoch -> to_a(t, m, BOB, e)
#endif
		:: else
		fi;
		t = 0; m = 0; e = 0 } }

	/* the grace of either ends */
	:: d_step { pair == BOB && !b_online -> pair = 0; to_a(ENDED, 0, BOB, 0) }
	:: d_step { pair == BOB && !a_online -> pair = 0 }
	/* bob's `to X` or `to X --wait` takes effect: his helper learns of it later */
	:: d_step { pair == BOB && b_online -> pair = 0; to_a(MOVED, 0, BOB, 0) }
#ifndef PATIENT /* (she has no inbox here, and would keep a command waiting for ever) */
	/* carol's `to alice` */
	:: d_step { pair == 0 && !carol_came ->
		carol_came = true; pair = CAROL; to_a(PAIRED, true, CAROL, epoch) }
#endif
	od
}

/* --- a command --- */

inline finish(unsure)
{
	running[id] = false;
	hangup[id] = false;
	drain3(h2c[id]);
	if
	:: (unsure) && id == 0 -> again = true
#ifdef RETRY_IS_CERTAIN
	:: !(unsure) && acked < N -> certain = acked
#else
	/* of a repeated id only the receiver knows: client 1 claims nothing */
	:: !(unsure) && id == 0 && acked < N -> certain = acked
#endif
	:: else
	fi;
	if
	:: certain != NONE -> assert(stored <= certain)
	:: else
	fi;
	acked = 0; sent = 0; uncertain = 0; g = 0; waits = false; mine = 0
}

#ifdef CERTAIN_AFTER_RESET
#define UNCERTAIN false
#else
#define UNCERTAIN (acked < uncertain)
#endif

inline disconnected()
{
	if
	:: sent > uncertain -> uncertain = sent
	:: else
	fi;
	sent = acked; g = 0; waits = false;
	hangup[id] = false; attached[id] = true; /* to the next one */
#ifdef PAIR_FORGOTTEN
	mine = 0;
#endif
	drain3(h2c[id])
}

proctype Client(byte id)
{
	byte acked, sent, uncertain, g, mine;
	byte x, y;
	bool waits;
	mtype t;

	if
	:: id == 1 -> atomic { again && !running[0] -> again = false; running[1] = true; attached[1] = true;
#ifndef RETRY_TO_ANYBODY
		mine = BOB;
#endif
#ifndef RETRY_IS_CERTAIN
		uncertain = N;
#endif
#ifdef NEW_ID_ON_RETRY
		resent = true
#endif
	   }
	:: id == 0
	fi;

#ifndef PATIENT
end:
#endif
	do
	:: atomic { !running[id] -> break }

	:: d_step { running[id] && !hangup[id] && !waits && sent < N && nfull(c2h[id]) ->
		c2h[id]!sent,g,mine;
		sent++ }

	:: atomic { running[id] && nempty(h2c[id]) -> d_step {
		h2c[id]?t,x,y;
		if
		:: t == OK && x == acked ->
			acked++;
			assert(stored >= acked); /* delivered */
			if
			:: acked == N ->
				finish(false);
#ifdef WITNESS_DELIVERED
				assert(faults > 0);
#endif
			:: else
			fi
		:: t == FULL && x == acked ->
			finish(false);
#ifdef WITNESS_FULL
			assert(false);
#endif
		:: t == UNSURE && x == acked -> finish(true)
		:: t == HELD ->
			if
			:: acked + y > uncertain -> uncertain = acked + y
			:: else
			fi;
			sent = acked; g = x; waits = true
		:: t == READY -> waits = false; g = x; mine = y
		:: t == ENDED || t == REFUSED && x == acked ->
			finish(UNCERTAIN);
#ifdef WITNESS_ENDED
			assert(stored < 1 || pair != CAROL);
#endif
		:: else
		fi;
		t = 0; x = 0; y = 0 } }

	/* the helper died: what it said before is read first */
#ifdef NO_DRAIN
	:: atomic { running[id] && hangup[id] -> d_step { disconnected() } }
#else
	:: atomic { running[id] && hangup[id] && empty(h2c[id]) -> d_step { disconnected() } }
#endif

#ifndef PATIENT
	/* out of time */
	:: atomic { running[id] -> d_step { finish(acked < sent || UNCERTAIN) } }
#endif
	od
}

/* --- faults --- */

inline forget_a()
{
	known = false; open = false; a_pair = 0; a_epoch = 0; a_eof = false;
	attached[0] = false; held[0] = false; gen[0] = 0; inflight[0] = 0; ago[0] = 0; to_pair[0] = 0;
	attached[1] = false; held[1] = false; gen[1] = 0; inflight[1] = 0; ago[1] = 0; to_pair[1] = 0;
	drain3(underway); drain3(c2h[0]); drain3(c2h[1]); drain4(d2a);
	hangup[0] = running[0];
	hangup[1] = running[1];
	a_link = false
}

inline forget_b()
{
	b_eof = false; leaving = false; refused = 0;
	answer = 0; last = 0; last_epoch = 0;
	drain3(d2b);
	b_link = false
}

inline forget_d()
{
	epoch = 1; a_online = false; b_online = false; a_gone = false; b_gone = false;
	drain5(a2d); drain3(b2d);
	a_eof = a_link;
	b_eof = b_link
}

proctype World()
{
end:	do
	:: atomic { faults > 0 -> d_step {
		faults--;
		if
		:: a_link && !a_eof -> a_gone = true
		:: !a_gone && !(a_link && !a_eof) -> drain5(a2d)
		:: else
		fi;
		forget_a() } }
	:: atomic { faults > 0 -> recover(); d_step {
		faults--;
		if
		:: b_link && !b_eof -> b_gone = true
		:: !b_gone && !(b_link && !b_eof) -> drain3(b2d)
		:: else
		fi;
		forget_b() } }
	:: atomic { faults > 0 -> d_step { faults--; forget_d() } }
	/* the daemon cuts off one of them: stalled, say */
	:: atomic { faults > 0 && a_link && !a_eof -> d_step {
		faults--; drain5(a2d); a_eof = true; a_online = false } }
	:: atomic { faults > 0 && b_link && !b_eof -> d_step {
		faults--; drain3(b2d); b_eof = true; b_lost() } }
	/* the power: all at once, commands too, and what no fsync confirmed comes back or not */
	:: atomic { faults > 0 -> recover(); d_step {
		faults--;
		again = again || running[0];
		running[0] = false; running[1] = false;
		forget_a(); forget_b(); forget_d() } }
	od
}

init
{
	atomic {
		running[0] = true; attached[0] = true;
		run HelperA(); run HelperB(); run Daemon(); run World();
		run Client(0);
#ifdef RETRY
		run Client(1)
#endif
	}
}
