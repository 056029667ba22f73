/**
 * The fields of a /proc/PID/stat from the third on, the state. The second, the command's name, may hold blanks and parentheses:
 * they are counted from the last one.
 */
export const statFields = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');
