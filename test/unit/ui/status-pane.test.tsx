import { expect, test } from '@jest/globals';
import { render } from 'ink-testing-library';
import { displayWidth } from '../../../src/editor/index.js';
import { detailLine, duration, rowLine } from '../../../src/ui/status/row-text.js';
import type { StatusStore } from '../../../src/ui/status/status-store.js';
import type { ConnectionStatus, StatusRow, StatusView } from '../../../src/ui/status/status-view.js';
import { StatusPane } from '../../../src/ui/status-pane.js';
import { ThemeContext } from '../../../src/ui/theme.js';

const MIB = 2 ** 20;

const calm: StatusRow = {
  uuid: 'u',
  name: 'web',
  state: 'running (booted)',
  reasonName: 'VIR_DOMAIN_RUNNING_BOOTED',
  attention: 'rest',
  still: undefined,
  lastPauseMs: undefined,
  frozen: false,
  jobs: [],
  snapshot: undefined,
  problem: undefined,
  elsewhere: false,
  command: undefined,
};
const snapshotting: StatusRow = {
  ...calm,
  state: 'paused (creating snapshot)',
  reasonName: 'VIR_DOMAIN_PAUSED_SNAPSHOT',
  attention: 'still',
  still: { ms: 1234, atLeast: false },
  jobs: [{ what: 'Snapshot', share: 0.5, done: 128 * MIB, total: 256 * MIB, rate: 64 * MIB, secondsLeft: 2 }],
  snapshot: 'before',
  lastPauseMs: 37.5,
};

const textOf = (row: StatusRow, columns: number): string =>
  rowLine(row, columns, 8)
    .pieces.map(({ text }) => text)
    .join('');

test('a row says as much as fits, the most important first to stay', () => {
  const lines = [120, 100, 80, 60, 45, 20].map((columns) => textOf(snapshotting, columns));
  expect(lines).toEqual([
    '‖ web       paused (creating snapshot)  1.2 s  Snapshot  ██████░░░░░░  50 %  128 MiB  64 MiB/s  2 s left  ⎇ before',
    '‖ web       paused (creating snapshot)  1.2 s  Snapshot  ██████░░░░░░  50 %  128 MiB  2 s left',
    '‖ web       paused (creating snapshot)  1.2 s  Snapshot  50 %  2 s left',
    '‖ web       paused (creating snapshot)  1.2 s  50 %',
    '‖ web       paused (creating snapshot)  1.2 s',
    '‖ web       paused (creating snapshot)',
  ]);
});

test('frozen, found paused, in other hands, and what went wrong', () => {
  expect(textOf({ ...calm, frozen: true }, 80)).toBe('• web       running (booted)  ❄ frozen');
  const found = { ...calm, state: 'paused (user)', attention: 'still', still: { ms: 4000, atLeast: true } };
  expect(textOf(found as StatusRow, 80)).toBe('‖ web       paused (user)  >4.0 s');
  expect(textOf({ ...calm, attention: 'busy', elsewhere: true }, 80)).toContain('in use by another program');
  const bad = { ...calm, attention: 'problem', problem: 'I/O error on vda: enospc' } as const;
  expect(textOf(bad, 80)).toBe('! web       running (booted)  I/O error on vda: enospc');
  expect(textOf({ ...calm, lastPauseMs: 37.5 }, 80)).toBe('• web       running (booted)  last pause 38 ms');
});

test('wide names keep their columns', () => {
  const line = textOf({ ...calm, name: '漢字漢字漢字' }, 80);
  expect(line).toBe('• 漢字漢…   running (booted)');
  expect(displayWidth(line.slice(0, line.indexOf('running')))).toBe(12);
});

test('details give libvirt’s name of the reason', () => {
  const text = detailLine(snapshotting)
    .pieces.map((piece) => piece.text)
    .join('');
  expect(text).toBe(
    '    VIR_DOMAIN_PAUSED_SNAPSHOT  128 MiB of 256 MiB  last pause 38 ms  current snapshot before',
  );
});

test('times are read at a glance', () => {
  expect([0.42, 37.5, 1234, 12_345, 125_000, 3_723_000].map(duration)).toEqual([
    '0.4 ms',
    '38 ms',
    '1.2 s',
    '12 s',
    '2:05',
    '1:02:03',
  ]);
});

const connected: ConnectionStatus = {
  state: 'connected',
  uri: 'qemu:///system',
  readonly: false,
  message: undefined,
};
const whole: StatusView = {
  mode: 'on',
  connection: connected,
  rows: [{ ...snapshotting, uuid: 's' }, calm, { ...calm, name: 'db', uuid: 'v' }],
  total: 12,
  running: 9,
  restless: 1,
  next: undefined,
};

/** A store that always has the same to show. */
function fixed(view: StatusView): StatusStore {
  return {
    subscribe: () => () => undefined,
    getSnapshot: () => view,
    setMode: () => undefined,
    setRoom: () => undefined,
    scroll: () => undefined,
    close: async () => undefined,
  };
}

function frame(view: StatusView, rows: number, spoken = false): string[] {
  const app = render(
    <ThemeContext.Provider value={{ color: false, spoken }}>
      <StatusPane store={fixed(view)} columns={70} rows={rows} />
    </ThemeContext.Provider>,
  );
  const text = app.lastFrame() ?? '';
  app.unmount();
  return text.split('\n');
}

test('the pane counts those for whom there is no room, and says how it is connected', () => {
  expect(frame(whole, 3)).toEqual([
    '‖ web       paused (creating snapshot)  1.2 s  Snapshot  50 %',
    '• web       running (booted)',
    '10 more · 9 of 12 running · qemu:///system',
  ]);
  expect(frame({ ...whole, restless: 5 }, 2).at(-1)).toBe(
    '11 more, 4 of them not at rest · 9 of 12 running · qemu:///system',
  );
  expect(frame({ ...whole, connection: { ...connected, readonly: true } }, 1)).toEqual([
    '9 of 12 running · read-only · qemu:///system',
  ]);
  const lost = { ...connected, state: 'reconnecting', message: 'Connection refused' } as const;
  expect(frame({ ...whole, rows: [], connection: lost }, 3)[0]).toBe(
    'connection lost, reconnecting · Connection refused · 9 of 12 running · qemu:///system',
  );
});

test('full, whoever is not at rest has a second line; folded, there is nothing', () => {
  expect(frame({ ...whole, mode: 'full' }, 5).slice(0, 3)).toEqual([
    '‖ web       paused (creating snapshot)  1.2 s  Snapshot  50 %',
    '    VIR_DOMAIN_PAUSED_SNAPSHOT  128 MiB of 256 MiB  last pause 38 ms  current snapshot before',
    '• web       running (booted)',
  ]);
  expect(frame({ ...whole, mode: 'off' }, 5)).toEqual(['']);
});

test('a screen reader gets sentences instead of bars', () => {
  expect(frame(whole, 3, true)).toEqual([
    'web: paused (creating snapshot), Snapshot 50 percent done, current snapshot before',
    'web: running (booted)',
    '10 more · 9 of 12 running · qemu:///system',
  ]);
});
