import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const installed =
  existsSync('/usr/bin/qemu-system-x86_64') &&
  existsSync('/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so');

const library = fileURLToPath(new URL('../../dist/libvirt.js', import.meta.url));

// A process of its own: the embedded driver wants descriptors reserved before anything else runs.
const program = `
  import { randomFillSync } from 'node:crypto';
  import { writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { LanePool, reexecWithReservedDescriptors } from ${JSON.stringify(library)};

  reexecWithReservedDescriptors();
  const root = process.argv[2];
  // Contents for the guest's memory that can't be skipped as zeros, so that saving it takes long enough to stop.
  writeFileSync(root + '/memory', randomFillSync(Buffer.alloc(384 << 20)));
  const pool = new LanePool({ uri: 'qemu:///embed?root=' + root, auth: false });
  const work = await pool.lease();
  const watch = await pool.lease();
  const result = {};
  const domain = await work.connection.domainDefineXML(\`
    <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
      <name>embedded</name><memory unit='MiB'>512</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
          <source file='\${root}/disk.qcow2'/><target dev='vda' bus='virtio'/></disk>
        <memballoon model='none'/>
      </devices>
      <qemu:commandline><qemu:arg value='-device'/>
        <qemu:arg value='loader,file=\${root}/memory,addr=0x4000000,force-raw=on'/></qemu:commandline>
    </domain>\`);
  const seen = await watch.connection.domainLookupByUUIDString(domain.uuid);
  try {
    await domain.create();
    result.started = await seen.getState();
    let done = false;
    const snapshot = domain.snapshotCreateXML(\`<domainsnapshot><name>one</name>
      <memory snapshot='external' file='\${root}/one.memory'/>
      <disks><disk name='vda' snapshot='external'><source file='\${root}/one.qcow2'/></disk></disks>
    </domainsnapshot>\`).then(() => 'created', (error) => error.message).finally(() => { done = true; });
    const states = new Set();
    let slowest = 0;
    const look = async () => {
      const asked = performance.now();
      const { state, reason } = await seen.getState();
      slowest = Math.max(slowest, performance.now() - asked);
      states.add(state + '/' + reason);
      return reason;
    };
    while (!done && (await look()) !== 9) await sleep(5);
    // libvirt lets a job be aborted only once the memory is on its way.
    for (let index = 0; index < 15; index += 1) { await look(); await sleep(5); }
    if (!done) await seen.abortJob();
    Object.assign(result, { snapshot: await snapshot, states: [...states], slowest, left: await seen.snapshotListNames() });
    result.after = await seen.getState();
    result.monitor = JSON.parse(await domain.qemuMonitorCommand('{"execute":"query-status"}')).return.status;
  } finally {
    await domain.destroy();
    await domain.undefine();
    await pool.closeAll();
  }
  console.log(JSON.stringify(result));
`;

(installed ? describe : describe.skip)('QEMU inside this process', () => {
  const root = mkdtempSync(join(tmpdir(), 'snapctl-embedded-'));

  beforeAll(() => {
    mkdirSync(join(root, 'etc'));
    const owner = process.getuid?.() === 0 ? 'user = "root"\ngroup = "root"\n' : '';
    writeFileSync(
      join(root, 'etc', 'qemu.conf'),
      `${owner}security_driver = "none"\nstdio_handler = "file"\nremember_owner = 0\ncgroup_controllers = [ ]\n`,
    );
    writeFileSync(join(root, 'program.mjs'), program);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(root, 'disk.qcow2'), '64M']);
  });

  afterAll(() => {
    // A program that was cut short leaves its guest running.
    for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('/embedded.pid')) process.kill(Number(readFileSync(join(root, file), 'utf8')));
    }
    rmSync(root, { recursive: true, force: true });
  });

  test('a second connection watches a snapshot on the first one, and aborts it', () => {
    const output = execFileSync(process.execPath, [join(root, 'program.mjs'), root], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 110_000,
    });
    const result = JSON.parse(output.trim().split('\n').at(-1) ?? '');
    expect(result.started).toEqual({ state: 1, reason: 1 });
    expect(result.states).toContain('3/9');
    expect(result.snapshot).toMatch(/canceled by client/);
    expect(result.left).toEqual([]);
    expect(result.after.state).toBe(1);
    expect(result.monitor).toBe('running');
    // While the first connection's call blocks, the second one answers.
    expect(result.slowest).toBeLessThan(1000);
  }, 120_000);
});
