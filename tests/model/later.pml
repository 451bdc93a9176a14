/*
 * Notes that are kept (R11) as a model for spin(1): somebody tells two notes, one after the other, each to be kept by the
 * daemon until its receiver logs in; with everything that may happen to the daemon, to the child that writes for it, to its
 * disk, and to the receiver's helper and disk.
 *
 * What must hold, whatever happens:
 *   kept      a note that was said to be kept is synced on the daemon's disk until its receiver has it, or refuses it for good
 *   once      none is stored twice
 *   in order  the second one not before the first, when both were said to be kept
 *   certain   one that was certainly refused is not stored, nor ever will be (but one that the receiver's rules have refused, and
 *             whose file could not be removed, comes again with another daemon, and may meet other rules)
 *
 * Each switch is a deliberate mistake, which run.sh demands to be caught. WITNESS_x makes a good thing an error, to show that
 * the model gets there.
 */

#ifndef FAULTS
#define FAULTS 2   /* kills and power losses */
#endif
#ifndef REFUSALS
#define REFUSALS 1 /* by either disk, and by the receiver's rules */
#endif

#define N 2

mtype = {
	STORE, FORGET,                  /* what the child has to do, one thing after another */
	KEPT, UNSURE, REFUSED, AGAIN,   /* to the sender */
	OK, NEVER, LATER                /* by the receiver: stored, refused by its rules, or by its disk */
};

/* The daemon's disk. */
#define NOTHING 0
#define UNSYNCED 1 /* its name may be gone after a power loss */
#define SYNCED 2
byte file[N];

/* What the daemon knows of each. */
#define NEW 1   /* it is being written */
#define DOUBT 2 /* the child died, or an earlier daemon has left it */
#define SURE 3
byte known[N];
bool passed[N], waits[N]; /* passed on and not answered; the sender waits for what becomes of it */
bool there, rests;        /* the receiver is connected; and has not taken one: no more before it comes again */
chan jobs = [4] of { mtype, byte };

chan s2d = [1] of { byte };
chan d2s = [2] of { mtype, byte };
chan d2b = [1] of { byte };
chan b2d = [1] of { mtype, byte };
bool hangup; /* the sender's connection is gone */

/* The receiver's disk, and what was promised. */
bool stored[N], spurned[N], kept[N], certain[N];
bool dead; /* the sender: the power went */

byte faults = FAULTS, refusals = REFUSALS;

inline tell(type, i)
{
	if
	:: waits[i] && !hangup && !dead -> d2s!type(i)
	:: else
	fi;
	waits[i] = false
}

inline drop(i)
{
	known[i] = NOTHING;
	passed[i] = false
}

/* A child has written note i, or has died at it. */
inline write(i)
{
	if
#ifdef KEPT_BEFORE_SYNC
	:: file[i] = (file[i] == SYNCED -> SYNCED : UNSYNCED); known[i] = (known[i] == NOTHING -> NOTHING : SURE); tell(KEPT, i)
#else
	:: file[i] = SYNCED; known[i] = (known[i] == NOTHING -> NOTHING : SURE); tell(KEPT, i)
#endif
	:: faults > 0 -> faults--; known[i] = (known[i] == NOTHING -> NOTHING : DOUBT); tell(UNSURE, i)
	:: faults > 0 -> faults--; file[i] = (file[i] == SYNCED -> SYNCED : UNSYNCED);
		known[i] = (known[i] == NOTHING -> NOTHING : DOUBT); tell(UNSURE, i)
	:: refusals > 0 -> refusals--;
		if
#ifndef REFUSES_WHAT_IS_THERE
		:: known[i] != NEW -> tell(UNSURE, i)
#endif
		:: else -> drop(i); tell(REFUSED, i)
		fi
	fi
}

proctype Daemon()
{
	byte i;
	mtype t;

end:	do
	/* somebody tells one */
	:: atomic { s2d?i -> d_step {
		if
		:: known[i] == SURE -> waits[i] = true; tell(KEPT, i)
#ifdef DOUBT_IS_KEPT
		:: known[i] == DOUBT -> waits[i] = true; tell(KEPT, i)
#endif
		:: known[i] == NEW || passed[i] && known[i] == DOUBT -> waits[i] = true; tell(AGAIN, i)
		:: else ->
			if
			:: known[i] == NOTHING -> known[i] = NEW
			:: else
			fi;
			waits[i] = true;
			jobs!STORE(i)
		fi;
		i = 0 } }

	/* the child does the next thing */
	:: atomic { nempty(jobs) ->
		jobs?t,i;
		if
		:: t == STORE -> write(i)
		:: t == FORGET ->
			if
			:: file[i] = NOTHING
			:: faults > 0 -> faults--
			fi
		fi;
		t = 0; i = 0 }

	/* the first one that is known goes to who is there */
	:: atomic { there && !rests && !passed[0] && !passed[1] && empty(d2b) &&
#ifndef LOOKS_WHILE_WRITING
		empty(jobs) && /* it is read by the child as well */
#endif
		(known[0] > NEW || known[1] > NEW) ->
		i = (known[0] > NEW -> 0 : 1);
		if
		:: file[i] == NOTHING -> drop(i)
		:: else ->
#ifdef FORGOTTEN_WHEN_PASSED
			drop(i); jobs!FORGET(i);
#else
			passed[i] = true;
#endif
			d2b!i
		fi;
		i = 0 }

	/* what it says of it */
	:: atomic { nempty(b2d) -> d_step {
		b2d?t,i;
		if
		:: (t == OK || t == NEVER) && known[i] != NOTHING ->
			drop(i);
			jobs!FORGET(i)
		:: t == LATER ->
			passed[i] = false;
#ifdef LATER_IS_DONE
			drop(i); jobs!FORGET(i);
#else
			rests = true;
#endif
		:: else
		fi;
		t = 0; i = 0 } }
	od
}

