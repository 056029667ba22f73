/*
 * What makes the kernel start sooner when every instruction is emulated (measured with -accel tcg on QEMU 7.2, 4.5 s
 * down to 3.3 s from power-on to the agent): no self-tests of ciphers and kprobes, no certificates, no run-time
 * patching of locks, no check of the timer's interrupt (which a busy host makes fail, and the kernel panic), and plain copy loops instead of `rep movs`, which the emulator does byte by byte (this also makes
 * the memory rewriter four times faster).
 */
const fastStart = [
  'cryptomgr.notests',
  'initcall_blacklist=crypto_kdf108_init,init_kprobe_trace,load_system_certificate_list,cubictcp_register',
  'noreplace-smp',
  'no_timer_check',
  'clearcpuid=erms,fsrm,rep_good',
];

const IDLE_TICK_MS = 250;

/** The kernel's command line: the serial console, and the guest's own arguments (see test/guest/root/init). */
export function kernelArguments(options = {}) {
  const { dirty, fill, agent = true, gap = false, shells = [] } = options;
  // Each number costs an emulated CPU some 40 ms: a guest that is to be idle counts no faster than a test can wait for.
  const { tick = dirty || fill || gap ? undefined : IDLE_TICK_MS } = options;
  const own = [
    ...(agent ? [] : ['agent=off']),
    ...(dirty ? [`dirty=${dirty}`] : []),
    ...(fill ? [`fill=${fill}`] : []),
    ...(tick ? [`tick=${tick}`] : []),
    ...(shells.length > 0 ? [`shells=${shells.join()}`] : []),
    // Measuring costs half an emulated CPU: only who looks at it pays for it.
    ...(gap ? [] : ['gap=off']),
  ];
  return ['console=ttyS0', 'quiet', 'panic=-1', ...fastStart, ...own].join(' ');
}

/**
 * The tiny guest as libvirt domain XML, for emulation (no /dev/kvm needed).
 *
 * @param {{
 *   name: string, guest: {kernel: string, initrd: string}, serial: string,
 *   disks: {target: string, path: string, format?: string}[],
 *   memory?: number, vcpus?: number, dirty?: number, fill?: number|string, agent?: boolean, gap?: boolean, tick?: number,
 *   shells?: string[], terminals?: boolean, channel?: boolean, devices?: string, arguments?: string[]
 * }} options serial: file that the guest's console is appended to; memory: MiB; dirty: MiB of memory that the guest
 *   keeps rewriting; fill: MiB that it fills with noise, or `N,again`; agent: whether the guest runs its agent; gap:
 *   whether it measures its scheduling gaps and pauses; tick: ms between its counter's numbers, 100 for a guest
 *   that has something to do, and 250 for others; channel: whether there
 *   is a port for the agent; shells: terminals on which the guest has a shell; terminals: a serial line (ttyS0) and
 *   a virtio console (hvc0) that are pseudo-terminals here, in place of the file; devices: more device XML; arguments: more words for QEMU's command line
 */
export function domainXml(options) {
  const { name, guest, serial, disks, memory = 256, vcpus = 1, channel = true, devices = '' } = options;
  const diskXml = disks.map(
    ({ target, path, format = 'qcow2' }) => `
    <disk type='file' device='disk'>
      <driver name='qemu' type='${format}'/>
      <source file='${xmlText(path)}'/>
      <target dev='${target}' bus='virtio'/>
    </disk>`,
  );
  const channelXml = channel
    ? `
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>`
    : '';
  const words = (options.arguments ?? []).map((word) => `<qemu:arg value='${xmlText(word)}'/>`);
  const extra = words.length > 0 ? `\n  <qemu:commandline>${words.join('')}</qemu:commandline>` : '';
  const namespace = extra && ` xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'`;
  return `<domain type='qemu'${namespace}>
  <name>${xmlText(name)}</name>
  <memory unit='MiB'>${memory}</memory>
  <vcpu>${vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${xmlText(guest.kernel)}</kernel>
    <initrd>${xmlText(guest.initrd)}</initrd>
    <cmdline>${xmlText(kernelArguments(options))}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <clock offset='utc'/>
  <devices>${diskXml.join('')}${channelXml}
    <controller type='usb' model='none'/>
    ${options.terminals ? terminalXml : serialXml(serial)}
    <memballoon model='virtio'/>${devices}
  </devices>${extra}
</domain>
`;
}

const serialXml = (path) => `<serial type='file'>
      <source path='${xmlText(path)}' append='on'/>
    </serial>`;

const terminalXml = `<serial type='pty'/>
    <console type='pty'>
      <target type='virtio'/>
    </console>`;

const xmlText = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;');
