import { expect, test } from '@jest/globals';
import { registry } from '../../commands/index.js';
import { runSnapctl, runVirsh } from './compared-run.js';

const place = { uri: 'test:///default' };

/** The names of commands that a program's `help` lists. */
const listed = (text: string): string[] =>
  [...text.matchAll(/^ {4}([a-z][a-z-]*) /gm)].map((match) => match[1] as string).sort();

test("what virsh has and snapctl doesn't is what help --missing tells, each with a reason", async () => {
  const [virsh, told] = await Promise.all([
    runVirsh(place, 'help', ''),
    runSnapctl(place, 'help --missing', ''),
  ]);
  const ours = new Set(registry.entries.map(({ name }) => name));
  const wanted = listed(virsh.stdout);
  expect(wanted.length).toBeGreaterThan(250);
  expect(listed(told.stdout)).toEqual(wanted.filter((name) => !ours.has(name)));
  expect([...registry.missing.values()].every((reason) => reason.length > 10)).toBe(true);
});

test("a command of virsh's that is missing is answered in virsh's words, and then plainly", async () => {
  const [name, reason] = [...registry.missing][0] as [string, string];
  const plainly = `error: snapctl does not have virsh's command '${name}': ${reason}\n`;
  const [run, asked, nonsense] = await Promise.all([
    runSnapctl(place, `${name} test`, ''),
    runSnapctl(place, `help ${name}`, ''),
    runSnapctl(place, 'nonsense', ''),
  ]);
  expect(run).toEqual({ code: 1, stdout: '', stderr: `error: unknown command: '${name}'\n${plainly}` });
  expect(asked.stderr).toBe(`error: command or command group '${name}' doesn't exist\n${plainly}`);
  expect(nonsense.stderr).toBe("error: unknown command: 'nonsense'\n");
});
