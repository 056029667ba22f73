/** Milliseconds on the system's monotonic clock, which is the same for all threads. */
export const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;
