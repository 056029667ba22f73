// How the interactive shell feels: time to the first prompt, keystroke to painted screen and Tab to menu with 1,000
// domains and an event storm, and memory over many commands. Usage: keystroke.mjs [--json] [--commands N]
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
const KEYS = 600;
const KEY_MS = 40;
const STARTS = 10;
const TABS = 20;
const LIMITS = { 'first prompt': 350, 'key median': 16, 'key p99': 50, 'Tab median': 50, 'growth MiB': 15 };

const args = process.argv.slice(2);
const commands = args.includes('--commands') ? Number(args[args.indexOf('--commands') + 1]) : 1000;
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
const result = {};
try {
  const prompts = [];
  for (let run = 0; run <= STARTS; run++) {
    const terminal = start('test:///default');
    const painted = (await terminal.until(atPrompt)) - terminal.begun;
    if (run > 0) prompts.push(painted);
    await terminal.close();
  }
  result['first prompt'] = at(prompts, 0.5);

  const uri = await startDaemon();
  const terminal = start(uri);
  await terminal.until(atPrompt);
  // The pane is there when it tells how many domains there are.
  await terminal.until((text) => /100[01]/.test(plain(text)));
  await measureKeys(terminal, 'quiet ');
  storm = startStorm();
  await delay(1000);
  await measureKeys(terminal, '');
  await measureTab(terminal);
  storm.stop();
  await measureMemory(terminal);
  await terminal.close();
} finally {
  storm?.stop();
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
process.exitCode = Object.entries(LIMITS).every(([name, limit]) => result[name] <= limit) ? 0 : 1;

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
  driver = spawn('virsh', ['-q', '-c', uri], { stdio: ['pipe', 'pipe', 'inherit'] });
  driver.stdin.on('error', () => undefined);
  const defined = new Promise((resolve) => {
    let said = '';
    driver.stdout.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-1000);
      if (said.includes('all defined\n')) resolve();
    });
  });
  driver.stdin.write(`${lines.join('\n')}\necho all defined\n`);
  await defined;
  return uri;
}

/** Suspends and resumes running domains, so many times a second. */
function startStorm() {
  let count = 0;
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * EVENTS_A_SECOND;
    for (; count < due; count++) {
      const name = `domain-${String((Math.floor(count / 2) % 100) * 10).padStart(4, '0')}`;
      driver.stdin.write(`${count % 2 === 0 ? 'suspend' : 'resume'} ${name}\n`);
    }
  }, 5);
  return {
    stop() {
      clearInterval(timer);
    },
  };
}

/** Types letter by letter, and waits for each to be painted. */
async function measureKeys(terminal, name) {
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

async function measureTab(terminal) {
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

async function measureMemory(terminal) {
  const run = async (count) => {
    for (let index = 0; index < count; index++) {
      terminal.drop();
      terminal.write('domid domain-0010\r');
      await terminal.until((text) =>
        /domid domain-0010[\s\S]*\d+[\s\S]*snapctl # $/.test(`${plain(text).trimEnd()} `),
      );
    }
  };
  // What is filled once is not growth.
  await run(Math.min(500, commands));
  const before = await terminal.memory();
  await run(commands);
  const after = await terminal.memory();
  result['memory MiB'] = after;
  result['growth MiB'] = after - before;
}
