/*
 * otherclock: a wrong wall clock for one program, put before it with LD_PRELOAD; the monotonic clock stays as it is.
 *
 * MANDOOB_TEST_CLOCK holds the seconds since 1970 at which the clock stands still. It stands still on purpose: every edit then
 * claims the same moment, so whoever let clocks decide anything would decide differently.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
	const char *moment = clock == CLOCK_REALTIME ? getenv("MANDOOB_TEST_CLOCK") : NULL;

	if (!moment)
		return (int)syscall(SYS_clock_gettime, clock, out);
	out->tv_sec = (time_t)strtoll(moment, NULL, 10);
	out->tv_nsec = 0;
	return 0;
}
