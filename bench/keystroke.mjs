// How the interactive shell feels: time to the first prompt, keystroke to painted screen and Tab to menu with 1,000
// domains and an event storm, and memory over many commands and events.
// Usage: keystroke.mjs [--json] [--memory] [--commands N] [--events N]; with --memory, nothing but that.
// The domains are the test driver's, in a libvirtd of our own, where a second client makes the events.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PseudoTerminal } from './pseudo-terminal.mjs';

const DOMAINS = 1000;
const EVENTS_A_SECOND = 200;
/** For what many events leave behind. */
const FLOOD_A_SECOND = 2000;
const KEYS = 400;
const KEY_MS = 40;
const STARTS = 10;
const TABS = 20;
const LIMITS = {
  'first prompt': 350,
  'key median': 16,
  'key p99': 50,
  'first Tab': 50,
  'Tab median': 50,
  'growth MiB': 15,
};

const args = process.argv.slice(2);
const numberOf = (option, otherwise) =>
  args.includes(option) ? Number(args[args.indexOf(option) + 1]) : otherwise;
const commands = numberOf('--commands', 1000);
const events = numberOf('--events', 10_000);
const memoryOnly = args.includes('--memory');
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'dist/snapctl.js');
const folder = mkdtempSync(join(tmpdir(), 'snapctl-keystroke-'));

const at = (values, part) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

const start = (uri) => {
  const { CI, NO_COLOR, TMUX, ...rest } = process.env;
  const env = { ...rest, XDG_CACHE_HOME: folder, TERM: 'xterm-256color' };
  return new PseudoTerminal([process.execPath, program, '-q', '-c', uri], { env });
};
/** What was written, without what only moves the cursor or colours. */
const plain = (text) => text.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '');
const atPrompt = (text) => plain(text).includes('snapctl # ');

let daemon;
/** A virsh that stays connected: it defines the domains and makes the events. */
let driver;
let storm;
let terminal;
const result = {};
const interrupted = new Promise((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => reject(new Error(signal)));
});
try {
  await Promise.race([measure(), interrupted]);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  storm?.stop();
  terminal?.close();
  driver?.kill('SIGKILL');
  daemon?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

if (args.includes('--json')) console.log(JSON.stringify({ result, limits: LIMITS }));
else {
  for (const [name, value] of Object.entries(result)) {
    const limit = LIMITS[name];
    console.log(`${name.padEnd(18)} ${value.toFixed(1)}${limit === undefined ? '' : ` (limit ${limit})`}`);
  }
}
if (!Object.entries(LIMITS).every(([name, limit]) => (result[name] ?? 0) <= limit)) process.exitCode = 1;

async function measure() {
  const prompts = [];
  const echoes = [];
  for (let run = 0; run <= STARTS && !memoryOnly; run++) {
    const terminal = start('test:///default');
    const painted = (await terminal.until(atPrompt)) - terminal.begun;
    // The first prompt is there before anything can be typed into it that shows: how long that takes from the start.
    terminal.write('x');
    const echoed = (await terminal.until((text) => plain(text).includes('snapctl # x'))) - terminal.begun;
    if (run > 0) prompts.push(painted);
    if (run > 0) echoes.push(echoed);
    // It would take its time from the next one, had it not ended.
    terminal.write('\x15\x04');
    await terminal.gone;
    await terminal.close();
  }
  if (!memoryOnly) result['first prompt'] = at(prompts, 0.5);
  if (!memoryOnly) result['first echo'] = at(echoes, 0.5);

  const uri = await startDaemon();
  terminal = start(uri);
  await terminal.until(atPrompt);
  // The pane is there when it tells how many domains there are.
  await terminal.until((text) => /100[01]/.test(plain(text)));
  if (!memoryOnly) await measureSpeed();
  await measureMemory();
  await terminal.close();
}

async function measureSpeed() {
  await measureKeys('quiet ');
  storm = startStorm(EVENTS_A_SECOND);
  await delay(1000);
  await measureKeys('');
  await measureTab();
  result['events a second'] = await storm.stop();
  storm = undefined;
}

/** A libvirtd below our folder; as root it runs as nobody, because root's would be the system's. */
async function startDaemon() {
  const owner = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
  const paths = Object.fromEntries(
    ['run', 'config', 'cache', 'data'].map((name) => [name, join(folder, name)]),
  );
  for (const path of [folder, ...Object.values(paths)]) {
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    if (owner.uid) chownSync(path, owner.uid, owner.gid);
  }
  daemon = spawn('/usr/sbin/libvirtd', ['--pid-file', join(paths.run, 'pid')], {
    env: {
      PATH: process.env.PATH,
      HOME: paths.data,
      XDG_RUNTIME_DIR: paths.run,
      XDG_CONFIG_HOME: paths.config,
      XDG_CACHE_HOME: paths.cache,
      XDG_DATA_HOME: paths.data,
    },
    stdio: 'ignore',
    cwd: folder,
    ...owner,
  });
  const socket = join(paths.run, 'libvirt', 'libvirt-sock');
  for (let tries = 0; !existsSync(socket); tries++) {
    if (tries > 300) throw new Error('libvirtd does not listen');
    await delay(100);
  }
  const uri = `test+unix:///default?socket=${socket}`;
  const lines = [];
  for (let index = 0; index < DOMAINS; index++) {
    const name = `domain-${String(index).padStart(4, '0')}`;
    const file = join(folder, `${name}.xml`);
    writeFileSync(
      file,
      `<domain type='test'><name>${name}</name><memory>8192</memory><os><type>hvm</type></os></domain>`,
    );
    lines.push(`define ${file}`);
    if (index % 10 === 0) lines.push(`start ${name}`);
  }
  // What the test driver holds goes with its last connection: this one stays.
  driver = spawn('virsh', ['-q', '-c', uri], { stdio: ['pipe', 'pipe', 'ignore'] });
  driver.stdin.on('error', () => undefined);
  driver.stdout.setEncoding('utf8');
  driver.stdin.write(`${lines.join('\n')}\n`);
  await answered('all defined');
  return uri;
}

/** Suspends and resumes running domains, so many times a second. */
function startStorm(rate) {
  let count = 0;
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * rate;
    for (; count < due; count++) {
      const name = `domain-${String((Math.floor(count / 2) % 100) * 10).padStart(4, '0')}`;
      driver.stdin.write(`${count % 2 === 0 ? 'suspend' : 'resume'} ${name}\n`);
    }
  }, 5);
  return {
    /** Once the last has happened. @returns how many a second there have been. */
    async stop() {
      clearInterval(timer);
      await answered(`storm of ${count} over`);
      return (count * 1000) / (performance.now() - begun);
    },
    count: () => count,
  };
}

