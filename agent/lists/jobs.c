/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/jobs.h"
#include "agent/control/loop.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Not SCHED_IDLE: where every core is busy that gets a thousandth of one, and a
 * reload would never end. A nice thread with short turns gives way nearly as
 * soon. The kernel's own structure; libcs of today lack it.
 */
struct turns {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime; /* of one turn, in nanoseconds */
	uint64_t deadline;
	uint64_t period;
};

enum { TURN = 100000 };

static void
give_way(int nice)
{
	struct turns turns = {.size = sizeof(turns),
	    .policy = SCHED_OTHER,
	    .nice = nice,
	    .runtime = TURN};

	if (syscall(SYS_sched_setattr, 0, &turns, 0) != 0)
		setpriority(PRIO_PROCESS, (id_t)gettid(), nice);
}

static void
on_letter(void *owner, struct letter *letter)
{
	struct jobs *jobs = owner;

	if (letter == &jobs->leave) {
		ev_break(jobs->loop, EVBREAK_ALL);
		return;
	}
	struct job *job = (struct job *)letter;

	if (job->run == NULL) {
		job->discard(job);
		return;
	}
	job->run(job);
	job->letter.kind = jobs->kind;
	inbox_post(jobs->reply, &job->letter);
}

bool
jobs_init(struct jobs *jobs, const char *name, int nice, struct inbox *reply,
    unsigned kind)
{
	*jobs = (struct jobs){
	    .name = name, .nice = nice, .reply = reply, .kind = kind};
	atomic_init(&jobs->ended, false);
	jobs->loop = loop_new();
	if (jobs->loop == NULL)
		return false;
	return inbox_init(&jobs->inbox, jobs->loop, jobs, on_letter);
}

static void
discard(void *owner, struct letter *letter)
{
	struct jobs *jobs = owner;

	if (letter == &jobs->leave)
		return;
	struct job *job = (struct job *)letter;

	job->discard(job);
}

void
jobs_fini(struct jobs *jobs)
{
	inbox_fini(&jobs->inbox, discard);
	if (jobs->loop != NULL)
		ev_loop_destroy(jobs->loop);
	jobs->loop = NULL;
}

static void *
run(void *argument)
{
	struct jobs *jobs = argument;

	pthread_setname_np(pthread_self(), jobs->name);
	give_way(jobs->nice);
	ev_run(jobs->loop, 0);
	atomic_store(&jobs->ended, true);
	return NULL;
}

bool
jobs_start(struct jobs *jobs)
{
	jobs->runs = pthread_create(&jobs->thread, NULL, run, jobs) == 0;
	return jobs->runs;
}

void
jobs_post(struct jobs *jobs, struct job *job)
{
	inbox_post(&jobs->inbox, &job->letter);
}

void
jobs_scrap(struct jobs *jobs, struct job *job)
{
	job->run = NULL;
	jobs_post(jobs, job);
}

void
jobs_leave(struct jobs *jobs)
{
	if (jobs->runs)
		inbox_post(&jobs->inbox, &jobs->leave);
}

bool
jobs_ended(struct jobs *jobs)
{
	if (!jobs->runs)
		return true;
	if (!atomic_load(&jobs->ended))
		return false;
	pthread_join(jobs->thread, NULL);
	jobs->runs = false;
	return true;
}
