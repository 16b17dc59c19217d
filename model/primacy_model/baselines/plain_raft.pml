/* The election of plain_raft.py, state for state, for Spin.

   Law: Spin stores exactly as many states as the engines here find. So each step is one
   transition of one process that stays where it is, and nothing is stored but what
   plain_raft.py holds. What was sent stays sent, so it is a bit and not in a channel.

   Left out is what never leads to another world: the restart of a follower, a vote or
   a count that is repeated, and a vote of a term that its candidate never reached.

   N agents (2 to 5) may stand in T terms (1 to 7):

   spin -DN=3 -DT=4 -a plain_raft.pml
   cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c
   ./pan

   Source: Ongaro 2014, section 3.4. */

#ifndef N
#define N 3
#endif
#ifndef T
#define T 2
#endif

#define FOLLOWER 0
#define CANDIDATE 1
#define LEADER 2
#define NOBODY 7

byte term[N];
byte role[N];
byte vote[N] = NOBODY;
byte votes[N];  /* whom a candidate counted, as bits */
byte asked[N];  /* the terms in which an agent requested votes, as bits */
byte gave[N * N];  /* voter * N + candidate: the terms of a vote, as bits */

#define HAS(bits, at) ((bits >> (at)) & 1)
#define COUNTED(i) (HAS(votes[i], 0) + HAS(votes[i], 1) + HAS(votes[i], 2) \
    + HAS(votes[i], 3) + HAS(votes[i], 4))
#define LEADS(i, j) (i != j && role[j] == LEADER && term[j] == term[i])

/* An agent asked in no term above its own, so it need not be told from the others. */
#if N == 2
#define ASKED (asked[0] | asked[1])
#define LED(i) (LEADS(i, 0) || LEADS(i, 1))
#elif N == 3
#define ASKED (asked[0] | asked[1] | asked[2])
#define LED(i) (LEADS(i, 0) || LEADS(i, 1) || LEADS(i, 2))
#elif N == 4
#define ASKED (asked[0] | asked[1] | asked[2] | asked[3])
#define LED(i) (LEADS(i, 0) || LEADS(i, 1) || LEADS(i, 2) || LEADS(i, 3))
#elif N == 5
#define ASKED (asked[0] | asked[1] | asked[2] | asked[3] | asked[4])
#define LED(i) (LEADS(i, 0) || LEADS(i, 1) || LEADS(i, 2) || LEADS(i, 3) || LEADS(i, 4))
#else
#error N is 2 to 5
#endif

#define TIME_OUT(i) \
    :: d_step { role[i] != LEADER && term[i] < T -> \
        term[i] = term[i] + 1; role[i] = CANDIDATE; vote[i] = i; \
        votes[i] = 1 << i; asked[i] = asked[i] | (1 << term[i]) }

#define WIN(i) \
    :: d_step { role[i] == CANDIDATE && 2 * COUNTED(i) > N -> \
        assert(!LED(i)); role[i] = LEADER }

#define RESTART(i) \
    :: d_step { role[i] != FOLLOWER -> role[i] = FOLLOWER; votes[i] = 0 }

#define STEP_DOWN(i, heard) \
    :: d_step { heard > term[i] && HAS(ASKED, heard) -> \
        term[i] = heard; role[i] = FOLLOWER; vote[i] = NOBODY; votes[i] = 0 }

#define VOTE(i, j) \
    :: d_step { vote[i] == NOBODY && HAS(asked[j], term[i]) -> \
        vote[i] = j; gave[i * N + j] = gave[i * N + j] | (1 << term[i]) }

#define COUNT(i, j) \
    :: d_step { role[i] == CANDIDATE && !HAS(votes[i], j) \
        && HAS(gave[j * N + i], term[i]) -> \
        votes[i] = votes[i] | (1 << j) }

#if T == 1
#define HEAR_TERMS(i) STEP_DOWN(i, 1)
#elif T == 2
#define HEAR_TERMS(i) STEP_DOWN(i, 1) STEP_DOWN(i, 2)
#elif T == 3
#define HEAR_TERMS(i) STEP_DOWN(i, 1) STEP_DOWN(i, 2) STEP_DOWN(i, 3)
#elif T == 4
#define HEAR_TERMS(i) STEP_DOWN(i, 1) STEP_DOWN(i, 2) STEP_DOWN(i, 3) STEP_DOWN(i, 4)
#elif T == 5
#define HEAR_TERMS(i) STEP_DOWN(i, 1) STEP_DOWN(i, 2) STEP_DOWN(i, 3) STEP_DOWN(i, 4) \
    STEP_DOWN(i, 5)
#elif T == 6
#define HEAR_TERMS(i) STEP_DOWN(i, 1) STEP_DOWN(i, 2) STEP_DOWN(i, 3) STEP_DOWN(i, 4) \
    STEP_DOWN(i, 5) STEP_DOWN(i, 6)
#elif T == 7
#define HEAR_TERMS(i) STEP_DOWN(i, 1) STEP_DOWN(i, 2) STEP_DOWN(i, 3) STEP_DOWN(i, 4) \
    STEP_DOWN(i, 5) STEP_DOWN(i, 6) STEP_DOWN(i, 7)
#else
#error T is 1 to 7
#endif

#define HEAR(i, j) VOTE(i, j) COUNT(i, j)
#define ACT(i) TIME_OUT(i) WIN(i) RESTART(i) HEAR_TERMS(i)

active proctype agents()
{
end:
    do
    ACT(0) HEAR(0, 1)
    ACT(1) HEAR(1, 0)
#if N > 2
    HEAR(0, 2) HEAR(1, 2)
    ACT(2) HEAR(2, 0) HEAR(2, 1)
#endif
#if N > 3
    HEAR(0, 3) HEAR(1, 3) HEAR(2, 3)
    ACT(3) HEAR(3, 0) HEAR(3, 1) HEAR(3, 2)
#endif
#if N > 4
    HEAR(0, 4) HEAR(1, 4) HEAR(2, 4) HEAR(3, 4)
    ACT(4) HEAR(4, 0) HEAR(4, 1) HEAR(4, 2) HEAR(4, 3)
#endif
    od
}
