import detach from './nodedev-detach.js';

/** What nodedev-detach was called before its spelling was mended: scripts may still say so. Help tells the new name. */
export default { ...detach, hidden: true };
