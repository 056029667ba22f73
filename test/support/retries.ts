import { jest } from '@jest/globals';

// Guests under emulation on a busy machine, and virsh 9.0 itself (which hangs now and then when a job ends at once, and
// races libvirt's reconnection to a guest in an embedded root), fail once in some hundred runs. What fails is run again,
// twice at most, and every failure is printed.
jest.retryTimes(2, { logErrorsBeforeRetry: true });
