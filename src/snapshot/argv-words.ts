/** One option of a QEMU command line. */
export interface ArgvOption {
  /** Without dashes; `disk` for a word that is no option, which QEMU takes for the first disk's image. */
  readonly name: string;
  /** Undefined for options that take none. */
  readonly value: string | undefined;
}

/** Options without a value, of all versions (qemu-options.hx); every other one takes exactly one word. */
const BARE: ReadonlySet<string> = new Set([
  ...['h', 'help', 'version', 'nographic', 'snapshot', 'S', 's', 'daemonize', 'enable-kvm', 'no-kvm'],
  ...['no-acpi', 'no-hpet', 'no-reboot', 'no-shutdown', 'no-user-config', 'nodefaults', 'nodefconfig'],
  ...['preconfig', 'usb', 'portrait', 'full-screen', 'win2k-hack', 'no-fd-bootchk', 'singlestep'],
  ...[
    'only-migratable',
    'mem-prealloc',
    'async-teardown',
    'enable-sync-profile',
    'enable-fips',
    'audio-help',
  ],
  ...['xen-attach', 'xen-domid-restrict', 'old-param', 'semihosting', 'curses', 'sdl', 'no-quit', 'no-frame'],
  ...['alt-grab', 'ctrl-grab', 'prom-env-none', 'tdf', 'rtc-td-hack', 'no-kvm-irqchip', 'no-kvm-pit'],
]);

/** Splits a command line, without the program, into its options. @throws SyntaxError the last one lacks its value. */
export function parseArgv(words: readonly string[]): ArgvOption[] {
  const options: ArgvOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const name = /^--?(.+)$/s.exec(word)?.[1];
    if (name === undefined) options.push({ name: 'disk', value: word });
    else if (BARE.has(name)) options.push({ name, value: undefined });
    else {
      index++;
      const value = words[index];
      if (value === undefined) throw new SyntaxError(`${word} lacks its value`);
      options.push({ name, value });
    }
  }
  return options;
}

/** The words of options again. */
export const formatArgv = (options: readonly ArgvOption[]): string[] =>
  options.flatMap(({ name, value }) => {
    if (name === 'disk') return [value ?? ''];
    return value === undefined ? [`-${name}`] : [`-${name}`, value];
  });

/** `-name value`, as a user would find it. */
export const showOption = ({ name, value }: ArgvOption): string =>
  name === 'disk' ? `'${value}'` : value === undefined ? `-${name}` : `-${name} ${value}`;