proctype Receiver()
{
	byte i;

end:	do
	:: atomic { !there -> there = true; rests = false }
	:: atomic { there && nempty(d2b) && empty(b2d) ->
		d2b?i;
		if
#ifdef NO_DEDUP
		:: true ->
#else
		:: stored[i] -> b2d!OK(i)
		:: !stored[i] ->
#endif
			assert(!stored[i]);                                   /* once */
			assert(!certain[i] || spurned[i]);                    /* certain */
			assert(i == 0 || stored[0] || spurned[0] || !kept[0]);  /* in order */
			stored[i] = true;
#ifdef WITNESS_DELIVERED
			assert(!(i == 1 && kept[0] && kept[1] && faults == 0 && stored[0]));
#endif
			b2d!OK(i)
		:: refusals > 0 -> refusals--; b2d!LATER(i)
		:: refusals > 0 && !stored[i] -> refusals--; spurned[i] = true; b2d!NEVER(i)
		fi;
		i = 0 }
	od
}

/* Tells one until it knows what became of it, then the next. */
proctype Sender()
{
	byte i, x;
	mtype t;
	bool asked;

end:	do
	:: atomic { dead || i == N -> break }
	:: d_step { !dead && i < N && !asked && empty(s2d) && !hangup -> s2d!i; asked = true }
	:: d_step { !dead && hangup && empty(d2s) -> hangup = false; asked = false }
	:: atomic { !dead && nempty(d2s) -> d_step {
		d2s?t,x;
		asked = false;
		if
		:: x == i && t == KEPT -> kept[i] = true; i++
		:: x == i && t == REFUSED ->
			certain[i] = true; /* the one who says so knows of all attempts */
			i++
		:: x == i && t == UNSURE -> skip
		:: else
		fi;
		t = 0; x = 0 } }
	od
}

inline lose_receiver()
{
	there = false; rests = false;
	do :: nempty(d2b) -> d2b?_ :: empty(d2b) -> break od;
	do :: nempty(b2d) -> b2d?_,_ :: empty(b2d) -> break od;
	passed[0] = false; passed[1] = false
}

/* All that the daemon knows is on its disk. */
inline forget_daemon()
{
	do :: nempty(jobs) -> jobs?_,_ :: empty(jobs) -> break od;
	do :: nempty(s2d) -> s2d?_ :: empty(s2d) -> break od;
	waits[0] = false; waits[1] = false;
	hangup = !dead;
#ifdef FOUND_IS_SURE
	known[0] = (file[0] == NOTHING -> NOTHING : SURE);
	known[1] = (file[1] == NOTHING -> NOTHING : SURE);
#else
	known[0] = (file[0] == NOTHING -> NOTHING : DOUBT);
	known[1] = (file[1] == NOTHING -> NOTHING : DOUBT);
#endif
	lose_receiver()
}

/* Its child dies with it, at what it did. */
inline half()
{
	if
	:: jobs?[STORE,0] && file[0] == NOTHING -> file[0] = UNSYNCED
	:: jobs?[STORE,1] && file[1] == NOTHING -> file[1] = UNSYNCED
	:: true
	fi
}

inline settle(i)
{
	if
	:: file[i] == UNSYNCED -> file[i] = NOTHING
	:: file[i] == UNSYNCED -> file[i] = SYNCED
	:: else
	fi
}

proctype World()
{
end:	do
	:: atomic { faults > 0 -> d_step { faults--; lose_receiver(); rests = true } } /* the helper is killed */
	:: atomic { faults > 0 -> faults--; half(); d_step { forget_daemon() } }
	:: atomic { faults > 0 -> faults--; half(); settle(0); settle(1); d_step { /* the power */
		dead = true; hangup = false;
		do :: nempty(d2s) -> d2s?_,_ :: empty(d2s) -> break od;
		forget_daemon() } }
	/* kept */
	:: atomic { kept[0] && file[0] != SYNCED && !stored[0] && !spurned[0] -> assert(false) }
	:: atomic { kept[1] && file[1] != SYNCED && !stored[1] && !spurned[1] -> assert(false) }
	od
}

init
{
	atomic { run Daemon(); run Receiver(); run Sender(); run World() }
}
