import { execFileSync } from 'node:child_process';

/** What a shell makes of each line: the words of a simple command, nothing of it run. */
export function shellWords(lines: readonly string[]): string[][] {
  const script = lines.map(
    (line) => `set -- ${line}\nfor word; do printf '%s\\0' "$word"; done\nprintf '\\1'\n`,
  );
  const output = execFileSync('bash', ['-s'], { input: script.join(''), encoding: 'utf8' });
  return output
    .split('\u0001')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}