/** Has the driver say something after all it was told before. */
function answered(what) {
  return new Promise((resolve) => {
    let said = '';
    const listen = (text) => {
      said = (said + text).slice(-1000);
      if (!said.includes(`${what}\n`)) return;
      driver.stdout.off('data', listen);
      resolve();
    };
    driver.stdout.on('data', listen);
    driver.stdin.write(`echo ${what}\n`);
  });
}

/** Types letter by letter, and waits for each to be painted. */
async function measureKeys(name) {
  const times = [];
  let typed = '';
  for (let key = 0; key < KEYS; key++) {
    if (typed.length === 60) {
      terminal.write('\x15');
      typed = '';
      await delay(KEY_MS);
    }
    const char = String.fromCharCode(97 + ((key * 7) % 26));
    typed += char;
    const wanted = `snapctl # ${typed}`;
    terminal.drop();
    const begun = performance.now();
    terminal.write(char);
    times.push((await terminal.until((text) => plain(text).includes(wanted))) - begun);
    // Not in step with anything that comes at regular times.
    await delay(KEY_MS + ((key * 13) % 17));
  }
  terminal.write('\x15');
  await delay(KEY_MS);
  result[`${name}key median`] = at(times, 0.5);
  result[`${name}key p99`] = at(times, 0.99);
  result[`${name}key worst`] = at(times, 1);
}

async function measureTab() {
  const times = [];
  for (let run = 0; run < TABS; run++) {
    terminal.write('dominfo domain-05');
    await terminal.until((text) => plain(text).includes('dominfo domain-05'));
    await delay(KEY_MS);
    terminal.drop();
    const begun = performance.now();
    terminal.write('\t');
    times.push((await terminal.until((text) => plain(text).includes('domain-0500'))) - begun);
    terminal.write('\x07\x15');
    await delay(KEY_MS * 3);
    terminal.drop();
  }
  result['first Tab'] = times[0];
  result['Tab median'] = at(times, 0.5);
}

/** What many commands and many events leave behind. */
async function measureMemory() {
  const type = async (count) => {
    for (let index = 0; index < count; index++) {
      terminal.drop();
      terminal.write('domid domain-0010\r');
      await terminal.until((text) =>
        /domid domain-0010[\s\S]*\d+[\s\S]*snapctl # $/.test(`${plain(text).trimEnd()} `),
      );
    }
  };
  const rage = async (count) => {
    const whole = startStorm(FLOOD_A_SECOND);
    while (whole.count() < count) {
      await delay(200);
      terminal.drop();
    }
    await whole.stop();
  };
  // What is filled once is not growth.
  await type(Math.ceil(commands / 5));
  await rage(Math.ceil(events / 5));
  const before = terminal.memory();
  await type(commands);
  const between = terminal.memory();
  await rage(events);
  const after = terminal.memory();
  result['memory MiB'] = after;
  result['commands MiB'] = between - before;
  result['events MiB'] = after - between;
  result['growth MiB'] = after - before;
}
