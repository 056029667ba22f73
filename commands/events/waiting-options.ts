/** How long events are waited for, and how they are printed. */
export const waitingOptions = [
  { name: 'loop', type: 'flag', help: 'loop until timeout or interrupt, rather than one-shot' },
  { name: 'timeout', type: 'int', help: 'timeout seconds' },
  { name: 'list', type: 'flag', help: 'list valid event types' },
  { name: 'timestamp', type: 'flag', help: 'show timestamp for each printed event' },
] as const;
