/*
 * press: papers that the centre of the simulation publishes in the middle, and what devices must have of them at the end.
 */
#ifndef TESTS_SIM_PRESS_H
#define TESTS_SIM_PRESS_H

#include "tests/sim/world.h"

#define PRESS_OTHER_FAMILY "visit_outcome" /* cases of it are taken too */

/* Publish a version of one of two families, or a list; a day goes by. Nothing when there are enough. */
void press_publish(struct world *w);
/* After the centre was put back: what it lost is published again. */
void press_again(struct world *w);
/*
 * At rest: every paper of the centre's catalogue is on the device, and the form that is in force there is in force here. The device's clock
 * may lie, but no form falls out of force behind the last contact.
 */
void press_check(struct world *w, struct device *d);

#endif
