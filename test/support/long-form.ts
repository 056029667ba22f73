/**
 * Whether all is wanted: SNAPCTL_TEST_LONG=1. A run of everything must not take more than twenty minutes on two processors that
 * emulate all guests, so what other tests cover as well, or test/drills does at length, is left to the long form.
 */
export const longForm = process.env.SNAPCTL_TEST_LONG === '1';
