import detach from './nodedev-detach.js';

/** What nodedev-detach was called before its spelling was mended; scripts may still say so. */
export default { ...detach, name: 'nodedev-dettach', hidden: true };
